"""Our own semgrep rules through `semgrep-core`, the engine inside the pinned wheel."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from bot.scanners.port import ScannerFailed
from bot.scanners.process import lay_out, run
from rules.core.codebase import Unread
from rules.core.source import Span
from rules.facts.host import SEMGREP, Report, Scan

ANALYZERS = {
    ".py": "python", ".js": "js", ".mjs": "js", ".cjs": "js", ".jsx": "js", ".ts": "ts", ".tsx": "ts",
}  # fmt: skip


class Semgrep:
    """Structural checks by the rule files beside the security pack."""

    fact = SEMGREP.name

    def wants(self, path: str) -> bool:
        return Path(path).suffix in ANALYZERS

    async def scan(self, files: Mapping[str, bytes], folder: Path) -> Scan:
        names = lay_out(files, folder)
        targets = folder / "targets.json"
        targets.write_text(json.dumps(["Targets", [_target(name, path) for name, path in names.items()]]))
        rules = folder / "rules.json"
        rules.write_text(json.dumps({"rules": own_rules()}))
        words = (str(_core()), "-json_nodots", "-j", "1", "-rules", str(rules), "-targets", str(targets))
        limits = ("-timeout", "2", "-timeout_threshold", "3", "-max_memory", "1500", "-fast")
        answer: dict[str, Any] = json.loads(await run((*words, *limits), folder))
        return Scan(tuple(_report(raw, names) for raw in answer["results"]), _unread(answer, names))


def own_rules() -> list[dict[str, Any]]:
    """The semgrep rules that ship with the security pack."""
    place = resources.files("rules.packs.security") / "semgrep"
    files = sorted((f for f in place.iterdir() if f.name.endswith(".yml")), key=lambda f: f.name)
    return [rule for file in files for rule in yaml.safe_load(file.read_text("utf-8"))["rules"]]


def _core() -> Path:
    spec = importlib.util.find_spec("semgrep")
    core = Path(spec.origin).parent / "bin" / "semgrep-core" if spec and spec.origin else None
    if core is None or not core.exists():
        raise ScannerFailed("semgrep is not installed")
    return core


def _target(name: str, path: str) -> list[Any]:
    where = {"fpath": name, "ppath": "/" + path}
    return ["CodeTarget", {"path": where, "analyzer": ANALYZERS[Path(path).suffix], "products": ["sast"]}]


def _report(raw: Mapping[str, Any], names: Mapping[str, str]) -> Report:
    span = Span(raw["start"]["offset"], raw["end"]["offset"])
    extra = raw["extra"]
    return Report(
        raw["check_id"], names[raw["path"]], span, extra["message"], extra.get("severity", "WARNING"), extra.get("fix")
    )


def _unread(answer: Mapping[str, Any], names: Mapping[str, str]) -> tuple[Unread, ...]:
    """The files that semgrep gave up on; raises `ScannerFailed` for an error that is no file's."""
    found = {}
    for error in answer.get("errors", []):
        path = names.get((error.get("location") or {}).get("path", ""))
        reason = error.get("message") or str(error.get("error_type", ""))
        if error.get("severity") == "info":
            continue
        if path is None:
            raise ScannerFailed(reason[:200])
        found[path] = Unread(path, f"semgrep: {reason}"[:200])
    return tuple(found.values())
