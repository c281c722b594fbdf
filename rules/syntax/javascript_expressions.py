"""Expressions and patterns of JavaScript and TypeScript, lowered."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from tree_sitter import Node

from rules.syntax.lowering import Lowering, at, literal
from rules.syntax.program import (
    Argument,
    Assign,
    Binary,
    Call,
    Choose,
    Compare,
    Const,
    Default,
    Entry,
    Expr,
    Function,
    Index,
    Items,
    Logic,
    Member,
    Name,
    Not,
    Opaque,
    Pattern,
    Record,
    Spread,
    Text,
    Yield,
)
from rules.syntax.trees import text

LOGIC = {"&&": "and", "||": "or", "??": "??"}
COMPARISONS = {"===": "==", "==": "==", "!==": "!=", "!=": "!=", "in": "in", "instanceof": "is-a"} | {
    op: op for op in ("<", ">", "<=", ">=")
}
ESCAPES = {"\\n": "\n", "\\t": "\t", "\\\\": "\\", "\\'": "'", '\\"': '"', "\\/": "/"}


class JavaScriptExpressions(Lowering):
    """Everything that has a value, functions and classes excepted."""

    chains = {
        "call_expression": "function",
        "member_expression": "object",
        "subscript_expression": "object",
        "binary_expression": "left",
    }

    def function(self, node: Node, name: str = "") -> Function:
        raise NotImplementedError

    def chain_call_expression(self, node: Node, callee: Expr) -> Expr:
        given = node.child_by_field_name("arguments")
        if given is not None and given.type == "template_string":
            return Call(at(node), callee, (Argument(self.expression(given)),))
        return Call(at(node), callee, tuple(self.call_arguments(given)))

    def call_arguments(self, node: Node | None) -> Iterator[Argument]:
        for given in node.named_children if node is not None else []:
            if given.type == "spread_element":
                yield Argument(self.expression(given.named_children[0]), None, True)
            elif given.type != "comment":
                yield Argument(self.expression(given))

    def expr_new_expression(self, node: Node) -> Expr:
        callee = self.expression(node.child_by_field_name("constructor"))
        return Call(at(node), callee, tuple(self.call_arguments(node.child_by_field_name("arguments"))), True)

    def chain_member_expression(self, node: Node, of: Expr) -> Expr:
        return Member(at(node), of, text(node.child_by_field_name("property")))

    def chain_subscript_expression(self, node: Node, of: Expr) -> Expr:
        return Index(at(node), of, self.expression(node.child_by_field_name("index")))

    def chain_binary_expression(self, node: Node, left: Expr) -> Expr:
        operator = text(node.child_by_field_name("operator"))
        right = self.expression(node.child_by_field_name("right"))
        if operator in LOGIC:
            return Logic(at(node), LOGIC[operator], left, right)
        if operator in COMPARISONS:
            return Compare(at(node), COMPARISONS[operator], left, right)
        return Binary(at(node), operator, left, right)

    def expr_identifier(self, node: Node) -> Expr:
        return Name(at(node), text(node))

    expr_property_identifier = expr_identifier
    expr_type_identifier = expr_identifier
    expr_shorthand_property_identifier = expr_identifier
    expr_shorthand_property_identifier_pattern = expr_identifier
    expr_this = expr_identifier
    expr_super = expr_identifier
    expr_import = expr_identifier

    def expr_undefined(self, node: Node) -> Expr:
        return literal(node, None)

    expr_null = expr_undefined

    expr_number = Lowering.expr_integer

    def expr_string(self, node: Node) -> Expr:
        parts = (unescaped(text(c)) if c.type == "escape_sequence" else text(c) for c in node.named_children)
        return literal(node, "".join(parts))

    def expr_string_fragment(self, node: Node) -> Expr:
        return literal(node, text(node))

    def expr_escape_sequence(self, node: Node) -> Expr:
        return literal(node, unescaped(text(node)))

    def expr_template_string(self, node: Node) -> Expr:
        return Text(at(node), self.expressions(node.named_children))

    def _inner(self, node: Node) -> Expr:
        inner = [child for child in node.named_children if child.type != "comment"]
        return self.expression(inner[0]) if inner else Opaque(at(node))

    expr_template_substitution = _inner
    expr_parenthesized_expression = _inner
    expr_await_expression = _inner
    expr_as_expression = _inner
    expr_satisfies_expression = _inner
    expr_non_null_expression = _inner
    expr_type_annotation = _inner
    expr_computed_property_name = _inner

    def expr_type_assertion(self, node: Node) -> Expr:
        return self.expression(node.named_children[-1] if node.named_children else None)

    def expr_sequence_expression(self, node: Node) -> Expr:
        parts = self.expressions(node.named_children)
        return Opaque(at(node), parts, "sequence")

    def expr_regex(self, node: Node) -> Expr:
        return Pattern(at(node), text(node.child_by_field_name("pattern")))

    def expr_array(self, node: Node) -> Expr:
        return Items(at(node), self.expressions(node.named_children))

    expr_array_pattern = expr_array
    expr_tuple_type = expr_array

    def expr_spread_element(self, node: Node) -> Expr:
        return Spread(at(node), self._inner(node))

    expr_rest_pattern = expr_spread_element

    def expr_object(self, node: Node) -> Expr:
        return Record(at(node), tuple(self._entries(node)))

    expr_object_pattern = expr_object

    def _entries(self, node: Node) -> Iterator[Entry]:
        for child in node.named_children:
            if child.type in ("pair", "pair_pattern"):
                key = self._key(child.child_by_field_name("key"))
                yield Entry(key, self.named(child.child_by_field_name("value"), key))
            elif child.type in ("spread_element", "rest_pattern"):
                yield Entry(None, self._inner(child))
            elif child.type == "method_definition":
                key = self._key(child.child_by_field_name("name"))
                yield Entry(key, self.function(child))
            elif child.type == "object_assignment_pattern":
                left = child.child_by_field_name("left")
                default = self.expression(child.child_by_field_name("right"))
                yield Entry(literal(child, text(left)), Default(at(child), self.expression(left), default))
            elif child.type.startswith("shorthand_property_identifier"):
                yield Entry(literal(child, text(child)), self.expression(child))

    def _key(self, node: Node | None) -> Expr:
        if node is not None and node.type in ("property_identifier", "private_property_identifier"):
            return literal(node, text(node))
        return self.expression(node)

    def named(self, node: Node | None, key: Expr) -> Expr:
        """The value of a node; a function without a name is called like the key or variable that holds it."""
        name = key.value if isinstance(key, Const) else key.id if isinstance(key, Name) else ""
        if node is not None and node.type in ("arrow_function", "function_expression"):
            return self.function(node, name if isinstance(name, str) else "")
        return self.expression(node)

    def expr_assignment_pattern(self, node: Node) -> Expr:
        target = self.expression(node.child_by_field_name("left"))
        return Default(at(node), target, self.expression(node.child_by_field_name("right")))

    def expr_assignment_expression(self, node: Node) -> Expr:
        target = self.expression(node.child_by_field_name("left"))
        named = Name(target.at, target.name) if isinstance(target, Member) else target
        return Assign(at(node), target, self.named(node.child_by_field_name("right"), named), False)

    def expr_augmented_assignment_expression(self, node: Node) -> Expr:
        target = self.expression(node.child_by_field_name("left"))
        operator = text(node.child_by_field_name("operator")).removesuffix("=")
        right = self.expression(node.child_by_field_name("right"))
        if operator in LOGIC:
            return Assign(at(node), target, Logic(at(node), LOGIC[operator], target, right), False)
        return Assign(at(node), target, Binary(at(node), operator, target, right), False)

    def expr_unary_expression(self, node: Node) -> Expr:
        operator = text(node.child_by_field_name("operator"))
        value = self.expression(node.child_by_field_name("argument"))
        if operator == "!":
            return Not(at(node), value)
        return Const(at(node), None) if operator == "void" else Opaque(at(node), (value,), operator)

    def expr_ternary_expression(self, node: Node) -> Expr:
        fields = ("condition", "consequence", "alternative")
        test, then, other = (self.expression(node.child_by_field_name(name)) for name in fields)
        return Choose(at(node), test, then, other)

    def expr_yield_expression(self, node: Node) -> Expr:
        return Yield(at(node), self._inner(node) if node.named_children else literal(node, None))

    def expr_generic_type(self, node: Node) -> Expr:
        name, *rest = node.named_children
        arguments = self.expressions(rest[0].named_children) if rest else ()
        return Index(at(node), self.expression(name), Items(at(node), arguments))

    def expr_nested_type_identifier(self, node: Node) -> Expr:
        module = self.expression(node.child_by_field_name("module"))
        return Member(at(node), module, text(node.child_by_field_name("name")))

    def expr_arrow_function(self, node: Node) -> Expr:
        return self.function(node)

    expr_function_expression = expr_arrow_function
    expr_generator_function = expr_arrow_function


def unescaped(sequence: str) -> str:
    """What an escape sequence stands for; unknown ones stand for their character."""
    if sequence in ESCAPES:
        return ESCAPES[sequence]
    digits = sequence[2:].strip("{}")
    if sequence[1:2] in ("u", "x") and digits:
        with suppress(ValueError, OverflowError):
            return chr(int(digits, 16))
    return sequence[1:].lstrip("\r\n")
