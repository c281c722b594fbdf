"""Which file a Python import means, told from the names of files alone."""

from __future__ import annotations

from collections.abc import Container
from pathlib import PurePosixPath


def find_python(files: Container[str], importer: str, dotted: str) -> str | None:
    """The file of a module as the importing file would see it, or None when it is none of these files.

    A root of imports may be any folder above the importing file: which one it is depends on how the program is started.
    """
    folders = list(PurePosixPath(importer).parents)
    name = dotted.lstrip(".")
    dots = len(dotted) - len(name)
    if dots:
        folders = folders[dots - 1 : dots]
    tail = name.replace(".", "/")
    for folder in folders:
        for candidate in (f"{tail}.py", f"{tail}/__init__.py") if tail else ("__init__.py",):
            path = str(folder / candidate)
            if path in files and path != importer:
                return path
    return None
