"""What is known on either side of a condition: of the ways in which a value came about, those that agree with it."""

from __future__ import annotations

from collections.abc import Iterator

from rules.facts.endpoints.machine.host import Basis, Condition, Host
from rules.facts.endpoints.machine.values import Either, Mixed, Value, Way

CHECKED = (Basis.CHECK, Basis.HINT, Basis.UNKNOWN)


class Sides:
    """A function reports in what it returns whether the caller passed; whoever tests that learns how it came to it."""

    def __init__(self, test: Value, host: Host) -> None:
        self._host = host
        self._ways = {holds: list(self._agreeing(test, holds)) for holds in (True, False)}

    def way(self, holds: bool) -> Way:
        """What holds on one side: what all ways have in common that lead there."""
        found = self._ways[holds]
        if not found:
            return Way()
        shared = tuple(c for c in found[0].under if all(c in way.under for way in found))
        return Way(shared, all(way.consulted for way in found))

    def turn_away(self, holds: bool) -> None:
        """Callers on one side were rejected: so were those for whom the checks did not hold that all ways to the other
        side have passed."""
        for condition in self.way(not holds).under:
            if isinstance(condition, Condition) and condition.basis in CHECKED:
                condition.turned_away = True

    def _agreeing(self, test: Value, holds: bool) -> Iterator[Way]:
        """The ways of the options for which a test comes out so; of several tests those of the first that tells."""
        if isinstance(test, Mixed) and test.op == "not":
            yield from self._agreeing(test.parts[0], not holds)
        elif isinstance(test, Mixed) and test.op == ("and" if holds else "or"):
            for part in test.parts:
                found = list(self._agreeing(part, holds))
                if found:
                    yield from found
                    return
        elif isinstance(test, Mixed) and test.op in ("==", "!=") and isinstance(test.parts[0], Either):
            for option, way in zip(test.parts[0].options, test.parts[0].ways, strict=False):
                if self._may_be(Mixed(test.op, (option, *test.parts[1:])), holds):
                    yield way
        elif isinstance(test, Either):
            yield from (
                way for option, way in zip(test.options, test.ways, strict=False) if self._may_be(option, holds)
            )

    def _may_be(self, value: Value, holds: bool) -> bool:
        return self._host.truth(value).answer is not (not holds)
