"""One installation's writes: one at a time, the urgent before the others, none when the ledger says later."""

from __future__ import annotations

import asyncio

import pytest

from bot.flows.hub import Later
from bot.github.limiter import Limiter
from tests.github.clock import Still


class Booked:
    """A ledger that answers what it is told to, and then that one may write."""

    def __init__(self, *waits: float) -> None:
        self.waits = list(waits)
        self.asked: list[int] = []

    async def book(self, installation: int) -> float:
        self.asked.append(installation)
        return self.waits.pop(0) if self.waits else 0.0


def limiter(clock: Still | None = None, *waits: float) -> Limiter:
    return Limiter(clock or Still(), 77, Booked(*waits))


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
    writes, free = Writes(limiter()), asyncio.Event()
    tasks = [asyncio.create_task(writes.held(free))]
    tasks += [asyncio.create_task(writes.write(name)) for name in ("first", "second")]
    tasks.append(asyncio.create_task(writes.write("gate", urgent=True)))
    await asyncio.sleep(0)
    free.set()
    await asyncio.gather(*tasks)
    assert writes.made == ["gate", "first", "second"]


async def test_a_turn_waits_until_the_ledger_has_counted_it() -> None:
    clock, ledger = Still(), Booked(9.0, 2.0)
    writes = Writes(Limiter(clock, 77, ledger))
    await writes.write("a")
    assert (clock.pauses, writes.made, ledger.asked) == ([9.0, 2.0], ["a"], [77, 77, 77])


async def test_a_long_wait_is_told_and_the_turn_passed_on() -> None:
    clock = Still()
    writes = Writes(limiter(clock, 61.0))
    with pytest.raises(Later) as told:
        await writes.write("a")
    await asyncio.wait_for(writes.write("b"), 5)
    assert (told.value.seconds, clock.pauses, writes.made) == (61.0, [], ["b"])


async def test_a_long_limit_is_told_to_everybody_until_it_is_over() -> None:
    clock = Still()
    writes = Writes(limiter(clock))
    writes.limiter.hold(3000)
    results = await asyncio.gather(*(writes.write(name) for name in "abc"), return_exceptions=True)
    assert [type(result) for result in results] == [Later] * 3
    clock.at += 2990
    await writes.write("d")
    assert (clock.pauses, writes.made) == ([pytest.approx(10)], ["d"])


async def test_a_limit_holds_all_of_them() -> None:
    clock = Still()
    writes = Writes(limiter(clock))
    writes.limiter.hold(7)
    writes.limiter.hold(3)
    await asyncio.gather(writes.write("a"), writes.write("b"))
    assert (clock.pauses, writes.made) == ([7.0], ["a", "b"])


async def test_who_is_cancelled_while_waiting_leaves_the_turn_to_the_next() -> None:
    writes, free = Writes(limiter()), asyncio.Event()
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
    writes = Writes(limiter())
    with pytest.raises(ValueError, match="refused"):
        async with writes.limiter.turn():
            raise ValueError("refused")
    await asyncio.wait_for(writes.write("next"), 5)
    assert writes.made == ["next"]
