from __future__ import annotations

from bot.commands.serve import listen


def run() -> None:
    """Runs the web process alone; needs PostgreSQL beside a worker."""
    listen(web=True, worker=False)
