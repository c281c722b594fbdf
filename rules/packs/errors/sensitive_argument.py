from __future__ import annotations

import re
from collections.abc import Iterable

from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity
from rules.core.rule import Bad, Good, Rule
from rules.facts.logging_calls import MARKS, log_calls, written
from rules.facts.sightings import Sighting, Source, sightings
from rules.syntax.program import Member, Name

SECRETS = re.compile(
    r"^(?:password|passwd|pwd|secret|secret_?key|client_?secret|access_?token|refresh_?token|auth_?token|id_?token|"
    r"bearer_?token|session_?token|api_?key|private_?key|authorization|credit_?card(?:_?number)?|card_?number|cvv|ssn|"
    r"new_?password|old_?password|current_?password|password_?hash|jwt)$",
    re.IGNORECASE,
)

_APP = """export function login(user, password) {
  logger.info(`login of ${user} with ${password}`);
}
"""
_API = """import logging

logger = logging.getLogger(__name__)


def refresh(account):
    logger.debug("refreshed %s", account.access_token)
"""


def _look(source: Source) -> Iterable[Sighting]:
    for log in log_calls(source):
        for part in (inner for given in log.given for inner in written(given)):
            name = part.id if isinstance(part, Name) else part.name if isinstance(part, Member) else ""
            if SECRETS.match(name):
                yield source.saw(part, name, f"{source.around(log.call)} {name}")


SENSITIVE = sightings("secrets logged", MARKS, _look)


class SensitiveArgument(Rule[Sighting]):
    """A secret is written to the log.

    Whoever reads the log can use it, and logs are copied, indexed and kept. Log who did what, or the id of the
    credential. What has been logged already is to be replaced.
    """

    id = "errors/sensitive-argument"
    reference = "LOG-04"
    severity = Severity.ERROR
    since = "0.1.0"
    looks_at = SENSITIVE
    examples = (
        Bad({"login.ts": _APP}, line=2),
        Bad({"refresh.py": _API}, line=7),
        Good({"login.ts": _APP.replace(" with ${password}", "")}),
        Good({"refresh.py": _API.replace("account.access_token", "len(account.access_token)")}),
        Good({"login.ts": _APP.replace("${password}", "${password ? 'a' : 'no'} password")}),
    )

    def check(self, subject: Sighting, code: Codebase) -> Iterable[Finding]:
        yield self.finding((subject.key,), f"{subject.said} is written to the log.", subject.where, file_local=True)
