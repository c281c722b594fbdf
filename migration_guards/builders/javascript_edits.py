"""How a migration in JavaScript or TypeScript is written otherwise."""

from __future__ import annotations

import json
from pathlib import PurePosixPath

from migration_guards.builders.edits import call_of, indent_at, with_option
from migration_guards.model import Operation
from migration_guards.programs import callee_name
from rules.core.finding import Edit
from rules.core.source import Span
from rules.syntax.javascript_program import javascript_program
from rules.syntax.program import Function, Record

_BUILDS = frozenset({"addIndex", "removeIndex", "createIndex", "dropIndex"})
_TYPED = frozenset({".ts", ".mts", ".cts"})


def concurrently(operation: Operation) -> Edit | None:
    """The edit that sets `concurrently: true` among the options of a call that builds or drops an index."""
    call = call_of(operation, javascript_program(operation.path, operation.migration.content))
    if call is None or callee_name(call) not in _BUILDS:
        return None
    options = 1 if len(call.arguments) == 2 and isinstance(call.arguments[1].value, Record) else 2
    return with_option(operation.path, call, options, "concurrently: true")


def first_line(path: str, content: bytes, function: Function | None, text: str) -> Edit | None:
    """The edit that puts a statement first in a function; None where its body is an expression."""
    first = next(iter(function.body.statements), None) if function else None
    if function is None or first is None:
        return None
    start = first.at.start
    indent = indent_at(content, start)
    if indent is None or not content[function.at.start : start].rstrip().endswith(b"{"):
        return None
    return Edit(path, Span(start, start), f"{text}\n{indent}".encode())


def is_modern(path: str, content: bytes) -> bool:
    """Whether a file speaks of `export` rather than `exports`."""
    return PurePosixPath(path).suffix in (".mjs", ".mts", ".ts") or b"\nexport " in b"\n" + content


def module(path: str, content: bytes, call: str, sql: str) -> str:
    """The text of a new migration in the manner of a sibling that runs some SQL: `call` is `pgm.sql` or its like."""
    builder = call.partition(".")[0] + (": any" if PurePosixPath(path).suffix in _TYPED else "")
    functions = []
    for name, text in (("up", json.dumps(sql.strip())), ("down", '"SELECT 1"')):
        if is_modern(path, content):
            functions.append(f"export async function {name}({builder}) {{\n  await {call}({text});\n}}\n")
        else:
            functions.append(f"exports.{name} = async ({builder}) => {{\n  await {call}({text});\n}};\n")
    return "\n".join(functions)
