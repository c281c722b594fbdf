"""What a migration file says without its comments and layout."""

from __future__ import annotations

from migration_guards.model import Dialect
from migration_guards.sql.lexer import words
from migration_guards.sql.postgres.parser import Refused, scan
from rules.core.codebase import Unreadable
from rules.syntax.trees import grammar_of, parse, text, walk


def meaning(path: str, content: bytes, dialect: Dialect) -> tuple[str, ...] | None:
    """The file's words without comments; None when it cannot be read."""
    if b"\0" in content:
        return None
    try:
        if grammar_of(path):
            leaves = (node for node in walk(parse(path, content)) if not node.children and node.type != "comment")
            return tuple(text(node) for node in leaves)
        if dialect is not Dialect.POSTGRES:
            return tuple(word.text for word in words(content.decode(), dialect))
        return tuple(content[token.start : token.end].decode() for token in scan(content))
    except (Unreadable, Refused, UnicodeDecodeError):
        return None
