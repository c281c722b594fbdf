from __future__ import annotations

import asyncio

import typer

from bot.terminal import FAILED


def run() -> None:
    """Looks at settings, registration, database, git, confinement and scanners.

    Exit 0 nothing is missing, 1 something is. What is marked !! is worth mending and keeps nothing from working.
    """
    from bot.doctor import examine
    from bot.report.text import plain

    items = asyncio.run(examine())
    for item in items:
        typer.echo(f"{_mark(item.well, item.vital)}  {item.name:14}  {plain(item.text)}")
    if any(item.vital and not item.well for item in items):
        raise typer.Exit(FAILED)


def _mark(well: bool, vital: bool) -> str:
    if well:
        return typer.style("ok", fg="green")
    return typer.style("no", fg="red", bold=True) if vital else typer.style("!!", fg="yellow", bold=True)
