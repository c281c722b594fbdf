"""Liquibase's changelogs as trees, from XML and from YAML or JSON, with the bytes that each part stands at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from xml.parsers import expat

import yaml

from migration_guards.sql.reader import text_of
from rules.core.codebase import Unreadable
from rules.core.source import Span

_LISTS = frozenset({"databaseChangeLog", "changes", "columns"})
"""Keys of YAML whose items stand directly in their parent in XML."""
MAX_NODES = 200_000


@dataclass(frozen=True)
class Element:
    """A part of a changelog. `values` are its attributes; `text` is what it holds, at `text_at`."""

    name: str
    at: Span
    values: Mapping[str, str] = field(default_factory=dict)
    inner: tuple[Element, ...] = ()
    text: str = ""
    text_at: Span | None = None

    def each(self, *names: str) -> Iterator[Element]:
        return (one for one in self.inner if one.name in names)

    def value(self, name: str) -> str:
        """An attribute, or the text of a part of that name; empty when it is not given."""
        return self.values.get(name) or next((one.text.strip() for one in self.each(name)), "")

    def flag(self, name: str) -> bool | None:
        return {"true": True, "false": False}.get(self.value(name).lower())


def from_xml(content: bytes) -> Element:
    """The root of an XML changelog; raises `Unreadable`. Entities are refused, external ones never looked up."""
    text_of(content)
    reader = _Xml(content)
    try:
        reader.parser.Parse(content, True)
    except expat.ExpatError as problem:
        raise Unreadable(f"it is not XML: {problem}") from None
    return reader.root()


class _Xml:
    """Collects the elements that a parser of XML reports."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._open: list[tuple[str, int, dict[str, str], list[Element], list[str], int]] = []
        self._done: list[Element] = []
        self._count = 0
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._data
        self.parser.EntityDeclHandler = self._entity

    def root(self) -> Element:
        return self._done[0]

    def _entity(self, *given: object) -> None:
        raise Unreadable("it declares entities of XML")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if self._count > MAX_NODES:
            raise Unreadable("it has too many elements")
        start = self.parser.CurrentByteIndex
        shown = name.rpartition(":")[2]
        self._open.append((shown, start, attributes, [], [], _tag_end(self._content, start)))

    def _data(self, data: str) -> None:
        if self._open:
            self._open[-1][4].append(data)

    def _end(self, _: str) -> None:
        name, start, attributes, inner, texts, first = self._open.pop()
        last = self.parser.CurrentByteIndex
        end = first if self._content[first - 2 : first] == b"/>" else _tag_end(self._content, last)
        made = Element(name, Span(start, end), attributes, tuple(inner), "".join(texts), Span(first, max(first, last)))
        (self._open[-1][3] if self._open else self._done).append(made)


def _tag_end(content: bytes, start: int) -> int:
    """Where the tag that begins at `start` ends, a `>` within its quotes passed over."""
    quote = 0
    for offset in range(start, len(content)):
        byte = content[offset]
        if quote:
            quote = 0 if byte == quote else quote
        elif byte in b"\"'":
            quote = byte
        elif byte == ord(">"):
            return offset + 1
    return len(content)


def from_yaml(content: bytes) -> Element:
    """The root of a changelog in YAML or JSON; raises `Unreadable`. Aliases are refused."""
    text = text_of(content)
    try:
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, yaml.SafeLoader)):
            raise Unreadable("it uses aliases of YAML")
        node = yaml.compose(text, yaml.SafeLoader)
    except yaml.YAMLError as problem:
        raise Unreadable(f"it is not YAML: {str(problem).splitlines()[0]}") from None
    return _Yaml(text).element("", node) if node is not None else Element("", Span(0, 0))


class _Yaml:
    """Turns nodes of YAML into elements."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._ascii = text.isascii()

    def _at(self, node: yaml.Node) -> Span:
        start, end = node.start_mark.index, node.end_mark.index
        if not self._ascii:
            start, end = (len(self._text[:offset].encode()) for offset in (start, end))
        return Span(start, end)

    def element(self, name: str, node: yaml.Node) -> Element:
        at = self._at(node)
        if isinstance(node, yaml.ScalarNode):
            return Element(name, at, text=str(node.value), text_at=at)
        values: dict[str, str] = {}
        inner: list[Element] = []
        for key, value in self._entries(node):
            if isinstance(value, yaml.ScalarNode):
                values[key] = str(value.value)
                inner.append(self.element(key, value))
            elif key in _LISTS:
                inner += self.element(key, value).inner
            else:
                inner.append(self.element(key, value))
        return Element(name, at, values, tuple(inner))

    def _entries(self, node: yaml.Node) -> Iterator[tuple[str, yaml.Node]]:
        """The entries of a mapping, or those of the mappings in a list, one after the other."""
        if isinstance(node, yaml.MappingNode):
            yield from ((str(key.value), value) for key, value in node.value if isinstance(key, yaml.ScalarNode))
        elif isinstance(node, yaml.SequenceNode):
            for item in node.value:
                yield from self._entries(item)
