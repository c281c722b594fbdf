"""A verdict as workflow commands, which GitHub Actions turns into annotations."""

from __future__ import annotations

from collections.abc import Mapping

from bot.report.annotations import spoken
from bot.report.escape import visible
from bot.report.summary import blind_places
from bot.report.text import plain
from rules.core.finding import Finding, Severity
from rules.policy import Verdict

COMMANDS: Mapping[Severity, str] = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def render_workflow(verdict: Verdict) -> str:
    """A command for each new finding and each place that could not be looked at, the notes, and the decision."""
    lines = [_finding(item.finding) for item in spoken(verdict.judged)]
    for name, fatal in (("error", True), ("notice", False)):
        places = blind_places(item for item in verdict.blind if item.fatal is fatal)
        for (path, reason), rules in places.items():
            place = {"file": path} if path else {}
            lines.append(command(name, {**place, "title": ", ".join(rules)}, f"could not look: {reason}"))
    lines += [command("notice", {"title": "prodgate"}, note) for note in verdict.notes]
    lines.append(plain(f"prodgate: {verdict.conclusion}"))
    return "\n".join(lines) + "\n"


def command(name: str, properties: Mapping[str, str | int], message: str) -> str:
    """One workflow command, its values escaped as the runner reads them."""
    listed = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items())
    return f"::{name} {listed}::{_data(visible(message, keep=chr(10) + chr(13) + chr(9)))}"


def _finding(finding: Finding) -> str:
    where = finding.where
    place: dict[str, str | int] = {"file": where.path, "line": where.line, "endLine": where.end_line}
    if where.line == where.end_line:
        place |= {"col": where.column, "endColumn": max(where.column, where.end_column - 1)}
    return command(COMMANDS[finding.severity], {**place, "title": finding.rule}, finding.message)


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(visible(text, keep="\n\r")).replace(":", "%3A").replace(",", "%2C")
