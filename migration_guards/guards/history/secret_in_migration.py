from __future__ import annotations

import re
from collections.abc import Iterable

from migration_guards.actions import Insert, Update
from migration_guards.examples import bad, good
from migration_guards.guard import Guard
from migration_guards.model import Operation
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity

_MARKS = {
    "a password hash": re.compile(r"\$2[aby]?\$\d\d\$|\$argon2|\$pbkdf2|^pbkdf2_sha\d+\$"),
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    "an access key": re.compile(
        r"\b(?:AKIA[0-9A-Z]{16}|sk_live_[0-9a-zA-Z]{16,}|gh[ps]_[A-Za-z0-9]{36}|xox[bp]-[0-9A-Za-z-]{20,})"
    ),
    "an e-mail address": re.compile(r"^[\w.+-]+@(?!example\.|test\.|localhost)[\w-]+(?:\.[\w-]+)+$"),
}


class SecretInMigration(Guard):
    """A migration writes a password, a key or a person's address.

    Migrations run on every database and stay in the history of the repository for good. Seed such rows where
    secrets are kept, and make up the values of test data (addresses at example.com).
    """

    id = "migrations/secret-in-migration"
    reference = "MH12"
    severity = Severity.WARNING
    since = "0.1.0"
    examples = (
        bad("INSERT INTO users (email) VALUES ('ann.smith@corp.io');"),
        bad("UPDATE users SET hash = '$2b$12$abcdefghijklmnopqrstuv' WHERE id = 1;"),
        good("INSERT INTO users (email) VALUES ('ann@example.com');"),
        good("INSERT INTO roles (name) VALUES ('admin');"),
    )

    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        action = subject.action
        if not isinstance(action, Insert | Update):
            return
        for what, mark in _MARKS.items():
            if any(mark.search(value) for value in action.values):
                yield self.against(
                    subject, f"This writes {what} into {action.table}, and into the repository's history.", what
                )
                return
