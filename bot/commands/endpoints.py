from __future__ import annotations

import asyncio
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from bot.terminal import COULD_NOT_LOOK, PASS, USAGE, Where, fail, inside, steps


class Format(StrEnum):
    TEXT = "text"
    JSON = "json"


def run(
    path: Where = Path(),
    rev: Annotated[str | None, typer.Option(help="A commit; without it the files as they lie there.")] = None,
    format: Annotated[Format, typer.Option(help="How to list them.")] = Format.TEXT,
    write_matrix: Annotated[
        bool, typer.Option("--write-matrix", help="Write what the code asks today to .github/prodgate-access.yml.")
    ] = False,
) -> None:
    """Lists every endpoint with who can call it. Exit 0, 2 usage, 3 something could not be looked at."""
    from bot.git.worktree import find_git_dir
    from bot.local import inventory_of
    from bot.report.endpoints import render_endpoints_json, render_endpoints_text
    from bot.report.text import plain
    from rules.facts.access_matrix import PATH
    from rules.facts.access_matrix import write_matrix as written

    with steps(1) as step:
        step("Reading the endpoints")
        inventory = asyncio.run(inventory_of(path, rev))
    if write_matrix:
        _write(inside(find_git_dir(path)[1], PATH), written(inventory.endpoints))
    render = render_endpoints_json if format is Format.JSON else render_endpoints_text
    typer.echo(render(inventory.endpoints), nl=False)
    for unread in inventory.unread:
        typer.echo(f"could not look: {plain(unread.path)}: {plain(unread.reason)}", err=True)
    raise typer.Exit(COULD_NOT_LOOK if inventory.unread else PASS)


def _write(place: Path, text: str) -> None:
    """Writes the file, not over one that people have reviewed."""
    if place.exists():
        raise fail(f"{place} is there already: its rows were reviewed, and prodgate check says what is missing", USAGE)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text, "utf-8")
    typer.echo(f"wrote {place}: review every row", err=True)
