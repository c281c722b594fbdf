"""Child processes over files that we wrote ourselves: an empty environment, limits, a wall clock, killed as a group."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

import bot.confine
from bot.scanners.port import ScannerFailed

SECONDS = 60.0
MOST_SUFFIX = 12
"""Characters of a suffix that a scanner is told of."""


def lay_out(files: Mapping[str, bytes], folder: Path) -> dict[str, str]:
    """Writes the contents under names of our own; returns the repository path of each."""
    names: dict[str, str] = {}
    for number, (path, content) in enumerate(files.items()):
        suffix = PurePosixPath(path).suffix
        plain = suffix.isascii() and suffix[1:].isalnum() and len(suffix) <= MOST_SUFFIX
        name = folder / f"{number}{suffix if plain else ''}"
        name.write_bytes(content)
        names[str(name)] = path
    return names


async def run(words: Sequence[str], folder: Path, ok: Sequence[int] = (0,)) -> bytes:
    """Standard output of the tool.

    Raises `ScannerFailed` when it does not start, is late, dies or answers another exit code.
    """
    try:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-I",
            "-S",
            bot.confine.__file__,
            str(os.getpid()),
            *words,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=folder,
            env={"PATH": os.defpath, "HOME": str(folder), "LC_ALL": "C.UTF-8", "PYTHONSAFEPATH": "1"},
            start_new_session=True,
        )
    except OSError as problem:
        raise ScannerFailed(f"it could not be started: {problem.strerror}") from None
    try:
        async with asyncio.timeout(SECONDS):
            out, err = await process.communicate()
    except TimeoutError:
        raise ScannerFailed(f"it took longer than {SECONDS:.0f} s") from None
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
    if process.returncode not in ok:
        last = err.decode("utf-8", "replace").strip().splitlines()
        raise ScannerFailed(f"it ended with {process.returncode}: {last[-1][:200] if last else 'no message'}")
    return out
