"""TypeORM: classes with `up(queryRunner)` and `down(queryRunner)`, named by a time stamp."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import PurePosixPath

from migration_guards.actions import (
    Action,
    AddColumn,
    AddConstraint,
    CreateIndex,
    CreateTable,
    DropColumn,
    DropConstraint,
    DropIndex,
    DropTable,
    ModifyColumn,
    Opaque,
    RenameColumn,
    RenameTable,
    Truncate,
)
from migration_guards.builders.javascript import Head, Module, Operations, ScriptRunner
from migration_guards.builders.numbering import deed, following
from migration_guards.definitions import Column, Constraint, Holds, Index, Reference
from migration_guards.model import Migration, Source, Wrap
from migration_guards.objects import DropObject
from migration_guards.programs import Scope, Step
from migration_guards.sql.reader import called
from rules.core.codebase import Codebase
from rules.core.finding import Edit
from rules.syntax.program import Call, Expr, Items


class TypeOrm(ScriptRunner):
    """TypeORM. All pending files run in one transaction, unless a class says `transaction = false`."""

    name = "typeorm"

    def owns(self, head: Head) -> bool:
        return head.is_class and (head.annotation == "QueryRunner" or head.param == "queryRunner")

    def operations(self, source: Source) -> Operations:
        return _Operations(source.dialect)

    def wrap(self, module: Module) -> Wrap:
        return Wrap.NONE if module.scope.const(module.settings.get("transaction")) is False else Wrap.ALL

    def follow_up(self, migration: Migration, slug: str, sql: str, code: Codebase) -> tuple[Edit, ...] | None:
        number, place = following(code.files, migration.source.history), PurePosixPath(migration.path)
        if number is None or place.suffix != ".ts":
            return None
        title = deed(slug).capitalize()
        path = place.with_name(f"{number}-{title}.ts")
        return (Edit(str(path), None, _written(f"{title}{number}", sql).encode()),)


def _written(name: str, sql: str) -> str:
    """The text of a new migration that runs some SQL."""
    return f"""\
import {{ MigrationInterface, QueryRunner }} from "typeorm";

export class {name} implements MigrationInterface {{
  public async up(queryRunner: QueryRunner): Promise<void> {{
    await queryRunner.query({json.dumps(sql.strip())});
  }}

  public async down(queryRunner: QueryRunner): Promise<void> {{
    await queryRunner.query("SELECT 1");
  }}
}}
"""


class _Operations(Operations):
    queries = frozenset({"query"})
    quiet = frozenset({
        "getTable", "getTables", "hasTable", "hasColumn", "getView", "startTransaction", "commitTransaction",
        "rollbackTransaction", "connect", "release", "find", "getRepository",
    })  # fmt: skip

    def _given(self, step: Step, position: int) -> tuple[dict[str, Expr], Scope]:
        """The settings of `new TableColumn({...})` and its like, or of a plain object."""
        value = step.scope.value(step.argument(position))
        if isinstance(value, Call) and value.arguments:
            value = step.scope.value(value.arguments[0].value)
        return step.scope.record(value), step.scope

    def _column(self, given: dict[str, Expr], scope: Scope) -> Column:
        kind = (scope.string(given.get("type")) or "").lower()
        size = scope.const(given.get("length"))
        numbers = [str(n) for key in ("precision", "scale") if isinstance(n := scope.const(given.get(key)), int)]
        arguments = f"({size})" if size else f"({','.join(numbers)})" if numbers else ""
        default = scope.const(given.get("default"))
        generated = scope.string(given.get("asExpression"))
        primary = scope.const(given.get("isPrimary")) is True
        return Column(
            scope.string(given.get("name")) or "",
            kind + arguments + ("[]" if scope.const(given.get("isArray")) is True else ""),
            not_null=scope.const(given.get("isNullable")) is not True,
            default=str(default) if default is not None else "(not shown)" if "default" in given else "",
            calls=called(default) if isinstance(default, str) and "(" in default else (),
            identity=scope.const(given.get("isGenerated")) is True,
            generated=(scope.string(given.get("generatedType")) or "stored").lower() if generated else "",
            primary=primary,
            unique=scope.const(given.get("isUnique")) is True,
        )

    def _listed(self, expr: Expr | None, scope: Scope) -> list[dict[str, Expr]]:
        value = scope.value(expr)
        return [scope.record(one) for one in value.values] if isinstance(value, Items) else []

    def _table(self, step: Step) -> str:
        value = step.scope.value(step.argument(0))
        return step.scope.string(value) or step.scope.string(step.scope.record(value).get("name")) or ""

    def on_createTable(self, step: Step) -> Iterator[Action]:
        given, scope = self._given(step, 0)
        columns = tuple(self._column(one, scope) for one in self._listed(given.get("columns"), scope))
        held = tuple(self._foreign(one, scope) for one in self._listed(given.get("foreignKeys"), scope))
        yield CreateTable(scope.string(given.get("name")) or "", columns, held)

    def on_dropTable(self, step: Step) -> Iterator[Action]:
        yield DropTable(self._table(step))

    def on_renameTable(self, step: Step) -> Iterator[Action]:
        yield RenameTable(self._table(step), step.string(1) or "")

    def on_clearTable(self, step: Step) -> Iterator[Action]:
        yield Truncate(self._table(step))

    def on_addColumn(self, step: Step) -> Iterator[Action]:
        given, scope = self._given(step, 1)
        yield AddColumn(self._table(step), self._column(given, scope))

    def on_addColumns(self, step: Step) -> Iterator[Action]:
        value = step.scope.value(step.argument(1))
        for one in value.values if isinstance(value, Items) else ():
            made = step.scope.value(one)
            given = made.arguments[0].value if isinstance(made, Call) and made.arguments else one
            yield AddColumn(self._table(step), self._column(step.scope.record(given), step.scope))

    def on_dropColumn(self, step: Step) -> Iterator[Action]:
        yield DropColumn(self._table(step), step.string(1) or "")

    def on_dropColumns(self, step: Step) -> Iterator[Action]:
        for name in step.scope.strings(step.argument(1)):
            yield DropColumn(self._table(step), name)

    def on_renameColumn(self, step: Step) -> Iterator[Action]:
        yield RenameColumn(self._table(step), step.string(1) or "", step.string(2) or "")

    def on_changeColumn(self, step: Step) -> Iterator[Action]:
        given, scope = self._given(step, 2)
        column = self._column(given, scope)
        yield ModifyColumn(self._table(step), step.string(1) or column.name, column, restated=True)

    def on_createIndex(self, step: Step) -> Iterator[Action]:
        given, scope = self._given(step, 1)
        table = self._table(step)
        columns = scope.strings(given.get("columnNames"))
        unique = scope.const(given.get("isUnique")) is True
        index = Index(scope.string(given.get("name")) or "", table, columns, unique, partial="where" in given)
        yield CreateIndex(table, index, scope.const(given.get("isConcurrent")) is True)

    def on_dropIndex(self, step: Step) -> Iterator[Action]:
        yield DropIndex(self._table(step), step.string(1) or "")

    def _foreign(self, given: dict[str, Expr], scope: Scope) -> Constraint:
        far = Reference(
            scope.string(given.get("referencedTableName")) or "", scope.strings(given.get("referencedColumnNames"))
        )
        return Constraint(
            Holds.FOREIGN, scope.string(given.get("name")) or "", scope.strings(given.get("columnNames")), far
        )

    def on_createForeignKey(self, step: Step) -> Iterator[Action]:
        given, scope = self._given(step, 1)
        yield AddConstraint(self._table(step), self._foreign(given, scope))

    def on_createForeignKeys(self, step: Step) -> Iterator[Action]:
        value = step.scope.value(step.argument(1))
        for one in value.values if isinstance(value, Items) else ():
            made = step.scope.value(one)
            given = made.arguments[0].value if isinstance(made, Call) and made.arguments else one
            yield AddConstraint(self._table(step), self._foreign(step.scope.record(given), step.scope))

    def on_createPrimaryKey(self, step: Step) -> Iterator[Action]:
        yield AddConstraint(self._table(step), Constraint(Holds.PRIMARY, columns=step.scope.strings(step.argument(1))))

    def on_createUniqueConstraint(self, step: Step) -> Iterator[Action]:
        given, scope = self._given(step, 1)
        name, columns = scope.string(given.get("name")) or "", scope.strings(given.get("columnNames"))
        yield AddConstraint(self._table(step), Constraint(Holds.UNIQUE, name, columns))

    def on_createCheckConstraint(self, step: Step) -> Iterator[Action]:
        given, scope = self._given(step, 1)
        name, text = scope.string(given.get("name")) or "", scope.string(given.get("expression")) or ""
        yield AddConstraint(self._table(step), Constraint(Holds.CHECK, name, expression=text))

    def _dropped(self, step: Step, holds: Holds) -> Iterator[Action]:
        yield DropConstraint(self._table(step), step.string(1) or "", holds)

    def on_dropForeignKey(self, step: Step) -> Iterator[Action]:
        return self._dropped(step, Holds.FOREIGN)

    def on_dropUniqueConstraint(self, step: Step) -> Iterator[Action]:
        return self._dropped(step, Holds.UNIQUE)

    def on_dropCheckConstraint(self, step: Step) -> Iterator[Action]:
        return self._dropped(step, Holds.CHECK)

    def on_dropPrimaryKey(self, step: Step) -> Iterator[Action]:
        yield DropConstraint(self._table(step), "", Holds.PRIMARY)

    def on_dropView(self, step: Step) -> Iterator[Action]:
        yield DropObject("", "view", step.string(0) or "")

    def on_dropSchema(self, step: Step) -> Iterator[Action]:
        yield DropObject("", "schema", step.string(0) or "")

    def on_clearDatabase(self, step: Step) -> Iterator[Action]:
        yield Opaque(reason="clearDatabase drops every table")
