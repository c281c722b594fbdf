"""YAML of somebody else's, read without aliases, with the line of every key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import yaml

Lines = dict[tuple[str | int, ...], int]
"""The line of every key, by its place; counted from 1."""


class NotYaml(Exception):
    """The text cannot be read. `line` counts from 1."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


class _NoAliases(yaml.SafeLoader):
    """A loader that refuses aliases, which settings need no more than bombs do."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            mark = self.get_mark()
            raise yaml.composer.ComposerError(None, None, "aliases are not allowed here", mark)
        return super().compose_node(parent, index)


@dataclass(frozen=True)
class Document:
    """What a text says, and where each key of it stands."""

    data: Any
    lines: Lines

    def line(self, *place: str | int) -> int:
        """The line of a key, or of the nearest around it."""
        return next((self.lines[place[:size]] for size in range(len(place), 0, -1) if place[:size] in self.lines), 1)


def read_document(content: bytes) -> Document:
    """The one document in a text; raises `NotYaml`."""
    try:
        text = content.decode("utf-8-sig")
        node = yaml.compose(text, _NoAliases)
        data = _NoAliases(text).get_single_data()
        return Document(data, _lines(node))
    except UnicodeDecodeError:
        raise NotYaml(1, "the file is not UTF-8") from None
    except RecursionError:
        raise NotYaml(1, "the file is nested too deeply") from None
    except yaml.MarkedYAMLError as problem:
        line = problem.problem_mark.line + 1 if problem.problem_mark else 1
        raise NotYaml(line, problem.problem or "not YAML") from None
    except (yaml.YAMLError, ValueError) as problem:
        raise NotYaml(1, str(problem).splitlines()[0]) from None


def _lines(node: yaml.Node | None, prefix: tuple[str | int, ...] = ()) -> Lines:
    found: Lines = {}
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            place = (*prefix, str(key.value))
            found[place] = key.start_mark.line + 1
            found |= _lines(value, place)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            found[(*prefix, index)] = value.start_mark.line + 1
            found |= _lines(value, (*prefix, index))
    return found
