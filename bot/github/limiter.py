"""One installation's writes: one at a time, not too many in a while, the gate's before all others."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from heapq import heappop, heappush
from itertools import count
from typing import Protocol

from bot.flows.hub import Later
from bot.github.waits import PATIENCE_SECONDS, Clock


class Ledger(Protocol):
    """Counts what installations write, whichever process does it."""

    async def book(self, installation: int) -> float:
        """Counts a write that begins now: 0, or counts none: the seconds until one may begin."""


class Limiter:
    """Turns for writing. Those who wait come in the order in which they asked, urgent ones first."""

    def __init__(self, clock: Clock, installation: int, ledger: Ledger) -> None:
        self._clock = clock
        self._installation = installation
        self._ledger = ledger
        self._free_at = 0.0
        self._busy = False
        self._order = count()
        self._waiting: list[tuple[bool, int, asyncio.Future[None]]] = []

    def hold(self, seconds: float) -> None:
        """No turn begins before so many seconds have passed."""
        self._free_at = max(self._free_at, self._clock.now() + seconds)

    @asynccontextmanager
    async def turn(self, *, urgent: bool = False) -> AsyncIterator[None]:
        """Writes within are alone. A cancelled wait takes no turn. Raises `Later` when it would be a long one."""
        if self._busy:
            await self._queue(urgent)
        self._busy = True
        try:
            await self._pace()
            yield
        finally:
            self._pass_on()

    async def _queue(self, urgent: bool) -> None:
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heappush(self._waiting, (not urgent, next(self._order), mine))
        try:
            await mine
        except asyncio.CancelledError:
            if mine.done() and not mine.cancelled():
                self._pass_on()
            raise

    async def _pace(self) -> None:
        while True:
            seconds = self._free_at - self._clock.now()
            if seconds <= 0:
                seconds = await self._ledger.book(self._installation)
            if seconds <= 0:
                return
            if seconds > PATIENCE_SECONDS:
                raise Later(seconds)
            await self._clock.pause(seconds)

    def _pass_on(self) -> None:
        """The turn is the next one's, or nobody's."""
        while self._waiting:
            _, _, following = heappop(self._waiting)
            if not following.done():
                following.set_result(None)
                return
        self._busy = False
