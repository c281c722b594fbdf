from __future__ import annotations

from bot.commands.serve import listen


def run() -> None:
    """Runs a worker alone; needs PostgreSQL."""
    listen(web=False, worker=True)
