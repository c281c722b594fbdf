"""Python, lowered."""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from rules.syntax.lowering import at, lowered
from rules.syntax.program import (
    Attempt,
    Bind,
    Class,
    Do,
    Each,
    Expr,
    Field,
    Function,
    Handler,
    If,
    Import,
    Items,
    Name,
    Not,
    Opaque,
    Program,
    Raise,
    Return,
    Stmt,
    Stop,
)
from rules.syntax.python_expressions import PythonExpressions
from rules.syntax.trees import text


def python_program(path: str, content: bytes) -> Program:
    """The program of a Python file; raises `Unreadable`."""
    return lowered(path, content, PythonLowering())


class PythonLowering(PythonExpressions):
    """Statements, functions and classes."""

    def stmt_expression_statement(self, node: Node) -> Iterator[Stmt]:
        for inner in node.named_children:
            if inner.type in ("assignment", "augmented_assignment"):
                yield from self._assignment(inner)
            elif inner.type != "comment":
                yield Do(at(inner), self.expression(inner))

    def _assignment(self, node: Node) -> Iterator[Stmt]:
        right = node.child_by_field_name("right")
        if right is not None:
            target = self.expression(node.child_by_field_name("left"))
            value = self.augmented(node) if node.type == "augmented_assignment" else self.expression(right)
            yield Bind(at(node), target, value)

    def stmt_return_statement(self, node: Node) -> Iterator[Stmt]:
        yield Return(at(node), self.optional(node.named_children[0] if node.named_children else None))

    def stmt_raise_statement(self, node: Node) -> Iterator[Stmt]:
        yield Raise(at(node), self.optional(node.named_children[0] if node.named_children else None))

    def stmt_assert_statement(self, node: Node) -> Iterator[Stmt]:
        test = self.expression(node.named_children[0] if node.named_children else None)
        yield If(at(node), Not(at(node), test), (Raise(at(node), None),))

    def stmt_break_statement(self, node: Node) -> Iterator[Stmt]:
        yield Stop(at(node))

    stmt_continue_statement = stmt_break_statement

    def block(self, node: Node | None) -> tuple[Stmt, ...]:
        return self.statements(node.named_children) if node is not None else ()

    def stmt_if_statement(self, node: Node) -> Iterator[Stmt]:
        clauses = node.children_by_field_name("alternative")
        other: tuple[Stmt, ...] = ()
        for clause in reversed(clauses):
            if clause.type == "else_clause":
                other = self.block(clause.child_by_field_name("body"))
            else:
                other = (self._if(clause, other),)
        yield self._if(node, other)

    def _if(self, node: Node, other: tuple[Stmt, ...]) -> If:
        test = self.expression(node.child_by_field_name("condition"))
        return If(at(node), test, self.block(node.child_by_field_name("consequence")), other)

    def stmt_match_statement(self, node: Node) -> Iterator[Stmt]:
        body = node.child_by_field_name("body")
        cases = [child for child in body.named_children if child.type == "case_clause"] if body is not None else []
        other: tuple[Stmt, ...] = ()
        for case in reversed(cases):
            then = self.block(case.child_by_field_name("consequence"))
            other = (If(at(case), Opaque(at(case), (), "case"), then, other),)
        yield Do(at(node), self.expression(node.child_by_field_name("subject")))
        yield from other

    def stmt_for_statement(self, node: Node) -> Iterator[Stmt]:
        target = self.expression(node.child_by_field_name("left"))
        over = self.expression(node.child_by_field_name("right"))
        yield Each(at(node), target, over, self.block(node.child_by_field_name("body")))
        yield from self._otherwise(node)

    def stmt_while_statement(self, node: Node) -> Iterator[Stmt]:
        yield Do(at(node), self.expression(node.child_by_field_name("condition")))
        yield Each(at(node), None, None, self.block(node.child_by_field_name("body")))
        yield from self._otherwise(node)

    def _otherwise(self, node: Node) -> tuple[Stmt, ...]:
        clause = node.child_by_field_name("alternative")
        return self.block(clause.child_by_field_name("body")) if clause is not None else ()

    def stmt_try_statement(self, node: Node) -> Iterator[Stmt]:
        parts = {child.type: child for child in node.named_children}
        inner = self.block(node.child_by_field_name("body"))
        if "else_clause" in parts:
            inner += self.block(parts["else_clause"].child_by_field_name("body"))
        handlers = [c for c in node.named_children if c.type in ("except_clause", "except_group_clause")]
        finish = parts.get("finally_clause")
        final = self.block(finish.named_children[-1]) if finish is not None and finish.named_children else ()
        yield Attempt(at(node), inner, tuple(map(self._handler, handlers)), final)

    def _alias(self, node: Node) -> Expr:
        alias = node.child_by_field_name("alias")
        return self.expression(alias.named_children[0] if alias is not None and alias.named_children else None)

    def _handler(self, node: Node) -> Handler:
        kinds: list[Expr] = []
        target: Expr | None = None
        for value in node.children_by_field_name("value"):
            kind: Node | None = value
            if value.type == "as_pattern":
                target, kind = self._alias(value), value.named_children[0]
            lowered_kind = self.expression(kind)
            kinds.extend(lowered_kind.values if isinstance(lowered_kind, Items) else (lowered_kind,))
        body = next((child for child in node.named_children if child.type == "block"), None)
        return Handler(tuple(kinds), target, self.block(body))

    def stmt_with_statement(self, node: Node) -> Iterator[Stmt]:
        clause = next((child for child in node.named_children if child.type == "with_clause"), None)
        for item in clause.named_children if clause is not None else []:
            value = item.child_by_field_name("value")
            if value is not None and value.type == "as_pattern":
                alias = value.child_by_field_name("alias")
                target = self.expression(
                    alias.named_children[0] if alias is not None and alias.named_children else None
                )
                yield Bind(at(item), target, self.expression(value.named_children[0]))
            else:
                yield Do(at(item), self.expression(value))
        yield from self.block(node.child_by_field_name("body"))

    def stmt_import_statement(self, node: Node) -> Iterator[Stmt]:
        for name in node.children_by_field_name("name"):
            if name.type == "aliased_import":
                module = text(name.child_by_field_name("name"))
                yield Import(at(node), module, ((None, text(name.child_by_field_name("alias"))),))
            else:
                first = text(name).partition(".")[0]
                yield Import(at(node), first, ((None, first),))
                if text(name) != first:
                    yield Import(at(node), text(name))

    def stmt_import_from_statement(self, node: Node) -> Iterator[Stmt]:
        names: list[tuple[str | None, str]] = []
        for name in node.children_by_field_name("name"):
            own = text(name.child_by_field_name("name")) if name.type == "aliased_import" else text(name)
            alias = text(name.child_by_field_name("alias")) if name.type == "aliased_import" else own
            names.append((own, alias))
        everything = any(child.type == "wildcard_import" for child in node.named_children)
        yield Import(at(node), text(node.child_by_field_name("module_name")), tuple(names), everything)

    def stmt_type_alias_statement(self, node: Node) -> Iterator[Stmt]:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        yield Bind(at(node), self.expression(left), self.expression(right))

    def stmt_function_definition(self, node: Node) -> Iterator[Stmt]:
        function = self.function(node)
        yield Bind(at(node), Name(at(node), function.name), function)

    def stmt_class_definition(self, node: Node) -> Iterator[Stmt]:
        made = self.klass(node)
        yield Bind(at(node), Name(at(node), made.name), made)

    def stmt_decorated_definition(self, node: Node) -> Iterator[Stmt]:
        definition = node.child_by_field_name("definition")
        if definition is None:
            return
        value = self._decorated(node, definition)
        yield Bind(at(definition), Name(at(definition), value.name), value)

    def _decorated(self, node: Node, definition: Node) -> Function | Class:
        decorators = tuple(
            self.expression(child.named_children[0])
            for child in node.named_children
            if child.type == "decorator" and child.named_children
        )
        if definition.type == "class_definition":
            return self.klass(definition, decorators)
        return self.function(definition, decorators)

    def function(self, node: Node, decorators: tuple[Expr, ...] = ()) -> Function:
        name = text(node.child_by_field_name("name"))
        block = node.child_by_field_name("body")
        return Function(
            at(node),
            name,
            tuple(self.parameters(node.child_by_field_name("parameters"))),
            self.body(name, lambda: self.block(block)),
            decorators,
            is_async=any(child.type == "async" for child in node.children),
            is_getter=any(isinstance(d, Name) and d.id in ("property", "cached_property") for d in decorators),
            is_static=any(isinstance(d, Name) and d.id in ("staticmethod", "classmethod") for d in decorators),
            within=self.within,
        )

    def klass(self, node: Node, decorators: tuple[Expr, ...] = ()) -> Class:
        name = text(node.child_by_field_name("name"))
        bases: list[Expr] = []
        fields: list[Field] = []
        for argument in self.call_arguments(node.child_by_field_name("superclasses")):
            if argument.name is None:
                bases.append(argument.value)
            else:
                fields.append(Field(f"class:{argument.name}", argument.value))
        outer, self.within = self.within, (*self.within, name)
        methods: list[Function] = []
        for member in self._members(node.child_by_field_name("body")):
            (methods if isinstance(member, Function) else fields).append(member)  # type: ignore[arg-type]
        self.within = outer
        return Class(at(node), name, tuple(bases), tuple(fields), tuple(methods), decorators)

    def _members(self, block: Node | None) -> Iterator[Field | Function]:
        pending = list(reversed(block.named_children)) if block is not None else []
        while pending:
            node = pending.pop()
            if node.type == "function_definition":
                yield self.function(node)
            elif node.type == "decorated_definition":
                definition = node.child_by_field_name("definition")
                value = self._decorated(node, definition) if definition is not None else None
                if value is not None:
                    yield value if isinstance(value, Function) else Field(value.name, value)
            elif node.type == "class_definition":
                inner = self.klass(node)
                yield Field(inner.name, inner)
            elif node.type == "expression_statement" and node.named_children[:1]:
                yield from self._field(node.named_children[0])
            elif node.type in ("if_statement", "elif_clause", "else_clause", "block", "ERROR"):
                pending.extend(reversed(node.named_children))

    def _field(self, node: Node) -> Iterator[Field]:
        left = node.child_by_field_name("left")
        if node.type not in ("assignment", "augmented_assignment") or left is None or left.type != "identifier":
            return
        right = node.child_by_field_name("right")
        value = self.augmented(node) if node.type == "augmented_assignment" else self.optional(right)
        yield Field(text(left), value, self.optional(node.child_by_field_name("type")))
