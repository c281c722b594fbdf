"""The command line: every module of `bot.commands` is a command, named as it is."""

from __future__ import annotations

import importlib
import pkgutil
from typing import Annotated

import typer

import bot.commands


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"prodgate {version('prodgate')}")
        raise typer.Exit


def prodgate(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say the version and exit.")
    ] = False,
) -> None:
    """Holds every pull request to production readiness."""


def build() -> typer.Typer:
    """The application with the function `run` of each command's module."""
    app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
    app.callback()(prodgate)
    for info in pkgutil.iter_modules(bot.commands.__path__):
        module = importlib.import_module(f"bot.commands.{info.name}")
        app.command(info.name.replace("_", "-"))(module.run)
    return app


def main() -> None:
    """The console script."""
    build()()


if __name__ == "__main__":
    main()
