"""The policy that holds for a change: the organization's and the base tip's, never the change's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from bot.flows.hub import Hub, HubError, Place, Unseen
from rules.catalog import names
from rules.policy import POLICY_PATH, Policy
from rules.policy_file import PolicyError, effective


class Marks(Protocol):
    """What is remembered between runs, by name."""

    async def mark(self, name: str) -> datetime | None: ...

    async def set_mark(self, name: str, at: datetime) -> None: ...

    async def unmark(self, name: str) -> None: ...


class PolicyUnread(Exception):
    """The policy could not be read, so nothing may be decided. The message is for a person."""


@dataclass(frozen=True)
class Held:
    """The policy that decides, what to say of it, and the policy once the change is merged if it edits the file."""

    policy: Policy
    notes: tuple[str, ...] = ()
    edited: Policy | None = None


async def held(place: Place, files: Mapping[str, bytes | None], hub: Hub, marks: Marks) -> Held:
    """The policy by the files `base` and `head` of a change; raises `PolicyUnread`, and `HubError` from GitHub."""
    above, notes = await _organization(place, hub, marks)
    try:
        policy, vain = effective(above, files["base"], names())
    except PolicyError as problem:
        policy, note = _without_base(above, files, problem)
        return Held(policy, (*notes, note))
    notes = (
        *notes,
        *(f"The organization locks {key}: what this repository says of it does not count." for key in vain),
    )
    return Held(policy, notes, None if files["head"] == files["base"] else _edited(above, files["head"]))


def local(files: Mapping[str, bytes | None]) -> Held:
    """The policy on a machine where no organization is asked; raises `PolicyUnread`."""
    try:
        return Held(effective(None, files["base"], names())[0])
    except PolicyError as problem:
        policy, note = _without_base(None, files, problem)
        return Held(policy, (note,))


def _without_base(above: bytes | None, files: Mapping[str, bytes | None], problem: PolicyError) -> tuple[Policy, str]:
    """The policy without the base's file, for a change that mends it; raises `PolicyUnread` for any other."""
    mended = files["head"] != files["base"] and _edited(above, files["head"]) is not None
    if not mended:
        raise PolicyUnread(f"{POLICY_PATH} of the base, {problem}") from None
    return effective(above, None, names())[0], f"{POLICY_PATH} of the base cannot be used; this change mends it."


def _edited(above: bytes | None, head: bytes | None) -> Policy | None:
    try:
        return effective(above, head, names())[0]
    except PolicyError:
        return None


async def _organization(place: Place, hub: Hub, marks: Marks) -> tuple[bytes | None, tuple[str, ...]]:
    """The organization's file. Once it was seen to lock keys, that it cannot be read is no reason to go without."""
    if place.name == ".github":
        return None, ()
    seen = f"lock:{place.installation}"
    try:
        content = await hub.organization_file(place, POLICY_PATH)
        locks = content is not None and bool(effective(content, None, names())[0].lock)
    except PolicyError as problem:
        raise PolicyUnread(f"the organization's policy, {problem}") from None
    except HubError as problem:
        if await marks.mark(seen):
            raise PolicyUnread(f"the organization's policy, which locks keys, could not be read: {problem}") from None
        if isinstance(problem, Unseen):
            return None, (f"No policy of the organization holds: {problem}.",)
        return None, (f"The organization's policy could not be read: {problem}",)
    if locks:
        await marks.set_mark(seen, datetime.now(UTC))
    else:
        await marks.unmark(seen)
    return content, ()
