"""Supervises the evaluating processes: keeps them warm, kills what is late, blames a death on its file."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import struct
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import replace
from pathlib import Path

from bot.evaluator.messages import (
    MAX_FRAME,
    MESSAGE,
    SUPPLIED,
    TASK,
    Evaluated,
    Inventory,
    Message,
    Repaired,
    Reports,
    Supplied,
    Task,
)
from bot.ports import EvaluationFailed
from migration_guards.rehearsal import Plan

MAX_DEATHS = 8
"""Files that may each kill a process during one task before the task is given up."""

Supply = Callable[[Mapping[str, bytes]], Awaitable[Reports]]


class _Worker:
    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.at = ""
        self.fit = False

    async def send(self, body: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(struct.pack(">I", len(body)) + body)
        await self.process.stdin.drain()

    async def receive(self) -> Message:
        assert self.process.stdout is not None
        size = struct.unpack(">I", await self.process.stdout.readexactly(4))[0]
        if size > MAX_FRAME:
            raise ConnectionResetError(f"a message of {size} bytes")
        return MESSAGE.validate_json(await self.process.stdout.readexactly(size))

    async def stop(self) -> None:
        self.kill()
        await self.process.wait()

    def kill(self) -> None:
        """Ends it with everything that it started, without waiting."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)


class EvaluatorPool:
    """At most `size` processes of a Python module. `seconds` is the wall clock that one attempt at a task may take."""

    def __init__(self, size: int = 2, seconds: float = 120.0, module: str = "bot.evaluator.child") -> None:
        self._module = module
        self._slots = asyncio.Semaphore(size)
        self._idle: list[_Worker] = []
        self._seconds = seconds

    async def evaluate(self, task: Task) -> Evaluated:
        """Both sides evaluated; raises `EvaluationFailed`."""
        answer = await self._perform(task, None)
        if answer.evaluated is None:
            raise EvaluationFailed(answer.failed or "the evaluator gave no answer")
        return answer.evaluated

    async def repair(self, task: Task, supply: Supply) -> Repaired:
        """The proven fixes; raises `EvaluationFailed`. `supply` scans changed file contents."""
        answer = await self._perform(replace(task, kind="repair"), supply)
        if answer.repaired is None:
            raise EvaluationFailed(answer.failed or "the evaluator gave no answer")
        return answer.repaired

    async def inventory(self, task: Task) -> Inventory:
        """The endpoints of the head; raises `EvaluationFailed`."""
        answer = await self._perform(replace(task, kind="inventory"), None)
        if answer.inventory is None:
            raise EvaluationFailed(answer.failed or "the evaluator gave no answer")
        return answer.inventory

    async def plans(self, task: Task) -> tuple[Plan, ...]:
        """What a rehearsal of the head has to run; raises `EvaluationFailed`."""
        answer = await self._perform(replace(task, kind="plans"), None)
        if answer.plans is None:
            raise EvaluationFailed(answer.failed or "the evaluator gave no answer")
        return answer.plans

    async def close(self) -> None:
        while self._idle:
            await self._idle.pop().stop()

    def kill(self) -> None:
        """Ends the idle processes without waiting for them, whatever the event loop."""
        while self._idle:
            self._idle.pop().kill()

    async def _perform(self, task: Task, supply: Supply | None) -> Message:
        refused = dict(task.refuse)
        unexplained = 0
        for _ in range(MAX_DEATHS):
            async with self._worker() as worker:
                try:
                    async with asyncio.timeout(self._seconds):
                        return await self._converse(worker, replace(task, refuse=refused), supply)
                except TimeoutError:
                    reason = "reading it took too long"
                except (asyncio.IncompleteReadError, BrokenPipeError, ConnectionResetError):
                    unexplained += not worker.at
                    reason = "reading it ended the process (nested too deeply, or too large)"
                blamed = worker.at
            if unexplained == 1 and not blamed:
                continue
            if not blamed or blamed in refused:
                return Message(failed=f"the evaluator died: {reason}")
            refused[blamed] = reason
        return Message(failed="too many files ended the evaluator")

    async def _converse(self, worker: _Worker, task: Task, supply: Supply | None) -> Message:
        worker.at, worker.fit = "", False
        await worker.send(TASK.dump_json(task))
        while True:
            message = await worker.receive()
            if message.at is not None:
                worker.at = message.at
            elif message.supply is not None and supply is not None:
                changed = {path: text.encode("latin-1") for path, text in message.supply.items()}
                await worker.send(SUPPLIED.dump_json(Supplied(await supply(changed))))
            else:
                worker.fit = True
                return message

    @contextlib.asynccontextmanager
    async def _worker(self) -> AsyncIterator[_Worker]:
        async with self._slots:
            worker = self._idle.pop() if self._idle else await self._start()
            try:
                yield worker
            finally:
                if worker.fit:
                    self._idle.append(worker)
                else:
                    await worker.stop()

    async def _start(self) -> _Worker:
        env = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",
            "-m",
            self._module,
            str(os.getpid()),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            cwd=Path(sys.prefix),
            env={**env, "PYTHONSAFEPATH": "1", "PYTHONDONTWRITEBYTECODE": "1"},
            start_new_session=True,
        )
        return _Worker(process)
