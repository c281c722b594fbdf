"""Running git: a clean environment, no prompts, no hooks, and the token only ever in the environment."""

from __future__ import annotations

import asyncio
import base64
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

PASSED_ON = (
    "PATH", "LANG", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "https_proxy", "http_proxy", "no_proxy",
    "ALL_PROXY", "all_proxy",
)  # fmt: skip
SETTINGS = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.quotePath=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "protocol.ext.allow=never",
    "protocol.file.allow=user",
    "credential.helper=",
    "diff.external=",
)


class GitError(Exception):
    """A git command failed. The message is git's last line, without secrets."""


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment for git: what it needs and nothing of the host's secrets or configuration."""
    kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    fixed = {
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_OPTIONAL_LOCKS": "0",
        "LC_ALL": "C.UTF-8",
        "HOME": os.devnull,
    }
    return {**kept, **fixed, **(extra or {})}


def with_token(token: str, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """An environment in which git sends an installation token as a header; it is on no command line."""
    header = base64.b64encode(f"x-access-token:{token}".encode()).decode()
    config = {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "http.extraHeader",
        "GIT_CONFIG_VALUE_0": f"Authorization: basic {header}",
    }
    return environment({**config, **(extra or {})})


def arguments(git_dir: Path, words: Sequence[str]) -> list[str]:
    settings = [word for setting in SETTINGS for word in ("-c", setting)]
    return ["git", f"--git-dir={git_dir}", *settings, *words]


def run(
    git_dir: Path, *words: str, env: Mapping[str, str] | None = None, stdin: bytes = b"", ok: Sequence[int] = (0,)
) -> bytes:
    """Standard output of a git command; raises `GitError`."""
    done = subprocess.run(
        arguments(git_dir, words), input=stdin, capture_output=True, env=dict(env or environment()), check=False
    )
    if done.returncode not in ok:
        raise GitError(_reason(words[0], done.stderr))
    return done.stdout


async def run_async(
    git_dir: Path, *words: str, env: Mapping[str, str] | None = None, stdin: bytes = b"", ok: Sequence[int] = (0,)
) -> bytes:
    """As `run`, without blocking; a cancelled call kills its process."""
    process = await asyncio.create_subprocess_exec(
        *arguments(git_dir, words),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=dict(env or environment()),
    )
    try:
        out, err = await process.communicate(stdin)
    except asyncio.CancelledError:
        process.kill()
        await process.wait()
        raise
    if process.returncode not in ok:
        raise GitError(_reason(words[0], err))
    return out


def _reason(command: str, stderr: bytes) -> str:
    lines = stderr.decode("utf-8", "replace").strip().splitlines()
    return f"git {command}: {lines[-1] if lines else 'failed'}"
