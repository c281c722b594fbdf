"""From a push to the finished gate, and what the worker holds meanwhile."""

from __future__ import annotations

from time import perf_counter, sleep

from bench.service import Service, service
from bench.table import Row, Table, children, median, resident_mb
from tests.github.sample import BASE
from tests.github.world import Repository

TURNS = 10
PLAIN = {"prisma/migrations/2_x/migration.sql": "CREATE INDEX CONCURRENTLY x ON orders (customer);\n"}
SCANNED = {"api/mail.py": "import os\n\nPORT = 1\n"}


def measure() -> Table:
    """Pushes to an open pull request, one after another, the mirror and the evaluating processes warm."""
    with service() as running:
        running.hub.connect(running.address)
        shop = running.hub.create_repository("acme/shop", BASE, writers=("alice",))
        number = running.hub.open_pull(shop, "topic", {"docs/NOTES.md": "# Notes\n"})
        _finished(running, shop, number)
        plain = [_turn(running, shop, number, PLAIN, turn) for turn in range(TURNS)]
        scanned = [_turn(running, shop, number, SCANNED, turn) for turn in range(TURNS)]
        workers = children(running.pid)
        rows = (
            Row("SQL and Markdown only, p50", median(plain), "s", 2),
            Row("with Python for bandit and semgrep, p50", median(scanned), "s"),
            Row("memory of web and worker", resident_mb(running.pid), "MB", 300),
            Row(f"memory of {len(workers)} evaluating processes", sum(map(resident_mb, workers)), "MB"),
        )
    how = f"{TURNS} pushes each to a pull request of {len(BASE)} files; polled, so a number may be 5 ms too high."
    return Table("Delivery to finished gate", how, rows)


def _turn(running: Service, shop: Repository, number: int, files: dict[str, str], turn: int) -> float:
    changed = {path: f"{text}{'--' if path.endswith('sql') else '#'} {turn}\n" for path, text in files.items()}
    start = perf_counter()
    running.hub.push(shop, "topic", changed)
    _finished(running, shop, number)
    return perf_counter() - start


def _finished(running: Service, shop: Repository, number: int) -> None:
    until = perf_counter() + 120
    while "prodgate" not in running.hub.checks(shop, number):
        if perf_counter() > until:
            raise TimeoutError("the gate was not finished within two minutes")
        sleep(0.005)
