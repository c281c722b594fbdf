"""Functions and classes of JavaScript and TypeScript, lowered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from tree_sitter import Node

from rules.syntax.javascript_expressions import JavaScriptExpressions
from rules.syntax.lowering import at
from rules.syntax.program import Class, Expr, Field, Function, Name, Param, Return, Spread, Stmt
from rules.syntax.trees import text


class JavaScriptDefinitions(JavaScriptExpressions):
    """What declares parameters or members."""

    def block(self, node: Node | None) -> tuple[Stmt, ...]:
        """The statements of a block, or the one statement that stands in its place. Functions count from its start."""
        if node is None:
            return ()
        children = node.named_children if node.type in ("statement_block", "program", "else_clause") else [node]
        return self.statements(hoisted(children))

    def function(self, node: Node, name: str = "") -> Function:
        own = text(node.child_by_field_name("name")) or name
        single = node.child_by_field_name("parameter")
        listed = node.child_by_field_name("parameters")
        words = {child.type for child in node.children if not child.is_named}
        params = (Param(self.expression(single)),) if single is not None else tuple(self._parameters(listed))
        body = node.child_by_field_name("body")
        return Function(
            at(node),
            own,
            params,
            self.body(own, lambda: self._function_body(body)),
            is_async="async" in words,
            is_arrow=node.type == "arrow_function",
            is_getter="get" in words,
            is_static="static" in words,
            within=self.within,
        )

    def _function_body(self, node: Node | None) -> tuple[Stmt, ...]:
        if node is None or node.type == "statement_block":
            return self.block(node)
        return (Return(at(node), self.expression(node)),)

    def _parameters(self, listed: Node | None) -> Iterator[Param]:
        for node in listed.named_children if listed is not None else []:
            if node.type in ("required_parameter", "optional_parameter"):
                yield self._typed_parameter(node)
            elif node.type == "assignment_pattern":
                left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
                yield Param(self.expression(left), None, self.expression(right))
            elif node.type == "rest_pattern":
                yield Param(self._inner(node), None, None, 1)
            elif node.type not in ("comment", "ERROR"):
                yield Param(self.expression(node))

    def _typed_parameter(self, node: Node) -> Param:
        pattern = node.child_by_field_name("pattern")
        target = self.expression(pattern)
        keeps = any(child.type in ("accessibility_modifier", "readonly") for child in node.children)
        starred = isinstance(target, Spread)
        return Param(
            target.value if isinstance(target, Spread) else target,
            self.optional(node.child_by_field_name("type")),
            self.optional(node.child_by_field_name("value")),
            int(starred),
            keeps,
            self._decorators(node),
        )

    def _decorators(self, node: Node) -> tuple[Expr, ...]:
        return tuple(self._inner(child) for child in node.children if child.type == "decorator")

    def klass(self, node: Node, decorators: tuple[Expr, ...]) -> Class:
        name = text(node.child_by_field_name("name"))
        heritage = next((child for child in node.named_children if child.type == "class_heritage"), None)
        outer, self.within = self.within, (*self.within, name)
        fields: list[Field] = []
        methods: list[Function] = []
        body = node.child_by_field_name("body")
        waiting: tuple[Expr, ...] = ()
        for child in body.named_children if body is not None else []:
            if child.type == "decorator":
                waiting += (self._inner(child),)
            elif child.type == "method_definition":
                methods.append(replace(self.function(child), decorators=waiting))
                waiting = ()
            elif child.type in ("public_field_definition", "field_definition"):
                fields.append(self._field(child, waiting))
                waiting = ()
        self.within = outer
        own = self._decorators(node)
        return Class(at(node), name, self._bases(heritage), tuple(fields), tuple(methods), decorators + own)

    def _bases(self, heritage: Node | None) -> tuple[Expr, ...]:
        if heritage is None or not heritage.named_children:
            return ()
        clause = heritage.named_children[0]
        if clause.type == "implements_clause":
            return ()
        value = clause.child_by_field_name("value") if clause.type == "extends_clause" else clause
        return (self.expression(value),)

    def _field(self, node: Node, decorators: tuple[Expr, ...]) -> Field:
        name = node.child_by_field_name("name") or node.child_by_field_name("property")
        key = Name(at(node), text(name))
        value = node.child_by_field_name("value")
        annotation = self.optional(node.child_by_field_name("type"))
        made = self.named(value, key) if value is not None else None
        return Field(key.id, made, annotation, decorators + self._decorators(node))


def hoisted(nodes: Iterable[Node]) -> list[Node]:
    """Function declarations first: they may be used above the place where they stand."""
    listed = list(nodes)
    functions = ("function_declaration", "generator_function_declaration")
    return sorted(listed, key=lambda node: node.type not in functions)
