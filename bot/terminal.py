"""What the commands share with whoever typed them: options, steps on standard error, colours, and failing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from bot.report.text import Paint, Style

PASS, FAILED, USAGE, COULD_NOT_LOOK = 0, 1, 2, 3
"""Exit codes."""

COLOURS: Mapping[Style, str] = {
    "place": "bold",
    "blocks": "bold red",
    "error": "red",
    "warning": "yellow",
    "note": "cyan",
    "rule": "dim",
    "success": "bold green",
    "neutral": "bold yellow",
    "failure": "bold red",
    "cancelled": "bold red",
}

Base = Annotated[str, typer.Option(help="What the change is compared with: a branch, tag or commit.")]
Where = Annotated[Path, typer.Argument(help="A folder of the repository.")]
PackNames = Annotated[list[str] | None, typer.Option("--pack", help="Only these packs.")]

Step = Callable[[str], None]
"""Says what is being done from now on."""


def fail(message: str, code: int = USAGE) -> typer.Exit:
    """An exit with one sentence on standard error."""
    typer.echo(f"prodgate: {message}", err=True)
    return typer.Exit(code)


def inside(root: Path, name: str) -> Path:
    """The place of a file in a working tree; exits 2 where a link leads out of it."""
    target = root / name
    if not target.resolve().is_relative_to(root) or target.is_symlink():
        raise fail(f"{name!r} leads out of the repository")
    return target


@contextmanager
def steps(total: int) -> Iterator[Step]:
    """Steps on standard error: a bar on a terminal, a plain line each elsewhere."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda text: typer.echo(f"{text} …", err=True)
        return
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), BarColumn(12), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=total)
        begun = iter(range(total))
        yield lambda text: progress.update(task, description=text, completed=next(begun, total))


def painter() -> Paint | None:
    """Colours for standard output, or None where it is no terminal or colours are not wanted."""
    from rich.color import ColorSystem
    from rich.console import Console
    from rich.style import Style as Look

    console = Console()
    if not console.is_terminal or console.no_color or console.color_system is None:
        return None
    looks = {style: Look.parse(words) for style, words in COLOURS.items()}
    return lambda text, style: looks[style].render(text, color_system=ColorSystem.STANDARD)
