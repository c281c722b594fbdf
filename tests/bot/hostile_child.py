"""The evaluating process, dying of any file whose name says so, as a parser that overflows its stack would."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import replace

import rules.facts.env as env
from bot.evaluator import child

honest = env.READS.read


def deadly(path: str, content: bytes) -> tuple[env.Read, ...]:
    if "killer" in path:
        os.kill(os.getpid(), signal.SIGSEGV)
    if "sleeper" in path:
        time.sleep(60)
    if "hog" in path:
        bytearray(child.MEMORY_BYTES)
    return honest(path, content)


if __name__ == "__main__":
    env.READS = replace(env.READS, read=deadly)
    child.main()
