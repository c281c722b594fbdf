"""Syntax trees of Python, JavaScript, TypeScript and Ruby by tree-sitter; walked without recursion."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import PurePosixPath

import tree_sitter_javascript
import tree_sitter_python
import tree_sitter_ruby
import tree_sitter_typescript
from tree_sitter import Language, Node, Parser

from rules.core.codebase import Unreadable
from rules.core.source import Location, locate

PYTHON = (".py",)
RUBY = (".rb",)
JAVASCRIPT = (".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx")


@lru_cache(maxsize=8)
def _parser(language: str) -> Parser:
    grammars = {
        "python": tree_sitter_python.language,
        "ruby": tree_sitter_ruby.language,
        "javascript": tree_sitter_javascript.language,
        "typescript": tree_sitter_typescript.language_typescript,
        "tsx": tree_sitter_typescript.language_tsx,
    }
    return Parser(Language(grammars[language]()))


def language_of(path: str) -> str | None:
    """Python's or one of JavaScript's and TypeScript's grammars for a file of this name, or None."""
    suffix = PurePosixPath(path).suffix.lower()
    if suffix in PYTHON:
        return "python"
    if suffix in (".ts", ".mts", ".cts"):
        return "typescript"
    if suffix == ".tsx":
        return "tsx"
    return "javascript" if suffix in JAVASCRIPT else None


def grammar_of(path: str) -> str | None:
    """The grammar for a file of this name, or None."""
    return "ruby" if path.endswith(RUBY) else language_of(path)


def parse(path: str, content: bytes) -> Node:
    """The root of the tree; raises `Unreadable` for NUL bytes, text that is not UTF-8, or a file that is all error."""
    language = grammar_of(path)
    if language is None:
        raise Unreadable("no grammar for this kind of file")
    if b"\0" in content:
        raise Unreadable("it holds NUL bytes")
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        raise Unreadable("it is not UTF-8") from None
    root = _parser(language).parse(content).root_node
    if root.type == "ERROR":
        raise Unreadable("its syntax was not understood")
    return root


def walk(node: Node) -> Iterator[Node]:
    """Every node below and including this one, in source order."""
    pending = [node]
    while pending:
        current = pending.pop()
        yield current
        pending.extend(reversed(current.children))


def text(node: Node | None) -> str:
    """The source text of a node; empty for None."""
    return node.text.decode("utf-8", "replace") if node is not None and node.text is not None else ""


def place(path: str, content: bytes, node: Node) -> Location:
    return locate(path, content, node.start_byte, node.end_byte)


def string_value(node: Node | None) -> str | None:
    """The value of a plain string literal; None when it is computed or formatted."""
    if node is None:
        return None
    if node.type == "template_string" and all(c.type == "string_fragment" for c in node.named_children):
        return "".join(text(c) for c in node.named_children)
    if node.type != "string" or any(c.type in ("interpolation", "escape_sequence") for c in node.named_children):
        return None
    return "".join(text(c) for c in node.named_children if c.type in ("string_content", "string_fragment"))
