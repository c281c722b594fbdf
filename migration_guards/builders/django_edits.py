"""How a migration of Django is written otherwise."""

from __future__ import annotations

import json
import re

from migration_guards.builders.edits import call_of, indent_at, sql_within
from migration_guards.model import Intent, Operation
from migration_guards.programs import callee_name
from migration_guards.sql.rewrite import builds_only
from rules.core.finding import Edit
from rules.core.source import Span
from rules.syntax.program import Class, Import, Program
from rules.syntax.python_program import python_program

_NAMES = {
    (Intent.CONCURRENTLY, "AddIndex"): "AddIndexConcurrently",
    (Intent.CONCURRENTLY, "RemoveIndex"): "RemoveIndexConcurrently",
    (Intent.NOT_VALID, "AddConstraint"): "AddConstraintNotValid",
}  # fmt: skip


def rewritten(operation: Operation, intent: Intent, made: Class | None) -> tuple[Edit, ...] | None:
    """The edits that write an operation otherwise: another class and its import, and `atomic = False` where the file
    does nothing but build indexes."""
    content = operation.migration.content
    program = python_program(operation.path, content)
    call = call_of(operation, program)
    if call is None:
        return sql_within(operation, intent)
    name = _NAMES.get((intent, callee_name(call)))
    imported = _imported(operation.path, program, name) if name else None
    if name is None or imported is None:
        return None
    said = (*imported, Edit(operation.path, call.callee.at, name.encode()))
    if intent is Intent.NOT_VALID or not operation.transaction:
        return said
    out = _out(operation, made) if builds_only(operation) else None
    return (out, *said) if out else None


def _imported(path: str, program: Program, name: str) -> tuple[Edit, ...] | None:
    """The import of an operation for PostgreSQL above the first one; none where it is there already."""
    lines = [s for s in program.statements if isinstance(s, Import)]
    shown = [program.content[line.at.start : line.at.end].decode() for line in lines]
    if any(re.search(rf"\b{name}\b", text) for text in shown):
        return ()
    first = next((line for line, text in zip(lines, shown, strict=True) if "__future__" not in text), None)
    if first is None:
        return None
    text = f"from django.contrib.postgres.operations import {name}\n"
    return (Edit(path, Span(first.at.start, first.at.start), text.encode()),)


def _out(operation: Operation, made: Class | None) -> Edit | None:
    """`atomic = False` above the first setting of the class; None where it is set already."""
    content = operation.migration.content
    settings = [f for f in made.fields if f.value is not None] if made else []
    if not settings or any(setting.name == "atomic" for setting in settings):
        return None
    first = settings[0].value
    assert first is not None
    start = content.rfind(b"\n", 0, first.at.start) + 1
    indent = len(content[start:]) - len(content[start:].lstrip(b" \t"))
    begins = indent_at(content, start + indent)
    return None if begins is None else Edit(operation.path, Span(start, start), f"{begins}atomic = False\n".encode())


def following(app: str, head: str, sql: str) -> str:
    """The text of a new migration that runs some SQL."""
    return f"""\
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [({json.dumps(app)}, {json.dumps(head)})]

    operations = [
        migrations.RunSQL({json.dumps(sql.strip())}, migrations.RunSQL.noop),
    ]
"""
