"""Which file a Python import means, told from the names of files alone."""

from __future__ import annotations

from collections.abc import Container


def find_python(files: Container[str], importer: str, dotted: str) -> str | None:
    """The file of a module as the importing file would see it, or None when it is none of these files.

    A root of imports may be any folder above the importing file: which one it is depends on how the program is started.
    """
    name = dotted.lstrip(".")
    dots = len(dotted) - len(name)
    parts = importer.split("/")[:-1]
    above = range(len(parts), -1, -1)
    tail = name.split(".") if name else []
    for depth in above[dots - 1 : dots] if dots else above:
        for path in _forms("/".join((*parts[:depth], *tail)), package=not tail):
            if path in files and path != importer:
                return path
    return None


def _forms(place: str, *, package: bool) -> tuple[str, ...]:
    """The files that a module may be, by its place without a suffix."""
    inner = f"{place}/__init__.py" if place else "__init__.py"
    return (inner,) if package else (f"{place}.py", inner)
