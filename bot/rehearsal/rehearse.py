"""A rehearsal as the host sees it: plans in, performances out, nothing left behind."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

import bot.rehearsal.keeper as keeper
from bot.rehearsal.messages import PERFORMANCES, PLANS
from migration_guards.rehearsal import Performance, Plan

SECONDS = 90.0


async def rehearse(plans: Sequence[Plan], seconds: float = SECONDS) -> tuple[Performance, ...] | str:
    """What was seen of every plan; a text says why there was nothing to see on. Never raises for what a plan does."""
    if not any(not plan.problem for plan in plans):
        return tuple(Performance(plan.history, problem=plan.problem) for plan in plans)
    env = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-I",
        "-S",
        keeper.__file__,
        str(os.getpid()),
        str(seconds),
        sys.executable,
        "-P",
        "-m",
        "bot.rehearsal.child",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        cwd=Path(sys.prefix),
        env={**env, "PYTHONSAFEPATH": "1", "PYTHONDONTWRITEBYTECODE": "1"},
        start_new_session=True,
    )
    try:
        out, _ = await process.communicate(PLANS.dump_json(tuple(plans)))
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()
    try:
        return PERFORMANCES.validate_json(out)
    except ValidationError:
        return _why(process.returncode, seconds)


def _why(code: int | None, seconds: float) -> str:
    if code == keeper.LATE:
        return f"the rehearsal took longer than {seconds:.0f} s"
    if code == keeper.LARGE:
        return f"the rehearsal wrote more than {keeper.MOST_BYTES // 1024**2} MB"
    return "the rehearsal ended its process: more memory, processor time or file size than it may have"
