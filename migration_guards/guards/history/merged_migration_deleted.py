from __future__ import annotations

from collections.abc import Iterable

from migration_guards.facts import MIGRATIONS
from migration_guards.history import CHANGES, Change
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity
from rules.core.rule import Bad, Good, Rule
from rules.core.source import Location, locate


class MergedMigrationDeleted(Rule[Change]):
    """A migration that was merged before is deleted or renamed.

    Runners know a migration by its name or number: a database that ran it finds it missing, and under its new name
    it runs again. Leave it where it is, and undo what it did in a new migration.
    """

    id = "migrations/merged-migration-deleted"
    reference = "MH02"
    severity = Severity.ERROR
    since = "0.1.0"
    looks_at = CHANGES
    examples = (
        Bad({"migrations/1_b.sql": "SELECT 1;"}, {"migrations/1_a.sql": "SELECT 1;"}),
        Bad({"migrations/2.sql": "SELECT 2;"}, {"migrations/1.sql": "SELECT 1;", "migrations/2.sql": "SELECT 2;"}),
        Good({"db/migrations/1.sql": "SELECT 1;"}, {"migrations/1.sql": "SELECT 1;"}),
        Good({"migrations/1.sql": "SELECT 1;"}, {}),
    )

    def check(self, subject: Change, code: Codebase) -> Iterable[Finding]:
        if subject.before is None or subject.after is not None or self._replaced(subject, code):
            return
        name = subject.before.path
        moved = next((file for file in subject.all_new if file.entry.blob == subject.before.entry.blob), None)
        elsewhere = any(entry.blob == subject.before.entry.blob for entry in code.files.values())
        if moved is not None:
            content = code.text(moved.path) or b""
            where = locate(moved.path, content, 0, len(content.partition(b"\n")[0]))
            yield self.finding((name,), f"{name} was merged before; under this name it runs again.", where)
        elif not elsewhere:
            place = self._near(subject, code)
            yield self.finding(
                (name,), f"{name} was merged before and is gone: databases that ran it find it missing.", place
            )

    def _near(self, subject: Change, code: Codebase) -> Location:
        """Beside what is left of the history, since the file itself has no line any more."""
        assert subject.before is not None
        left = [file.path for file in subject.others if file.path in code.files]
        path = left[-1] if left else subject.before.path
        return locate(path, code.text(path) or b"", 0, 0)

    def _replaced(self, subject: Change, code: Codebase) -> bool:
        """Whether a new migration says that it stands for the old one, as Django's squashed migrations do."""
        new = [m for m in code.get(MIGRATIONS) if m.source.history == subject.history]
        return any(word.startswith("replaces:") for migration in new for word in migration.script.data)
