"""bandit as a child process."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bot.scanners.port import ScannerFailed
from bot.scanners.process import lay_out, run
from rules.core.codebase import Unread
from rules.core.source import locate_line
from rules.facts.host import BANDIT, Report, Scan


class Bandit:
    """Python security checks by bandit, its own configuration and `nosec` comments disregarded."""

    fact = BANDIT.name

    def wants(self, path: str) -> bool:
        return path.endswith((".py", ".pyi"))

    async def scan(self, files: Mapping[str, bytes], folder: Path) -> Scan:
        if importlib.util.find_spec("bandit") is None:
            raise ScannerFailed("bandit is not installed")
        names = lay_out(files, folder)
        words = ("-P", "-m", "bandit", "-f", "json", "-q", "--exit-zero", "--ignore-nosec", *names)
        answer: dict[str, Any] = json.loads(await run((sys.executable, *words), folder))
        unread = tuple(Unread(names[e["filename"]], f"bandit: {e['reason']}") for e in answer["errors"])
        return Scan(tuple(_report(raw, names[raw["filename"]], files) for raw in answer["results"]), unread)


def _report(raw: Mapping[str, Any], path: str, files: Mapping[str, bytes]) -> Report:
    span = locate_line(path, files[path], raw["line_number"]).span
    return Report(raw["test_id"], path, span, raw["issue_text"], raw["issue_severity"])
