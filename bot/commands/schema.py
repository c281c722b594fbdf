from __future__ import annotations

import json

import typer


def run() -> None:
    """Prints the JSON Schema of `.github/prodgate.yml`, for editors that complete and check it."""
    from bot.report.schema import config_schema
    from rules.catalog import all_rules
    from rules.policy import Policy

    typer.echo(json.dumps(config_schema(Policy, all_rules().values()), indent=2))
