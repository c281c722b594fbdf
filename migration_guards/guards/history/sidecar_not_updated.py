from __future__ import annotations

from collections.abc import Iterable

from migration_guards.history import CHANGES, Change
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity
from rules.core.rule import Bad, Good, Rule


class SidecarNotUpdated(Rule[Change]):
    """A file that the runner keeps beside its migrations does not know the new one.

    Drizzle runs what its journal lists and nothing else; Atlas refuses a folder whose `atlas.sum` does not match;
    `max_migration.txt` is there so that two branches conflict in git. Run the tool that writes the file, and commit
    what it wrote.
    """

    id = "migrations/sidecar-not-updated"
    reference = "MH08"
    severity = Severity.ERROR
    since = "0.1.0"
    looks_at = CHANGES
    examples = (
        Bad(
            {
                "drizzle/meta/_journal.json": '{"dialect": "postgresql", "entries": [{"idx": 0, "tag": "0000_a"}]}',
                "drizzle/0000_a.sql": "SELECT 1;",
                "drizzle/0001_b.sql": "SELECT 2;",
            }
        ),
        Bad({"migrations/atlas.sum": "h1:x\n", "migrations/1_a.sql": "SELECT 1;"}),
        Bad(
            {
                "shop/migrations/max_migration.txt": "0001_a\n",
                "shop/migrations/0002_b.py": "class Migration:\n    operations = []\n",
            }
        ),
        Good({"migrations/atlas.sum": "h1:x\n1_a.sql h1:y\n", "migrations/1_a.sql": "SELECT 1;"}),
        Good(
            {
                "drizzle/meta/_journal.json": '{"dialect": "postgresql", "entries": [{"idx": 0, "tag": "0000_a"}]}',
                "drizzle/0000_a.sql": "SELECT 1;",
            }
        ),
    )

    def check(self, subject: Change, code: Codebase) -> Iterable[Finding]:
        if subject.before is not None or subject.after is None:
            return
        kept = subject.runner.forgotten(subject.after.path, code)
        if kept:
            message = (
                f"{kept} does not know this migration; run {subject.framework}'s own tool and commit what it writes."
            )
            yield self.finding((subject.after.path,), message, subject.where(code))
