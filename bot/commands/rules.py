from __future__ import annotations

import typer


def run() -> None:
    """Lists every rule."""
    from rules.catalog import all_rules

    for rule in all_rules().values():
        typer.echo(f"{rule.id:48} {rule.severity.value:8} {rule.title}")
