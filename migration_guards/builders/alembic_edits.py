"""How a migration of Alembic is written otherwise."""

from __future__ import annotations

import hashlib
import json

from migration_guards.builders.edits import call_of, indent_at, sql_within, with_argument
from migration_guards.model import Intent, Operation
from migration_guards.programs import callee_name, dotted
from migration_guards.sql.rewrite import builds_only
from rules.core.finding import Edit
from rules.core.source import Span
from rules.syntax.program import Call
from rules.syntax.python_program import python_program

_ARGUMENTS = {
    (Intent.CONCURRENTLY, "create_index"): "postgresql_concurrently=True",
    (Intent.CONCURRENTLY, "drop_index"): "postgresql_concurrently=True",
    (Intent.NOT_VALID, "create_foreign_key"): "postgresql_not_valid=True",
    (Intent.NOT_VALID, "create_check_constraint"): "postgresql_not_valid=True",
}  # fmt: skip


def rewritten(operation: Operation, intent: Intent) -> tuple[Edit, ...] | None:
    """The edits that write a call otherwise: one argument more, and a block that commits around it where the file does
    nothing but build indexes."""
    call = call_of(operation, python_program(operation.path, operation.migration.content))
    if call is None:
        return sql_within(operation, intent)
    argument = _ARGUMENTS.get((intent, callee_name(call))) if dotted(call.callee).startswith("op.") else None
    said = with_argument(operation.path, call, argument) if argument else None
    if said is None or intent is Intent.NOT_VALID or not operation.transaction:
        return (said,) if said else None
    out = _out(operation, call) if builds_only(operation) else None
    return (out, said) if out else None


def _out(operation: Operation, call: Call) -> Edit | None:
    """The head of a block around a call that has its lines to itself; None where it has not."""
    content, start = operation.migration.content, call.at.start
    indent = indent_at(content, start)
    rest = content[call.at.end :].partition(b"\n")[0].strip()
    if indent is None or (rest and not rest.startswith(b"#")):
        return None
    text = f"with op.get_context().autocommit_block():\n{indent}    "
    return Edit(operation.path, Span(start, start), text.encode())


def revision_after(head: str) -> str:
    """The name of the revision that a fix adds after another: the same each time."""
    return hashlib.sha256(f"after {head}".encode()).hexdigest()[:12]


def following(revision: str, head: str, name: str, sql: str) -> str:
    """The text of a new migration that runs some SQL."""
    return f'''\
"""{name.capitalize()} what is not valid yet."""

from alembic import op

revision = {json.dumps(revision)}
down_revision = {json.dumps(head)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute({json.dumps(sql.strip())})


def downgrade() -> None:
    op.execute("SELECT 1")
'''
