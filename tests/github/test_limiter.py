"""One installation's writes: one at a time, the urgent before the others, not too many a minute."""

from __future__ import annotations

import asyncio

import pytest

from bot.github.limiter import MINUTE, Limiter
from tests.github.clock import Still


class Writes:
    """Remembers who wrote, and that nobody wrote beside another."""

    def __init__(self, limiter: Limiter) -> None:
        self.limiter = limiter
        self.made: list[str] = []
        self.within = 0

    async def write(self, name: str, *, urgent: bool = False) -> None:
        async with self.limiter.turn(urgent=urgent):
            self.within += 1
            try:
                assert self.within == 1
                await asyncio.sleep(0)
                self.made.append(name)
            finally:
                self.within -= 1

    async def held(self, until: asyncio.Event) -> None:
        async with self.limiter.turn():
            await until.wait()


async def test_the_gate_goes_before_those_that_wait_and_the_rest_keep_their_order() -> None:
    writes, free = Writes(Limiter(Still())), asyncio.Event()
    tasks = [asyncio.create_task(writes.held(free))]
    tasks += [asyncio.create_task(writes.write(name)) for name in ("first", "second")]
    tasks.append(asyncio.create_task(writes.write("gate", urgent=True)))
    await asyncio.sleep(0)
    free.set()
    await asyncio.gather(*tasks)
    assert writes.made == ["gate", "first", "second"]


async def test_no_more_than_so_many_begin_in_a_minute() -> None:
    clock = Still()
    writes = Writes(Limiter(clock, a_minute=3))
    for number in range(7):
        await writes.write(str(number))
    assert clock.pauses == [MINUTE, MINUTE]


async def test_a_limit_holds_all_of_them() -> None:
    clock = Still()
    writes = Writes(Limiter(clock))
    writes.limiter.hold(7)
    writes.limiter.hold(3)
    await asyncio.gather(writes.write("a"), writes.write("b"))
    assert (clock.pauses, writes.made) == ([7.0], ["a", "b"])


async def test_who_is_cancelled_while_waiting_leaves_the_turn_to_the_next() -> None:
    writes, free = Writes(Limiter(Still())), asyncio.Event()
    held = asyncio.create_task(writes.held(free))
    await asyncio.sleep(0)
    gone, given, last = (asyncio.create_task(writes.write(name)) for name in ("gone", "given", "last"))
    await asyncio.sleep(0)
    gone.cancel()
    free.set()
    await held
    given.cancel()
    await asyncio.wait_for(last, 5)
    assert writes.made == ["last"]
    await asyncio.wait_for(writes.write("after"), 5)


async def test_a_write_that_fails_passes_the_turn_on() -> None:
    writes = Writes(Limiter(Still()))
    with pytest.raises(ValueError, match="refused"):
        async with writes.limiter.turn():
            raise ValueError("refused")
    await asyncio.wait_for(writes.write("next"), 5)
    assert writes.made == ["next"]
