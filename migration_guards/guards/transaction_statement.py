from __future__ import annotations

from collections.abc import Iterable

from migration_guards.actions import Transaction
from migration_guards.examples import bad, good
from migration_guards.guard import Guard
from migration_guards.model import Dialect, Operation, Wrap
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity


class TransactionStatement(Guard):
    """A migration begins or ends a transaction that is its runner's.

    A COMMIT ends the runner's transaction early, and what follows runs without one; a BEGIN inside it does
    nothing; a BEGIN that is never committed leaves the work to be undone. Leave transactions to the runner, or
    take the file out of its transaction and close every one that is opened.
    """

    id = "migrations/transaction-statement"
    reference = "ML40"
    severity = Severity.ERROR
    since = "0.1.0"
    examples = (
        bad("-- +goose Up\nALTER TABLE t ADD a int;\nCOMMIT;\nALTER TABLE t ADD b int;", line=3),
        bad("-- +goose NO TRANSACTION\n-- +goose Up\nBEGIN;\nALTER TABLE t ADD a int;", line=3),
        good("BEGIN; ALTER TABLE t ADD a int; COMMIT;"),
        good("-- +goose NO TRANSACTION\n-- +goose Up\nBEGIN;\nALTER TABLE t ADD a int;\nCOMMIT;"),
        good("START TRANSACTION; ALTER TABLE t ADD a int; COMMIT;", dialect=Dialect.MYSQL),
    )

    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        action = subject.action
        if not isinstance(action, Transaction):
            return
        steps = [(o.number, o.action.what) for o in subject.peers if isinstance(o.action, Transaction)]
        wrapped = subject.migration.script.wrap in (Wrap.FILE, Wrap.ALL) and not subject.statement.apart
        opened = any(what == "begin" for number, what in steps if number < subject.number)
        closed = any(what in ("commit", "rollback") for number, what in steps if number > subject.number)
        if wrapped and action.what in ("commit", "rollback") and not opened:
            yield self.against(
                subject, "This ends the runner's transaction: what follows runs without one.", action.what
            )
        elif action.what == "begin" and not closed:
            yield self.against(subject, "This transaction is never committed.", action.what)
