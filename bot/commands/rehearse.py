from __future__ import annotations

import asyncio
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from bot.terminal import COULD_NOT_LOOK, FAILED, PASS, Base, Where, steps


class Format(StrEnum):
    TEXT = "text"
    JSON = "json"


def run(
    base: Base,
    path: Where = Path(),
    head: Annotated[
        str | None, typer.Option(help="The commit to rehearse; without it the files as they lie there.")
    ] = None,
    format: Annotated[Format, typer.Option(help="How to report.")] = Format.TEXT,
) -> None:
    """Runs new PostgreSQL migrations on a throw-away server.

    Exit 0, 1 one fails, 2 usage, 3 not all could be rehearsed.
    """
    from bot.local import opened, rehearsed
    from bot.report.rehearsal import render_rehearsal_json, render_rehearsal_text
    from migration_guards.rehearsal import broken

    with steps(2) as step:
        step("Reading the change")
        with opened(path, base, head) as (sides, holds):
            step("Rehearsing the new migrations")
            done = asyncio.run(rehearsed(sides, holds))
    render = render_rehearsal_json if format is Format.JSON else render_rehearsal_text
    typer.echo(render(done), nl=False)
    seen = [observation for one in done for observation in one.up + one.down]
    if any(broken(observation) for observation in seen):
        raise typer.Exit(FAILED)
    blind = any(one.problem for one in done) or any(observation.error for observation in seen)
    raise typer.Exit(COULD_NOT_LOOK if blind else PASS)
