"""How a migration of Active Record is written otherwise."""

from __future__ import annotations

from migration_guards.builders.edits import call_of, indent_at, sql_within, with_argument
from migration_guards.model import Intent, Operation
from migration_guards.programs import callee_name
from migration_guards.sql.rewrite import builds_only
from rules.core.finding import Edit
from rules.core.source import Span
from rules.syntax.program import Class, Name
from rules.syntax.ruby_program import ruby_program

_ARGUMENTS = {
    (Intent.CONCURRENTLY, "add_index"): "algorithm: :concurrently",
    (Intent.CONCURRENTLY, "remove_index"): "algorithm: :concurrently",
    (Intent.NOT_VALID, "add_foreign_key"): "validate: false",
    (Intent.NOT_VALID, "add_check_constraint"): "validate: false",
}  # fmt: skip


def rewritten(operation: Operation, intent: Intent, made: Class | None) -> tuple[Edit, ...] | None:
    """The edits that write a call otherwise: one argument more, and the file out of its transaction where it has to
    be and does nothing but build indexes."""
    content = operation.migration.content
    call = call_of(operation, ruby_program(operation.path, content))
    if call is None:
        return sql_within(operation, intent, _out(operation, made))
    argument = _ARGUMENTS.get((intent, callee_name(call))) if isinstance(call.callee, Name) else None
    said = with_argument(operation.path, call, argument) if argument else None
    if said is None or intent is Intent.NOT_VALID or not operation.transaction:
        return (said,) if said else None
    out = _out(operation, made) if builds_only(operation) else None
    return (out, said) if out else None


def _out(operation: Operation, made: Class | None) -> Edit | None:
    first = min((method.at.start for method in made.methods), default=None) if made else None
    indent = indent_at(operation.migration.content, first) if first is not None else None
    if first is None or indent is None:
        return None
    return Edit(operation.path, Span(first, first), f"disable_ddl_transaction!\n\n{indent}".encode())


def following(number: str, name: str, version: str, sql: str) -> str:
    """The text of a new migration that runs some SQL, for the file `<number>_<name>_<number>.rb`: a class's name has to
    be the only one of its kind."""
    shown = sql.strip().replace("\\", "\\\\").replace("'", "\\'")
    return f"""\
class {name.capitalize()}{number} < ActiveRecord::Migration{version}
  def up
    execute '{shown}'
  end

  def down
  end
end
"""
