"""What the name of a source file tells."""

from __future__ import annotations

from pathlib import PurePosixPath


def named_as_test(path: str) -> bool:
    """Whether the file's own name says that it holds tests, in the manner of pytest, Jest, Vitest,
    Storybook or Cypress."""
    name = PurePosixPath(path).name.lower()
    marked = any(mark in name for mark in (".test.", ".spec.", ".story.", ".stories.", ".cy."))
    return marked or name.startswith(("test_", "conftest")) or name.endswith("_test.py")
