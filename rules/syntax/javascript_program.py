"""JavaScript and TypeScript, lowered. Types vanish, save for annotations that name a class."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tree_sitter import Node

from rules.syntax.javascript_definitions import JavaScriptDefinitions, hoisted
from rules.syntax.lowering import at, literal, lowered
from rules.syntax.program import (
    Attempt,
    Bind,
    Compare,
    Const,
    Do,
    Each,
    Entry,
    Export,
    Expr,
    Handler,
    If,
    Import,
    Member,
    Name,
    Program,
    Raise,
    Record,
    Return,
    Stmt,
    Stop,
)
from rules.syntax.trees import text


def javascript_program(path: str, content: bytes) -> Program:
    """The program of a JavaScript or TypeScript file; raises `Unreadable`."""
    return lowered(path, content, JavaScriptLowering())


class JavaScriptLowering(JavaScriptDefinitions):
    """Statements, functions, classes and modules."""

    def outermost(self, nodes: list[Node]) -> tuple[Stmt, ...]:
        return self.statements(hoisted(nodes))

    def stmt_expression_statement(self, node: Node) -> Iterator[Stmt]:
        for inner in node.named_children:
            if inner.type == "sequence_expression":
                yield from (Do(at(part), self.expression(part)) for part in inner.named_children)
            elif inner.type != "comment":
                yield Do(at(inner), self.expression(inner))

    def stmt_lexical_declaration(self, node: Node) -> Iterator[Stmt]:
        for child in node.named_children:
            if child.type == "variable_declarator":
                target = self.expression(child.child_by_field_name("name"))
                value = child.child_by_field_name("value")
                yield Bind(at(child), target, self.named(value, target) if value is not None else literal(child, None))

    stmt_variable_declaration = stmt_lexical_declaration

    def stmt_function_declaration(self, node: Node) -> Iterator[Stmt]:
        function = self.function(node)
        yield Bind(at(node), Name(at(node), function.name), function)

    stmt_generator_function_declaration = stmt_function_declaration

    def stmt_class_declaration(self, node: Node) -> Iterator[Stmt]:
        made = self.klass(node, ())
        yield Bind(at(node), Name(at(node), made.name), made)

    stmt_abstract_class_declaration = stmt_class_declaration

    def expr_class(self, node: Node) -> Expr:
        return self.klass(node, ())

    def stmt_statement_block(self, node: Node) -> tuple[Stmt, ...]:
        return self.block(node)

    def stmt_if_statement(self, node: Node) -> Iterator[Stmt]:
        links = [node]
        while (clause := links[-1].child_by_field_name("alternative")) is not None:
            inner = clause.named_children[-1] if clause.named_children else None
            if inner is None or inner.type != "if_statement":
                break
            links.append(inner)
        last = links[-1].child_by_field_name("alternative")
        inner = last.named_children[-1] if last is not None and last.named_children else None
        other = self.block(inner)
        for link in reversed(links):
            test = self.expression(link.child_by_field_name("condition"))
            other = (If(at(link), test, self.block(link.child_by_field_name("consequence")), other),)
        yield from other

    def stmt_switch_statement(self, node: Node) -> Iterator[Stmt]:
        value = self.expression(node.child_by_field_name("value"))
        body = node.child_by_field_name("body")
        waiting: list[Expr] = []
        other: tuple[Stmt, ...] = ()
        for case in reversed(body.named_children if body is not None else []):
            then = self.statements(case.children_by_field_name("body"))
            if case.type == "switch_default":
                other = _without_stop(then)
            elif case.type == "switch_case":
                waiting.append(self.expression(case.child_by_field_name("value")))
                test = Compare(at(case), "==", value, waiting[-1])
                other = (If(at(case), test, _without_stop(then) if then else _body_of(other), other),)
        yield from other

    def stmt_for_in_statement(self, node: Node) -> Iterator[Stmt]:
        target = self.expression(node.child_by_field_name("left"))
        over = self.expression(node.child_by_field_name("right"))
        yield Each(at(node), target, over, self.block(node.child_by_field_name("body")))

    def stmt_for_statement(self, node: Node) -> Iterator[Stmt]:
        yield Each(at(node), None, None, self.block(node.child_by_field_name("body")))

    stmt_while_statement = stmt_for_statement
    stmt_do_statement = stmt_for_statement

    def stmt_try_statement(self, node: Node) -> Iterator[Stmt]:
        clause = node.child_by_field_name("handler")
        handlers: tuple[Handler, ...] = ()
        if clause is not None:
            target = self.optional(clause.child_by_field_name("parameter"))
            handlers = (Handler((), target, self.block(clause.child_by_field_name("body"))),)
        last = node.child_by_field_name("finalizer")
        finish = self.block(last.child_by_field_name("body")) if last is not None else ()
        yield Attempt(at(node), self.block(node.child_by_field_name("body")), handlers, finish)

    def stmt_return_statement(self, node: Node) -> Iterator[Stmt]:
        inner = [child for child in node.named_children if child.type != "comment"]
        yield Return(at(node), self.expression(inner[0]) if inner else None)

    def stmt_throw_statement(self, node: Node) -> Iterator[Stmt]:
        yield Raise(at(node), self.expression(node.named_children[0] if node.named_children else None))

    def stmt_break_statement(self, node: Node) -> Iterator[Stmt]:
        yield Stop(at(node))

    stmt_continue_statement = stmt_break_statement

    def stmt_labeled_statement(self, node: Node) -> Iterable[Stmt]:
        return self.block(node.child_by_field_name("body"))

    def stmt_import_statement(self, node: Node) -> Iterator[Stmt]:
        clause = next((child for child in node.named_children if child.type.startswith("import_")), None)
        source = node.child_by_field_name("source")
        if clause is not None and clause.type == "import_require_clause":
            source = clause.child_by_field_name("source")
            names: list[tuple[str | None, str]] = [(None, text(clause.named_children[0]))]
        else:
            names = list(self._imported(clause)) if clause is not None else []
        module = self.expression(source)
        if isinstance(module, Const) and isinstance(module.value, str):
            yield Import(at(node), module.value, tuple(names))

    def _imported(self, clause: Node) -> Iterator[tuple[str | None, str]]:
        for child in clause.named_children:
            if child.type == "identifier":
                yield "default", text(child)
            elif child.type == "namespace_import":
                yield None, text(child.named_children[0])
            elif child.type == "named_imports":
                for name in child.named_children:
                    own = text(name.child_by_field_name("name"))
                    yield own, text(name.child_by_field_name("alias")) or own

    def stmt_export_statement(self, node: Node) -> Iterator[Stmt]:
        declaration = node.child_by_field_name("declaration")
        decorators = self._decorators(node)
        source = node.child_by_field_name("source")
        if declaration is not None:
            yield from self._exported(node, declaration, decorators)
        elif (value := node.child_by_field_name("value")) is not None:
            yield Bind(at(node), Name(at(node), "default"), self.named(value, Name(at(node), "default")))
            yield Export(at(node), None, (("default", "default"),))
        elif source is not None or any(child.type == "export_clause" for child in node.named_children):
            yield self._reexported(node, source)
        elif node.named_children and any(text(child) == "=" for child in node.children):
            target = Member(at(node), Name(at(node), "module"), "exports")
            yield Bind(at(node), target, self.expression(node.named_children[-1]), False)

    def _exported(self, node: Node, declaration: Node, decorators: tuple[Expr, ...]) -> Iterator[Stmt]:
        made: Iterable[Stmt]
        if declaration.type in ("class_declaration", "abstract_class_declaration"):
            value = self.klass(declaration, decorators)
            made = [Bind(at(declaration), Name(at(declaration), value.name), value)]
        else:
            made = self.statements([declaration])
        is_default = any(child.type == "default" for child in node.children)
        for statement in made:
            yield statement
            if isinstance(statement, Bind):
                names = list(names_in(statement.target))
                offered = [(name, "default" if is_default else name) for name in names]
                yield Export(at(node), None, tuple(offered))

    def _reexported(self, node: Node, source: Node | None) -> Export:
        module = self.expression(source) if source is not None else None
        name = module.value if isinstance(module, Const) and isinstance(module.value, str) else None
        clause = next((child for child in node.named_children if child.type == "export_clause"), None)
        spaces = [child for child in node.named_children if child.type == "namespace_export"]
        if spaces:
            return Export(at(node), name, (("*", text(spaces[0].named_children[0])),))
        pairs = []
        for child in clause.named_children if clause is not None else []:
            own = text(child.child_by_field_name("name"))
            pairs.append((own, text(child.child_by_field_name("alias")) or own))
        return Export(at(node), name, tuple(pairs), clause is None)

    def stmt_enum_declaration(self, node: Node) -> Iterator[Stmt]:
        body = node.child_by_field_name("body")
        entries = []
        for position, child in enumerate(body.named_children if body is not None else []):
            if child.type == "enum_assignment":
                key = child.child_by_field_name("name")
                value = self.expression(child.child_by_field_name("value"))
                entries.append(Entry(literal(child, text(key).strip("'\"")), value))
            elif child.type != "comment":
                entries.append(Entry(literal(child, text(child).strip("'\"")), literal(child, position)))
        name = node.child_by_field_name("name")
        yield Bind(at(node), Name(at(node), text(name)), Record(at(node), tuple(entries)))


def names_in(target: Expr) -> Iterator[str]:
    """The names that a target binds."""
    pending = [target]
    while pending:
        part = pending.pop()
        if isinstance(part, Name):
            yield part.id
        elif isinstance(part, Record):
            pending += [entry.value for entry in reversed(part.entries)]
        else:
            pending += list(getattr(part, "values", ())) + [x for x in (getattr(part, "target", None),) if x]


def _without_stop(statements: tuple[Stmt, ...]) -> tuple[Stmt, ...]:
    return tuple(statement for statement in statements if not isinstance(statement, Stop))


def _body_of(other: tuple[Stmt, ...]) -> tuple[Stmt, ...]:
    return other[0].then if len(other) == 1 and isinstance(other[0], If) else other
