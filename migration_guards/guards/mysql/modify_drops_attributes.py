from __future__ import annotations

from collections.abc import Iterable

from migration_guards.actions import ModifyColumn
from migration_guards.dialects.mysql import lost_attributes
from migration_guards.examples import bad, good
from migration_guards.guard import MysqlGuard
from migration_guards.model import Dialect, Operation, Reading
from rules.core.codebase import Codebase
from rules.core.finding import Edit, Finding, Fix, Severity
from rules.core.source import Span


class ModifyDropsAttributes(MysqlGuard):
    """MODIFY takes away what it does not say again.

    MODIFY and CHANGE replace the whole definition of a column: NOT NULL, DEFAULT, AUTO_INCREMENT, a comment or a
    character set that is not restated is gone (documentation of MySQL 8.4, ALTER TABLE). The migrations so far say
    what the column had.
    """

    id = "migrations/modify-drops-attributes"
    reference = "MD18"
    severity = Severity.WARNING
    since = "0.1.0"
    examples = (
        bad(
            "ALTER TABLE t MODIFY a varchar(60);",
            "CREATE TABLE t (a varchar(40) NOT NULL DEFAULT 'x');",
            Dialect.MYSQL,
            fixed="ALTER TABLE t MODIFY a varchar(60) NOT NULL DEFAULT 'x';",
        ),
        good(
            "ALTER TABLE t MODIFY a varchar(60) NOT NULL DEFAULT 'y';",
            "CREATE TABLE t (a varchar(40) NOT NULL DEFAULT 'x');",
            Dialect.MYSQL,
        ),
        good("ALTER TABLE t MODIFY a varchar(60);", dialect=Dialect.MYSQL),
    )

    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        action = subject.action
        if not isinstance(action, ModifyColumn) or subject.on_new_table:
            return
        old = subject.before.column(action.table, action.name)
        lost = lost_attributes(old, action.column) if old else []
        if lost:
            message = f"{action.table}.{action.name} loses {', '.join(lost)}: MODIFY does not say it again."
            yield self.against(subject, message, action.name, self._fix(subject, lost))

    def _fix(self, subject: Operation, lost: list[str]) -> Fix | None:
        """The lost words at the end of the clause, where it is SQL and stands in the file as it is."""
        action, span = subject.action, subject.where.span
        if (
            subject.reading is not Reading.TOKENS
            or subject.inside
            or not isinstance(action, ModifyColumn)
            or action.position
        ):
            return None
        text = f" {' '.join(lost)}".encode()
        return Fix("Say the lost attributes again", (Edit(subject.path, Span(span.end, span.end), text),))
