from __future__ import annotations

import asyncio

import typer

from bot.terminal import FAILED


def run() -> None:
    """Looks at settings, registration, database, git and scanners. Exit 0 all is well, 1 something is not."""
    from bot.doctor import examine
    from bot.report.text import plain

    items = asyncio.run(examine())
    for item in items:
        mark = typer.style("ok", fg="green") if item.well else typer.style("no", fg="red", bold=True)
        typer.echo(f"{mark}  {item.name:14}  {plain(item.text)}")
    if not all(item.well for item in items):
        raise typer.Exit(FAILED)
