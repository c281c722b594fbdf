from __future__ import annotations

from collections.abc import Iterable

from migration_guards import actions
from migration_guards.actions import (
    AddColumn,
    AddConstraint,
    AlterStorage,
    AlterType,
    CreateIndex,
    DropColumn,
    DropIndex,
    DropTable,
    ModifyColumn,
    RenameColumn,
    RenameTable,
)
from migration_guards.examples import bad, good
from migration_guards.guard import MysqlGuard
from migration_guards.model import Dialect, Operation
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity


class SeveralDdl(MysqlGuard):
    """A migration holds several statements that MySQL commits one by one.

    Every DDL statement commits what came before it (documentation of MySQL 8.4, Statements That Cause an Implicit
    Commit). When the second fails, the first stays, and the migration can neither be run again nor undone. Give
    each a file of its own. Said once a file.
    """

    id = "migrations/several-ddl-in-one-migration"
    reference = "MM15"
    severity = Severity.NOTE
    since = "0.1.0"
    examples = (
        bad(
            "ALTER TABLE t ADD a int;\nALTER TABLE u ADD a int;\nALTER TABLE v ADD a int;",
            dialect=Dialect.MYSQL,
            line=2,
        ),
        good("ALTER TABLE t ADD a int, ADD b int;", dialect=Dialect.MYSQL),
        good("CREATE TABLE t (a int); CREATE TABLE u (a int);", dialect=Dialect.MYSQL),
    )

    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        own = self._changes(subject)
        before = {id(o.statement) for o in subject.earlier if self._changes(o)} - {id(subject.statement)}
        if own and len(before) == 1 and not any(o.statement is subject.statement for o in subject.earlier):
            yield self.against(subject, "If this fails, what came before it stays: MySQL has committed it.", "ddl")

    def _changes(self, operation: Operation) -> bool:
        kinds = (
            AddColumn
            | DropColumn
            | ModifyColumn
            | AddConstraint
            | actions.DropConstraint
            | CreateIndex
            | DropIndex
            | RenameColumn
            | RenameTable
            | DropTable
            | AlterStorage
            | AlterType
        )
        return isinstance(operation.action, kinds) and not operation.on_new_table
