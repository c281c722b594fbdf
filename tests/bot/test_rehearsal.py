"""Rehearsals on a real server, hostile SQL included, and that nothing of one is left."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from bot.rehearsal import keeper
from bot.rehearsal.rehearse import rehearse
from migration_guards.rehearsal import PLANS, Observation, Performance, broken, sentence
from tests.bot.conftest import Repository
from tests.migration_guards.repository import POSTGRES, Files, codebase

BASE = {
    **POSTGRES,
    "migrations/1_start.up.sql": "CREATE TABLE shops (id int PRIMARY KEY);\n"
    "CREATE TABLE orders (id int PRIMARY KEY, shop int, note varchar(10), paid int CHECK (paid IS NOT NULL));\n",
    "migrations/1_start.down.sql": "DROP TABLE orders;\nDROP TABLE shops;\n",
}


@pytest.fixture(autouse=True)
def nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> object:
    """After every test neither a process, a folder nor a shared memory segment is there that was not before."""
    monkeypatch.setenv("TMPDIR", str(short := Path(tempfile.mkdtemp())))
    short.chmod(0o755)
    before = segments()
    yield
    assert list(short.iterdir()) == []
    assert not [line for line in command_lines() if str(short) in line]
    assert segments() <= before
    short.rmdir()
    return None


def segments() -> set[str]:
    """The shared memory segments of the account that rehearsals run under."""
    user = 65534 if os.geteuid() == 0 else os.geteuid()
    rows = [line.split() for line in Path("/proc/sysvipc/shm").read_text().splitlines()[1:]]
    return {row[1] for row in rows if int(row[7]) == user and row[6] == "0"}


def command_lines() -> list[str]:
    found = []
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.append(place.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        except OSError:
            continue
    return found


def perform(new: Files, seconds: float = 60.0, base: Files = BASE) -> Performance:
    done = asyncio.run(rehearse(codebase({**base, **new}, base).get(PLANS), seconds))
    return Performance("", problem=done) if isinstance(done, str) else done[0]


def up(sql: str, seconds: float = 60.0) -> Performance:
    return perform({"migrations/2_next.up.sql": sql}, seconds)


def only(done: Performance) -> Observation:
    assert not done.problem
    [observation] = done.up
    return observation


def test_what_is_rewritten_read_or_neither_is_seen() -> None:
    done = up(
        "BEGIN;\n"
        "ALTER TABLE orders ALTER note TYPE varchar(20);\n"
        "ALTER TABLE orders ALTER shop TYPE bigint;\n"
        "ALTER TABLE orders ALTER note SET NOT NULL;\n"
        "ALTER TABLE orders ALTER paid SET NOT NULL;\n"
        "ALTER TABLE orders ADD FOREIGN KEY (id) REFERENCES shops NOT VALID;\n"
        "COMMIT;\n"
    )
    assert [(o.line, sentence(o)) for o in done.up[1:-1]] == [
        (2, "proven: rewrites no table, and reads none in full"),
        (3, "proven: rewrites orders"),
        (4, "proven: reads all of orders under a lock that blocks writes"),
        (5, "proven: rewrites no table, and reads none in full"),
        (6, "proven: leaves orders_id_fkey not validated"),
    ]
    assert ("orders", "AccessExclusiveLock") in done.up[1].locks


def test_an_index_that_is_built_concurrently_runs_outside_a_transaction() -> None:
    assert sentence(only(up("CREATE INDEX CONCURRENTLY notes ON orders (note);\n"))) == "it runs"


def test_an_index_that_cannot_be_built_concurrently_in_its_transaction_fails() -> None:
    done = up("SELECT 1;\nCREATE INDEX CONCURRENTLY notes ON orders (note);\n")
    assert done.up[-1].state == "25001"
    assert broken(done.up[-1])


def test_a_statement_that_no_server_would_run_is_broken() -> None:
    done = only(up("ALTER TABLE orders ADD COLUMN note text;\n"))
    assert broken(done)
    assert sentence(done) == 'it fails: column "note" of relation "orders" already exists'


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE EXTENSION postgis;",
        "GRANT SELECT ON orders TO reader;",
        "ALTER TABLE orders ADD COLUMN place geometry;",
        "CREATE ROLE reader;",
    ],
)
def test_what_the_rehearsal_lacks_is_not_held_against_the_change(sql: str) -> None:
    done = only(up(sql))
    assert done.error
    assert not broken(done)


def test_a_way_back_that_restores_the_schema_and_one_that_does_not() -> None:
    forth = {
        "migrations/2_next.up.sql": "ALTER TABLE orders ADD COLUMN tax int;\nCREATE INDEX notes ON orders (note);\n"
    }
    whole = perform({**forth, "migrations/2_next.down.sql": "DROP INDEX notes;\nALTER TABLE orders DROP COLUMN tax;\n"})
    assert whole.restored == ("migrations/2_next.up.sql",)
    half = perform({**forth, "migrations/2_next.down.sql": "ALTER TABLE orders DROP COLUMN tax;\n"})
    [difference] = half.differences
    assert difference.missing == ()
    assert len(difference.left) == 2
    assert "CREATE INDEX notes" in difference.left[0]


def test_a_base_that_cannot_be_replayed_is_said() -> None:
    broken_base = {**BASE, "migrations/1_start.up.sql": "SELECT 1;\nCREATE TABLE a (b missing);\n"}
    done = perform({"migrations/2_next.up.sql": "SELECT 1;\n"}, base=broken_base)
    assert done.problem == ('the base\'s migrations/1_start.up.sql:2 cannot be replayed: type "missing" does not exist')


def test_calls_of_a_builder_are_not_pretended_to_be_rehearsed() -> None:
    revision = (
        "from alembic import op\nimport sqlalchemy as sa\nrevision = 'a1'\ndown_revision = None\n"
        "def upgrade():\n    op.add_column('orders', sa.Column('x', sa.Integer))\n"
    )
    files = {"alembic.ini": "[alembic]\nscript_location = alembic\n", "alembic/env.py": "", **POSTGRES}
    done = perform({"alembic/versions/a1_x.py": revision}, base=files)
    assert done.problem.startswith("alembic/versions/a1_x.py:6 is no SQL until its runner makes it so")
    assert done.up == ()


@pytest.mark.parametrize(
    "sql",
    [
        "COPY orders TO PROGRAM 'touch {mark}';",
        "COPY orders TO '{mark}';",
        "COPY orders (note) FROM '/etc/passwd';",
        "SELECT pg_read_file('/etc/passwd');",
        "SELECT lo_export(lo_import('/etc/passwd'), '{mark}');",
        "SET ROLE postgres;",
        "SET SESSION AUTHORIZATION postgres;",
        "ALTER SYSTEM SET listen_addresses = '*';",
        "ALTER ROLE migrator SUPERUSER;",
        "SET temp_file_limit = -1;",
        "CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION f();",
        "CREATE FUNCTION run() RETURNS int LANGUAGE c AS 'libc.so.6', 'system';",
        "LOAD '/tmp/evil.so';",
        "GRANT pg_execute_server_program TO migrator;",
        "DROP DATABASE postgres;",
    ],
)
def test_the_server_refuses_what_reaches_beyond_the_database(sql: str, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    done = only(up(sql.format(mark=mark)))
    assert done.error
    assert not mark.exists()


def test_giving_up_a_role_that_was_never_taken_gives_none() -> None:
    done = up("RESET SESSION AUTHORIZATION;\nRESET ROLE;\nSELECT 1 / (SELECT usesuper::int FROM pg_user"
              " WHERE usename = current_user);\n")  # fmt: skip
    assert done.up[-1].error == "division by zero"


def test_operators_of_the_change_are_never_run_by_the_superuser() -> None:
    done = perform(
        {
            "migrations/2_next.up.sql": "CREATE TABLE seen (who text);\n"
            "CREATE FUNCTION spy(name, text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN"
            " ALTER ROLE migrator SUPERUSER; RETURN true; END $$;\n"
            "CREATE OPERATOR ~~ (leftarg = name, rightarg = text, function = spy);\n"
            "CREATE OPERATOR <> (leftarg = name, rightarg = text, function = spy);\n",
            "migrations/2_next.down.sql": "SELECT 1;\n",
            "migrations/3_last.up.sql": "SELECT 1 / (SELECT usesuper::int FROM pg_user"
            " WHERE usename = current_user);\n",
        }
    )
    assert done.up[-1].error == "division by zero"


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT pg_sleep(1000);",
        "DO $$ BEGIN LOOP NULL; END LOOP; END $$;",
    ],
)
def test_endless_statements_end_at_the_limit_although_they_lift_it(sql: str) -> None:
    done = up(f"SET statement_timeout = 0;\nSET lock_timeout = 0;\n{sql}\n", seconds=6.0)
    assert done.problem == "the rehearsal took longer than 6 s"


def test_an_endless_statement_ends_at_the_role_s_limit() -> None:
    done = only(up("SELECT pg_sleep(1000);\n"))
    assert done.state == "57014"
    assert not broken(done)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT repeat('x', 1000000000) || repeat('y', 70000000);",
        "SELECT array_agg(g) FROM generate_series(1, 1000000000) g;",
        "SELECT g, repeat('x', 1000) FROM generate_series(1, 100000000) g ORDER BY 2, 1;",
        "CREATE TABLE large AS SELECT repeat(md5(g::text), 60) FROM generate_series(1, 100000000) g;",
        "SELECT repeat('x', 900000000);",
        "SELECT count(*) FROM generate_series(1, 100000000000);",
    ],
)
def test_what_grows_without_end_meets_a_limit(sql: str) -> None:
    done = up(sql + "\n", seconds=40.0)
    assert done.problem or (done.up[-1].error and not broken(done.up[-1]))


def test_a_statement_that_ends_its_own_connection_is_said() -> None:
    done = only(up("SELECT pg_terminate_backend(pg_backend_pid());\n"))
    assert done.error
    assert not broken(done)


def test_lines_for_psql_are_not_run(tmp_path: Path) -> None:
    up(f"\\! touch {tmp_path}/mark\nSELECT 1;\n")
    assert not (tmp_path / "mark").exists()


def test_nothing_is_left_when_the_host_is_cancelled_or_killed() -> None:
    plans = codebase({**BASE, "migrations/2_next.up.sql": "SET statement_timeout = 0;\nSELECT pg_sleep(50);\n"}, BASE)

    async def cancelled() -> None:
        task = asyncio.create_task(rehearse(plans.get(PLANS)))
        await asyncio.sleep(4)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancelled())


def test_the_keeper_ends_processes_that_leave_their_session() -> None:
    program = "import os, time\nif not os.fork():\n  os.setsid()\n  os.fork() or time.sleep(99)\n  time.sleep(99)\n"
    words = [sys.executable, "-I", "-S", keeper.__file__, str(os.getpid()), "20", sys.executable, "-c", program]
    assert subprocess.run(words, check=False).returncode == 0
    assert not [line for line in command_lines() if "os.setsid()" in line]


def test_the_check_says_what_was_proven_where_the_policy_asks(repository: Repository) -> None:
    policy = {".github/prodgate.yml": "rehearsal: postgres\n"}
    repository.commit({**BASE, **policy})
    repository.git("checkout", "-q", "-b", "topic")
    repository.commit(
        {
            "migrations/2_next.up.sql": "ALTER TABLE orders ALTER paid SET NOT NULL;\n"
            "ALTER TABLE orders ALTER id TYPE bigint;\n"
            "ALTER TABLE orders DROP COLUMN gone;\n",
            "migrations/2_next.down.sql": "SELECT 1;\n",
        }
    )
    command = [str(Path(sys.executable).with_name("prodgate")), "check", "--base", "main", "--format", "json"]
    done = subprocess.run(command, cwd=repository.path, capture_output=True, text=True, check=False)
    found = {f["rule"]: f["message"] for f in json.loads(done.stdout)["findings"]}
    assert "Rehearsed, proven: rewrites orders." in found["migrations/column-type-rewrite"]
    assert 'column "gone" of relation "orders" does not exist' in found["migrations/rehearsal-failed"]
    assert "migrations/set-not-null" not in found


def test_the_command_tells_what_was_seen(repository: Repository) -> None:
    repository.commit({name: text for name, text in BASE.items()})
    repository.git("checkout", "-q", "-b", "topic")
    repository.commit({"migrations/2_next.up.sql": "ALTER TABLE orders ALTER id TYPE bigint;\n"})
    prodgate = str(Path(sys.executable).with_name("prodgate"))

    def said(*words: str) -> subprocess.CompletedProcess[str]:
        command = [prodgate, "rehearse", "--base", "main", *words]
        return subprocess.run(command, cwd=repository.path, capture_output=True, text=True, check=False)

    text = said()
    assert (text.returncode, text.stdout.splitlines()[1].strip()[:60]) == (
        0,
        "migrations/2_next.up.sql:1: proven: rewrites orders (AccessE",
    )
    repository.commit({"migrations/2_next.up.sql": "ALTER TABLE orders DROP COLUMN gone;\n"})
    told = said("--format", "json")
    assert told.returncode == 1
    [performance] = json.loads(told.stdout)["rehearsals"]
    assert performance["up"][0]["broken"] is True
