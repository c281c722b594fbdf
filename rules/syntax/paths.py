"""What the name of a source file tells."""

from __future__ import annotations

from pathlib import PurePosixPath


def named_as_test(path: str) -> bool:
    """Whether the file's own name says that it holds tests, in the manner of pytest, Jest or Vitest."""
    name = PurePosixPath(path).name.lower()
    return name.startswith(("test_", "conftest")) or ".test." in name or ".spec." in name or name.endswith("_test.py")
