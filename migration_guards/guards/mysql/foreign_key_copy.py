from __future__ import annotations

from collections.abc import Iterable

from migration_guards.actions import AddConstraint, Setting
from migration_guards.definitions import Holds
from migration_guards.examples import bad, good
from migration_guards.guard import MysqlGuard, advice
from migration_guards.model import Dialect, Operation
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity


class ForeignKeyCopy(MysqlGuard):
    """A foreign key is added, and the table is copied for it.

    With foreign_key_checks on, ADD FOREIGN KEY uses ALGORITHM=COPY and every row is checked while writers wait
    (documentation of MySQL 8.4, Online DDL Operations). Set foreign_key_checks=0 for the statement, after looking
    for rows without a parent yourself.
    """

    id = "migrations/foreign-key-copy"
    reference = "MM04"
    severity = Severity.WARNING
    since = "0.1.0"
    examples = (
        bad("ALTER TABLE o ADD CONSTRAINT fk FOREIGN KEY (u) REFERENCES users (id);", dialect=Dialect.MYSQL),
        good(
            "SET foreign_key_checks = 0; ALTER TABLE o ADD FOREIGN KEY (u) REFERENCES users (id);",
            dialect=Dialect.MYSQL,
        ),
        good("CREATE TABLE o (u int); ALTER TABLE o ADD FOREIGN KEY (u) REFERENCES users (id);", dialect=Dialect.MYSQL),
    )

    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        action = subject.action
        if (
            not isinstance(action, AddConstraint)
            or action.constraint.holds is not Holds.FOREIGN
            or subject.on_new_table
        ):
            return
        checks = [
            o.action.value
            for o in subject.earlier
            if isinstance(o.action, Setting) and o.action.name == "foreign_key_checks"
        ]
        if not (checks and checks[-1].lower() in ("0", "off", "false")):
            name = action.constraint.name or ",".join(action.constraint.columns)
            message = f"{action.table} is copied and every row checked while writers wait."
            yield self.against(subject, message, name, advice(self._recipe(action)))

    def _recipe(self, action: AddConstraint) -> str:
        columns = ", ".join(action.constraint.columns)
        return (
            f"Look for rows of {action.table} whose ({columns}) has no parent; then SET foreign_key_checks = 0 before"
            " this statement and SET foreign_key_checks = 1 after it"
        )
