from __future__ import annotations

import asyncio
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.terminal import COULD_NOT_LOOK, FAILED, PASS, Base, PackNames, Where, fail, painter, steps

if TYPE_CHECKING:
    from bot.flows.judge import Judged, Sides
    from rules.policy import Verdict


class Format(StrEnum):
    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    MARKDOWN = "markdown"
    GITHUB = "github"


class FailOn(StrEnum):
    ERROR = "error"
    WARNING = "warning"
    NEVER = "never"


def run(
    base: Base,
    path: Where = Path(),
    head: Annotated[
        str | None, typer.Option(help="The commit to judge; without it the files as they lie there.")
    ] = None,
    format: Annotated[Format, typer.Option(help="How to report.")] = Format.TEXT,
    output: Annotated[Path | None, typer.Option(help="Write the report to this file.")] = None,
    pack: PackNames = None,
    fail_on: Annotated[FailOn, typer.Option(help="What fails: an error, a warning too, or never.")] = FailOn.ERROR,
) -> None:
    """Judges a change in a local repository. Exit 0 pass, 1 gate failed, 2 usage, 3 could not look."""
    from bot.local import judging, known_packs, opened

    chosen = known_packs(pack)

    async def judged() -> Judged:
        async with judging(sides, holds, chosen) as judge:
            return await judge.judge()

    with steps(2) as step:
        step("Reading the change")
        with opened(path, base, head) as (sides, holds):
            step(f"Judging {len(sides.touched)} changed file{'' if len(sides.touched) == 1 else 's'}")
            verdict = asyncio.run(judged()).verdict
    _report(_rendered(verdict, sides, format, to_file=output is not None), output)
    raise typer.Exit(exit_code(verdict, fail_on))


def exit_code(verdict: Verdict, fail_on: FailOn) -> int:
    """3 where something could not be looked at, whatever else; 1 when what `fail_on` names is new."""
    from rules.core.finding import Severity

    if verdict.could_not_look:
        return COULD_NOT_LOOK
    if fail_on is FailOn.NEVER:
        return PASS
    spoken = [item.finding for item in verdict.judged if item.new and not item.suppressed_by]
    warned = fail_on is FailOn.WARNING and any(finding.severity is not Severity.NOTE for finding in spoken)
    return FAILED if verdict.blocking or warned else PASS


def _rendered(verdict: Verdict, sides: Sides, format: Format, *, to_file: bool) -> str:
    from bot.report.json_report import render_json
    from bot.report.markdown import render_markdown
    from bot.report.sarif import render_sarif
    from bot.report.text import render_text
    from bot.report.workflow import render_workflow

    match format:
        case Format.TEXT:
            paint = None if to_file else painter()
            return render_text(verdict, paint) if paint else render_text(verdict)
        case Format.JSON:
            return render_json(verdict)
        case Format.SARIF:
            return render_sarif(verdict, version=version("prodgate"), sources=sides.head_files)
        case Format.MARKDOWN:
            return render_markdown(verdict)
        case Format.GITHUB:
            return render_workflow(verdict)


def _report(text: str, output: Path | None) -> None:
    if output is None:
        typer.echo(text, nl=False)
        return
    try:
        output.write_text(text, "utf-8")
    except OSError as problem:
        raise fail(f"{output} cannot be written: {problem.strerror}") from None
