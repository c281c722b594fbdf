from __future__ import annotations

from collections.abc import Iterable

from migration_guards.frameworks.framework import heads
from migration_guards.history import CHANGES, LINKS, Change
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Fix, Severity
from rules.core.rule import Bad, Good, Rule

_DJANGO = "class Migration:\n    dependencies = [{}]\n    replaces = [{}]\n"


class SeveralHeads(Rule[Change]):
    """The history of migrations branches, or hangs in the air.

    Two migrations come after the same one, so that there are two newest ones and the runner refuses to choose; or
    one comes after a migration that is not there. It is judged on the tree that merging would make: two pull
    requests that are right alone may be wrong together. Let the new one come after the newest.
    """

    id = "migrations/several-heads"
    reference = "MH04"
    severity = Severity.ERROR
    since = "0.1.0"
    looks_at = CHANGES
    examples = (
        Bad(
            {
                "alembic/env.py": "",
                "alembic/versions/a.py": "revision = 'a'\ndown_revision = None\n",
                "alembic/versions/b.py": "revision = 'b'\ndown_revision = 'a'\n",
                "alembic/versions/c.py": "revision = 'c'\ndown_revision = 'a'\n",
            },
            {
                "alembic/env.py": "",
                "alembic/versions/a.py": "revision = 'a'\ndown_revision = None\n",
                "alembic/versions/b.py": "revision = 'b'\ndown_revision = 'a'\n",
            },
            fixed={"alembic/versions/c.py": "revision = 'c'\ndown_revision = 'b'\n"},
        ),
        Bad(
            {"alembic/env.py": "", "alembic/versions/b.py": "revision = 'b'\ndown_revision = 'gone'\n"},
            {"alembic/env.py": ""},
        ),
        Good(
            {
                "a/migrations/0001_x.py": _DJANGO.format("", ""),
                "a/migrations/0001_squashed.py": _DJANGO.format("", "('a', '0001_x'),"),
                "a/migrations/0002_y.py": _DJANGO.format("('a', '0001_x'),", ""),
            },
            {
                "a/migrations/0001_x.py": _DJANGO.format("", ""),
                "a/migrations/0001_squashed.py": _DJANGO.format("", "('a', '0001_x'),"),
            },
        ),
        Good(
            {
                "alembic/env.py": "",
                "alembic/versions/a.py": "revision = 'a'\ndown_revision = None\n",
                "alembic/versions/b.py": "revision = 'b'\ndown_revision = 'a'\n",
            },
            {"alembic/env.py": "", "alembic/versions/a.py": "revision = 'a'\ndown_revision = None\n"},
        ),
    )

    def check(self, subject: Change, code: Codebase) -> Iterable[Finding]:
        if subject.before is not None or subject.after is None or not subject.runner.by_graph:
            return
        links = code.get(LINKS)[subject.framework]
        mine = links.get(subject.after.path)
        if mine is None:
            return
        known = {name for link in links.values() for name in (link.name, *link.replaces)}
        lost = [parent for parent in mine.parents if parent not in known and mine.group == parent.rpartition(".")[0]]
        if lost:
            yield self.finding((mine.name,), f"It comes after {lost[0]}, which is not there.", subject.where(code))
            return
        newest = heads([link for link in links.values() if link.group == mine.group], links.values())
        others = [link.name for link in newest if link.path not in {file.path for file in subject.all_new}]
        if mine in newest and others:
            message = f"{mine.name} and {others[0]} are both the newest: the runner refuses to choose."
            fix = subject.runner.rebase(mine.path, others[0], code)
            yield self.finding(
                (mine.name,),
                message,
                subject.where(code),
                fix=Fix(f"Let it come after {others[0]}", fix) if fix else None,
            )
