"""What every scanner is: a name, and file contents to reports."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, Protocol

from rules.facts.host import Scan


class ScannerFailed(Exception):
    """The scanner could not look; the message says why."""


class Scanner(Protocol):
    """One tool. `fact` names the supplied fact that it fills."""

    fact: ClassVar[str]

    def wants(self, path: str) -> bool:
        """Whether the scanner reads files of this name."""

    async def scan(self, files: Mapping[str, bytes], folder: Path) -> Scan:
        """What it finds in these files, written below `folder` by the scanner itself; raises `ScannerFailed`."""
