"""The confined process of a rehearsal: starts the server, runs plans on it, and says what it saw.

`python -m bot.rehearsal.child KEEPER`, with plans on standard input and performances on standard output, both JSON.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from bot.confine import confine
from bot.rehearsal.messages import PERFORMANCES, PLANS
from bot.rehearsal.server import ROLE, ROLE_SETTINGS, NoServer, binaries, connect_as_superuser, running
from bot.rehearsal.stage import perform
from migration_guards.rehearsal import Performance, Plan

MEMORY_BYTES = 1024**3
CPU_SECONDS = 60
FILE_BYTES = 256 * 1024**2


def rehearse(plans: Sequence[Plan], folder: Path) -> tuple[Performance, ...]:
    """Every plan on one server; raises `NoServer`."""
    with running(folder, binaries()) as socket:
        with connect_as_superuser(socket, "postgres") as admin:
            admin.execute(f"CREATE ROLE {ROLE} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE CONNECTION LIMIT 2")
            for name, value in ROLE_SETTINGS.items():
                admin.execute(f"ALTER ROLE {ROLE} SET {name} = '{value}'".encode())
        return tuple(perform(plan, socket, number) for number, plan in enumerate(plans))


def main() -> None:
    confine(int(sys.argv[1]), MEMORY_BYTES, CPU_SECONDS, FILE_BYTES)
    plans = PLANS.validate_json(sys.stdin.buffer.read())
    done: tuple[Performance, ...] | str
    try:
        done = rehearse(plans, Path(os.environ["REHEARSAL"]))
    except NoServer as problem:
        done = str(problem)
    sys.stdout.buffer.write(PERFORMANCES.dump_json(done))


if __name__ == "__main__":
    main()
