"""How long GitHub waits for its 202."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import uuid
from time import perf_counter

import httpx

from bench.service import Service, postgresql, service
from bench.table import Row, Table, percentile

REQUESTS = 1000
CLIENTS = (1, 50)


def measure() -> Table:
    """Deliveries that each put a job into the queue, by one client and by fifty at once."""
    rows: list[Row] = []
    with postgresql() as server:
        for name, database in (("SQLite", ""), ("PostgreSQL", server)):
            for clients in CLIENTS:
                with service(database) as running:
                    rows += _rows(f"{name}, {clients} client{'s' if clients > 1 else ''}", running, clients)
    how = (
        f"{REQUESTS} signed deliveries of 20 KB back to back, each durable before its answer, while the worker works "
        "on them: on SQLite in the same process, on PostgreSQL apart. SQLite takes one writer at a time: writers take "
        "turns there, deliveries before the worker's own."
    )
    return Table("Webhook to 202", how, tuple(rows))


def _rows(name: str, running: Service, clients: int) -> tuple[Row, ...]:
    times, refused = asyncio.run(_load(running, clients))
    return (
        Row(f"{name}, p50", percentile(times, 50) * 1000, "ms"),
        Row(f"{name}, p99", percentile(times, 99) * 1000, "ms", 50 if clients == 1 else None),
        Row(f"{name}, not taken of {REQUESTS}", refused, "", 1),
    )


async def _load(running: Service, clients: int) -> tuple[list[float], int]:
    left = iter(range(REQUESTS))
    times: list[float] = []
    refused = 0

    async def client() -> None:
        nonlocal refused
        async with httpx.AsyncClient(trust_env=False, timeout=30) as http:
            for number in left:
                body, headers = _delivery(running, number)
                start = perf_counter()
                answer = await http.post(f"{running.address}/webhooks/github", content=body, headers=headers)
                times.append(perf_counter() - start)
                refused += answer.status_code != 202

    await asyncio.gather(*(client() for _ in range(clients)))
    return times, refused


def _delivery(running: Service, number: int) -> tuple[bytes, dict[str, str]]:
    side = {"ref": "topic", "sha": f"{number:040x}", "repo": {"id": 9, "full_name": "acme/shop"}}
    payload = {
        "action": "closed",
        "installation": {"id": 77},
        "repository": {"id": 9, "name": "shop", "full_name": "acme/shop", "owner": {"login": "acme"}},
        "pull_request": {"number": number + 1, "state": "closed", "draft": False, "head": side, "base": side},
        "sender": {"login": "alice", "type": "User"},
        "padding": "x" * 20_000,
    }
    body = json.dumps(payload).encode()
    mark = hmac.new(running.hub.webhook_secret.encode(), body, hashlib.sha256).hexdigest()
    return body, {
        "x-github-event": "pull_request",
        "x-github-delivery": str(uuid.uuid4()),
        "x-hub-signature-256": f"sha256={mark}",
        "content-type": "application/json",
    }
