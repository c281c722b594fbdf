"""Expressions and parameters of Python, lowered."""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from rules.syntax.lowering import Lowering, at, literal
from rules.syntax.program import (
    Argument,
    Assign,
    Binary,
    Call,
    Choose,
    Collect,
    Compare,
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
    Param,
    Record,
    Return,
    Spread,
    Text,
    Yield,
)
from rules.syntax.trees import text

NEGATED = {"not in": "in", "is not": "=="}
SAME = {"is": "==", "<>": "!="}


class PythonExpressions(Lowering):
    """Everything that has a value, statements and definitions excepted."""

    chains = {
        "call": "function",
        "attribute": "object",
        "subscript": "value",
        "binary_operator": "left",
        "boolean_operator": "left",
    }

    def chain_call(self, node: Node, callee: Expr) -> Expr:
        return Call(at(node), callee, tuple(self.call_arguments(node.child_by_field_name("arguments"))))

    def call_arguments(self, node: Node | None) -> Iterator[Argument]:
        if node is not None and node.type == "generator_expression":
            yield Argument(self.expression(node))
            return
        for given in node.named_children if node is not None else []:
            if given.type == "keyword_argument":
                name = text(given.child_by_field_name("name"))
                yield Argument(self.expression(given.child_by_field_name("value")), name)
            elif given.type in ("list_splat", "dictionary_splat"):
                yield Argument(self.expression(given.named_children[0]), None, True)
            elif given.type != "comment":
                yield Argument(self.expression(given))

    def chain_attribute(self, node: Node, of: Expr) -> Expr:
        return Member(at(node), of, text(node.child_by_field_name("attribute")))

    def chain_subscript(self, node: Node, of: Expr) -> Expr:
        keys = self.expressions(node.children_by_field_name("subscript"))
        return Index(at(node), of, keys[0] if len(keys) == 1 else Items(at(node), keys))

    def chain_binary_operator(self, node: Node, left: Expr) -> Expr:
        right = self.expression(node.child_by_field_name("right"))
        return Binary(at(node), text(node.child_by_field_name("operator")), left, right)

    def chain_boolean_operator(self, node: Node, left: Expr) -> Expr:
        right = self.expression(node.child_by_field_name("right"))
        return Logic(at(node), text(node.child_by_field_name("operator")), left, right)

    def expr_identifier(self, node: Node) -> Expr:
        return Name(at(node), text(node))

    def expr_dotted_name(self, node: Node) -> Expr:
        first, *rest = node.named_children
        value: Expr = Name(at(first), text(first))
        for part in rest:
            value = Member(at(node), value, text(part))
        return value

    def expr_string(self, node: Node) -> Expr:
        parts: list[Expr] = []
        for child in node.named_children:
            if child.type == "string_content":
                parts.append(literal(child, text(child)))
            elif child.type == "interpolation":
                parts.append(self.expression(child.child_by_field_name("expression")))
        if any(child.type == "interpolation" for child in node.named_children):
            return Text(at(node), tuple(parts))
        return literal(node, "".join(text(c) for c in node.named_children if c.type == "string_content"))

    def expr_concatenated_string(self, node: Node) -> Expr:
        return Text(at(node), self.expressions(node.named_children))

    def expr_none(self, node: Node) -> Expr:
        return literal(node, None)

    def expr_parenthesized_expression(self, node: Node) -> Expr:
        inner = [child for child in node.named_children if child.type != "comment"]
        return self.expression(inner[0]) if inner else Opaque(at(node))

    def expr_await(self, node: Node) -> Expr:
        return self.expression(node.named_children[0]) if node.named_children else Opaque(at(node))

    expr_type = expr_await
    expr_interpolation = expr_await

    def expr_list(self, node: Node) -> Expr:
        return Items(at(node), self.expressions(node.named_children))

    expr_tuple = expr_list
    expr_set = expr_list
    expr_expression_list = expr_list
    expr_pattern_list = expr_list
    expr_tuple_pattern = expr_list
    expr_list_pattern = expr_list

    def expr_list_splat(self, node: Node) -> Expr:
        return Spread(at(node), self.expression(node.named_children[0] if node.named_children else None))

    expr_list_splat_pattern = expr_list_splat

    def expr_dictionary(self, node: Node) -> Expr:
        entries = []
        for child in node.named_children:
            if child.type == "pair":
                key = self.expression(child.child_by_field_name("key"))
                entries.append(Entry(key, self.expression(child.child_by_field_name("value"))))
            elif child.type == "dictionary_splat":
                entries.append(Entry(None, self.expression(child.named_children[0])))
        return Record(at(node), tuple(entries))

    def expr_generic_type(self, node: Node) -> Expr:
        name, *rest = node.named_children
        arguments = self.expressions(rest[0].named_children) if rest else ()
        key = arguments[0] if len(arguments) == 1 else Items(at(node), arguments)
        return Index(at(node), self.expression(name), key)

    def expr_union_type(self, node: Node) -> Expr:
        parts = self.expressions(node.named_children)
        return Binary(at(node), "|", parts[0], parts[-1]) if parts else Opaque(at(node))

    def expr_not_operator(self, node: Node) -> Expr:
        return Not(at(node), self.expression(node.child_by_field_name("argument")))

    def expr_comparison_operator(self, node: Node) -> Expr:
        operands = self.expressions(node.named_children)
        operators = node.children_by_field_name("operators")
        words = " ".join(text(child) for child in operators)
        if len(operands) != 2:
            return Opaque(at(node), operands, "chained comparison")
        if words in NEGATED:
            return Not(at(node), Compare(at(node), NEGATED[words], *operands))
        return Compare(at(node), SAME.get(words, words), *operands)

    def expr_conditional_expression(self, node: Node) -> Expr:
        parts = self.expressions(node.named_children)
        return Choose(at(node), parts[1], parts[0], parts[2]) if len(parts) == 3 else Opaque(at(node), parts)

    def expr_named_expression(self, node: Node) -> Expr:
        target = self.expression(node.child_by_field_name("name"))
        return Assign(at(node), target, self.expression(node.child_by_field_name("value")), True)

    def expr_assignment(self, node: Node) -> Expr:
        target = self.expression(node.child_by_field_name("left"))
        return Assign(at(node), target, self.expression(node.child_by_field_name("right")), True)

    def augmented(self, node: Node) -> Expr:
        """The new value that `+=` and its like give."""
        left = self.expression(node.child_by_field_name("left"))
        operator = text(node.child_by_field_name("operator")).rstrip("=")
        return Binary(at(node), operator, left, self.expression(node.child_by_field_name("right")))

    def expr_yield(self, node: Node) -> Expr:
        inner = node.named_children
        return Yield(at(node), self.expression(inner[0]) if inner else literal(node, None))

    def expr_list_comprehension(self, node: Node) -> Expr:
        loops = [child for child in node.named_children if child.type == "for_in_clause"]
        element = self.expression(node.child_by_field_name("body"))
        for loop in reversed(loops):
            target = self.expression(loop.child_by_field_name("left"))
            element = Collect(at(node), element, target, self.expression(loop.child_by_field_name("right")))
        return element

    expr_set_comprehension = expr_list_comprehension
    expr_generator_expression = expr_list_comprehension

    def expr_lambda(self, node: Node) -> Expr:
        body = node.child_by_field_name("body")
        return Function(
            at(node),
            "<lambda>",
            tuple(self.parameters(node.child_by_field_name("parameters"))),
            self.body("<lambda>", lambda: (Return(at(body or node), self.expression(body)),)),
            is_arrow=True,
            within=self.within,
        )

    def parameters(self, node: Node | None) -> Iterator[Param]:
        for child in node.named_children if node is not None else []:
            if child.type == "identifier":
                yield Param(self.expression(child))
            elif child.type in ("list_splat_pattern", "dictionary_splat_pattern"):
                yield self._starred(child, None)
            elif child.type == "typed_parameter":
                annotation = self.optional(child.child_by_field_name("type"))
                inner = child.named_children[0]
                starred = inner.type in ("list_splat_pattern", "dictionary_splat_pattern")
                yield self._starred(inner, annotation) if starred else Param(self.expression(inner), annotation)
            elif child.type in ("default_parameter", "typed_default_parameter"):
                annotation = self.optional(child.child_by_field_name("type"))
                default = self.expression(child.child_by_field_name("value"))
                yield Param(self.expression(child.child_by_field_name("name")), annotation, default)

    def _starred(self, node: Node, annotation: Expr | None) -> Param:
        stars = 1 if node.type == "list_splat_pattern" else 2
        return Param(self.expression(node.named_children[0]), annotation, None, stars)
