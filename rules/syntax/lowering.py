"""Lowering by node type: what all languages' readers share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import ClassVar

from tree_sitter import Node

from rules.core.source import Span
from rules.syntax.program import Body, Const, Expr, Opaque, Program, Stmt
from rules.syntax.trees import parse, text

MAX_DEPTH = 40
"""How deep expressions and statements may nest within one function before the rest of them is opaque."""

MAX_ERRORS = 20


def at(node: Node) -> Span:
    return Span(node.start_byte, node.end_byte)


class Lowering:
    """Calls `expr_<type>` or `stmt_<type>` for a node.

    Long chains (calls on calls, sums of sums) lean to one side and would recurse as deep as they are long: their node
    types are keys of `chains`, with the field in which the chain goes on, and are lowered from the inside out by
    `chain_<type>(node, inner)`.
    """

    chains: ClassVar[Mapping[str, str]] = {}

    def __init__(self) -> None:
        self._depth = 0
        self.within: tuple[str, ...] = ()

    def expression(self, node: Node | None) -> Expr:
        if node is None:
            return Opaque(Span(0, 0), (), "missing")
        if self._depth >= MAX_DEPTH:
            return Opaque(at(node), (), "nested too deeply")
        self._depth += 1
        try:
            return self._chain(node)
        finally:
            self._depth -= 1

    def _chain(self, node: Node) -> Expr:
        links = []
        while node.type in self.chains and (inner := node.child_by_field_name(self.chains[node.type])) is not None:
            links.append(node)
            node = inner
        value = self._expression(node)
        for link in reversed(links):
            lower: Callable[[Node, Expr], Expr] = getattr(self, f"chain_{link.type}")
            value = lower(link, value)
        return value

    def _expression(self, node: Node) -> Expr:
        lower: Callable[[Node], Expr] | None = getattr(self, f"expr_{node.type}", None)
        return lower(node) if lower else Opaque(at(node), self.expressions(node.named_children), node.type)

    def expressions(self, nodes: Iterable[Node]) -> tuple[Expr, ...]:
        return tuple(self.expression(node) for node in nodes if node.type != "comment")

    def optional(self, node: Node | None) -> Expr | None:
        return self.expression(node) if node is not None else None

    def statements(self, nodes: Iterable[Node]) -> tuple[Stmt, ...]:
        return tuple(self._statements(nodes))

    def _statements(self, nodes: Iterable[Node]) -> Iterator[Stmt]:
        if self._depth >= MAX_DEPTH:
            return
        self._depth += 1
        try:
            for node in nodes:
                lower: Callable[[Node], Iterable[Stmt]] | None = getattr(self, f"stmt_{node.type}", None)
                yield from lower(node) if lower is not None else self.plain(node)
        finally:
            self._depth -= 1

    def plain(self, node: Node) -> Iterable[Stmt]:
        """What a node is among statements that has no lowering of its own as one."""
        return ()

    def outermost(self, nodes: list[Node]) -> tuple[Stmt, ...]:
        """The statements of a file."""
        return self.statements(nodes)

    def stmt_ERROR(self, node: Node) -> Iterable[Stmt]:
        return self.statements(node.named_children)

    def expr_integer(self, node: Node) -> Expr:
        return literal(node, number(text(node)))

    expr_float = expr_integer

    def expr_true(self, node: Node) -> Expr:
        return literal(node, True)

    def expr_false(self, node: Node) -> Expr:
        return literal(node, False)

    def body(self, name: str, lower: Callable[[], tuple[Stmt, ...]]) -> Body:
        """A function's body, lowered later as if it were the outermost code."""
        within = (*self.within, name)

        def later() -> tuple[Stmt, ...]:
            depth, outer = self._depth, self.within
            self._depth, self.within = 0, within
            try:
                return lower()
            finally:
                self._depth, self.within = depth, outer

        return Body(later)


def lowered(path: str, content: bytes, lowering: Lowering) -> Program:
    """The program of a file; raises `Unreadable` when nothing of it can be understood."""
    root = parse(path, content)
    return Program(path, content, lowering.outermost(root.named_children), tuple(_errors(root)))


def _errors(root: Node) -> list[int]:
    lines: list[int] = []
    pending = [root] if root.has_error else []
    while pending and len(lines) < MAX_ERRORS:
        node = pending.pop()
        if node.is_error or node.is_missing:
            lines.append(node.start_point[0] + 1)
        else:
            pending.extend(child for child in reversed(node.children) if child.has_error)
    return lines


def number(text: str) -> int | float | None:
    """The value of a numeric literal, or None for one that is written in an unusual way."""
    plain = text.replace("_", "")
    try:
        return int(plain, 0)
    except ValueError:
        pass
    try:
        return float(plain)
    except ValueError:
        return None


def literal(node: Node, value: str | int | float | bool | None) -> Const:
    return Const(at(node), value)
