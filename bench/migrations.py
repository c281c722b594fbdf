"""Reading migrations, replaying histories, and squawk on the same file."""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from time import perf_counter

from bench.table import Row, Table, median
from migration_guards.facts import OPERATIONS, frameworks
from migration_guards.model import Dialect
from migration_guards.proofs import REHEARSAL
from migration_guards.sql.reader import statements
from rules.catalog import all_rules, names
from rules.core.codebase import Codebase
from rules.core.evaluate import evaluate
from rules.core.source import MemorySnapshot
from rules.facts.host import MERGE, RIVALS
from rules.policy_file import NAMES

STATEMENTS = 1000
HISTORY = 500
TURNS = 5
LOCK = {"prisma/migrations/migration_lock.toml": 'provider = "postgresql"\n'}


def measure() -> Table:
    """Every reader by itself, a file of a thousand statements end to end, and a history of five hundred files."""
    rows = [*_readers(), *_beside_squawk(), *_history()]
    how = (
        f"Generated migrations. A file of {STATEMENTS} statements goes through every guard in a process that is warm, "
        "and through squawk as a process, which is all that it can be; a history is read and replayed without a cache."
    )
    return Table("Migrations", how, tuple(rows))


def _seconds(action: Callable[[], object]) -> float:
    """The median of some turns, after one that does not count."""
    times = []
    for _ in range(TURNS + 1):
        start = perf_counter()
        action()
        times.append(perf_counter() - start)
    return median(times[1:])


def _sql(number: int) -> str:
    """Four statements of a kind that migrations are made of."""
    return (
        f"CREATE TABLE t{number} (id bigint PRIMARY KEY, name varchar(80) NOT NULL, size int DEFAULT 0, made date);\n"
        f"ALTER TABLE t{number} ADD COLUMN more text;\n"
        f"CREATE INDEX i{number} ON t{number} (name);\n"
        f"UPDATE t{number} SET size = 1 WHERE size = 0;\n"
    )


def _long(count: int) -> str:
    return "".join(_sql(number) for number in range(count // 4))


def _readers() -> Iterator[Row]:
    for dialect in (Dialect.POSTGRES, Dialect.MYSQL, Dialect.SQLITE):
        text = _long(STATEMENTS)
        taken = _seconds(lambda text=text, dialect=dialect: statements(text, dialect, lambda place: place))  # type: ignore[misc]
        yield Row(f"{dialect.name.capitalize()} SQL", STATEMENTS / taken, "statements/s")
    for runner, (path, head, line, end) in BUILDERS.items():
        files = {
            "alembic/env.py": "",
            path: head + "".join(line.format(n=number) for number in range(STATEMENTS)) + end,
        }
        taken = _seconds(lambda files=files: _operations(files))  # type: ignore[misc]
        assert len(_operations(files)) >= STATEMENTS, runner
        yield Row(f"{runner}", STATEMENTS / taken, "operations/s")


BUILDERS = {
    "Alembic": (
        "alembic/versions/a.py",
        "import sqlalchemy as sa\nfrom alembic import op\n\nrevision = 'a'\ndown_revision = None\n\n\ndef upgrade():\n",
        "    op.add_column('t{n}', sa.Column('more', sa.Text()))\n",
        "",
    ),
    "Django": (
        "shop/migrations/0001_start.py",
        "from django.db import migrations, models\n\n\nclass Migration(migrations.Migration):\n"
        "    dependencies = []\n    operations = [\n",
        "        migrations.AddField('item', 'more{n}', models.TextField(null=True)),\n",
        "    ]\n",
    ),
    "Rails": (
        "db/migrate/20260101000000_more.rb",
        "class More < ActiveRecord::Migration[7.1]\n  def change\n",
        "    add_column :t{n}, :more, :text\n",
        "  end\nend\n",
    ),
    "Knex": (
        "migrations/20260101000000_more.js",
        "exports.up = async (knex) => {{\n".replace("{{", "{"),
        "  await knex.schema.alterTable('t{n}', (t) => {{ t.text('more'); }});\n",
        "};\n",
    ),
}
"""A migration of each kind of builder: its path, head, one operation by number, and end."""


def _code(files: Mapping[str, str], base: Mapping[str, str] | None = None) -> Codebase:
    supplied: dict[str, object] = {
        "settings": {},
        MERGE.name: None,
        RIVALS.name: (),
        REHEARSAL.name: (),
        NAMES.name: names(),
    }
    old = Codebase(_snapshot(base or {}), supplied=supplied)
    return Codebase(_snapshot(files), old, supplied)


def _snapshot(files: Mapping[str, str]) -> MemorySnapshot:
    return MemorySnapshot({path: text.encode() for path, text in files.items()})


def _operations(files: Mapping[str, str]) -> Sequence[object]:
    return _code(files).get(OPERATIONS)


def _beside_squawk() -> Iterator[Row]:
    text = _long(STATEMENTS)
    guards = [rule for rule in all_rules().values() if rule.pack == "migrations"]
    files = {**LOCK, "prisma/migrations/1_long/migration.sql": text}
    ours = _seconds(lambda: evaluate(_code(files, LOCK), guards))
    yield Row(f"{len(guards)} guards on {STATEMENTS} statements, warm", ours, "s")
    squawk = Path(sys.executable).with_name("squawk")
    with tempfile.TemporaryDirectory(prefix="prodgate-bench-") as folder:
        place = Path(folder) / "long.sql"
        place.write_text(text)
        theirs = _seconds(lambda: subprocess.run([str(squawk), str(place)], capture_output=True, check=False))
    yield Row(f"squawk on {STATEMENTS} statements, its process", theirs, "s")
    yield Row("ours by squawk's", ours / theirs, "", 1.0)
    yield Row("ours, a statement", ours / STATEMENTS * 1e6, "µs")
    yield Row("squawk's, a statement", theirs / STATEMENTS * 1e6, "µs")


def _history() -> Iterator[Row]:
    base = LOCK | {f"prisma/migrations/{number:04}_step/migration.sql": _sql(number) for number in range(HISTORY)}
    head = base | {"prisma/migrations/9999_new/migration.sql": "ALTER TABLE t1 DROP COLUMN more;\n"}
    assert "prisma" in frameworks()
    yield Row(
        f"a history of {HISTORY} files, read and replayed",
        _seconds(lambda: _code(head, base).get(OPERATIONS)),
        "s",
        0.3,
    )
    yield Row(
        "memory of this process at its most", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "MB", 200
    )
