"""Every scanner over the files of a change."""

from __future__ import annotations

import asyncio
import importlib
import inspect
import json
import pkgutil
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import cast

import bot.scanners
from bot.scanners.port import Scanner, ScannerFailed
from rules.core.codebase import Unread
from rules.facts.host import Scan

MAX_BYTES = 1_000_000


def discovered() -> tuple[Scanner, ...]:
    """One of each scanner that has a module here."""
    modules = [
        importlib.import_module(f"bot.scanners.{info.name}") for info in pkgutil.iter_modules(bot.scanners.__path__)
    ]
    return tuple(
        cast(Scanner, value())
        for module in modules
        for value in vars(module).values()
        if inspect.isclass(value) and value.__module__ == module.__name__ and isinstance(vars(value).get("fact"), str)
    )


class Suite:
    """Runs the scanners side by side; what one cannot do is said in its own report."""

    def __init__(self, scanners: tuple[Scanner, ...]) -> None:
        self._scanners = scanners

    async def scan(self, files: Mapping[str, bytes | None]) -> dict[str, Scan | str]:
        results = await asyncio.gather(*(self._one(scanner, files) for scanner in self._scanners))
        return {scanner.fact: result for scanner, result in zip(self._scanners, results, strict=True)}

    async def _one(self, scanner: Scanner, files: Mapping[str, bytes | None]) -> Scan | str:
        asked = {path: text for path, text in files.items() if scanner.wants(path)}
        wanted = {path: text for path, text in asked.items() if text is not None and len(text) <= MAX_BYTES}
        reason = f"larger than {MAX_BYTES // 1_000_000} MB, or its content was not fetched"
        large = tuple(Unread(path, reason) for path in asked if path not in wanted)
        if not wanted:
            return Scan(unread=large)
        with tempfile.TemporaryDirectory(prefix="prodgate-scan-") as folder:
            try:
                scan = await scanner.scan(wanted, Path(folder))
                return replace(scan, unread=large + scan.unread)
            except (ScannerFailed, json.JSONDecodeError, KeyError) as problem:
                return f"{type(scanner).__name__.lower()}: {problem}"
