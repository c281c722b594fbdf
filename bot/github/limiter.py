"""One installation's writes: one at a time, not too many a minute, the gate's before all others."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from heapq import heappop, heappush
from itertools import count

from bot.github.waits import Clock

WRITES_A_MINUTE = 80
"""What GitHub takes of content before its secondary limit; it asks for one write at a time."""

MINUTE = 60.0


class Limiter:
    """Turns for writing. Those who wait come in the order in which they asked, urgent ones first."""

    def __init__(self, clock: Clock, a_minute: int = WRITES_A_MINUTE) -> None:
        self._clock = clock
        self._free_at = 0.0
        self._begun: deque[float] = deque(maxlen=a_minute)
        self._busy = False
        self._order = count()
        self._waiting: list[tuple[bool, int, asyncio.Future[None]]] = []

    def hold(self, seconds: float) -> None:
        """No turn begins before so many seconds have passed."""
        self._free_at = max(self._free_at, self._clock.now() + seconds)

    @asynccontextmanager
    async def turn(self, *, urgent: bool = False) -> AsyncIterator[None]:
        """Writes within are alone. A cancelled wait takes no turn."""
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
        full = len(self._begun) == self._begun.maxlen
        begin = max(self._free_at, self._begun[0] + MINUTE if full else 0.0)
        if begin > self._clock.now():
            await self._clock.pause(begin - self._clock.now())
        self._begun.append(self._clock.now())

    def _pass_on(self) -> None:
        """The turn is the next one's, or nobody's."""
        while self._waiting:
            _, _, following = heappop(self._waiting)
            if not following.done():
                following.set_result(None)
                return
        self._busy = False
