"""Reading `.github/prodgate.yml`: mistakes are named with their line, never guessed around."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from rules.core.codebase import Fact
from rules.policy import Policy
from rules.syntax.yaml_document import Lines, NotYaml, read_document

MAX_BYTES = 100_000


@dataclass(frozen=True)
class Mistake:
    """One thing wrong with a policy file; lines count from 1."""

    line: int
    message: str


class PolicyError(Exception):
    """The policy file cannot be used. Carries every mistake found."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        super().__init__("; ".join(f"line {m.line}: {m.message}" for m in mistakes))
        self.mistakes = mistakes


@dataclass(frozen=True)
class Names:
    """What a policy may speak of: rules by id, each with the model of its options, and packs."""

    rules: Mapping[str, type[BaseModel] | None]
    packs: Collection[str]


NAMES: Fact[Names] = Fact("names")
"""What is installed; the host supplies it, since no rule may look at the catalog."""


def parse_policy(content: bytes, names: Names) -> Policy:
    """The policy in a file's content; raises `PolicyError` with the line of every mistake."""
    if len(content) > MAX_BYTES:
        raise PolicyError([Mistake(1, f"the file is larger than {MAX_BYTES:,} bytes")])
    data, lines = _load(content)
    try:
        policy = Policy.model_validate(data)
    except ValidationError as problem:
        raise PolicyError(
            [_mistake(dict(error), lines, _keys_at(error["loc"])) for error in problem.errors()]
        ) from None
    mistakes = [*_unknown(policy, names, lines), *_wrong_options(policy, names, lines)]
    if mistakes:
        raise PolicyError(mistakes)
    return policy


def _unknown(policy: Policy, names: Names, lines: Lines) -> Iterator[Mistake]:
    sections = (("rules", "rule", policy.rules, names.rules), ("packs", "pack", policy.packs, names.packs))
    for section, what, said, known in sections:
        for name in said:
            if name not in known:
                yield Mistake(lines.get((section, name), 1), f"there is no {what} {name!r}{_hint(name, known)}")


def _wrong_options(policy: Policy, names: Names, lines: Lines) -> Iterator[Mistake]:
    for name, rule in policy.rules.items():
        model = names.rules.get(name) or NoOptions
        try:
            model.model_validate(rule.options)
        except ValidationError as problem:
            for error in problem.errors():
                place = ("rules", name, "options", *error["loc"])
                yield _mistake({**error, "loc": place}, lines, list(model.model_fields))


class NoOptions(BaseModel):
    """The options of a rule that has none."""

    model_config = ConfigDict(extra="forbid")


def effective(organization: bytes | None, repository: bytes | None, names: Names) -> tuple[Policy, tuple[str, ...]]:
    """The repository's policy over the organization's, and the keys it set in vain because they are locked.

    Mappings are merged key by key, everything else is replaced. Raises `PolicyError` for either file.
    """
    above = {} if organization is None else _checked(organization, names)
    below = {} if repository is None else _checked(repository, names)
    below.pop("lock", None)
    locked = tuple(above.get("lock", ()))
    vain = tuple(key for key in locked if _without(below, tuple(key.split("."))))
    return Policy.model_validate(_merged(above, below)), vain


def _checked(content: bytes, names: Names) -> dict[str, Any]:
    parse_policy(content, names)
    data: dict[str, Any] = _load(content)[0]
    return data


def _without(data: dict[str, Any], place: tuple[str, ...]) -> bool:
    """Takes the value at a place out of nested mappings; whether there was one."""
    *path, last = place
    inner: Any = data
    for part in path:
        inner = inner.get(part) if isinstance(inner, dict) else None
    return isinstance(inner, dict) and inner.pop(last, _NOTHING) is not _NOTHING


_NOTHING = object()


def _merged(above: Any, below: Any) -> Any:
    if not (isinstance(above, dict) and isinstance(below, dict)):
        return below
    both = {key: _merged(above[key], below[key]) for key in above.keys() & below.keys()}
    return {**above, **below, **both}


def _load(content: bytes) -> tuple[Any, Lines]:
    try:
        document = read_document(content)
    except NotYaml as problem:
        raise PolicyError([Mistake(problem.line, str(problem))]) from None
    if document.data is None:
        return {}, document.lines
    if not isinstance(document.data, dict):
        raise PolicyError([Mistake(1, "a policy is a mapping of keys to values")])
    return document.data, document.lines


def _mistake(error: Mapping[str, Any], lines: Lines, known: Collection[str]) -> Mistake:
    place = tuple(error["loc"])
    line = next((lines[place[:size]] for size in range(len(place), 0, -1) if place[:size] in lines), 1)
    name = ".".join(map(str, place))
    if error["type"] == "extra_forbidden":
        return Mistake(line, f"unknown key {name!r}{_hint(str(place[-1]), known)}")
    return Mistake(line, f"{name}: {error['msg']}")


def _keys_at(place: tuple[Any, ...]) -> list[str]:
    if len(place) == 1:
        return list(Policy.model_fields)
    annotation: Any = Policy.model_fields[str(place[0])].annotation if str(place[0]) in Policy.model_fields else None
    model = getattr(annotation, "__args__", (annotation,))[-1]
    return list(getattr(model, "model_fields", {}))


def _hint(name: str, known: Collection[str]) -> str:
    close = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""
