"""What a change claims in a history of migrations: two open pull requests that claim the same cannot both be merged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from migration_guards.history import CHANGES, LINKS, Change
from rules.core.codebase import Codebase, Fact
from rules.facts.host import Claim


def claims_of(change: Change, code: Codebase) -> Iterator[Claim]:
    """The claims of one new migration: its number or name, or what it comes after."""
    if change.before is not None or change.after is None or change.after.source.repeats:
        return
    if not change.runner.by_graph:
        version = change.after.version
        name = change.after.path.removeprefix(f"{change.history}/")
        yield Claim(change.history, f"number {version}" if version is not None else name)
        return
    links = code.get(LINKS)[change.framework]
    own = {link.name for file in change.all_new if (link := links.get(file.path))}
    mine = links.get(change.after.path)
    for parent in mine.parents if mine is not None else ():
        if parent not in own:
            yield Claim(change.history, f"after {parent}")


def _claims(code: Codebase) -> Sequence[Claim]:
    return sorted(
        {claim for change in code.get(CHANGES) for claim in claims_of(change, code)}, key=lambda c: (c.order, c.place)
    )


CLAIMS: Fact[Sequence[Claim]] = Fact("claims", _claims)
"""Everything that the change claims."""
