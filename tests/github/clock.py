"""Time for tests that nobody has to wait for."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from bot.github.waits import Clock


class Still(Clock):
    """A clock that moves only when somebody waits; `meanwhile` is what happens in such a pause."""

    def __init__(self, meanwhile: Callable[[], object] = lambda: None) -> None:
        self.at = time.time()
        self.pauses: list[float] = []
        self._meanwhile = meanwhile

    def now(self) -> float:
        return self.at

    async def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.at += seconds
        self._meanwhile()
        await asyncio.sleep(0)
