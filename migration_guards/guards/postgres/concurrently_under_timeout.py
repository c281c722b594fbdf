from __future__ import annotations

import re
from collections.abc import Iterable

from migration_guards.actions import CreateIndex, DropIndex, Reindex, Setting
from migration_guards.examples import bad, good
from migration_guards.guard import PostgresGuard
from migration_guards.model import Operation
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity

_SHORT_MS = 60_000
_UNITS = {"": 1, "ms": 1, "s": 1_000, "min": 60_000, "h": 3_600_000, "d": 86_400_000, "us": 0.001}


def milliseconds(value: str) -> float | None:
    """A setting of PostgreSQL as milliseconds: `2s`, `5min`, `500`; None when it is no duration."""
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(us|ms|s|min|h|d)?\s*", value)
    return float(match[1]) * _UNITS[match[2] or ""] if match else None


class ConcurrentlyUnderTimeout(PostgresGuard):
    """An index is built concurrently while a short timeout is set.

    The build waits for every older transaction of the database; a lock_timeout or statement_timeout of
    seconds cancels it in the middle and leaves an INVALID index behind, which costs every write and serves no
    read (documentation of PostgreSQL 17, Building Indexes Concurrently). Set both to 0 for this build alone.
    """

    id = "migrations/concurrently-under-timeout"
    reference = "ML06"
    severity = Severity.WARNING
    since = "0.1.0"
    examples = (
        bad("-- +goose NO TRANSACTION\n-- +goose Up\nSET lock_timeout = '2s';\nCREATE INDEX CONCURRENTLY i ON t (a);"),
        bad("-- +goose NO TRANSACTION\n-- +goose Up\nSET statement_timeout = 5000;\nDROP INDEX CONCURRENTLY i;"),
        good("-- +goose NO TRANSACTION\n-- +goose Up\nSET lock_timeout = 0;\nCREATE INDEX CONCURRENTLY i ON t (a);"),
        good(
            "-- +goose NO TRANSACTION\n-- +goose Up\nSET lock_timeout = '2s';\nALTER TABLE t ADD b int;\n"
            "RESET lock_timeout;\nCREATE INDEX CONCURRENTLY i ON t (a);"
        ),
        good("CREATE INDEX CONCURRENTLY i ON t (a);"),
    )

    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        action = subject.action
        if not isinstance(action, CreateIndex | DropIndex | Reindex) or not action.concurrently:
            return
        values = {"lock_timeout": "", "statement_timeout": ""}
        for other in subject.earlier:
            step = other.action
            if isinstance(step, Setting) and step.name in values:
                values[step.name] = step.value
            elif isinstance(step, Setting) and not step.name:
                values = dict.fromkeys(values, "")
        for name, value in values.items():
            if 0 < (milliseconds(value) or 0) <= _SHORT_MS:
                message = f"{name} = {value} cancels a long build and leaves an INVALID index; set it to 0 before."
                yield self.against(subject, message, name)
                return
