"""Ruby, lowered: calls, blocks, literals and conditions, which is what a DSL in Ruby is made of.

A block is the last argument, a function. Every call whose receiver is left out is a call of its own name.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from tree_sitter import Node

from rules.syntax.lowering import Lowering, at, literal, lowered
from rules.syntax.program import (
    Argument,
    Attempt,
    Binary,
    Bind,
    Call,
    Class,
    Compare,
    Const,
    Do,
    Each,
    Entry,
    Expr,
    Field,
    Function,
    Handler,
    If,
    Index,
    Items,
    Logic,
    Member,
    Name,
    Not,
    Opaque,
    Param,
    Program,
    Record,
    Return,
    Spread,
    Stmt,
    Text,
)
from rules.syntax.trees import text, walk


def ruby_program(path: str, content: bytes) -> Program:
    """The program of a Ruby file; raises `Unreadable`."""
    return lowered(path, content, RubyLowering())


_COMPARISONS = frozenset({"==", "!=", "<", ">", "<=", ">="})


class RubyLowering(Lowering):
    """Statements and expressions; what Ruby calls an expression is a statement where its value is not used."""

    chains = {"call": "receiver"}

    def __init__(self) -> None:
        super().__init__()
        self._nodes: list[Node] = []

    def outermost(self, nodes: list[Node]) -> tuple[Stmt, ...]:
        self._nodes = nodes
        return super().outermost(nodes)

    @cached_property
    def _heredocs(self) -> dict[int, Node]:
        """The body of a heredoc stands after the line that begins it: the n-th belongs to the n-th beginning."""
        every = [inner for node in self._nodes for inner in walk(node)]
        beginnings = [node.start_byte for node in every if node.type == "heredoc_beginning"]
        return dict(zip(beginnings, (node for node in every if node.type == "heredoc_body"), strict=False))

    def plain(self, node: Node) -> Iterator[Stmt]:
        if node.is_named and node.type not in ("comment", "heredoc_body"):
            yield Do(at(node), self.expression(node))

    def block(self, node: Node | None) -> tuple[Stmt, ...]:
        return self.statements(node.named_children) if node is not None else ()

    def stmt_assignment(self, node: Node) -> Iterator[Stmt]:
        target = self.expression(node.child_by_field_name("left"))
        yield Bind(at(node), target, self.expression(node.child_by_field_name("right")))

    def stmt_class(self, node: Node) -> Iterator[Stmt]:
        made = self._class(node)
        yield Bind(at(node), Name(at(node), made.name), made)

    def stmt_module(self, node: Node) -> Iterator[Stmt]:
        yield from self.block(node.child_by_field_name("body"))

    def stmt_method(self, node: Node) -> Iterator[Stmt]:
        function = self._function(node, text(node.child_by_field_name("name")))
        yield Bind(at(node), Name(at(node), function.name), function)

    stmt_singleton_method = stmt_method

    def stmt_if(self, node: Node) -> Iterator[Stmt]:
        yield self._if(node, negated=False)

    stmt_elsif = stmt_if

    def stmt_unless(self, node: Node) -> Iterator[Stmt]:
        yield self._if(node, negated=True)

    def _if(self, node: Node, *, negated: bool) -> If:
        test = self.expression(node.child_by_field_name("condition"))
        other = node.child_by_field_name("alternative")
        rest = () if other is None else self.statements([other]) if other.type == "elsif" else self.block(other)
        then = self.block(node.child_by_field_name("consequence"))
        return If(at(node), Not(at(node), test) if negated else test, then, rest)

    def stmt_if_modifier(self, node: Node) -> Iterator[Stmt]:
        body = node.child_by_field_name("body")
        test = self.expression(node.child_by_field_name("condition"))
        negated = node.type == "unless_modifier"
        yield If(at(node), Not(at(node), test) if negated else test, self.statements([body] if body else []))

    stmt_unless_modifier = stmt_if_modifier

    def stmt_case(self, node: Node) -> Iterator[Stmt]:
        other: tuple[Stmt, ...] = ()
        for clause in reversed(node.named_children):
            if clause.type == "else":
                other = self.block(clause)
            elif clause.type == "when":
                then = self.block(clause.child_by_field_name("body"))
                other = (If(at(clause), Opaque(at(clause), (), "case"), then, other),)
        yield from other

    def stmt_while(self, node: Node) -> Iterator[Stmt]:
        yield Each(at(node), None, None, self.block(node.child_by_field_name("body")))

    stmt_until = stmt_while

    def stmt_for(self, node: Node) -> Iterator[Stmt]:
        target = self.expression(node.child_by_field_name("pattern"))
        value = node.child_by_field_name("value")
        over = self.expression(value.named_children[0] if value is not None and value.named_children else None)
        yield Each(at(node), target, over, self.block(node.child_by_field_name("body")))

    def stmt_begin(self, node: Node) -> Iterator[Stmt]:
        plain = [c for c in node.named_children if c.type not in ("rescue", "ensure", "else")]
        handlers = tuple(
            Handler((), None, self.block(c.child_by_field_name("body")))
            for c in node.named_children
            if c.type == "rescue"
        )
        finish = [self.block(c) for c in node.named_children if c.type == "ensure"]
        yield Attempt(at(node), self.statements(plain), handlers, finish[0] if finish else ())

    def stmt_return(self, node: Node) -> Iterator[Stmt]:
        values = node.named_children[0].named_children if node.named_children else []
        yield Return(at(node), self.expression(values[0]) if values else None)

    def _class(self, node: Node) -> Class:
        body = node.child_by_field_name("body")
        inner = self.block(body)
        methods = tuple(s.value for s in inner if isinstance(s, Bind) and isinstance(s.value, Function))
        fields = [Field(s.target.id, s.value) for s in inner if isinstance(s, Bind) and isinstance(s.target, Name)]
        calls = [Field("", s.value) for s in inner if isinstance(s, Do)]
        parent = node.child_by_field_name("superclass")
        bases = (self.expression(parent.named_children[0]),) if parent is not None and parent.named_children else ()
        return Class(at(node), text(node.child_by_field_name("name")), bases, tuple([*fields, *calls]), methods)

    def _function(self, node: Node, name: str) -> Function:
        body = node.child_by_field_name("body")
        given = node.child_by_field_name("parameters")
        named = [child for child in given.named_children if child.type == "identifier"] if given is not None else []
        params = tuple(Param(self.expression(child)) for child in named)
        return Function(at(node), name, params, self.body(name, lambda: self.block(body)), is_arrow=not name)

    def chain_call(self, node: Node, inner: Expr) -> Expr:
        method = node.child_by_field_name("method")
        return self._called(node, Member(at(method or node), inner, text(method)))

    def expr_call(self, node: Node) -> Expr:
        method = node.child_by_field_name("method")
        return self._called(node, Name(at(method or node), text(method)))

    def _called(self, node: Node, callee: Expr) -> Expr:
        listed = node.child_by_field_name("arguments")
        given = [self._argument(child) for child in listed.named_children if child.type != "comment"] if listed else []
        block = node.child_by_field_name("block")
        if block is not None:
            given.append(Argument(self._function(block, "")))
        return Call(at(node), callee, tuple(given))

    def _argument(self, node: Node) -> Argument:
        if node.type == "pair":
            key = node.child_by_field_name("key")
            value = self.expression(node.child_by_field_name("value"))
            inner = key.named_children[0] if key is not None and key.named_children else key
            return Argument(value, text(inner).lstrip(":"))
        if node.type in ("splat_argument", "hash_splat_argument"):
            return Argument(self.expression(node.named_children[0] if node.named_children else None), None, True)
        if node.type == "block_argument":
            return Argument(self.expression(node.named_children[0] if node.named_children else None))
        return Argument(self.expression(node))

    def expr_identifier(self, node: Node) -> Expr:
        return Name(at(node), text(node))

    expr_constant = expr_instance_variable = expr_global_variable = expr_self = expr_identifier

    def expr_scope_resolution(self, node: Node) -> Expr:
        scope = node.child_by_field_name("scope")
        name = text(node.child_by_field_name("name"))
        return Member(at(node), self.expression(scope), name) if scope is not None else Name(at(node), name)

    def expr_simple_symbol(self, node: Node) -> Expr:
        return literal(node, text(node)[1:])

    def expr_hash_key_symbol(self, node: Node) -> Expr:
        return literal(node, text(node))

    def expr_bare_string(self, node: Node) -> Expr:
        return self.expr_string(node)

    def expr_string(self, node: Node) -> Expr:
        parts = tuple(self._part(child) for child in node.named_children)
        if all(isinstance(part, Const) for part in parts):
            return literal(node, "".join(str(part.value) for part in parts if isinstance(part, Const)))
        return Text(at(node), parts)

    expr_delimited_symbol = expr_bare_symbol = expr_string

    def _part(self, node: Node) -> Expr:
        if node.type in ("string_content", "heredoc_content", "escape_sequence"):
            return literal(
                node, text(node) if node.type != "escape_sequence" else _ESCAPES.get(text(node), text(node)[1:])
            )
        return self.expression(node.named_children[0] if node.named_children else None)

    def expr_chained_string(self, node: Node) -> Expr:
        return Text(at(node), self.expressions(node.named_children))

    def expr_heredoc_beginning(self, node: Node) -> Expr:
        found = self._heredocs.get(node.start_byte)
        if found is None:
            return Opaque(at(node), (), "heredoc")
        return Text(at(found), tuple(self._part(c) for c in found.named_children if c.type != "heredoc_end"))

    def expr_nil(self, node: Node) -> Expr:
        return literal(node, None)

    def expr_array(self, node: Node) -> Expr:
        return Items(at(node), self.expressions(node.named_children))

    expr_string_array = expr_symbol_array = expr_array

    def expr_hash(self, node: Node) -> Expr:
        entries = []
        for child in node.named_children:
            if child.type == "pair":
                key = self.expression(child.child_by_field_name("key"))
                entries.append(Entry(key, self.expression(child.child_by_field_name("value"))))
            elif child.type == "hash_splat_argument":
                entries.append(Entry(None, self.expression(child.named_children[0] if child.named_children else None)))
        return Record(at(node), tuple(entries))

    def expr_lambda(self, node: Node) -> Expr:
        return self._function(node, "")

    def expr_element_reference(self, node: Node) -> Expr:
        parts = node.named_children
        return Index(at(node), self.expression(parts[0]), self.expression(parts[1] if len(parts) > 1 else None))

    def expr_parenthesized_statements(self, node: Node) -> Expr:
        return self.expression(node.named_children[-1] if node.named_children else None)

    def expr_splat_argument(self, node: Node) -> Expr:
        return Spread(at(node), self.expression(node.named_children[0] if node.named_children else None))

    def expr_binary(self, node: Node) -> Expr:
        op = text(node.child_by_field_name("operator"))
        left, right = (self.expression(node.child_by_field_name(side)) for side in ("left", "right"))
        if op in ("&&", "||", "and", "or"):
            return Logic(at(node), {"&&": "and", "||": "or"}.get(op, op), left, right)
        return Compare(at(node), op, left, right) if op in _COMPARISONS else Binary(at(node), op, left, right)

    def expr_unary(self, node: Node) -> Expr:
        return Not(at(node), self.expression(node.named_children[-1] if node.named_children else None))


_ESCAPES = {"\\n": "\n", "\\t": "\t", "\\\\": "\\", '\\"': '"', "\\'": "'"}
