from __future__ import annotations

from collections.abc import Iterable

from migration_guards.actions import (
    AddColumn,
    AddConstraint,
    AlterType,
    CreateIndex,
    Delete,
    DropColumn,
    Insert,
    ModifyColumn,
    RenameColumn,
    SetNotNull,
    Update,
)
from migration_guards.examples import bad, good
from migration_guards.guard import Guard, advice
from migration_guards.model import Operation
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity


class DataChangeMixed(Guard):
    """Rows and the schema change in one transaction.

    The locks of the schema change are held while rows are written, and a failure in one undoes both. Change
    rows in a migration of their own, in batches. Said once a file.
    """

    id = "migrations/data-change-mixed-with-schema"
    reference = "ML36"
    severity = Severity.NOTE
    since = "0.1.0"
    examples = (
        bad("ALTER TABLE t ADD b int;\nUPDATE t SET b = 1 WHERE a = 2;\nUPDATE t SET b = 2 WHERE a = 3;", line=2),
        good("UPDATE t SET b = 1 WHERE a = 2;"),
        good("CREATE TABLE t (a int); INSERT INTO t VALUES (1); ALTER TABLE u ADD b int;"),
    )

    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        action = subject.action
        if not self._data(subject):
            return
        before = [other for other in subject.peers[: subject.number] if self._data(other)]
        schema = [o for o in subject.peers if self._schema(o) and o.transaction == subject.transaction]
        if schema and subject.transaction and not before:
            message = f"Rows of {action.table} change under the locks of a schema change."
            recipe = f"Change the rows of {action.table} in a later migration of their own, in batches by key"
            yield self.against(subject, message, "data", advice(recipe))

    def _data(self, operation: Operation) -> bool:
        return isinstance(operation.action, Update | Delete | Insert) and not operation.on_new_table

    def _schema(self, operation: Operation) -> bool:
        kinds = (
            AddColumn | DropColumn | AlterType | ModifyColumn | AddConstraint | SetNotNull | RenameColumn | CreateIndex
        )
        return isinstance(operation.action, kinds) and not operation.on_new_table
