"""Delivers webhooks: signed, sometimes twice, sometimes after the one that came next, and never again by itself."""

from __future__ import annotations

import hashlib
import hmac
import json
import queue
import random
import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx

from tests.github.faults import DELIVERY
from tests.github.repository import now
from tests.github.world import World

LATE_SECONDS = 0.2
TWICE, LATE = 0.5, 0.25
"""How often a delivery is made twice, and how often the next one overtakes it."""


@dataclass(frozen=True)
class Letter:
    event: str
    guid: str
    payload: dict[str, Any]
    times: int = 1
    late: bool = False


class Post:
    """Sends to one address. The same seed sends the same sequence in the same way."""

    def __init__(self, world: World, secret: str, seed: int) -> None:
        self.address = ""
        self.delivered: list[tuple[str, str, int]] = []
        self._world = world
        self._secret = secret
        self._random = random.Random(seed)
        self._sent: dict[str, Letter] = {}
        self._waiting = 0
        self._counting = threading.Lock()
        self._out: queue.Queue[Letter | None] = queue.Queue()
        self._thread = threading.Thread(target=self._deliver, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._out.put(None)
        self._thread.join(10)

    def send(self, event: str, payload: dict[str, Any]) -> None:
        times = 2 if self._random.random() < TWICE else 1
        late = self._random.random() < LATE
        letter = Letter(event, str(uuid.uuid4()), payload, times, late)
        self._sent[letter.guid] = letter
        self._put(letter)

    @property
    def idle(self) -> bool:
        """Whether everything that was sent has been delivered, or tried."""
        return self._waiting == 0

    @property
    def sent(self) -> list[str]:
        """The delivery ids in the order in which their events came about."""
        return list(self._sent)

    def again(self, guid: str) -> None:
        """The same delivery once more, as when somebody asks for that; its id stays."""
        letter = self._sent[guid]
        self._put(Letter(letter.event, guid, letter.payload))

    def _put(self, letter: Letter) -> None:
        with self._counting:
            self._waiting += 1
        self._out.put(letter)

    def _deliver(self) -> None:
        with httpx.Client(timeout=10, trust_env=False) as client:
            for letter in self._in_turn():
                body = json.dumps(letter.payload).encode()
                for _ in range(letter.times):
                    status = self._deliver_once(client, letter, body)
                    self._record(letter, status)
                    if not status:
                        break
                with self._counting:
                    self._waiting -= 1

    def _in_turn(self) -> Iterator[Letter]:
        held: list[Letter] = []
        while True:
            try:
                letter = self._out.get(timeout=LATE_SECONDS if held else None)
            except queue.Empty:
                letter = None
            else:
                if letter is None:
                    return
            if letter and letter.late and not held:
                held.append(letter)
                continue
            if letter:
                yield letter
            yield from held
            held.clear()

    def _deliver_once(self, client: httpx.Client, letter: Letter, body: bytes) -> int:
        """The status that came back, 0 when nothing did."""
        if not self.address or self._world.fault(DELIVERY, letter.event):
            return 0
        mark = hmac.new(self._secret.encode(), body, hashlib.sha256).hexdigest()
        headers = {
            "x-github-event": letter.event,
            "x-github-delivery": letter.guid,
            "x-github-hook-id": "1",
            "x-hub-signature-256": f"sha256={mark}",
            "content-type": "application/json",
            "user-agent": "GitHub-Hookshot/0",
        }
        try:
            return client.post(f"{self.address}/webhooks/github", content=body, headers=headers).status_code
        except httpx.HTTPError:
            return 0

    def _record(self, letter: Letter, status: int) -> None:
        self.delivered.append((letter.event, letter.guid, status))
        payload = letter.payload
        self._world.deliveries.append(
            {
                "id": self._world.next_id(),
                "guid": letter.guid,
                "delivered_at": now(),
                "redelivery": any(made["guid"] == letter.guid for made in self._world.deliveries),
                "duration": 0.1,
                "status": "OK" if 200 <= status < 300 else "failed to connect to host",
                "status_code": status or 502,
                "event": letter.event,
                "action": payload.get("action"),
                "installation_id": payload.get("installation", {}).get("id"),
                "repository_id": payload.get("repository", {}).get("id"),
                "throttled_at": None,
            }
        )
