"""The evaluating process, dying of any file whose name says so, as a parser that overflows its stack would."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterable
from dataclasses import replace

import rules.facts.env as env
from bot.evaluator import child
from rules.core.codebase import Codebase
from rules.core.finding import Finding
from rules.packs.env.undeclared_read import UndeclaredRead

honest = env.READS.read
honest_check = UndeclaredRead.check


def deadly(path: str, content: bytes) -> tuple[env.Read, ...]:
    if "killer" in path:
        os.kill(os.getpid(), signal.SIGSEGV)
    if "sleeper" in path:
        time.sleep(60)
    if "hog" in path:
        bytearray(child.MEMORY_BYTES)
    return honest(path, content)


def check(rule: UndeclaredRead, subject: env.EnvKey, code: Codebase) -> Iterable[Finding]:
    if subject.key == "DEADLY":
        os.kill(os.getpid(), signal.SIGSEGV)
    return honest_check(rule, subject, code)


if __name__ == "__main__":
    UndeclaredRead.check = check  # type: ignore[method-assign]
    env.READS = replace(env.READS, read=deadly)
    child.main()
