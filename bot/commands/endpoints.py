from __future__ import annotations

import asyncio
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from bot.terminal import COULD_NOT_LOOK, PASS, Where, steps


class Format(StrEnum):
    TEXT = "text"
    JSON = "json"


def run(
    path: Where = Path(),
    rev: Annotated[str | None, typer.Option(help="A commit; without it the files as they lie there.")] = None,
    format: Annotated[Format, typer.Option(help="How to list them.")] = Format.TEXT,
) -> None:
    """Lists every endpoint with who can call it. Exit 0, 2 usage, 3 something could not be looked at."""
    from bot.local import inventory_of
    from bot.report.endpoints import render_endpoints_json, render_endpoints_text
    from bot.report.text import plain

    with steps(1) as step:
        step("Reading the endpoints")
        inventory = asyncio.run(inventory_of(path, rev))
    render = render_endpoints_json if format is Format.JSON else render_endpoints_text
    typer.echo(render(inventory.endpoints), nl=False)
    for unread in inventory.unread:
        typer.echo(f"could not look: {plain(unread.path)}: {plain(unread.reason)}", err=True)
    raise typer.Exit(COULD_NOT_LOOK if inventory.unread else PASS)
