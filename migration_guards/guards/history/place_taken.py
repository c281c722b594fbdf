from __future__ import annotations

from collections.abc import Iterable

from migration_guards.claims import claims_of
from migration_guards.history import CHANGES, Change
from rules.core.codebase import Codebase
from rules.core.finding import Finding, Severity
from rules.core.rule import Bad, Good, Rule
from rules.facts.host import RIVALS, Claim, Rival

_OLD = {"db/migrations/1_start.sql": "CREATE TABLE t (a int);\n"}
_NEW = {**_OLD, "db/migrations/2_more.sql": "ALTER TABLE t ADD b int;\n"}


class PlaceTaken(Rule[Change]):
    """Another open pull request adds a migration at the same place.

    Both are right alone: they have the same number, or come after the same migration. Whichever is merged second
    breaks the history, so whoever is second has to move. Both pull requests are told, and told again when the other
    moves or is closed.
    """

    id = "migrations/place-taken"
    reference = "MH05"
    severity = Severity.WARNING
    since = "0.1.0"
    looks_at = CHANGES
    examples = (
        Bad(_NEW, _OLD, reports={RIVALS.name: (Rival(12, (Claim("db/migrations", "number 2"),)),)}),
        Good(_NEW, _OLD, reports={RIVALS.name: (Rival(12, (Claim("db/migrations", "number 3"),)),)}),
        Good(_NEW, _OLD, reports={RIVALS.name: (Rival(12, (Claim("other/migrations", "number 2"),)),)}),
    )

    def check(self, subject: Change, code: Codebase) -> Iterable[Finding]:
        for claim in claims_of(subject, code):
            pulls = sorted(rival.pull for rival in code.get(RIVALS) if claim in rival.claims)
            if pulls:
                others = ", ".join(f"#{number}" for number in pulls)
                message = f"Pull request {others} adds a migration at the same place: {claim.place} in {claim.order}."
                yield self.finding((claim.order, claim.place), message, subject.where(code))
