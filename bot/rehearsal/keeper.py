"""Keeps one program and all that comes of it within a folder, a time and a size, and removes everything afterwards.

A program: `python -I -S keeper.py PARENT SECONDS PROGRAM ARGUMENT...`, the program's standard input and output its own.
Imports nothing but the standard library. Processes that leave their group or session come to the keeper when their
parents die (PR_SET_CHILD_SUBREAPER), so that none outlives it. Ends with the program's exit code, or `LATE` or `LARGE`.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import FrameType

LATE, LARGE = 124, 125
MOST_BYTES = 1024**3
PREFIX = "prodgate-rehearsal-"

_PDEATHSIG, _SUBREAPER = 1, 36
_IPC_RMID = 0
_SHARED_MEMORY_LINE = 6


def keep(words: list[str], seconds: float) -> int:
    """The exit code of the program; nothing of it is left when this returns."""
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    try:
        env = {**os.environ, "HOME": str(folder), "TMPDIR": str(folder), "REHEARSAL": str(folder)}
        process = subprocess.Popen([*words, str(os.getpid())], env=env)
        return _watch(process, folder, time.monotonic() + seconds)
    finally:
        _end_all()
        _remove_shared_memory(folder)
        shutil.rmtree(folder, ignore_errors=True)


def _watch(process: subprocess.Popen[bytes], folder: Path, until: float) -> int:
    while time.monotonic() < until:
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.wait(0.2)
        if _size(folder) > MOST_BYTES:
            return LARGE
    return LATE


def _size(folder: Path) -> int:
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += os.lstat(os.path.join(place, name)).st_blocks * 512  # noqa: PTH118
    return total


def _end_all() -> None:
    """Kills children until there are none: the children of the killed become ours."""
    while True:
        for child in _children():
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def _children() -> list[int]:
    return [int(word) for word in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()]


def _remove_shared_memory(folder: Path) -> None:
    """The segment that a killed server leaves; its number is in the server's lock file."""
    try:
        line = (folder / "data" / "postmaster.pid").read_text().splitlines()[_SHARED_MEMORY_LINE]
        segment = int(line.split()[1])
    except (OSError, ValueError, IndexError):
        return
    ctypes.CDLL(None).shmctl(segment, _IPC_RMID, None)


def _stop(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(LATE)


if __name__ == "__main__":
    libc = ctypes.CDLL(None)
    signal.signal(signal.SIGTERM, _stop)
    libc.prctl(_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    libc.prctl(_SUBREAPER, 1, 0, 0, 0)
    if os.getppid() != int(sys.argv[1]):
        sys.exit(f"{sys.argv[1]}, which started this, is not there any more")
    sys.exit(keep(sys.argv[3:], float(sys.argv[2])))
