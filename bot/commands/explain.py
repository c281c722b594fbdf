from __future__ import annotations

from difflib import get_close_matches
from typing import Annotated

import typer

from bot.terminal import fail


def run(rule: Annotated[str, typer.Argument(help="A rule's id.")]) -> None:
    """Explains a rule: what it holds against a change and why, its settings, what it rejects and accepts."""
    from rich.console import Console
    from rich.markdown import Markdown

    from bot.report.pages import rule_page
    from rules.catalog import all_rules

    found = all_rules().get(rule)
    if found is None:
        close = get_close_matches(rule, list(all_rules()), n=1)
        raise fail(f"there is no rule {rule!r}{f'; did you mean {close[0]!r}?' if close else ''}")
    page, console = rule_page(found), Console()
    if console.is_terminal:
        console.print(Markdown(page))
    else:
        typer.echo(page, nl=False)
