"""How calls of a migration's builder are written otherwise."""

from __future__ import annotations

from migration_guards.model import Dialect, Intent, Operation, Reading
from migration_guards.programs import inner_calls
from migration_guards.sql.reader import statements
from migration_guards.sql.rewrite import BUILDS, rewritten
from rules.core.finding import Edit
from rules.core.source import Span
from rules.syntax.program import Call, Function, Program, Record


def call_of(operation: Operation, program: Program) -> Call | None:
    """The call that makes an operation; None where SQL within a call does."""
    span = operation.where.span
    return next((call for call in inner_calls(program.statements) if call.at == span), None)


def sql_within(operation: Operation, intent: Intent, out: Edit | None = None) -> tuple[Edit, ...] | None:
    """SQL that stands in a string as it is, written otherwise. What cannot run in a transaction has to be all that the
    file runs, since a string with several statements is one query; `out` takes the file out of its transaction."""
    if intent in (Intent.LOCK_TIMEOUT, Intent.AFRESH) or not _stands_there(operation):
        return None
    said = rewritten(operation, intent)
    if said is None or intent is not Intent.CONCURRENTLY or not isinstance(operation.action, BUILDS):
        return said
    if len(operation.migration.script.up) > 1 or (operation.transaction and out is None):
        return None
    return (out, *said) if out and operation.transaction else said


def _stands_there(operation: Operation) -> bool:
    """Whether the operation is SQL, byte for byte in the file, and no call of a builder."""
    span, said = operation.where.span, operation.statement.text
    shown = operation.migration.content[span.start : span.end].decode(errors="replace")
    read = statements(said, Dialect.POSTGRES, lambda place: place)
    return shown in said and [one.reading for one in read] == [Reading.EXACT]


def with_argument(path: str, call: Call, text: str) -> Edit | None:
    """The edit that gives a call one more named argument after its last; None after a block or a hash."""
    last = call.arguments[-1] if call.arguments else None
    if last is None or last.spread or isinstance(last.value, Function | Record):
        return None
    return Edit(path, Span(last.value.at.end, last.value.at.end), f", {text}".encode())


def with_option(path: str, call: Call, position: int, text: str) -> Edit | None:
    """The edit that sets an entry of the object that JavaScript passes at a position, or passes one."""
    plain = [argument for argument in call.arguments if not argument.spread]
    if len(plain) < len(call.arguments) or len(plain) < position:
        return None
    if len(plain) == position:
        end = plain[-1].value.at.end
        return Edit(path, Span(end, end), f", {{ {text} }}".encode())
    given = plain[position].value
    if not isinstance(given, Record):
        return None
    start = given.at.start + 1
    return Edit(path, Span(start, start), f" {text}{',' if given.entries else ' '}".encode())


def indent_at(content: bytes, offset: int) -> str | None:
    """The blanks before what stands first on its line; None where something stands before it."""
    before = content[content.rfind(b"\n", 0, offset) + 1 : offset]
    return before.decode() if not before.strip() else None
