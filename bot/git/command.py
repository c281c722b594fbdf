"""Running git: a clean environment, no prompts, no hooks, and the token only ever in the environment."""

from __future__ import annotations

import asyncio
import base64
import os
import re
import signal
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
    "credential.helper=",
    "diff.external=",
    "http.lowSpeedLimit=1000",
    "http.lowSpeedTime=60",
)
BROKEN_OFF = ("unable to access", "RPC failed", "hung up unexpectedly", "early EOF", "unexpected disconnect")
"""What git says, by way of curl or itself, when the other side is away, answers 5xx, is too slow or stops."""

GONE = ("not our ref", "unadvertised object")
"""What git says when the other side does not have, or does not give, what was asked for by its id."""

_NO = re.compile(r"(?:error: |HTTP )4(?!08|29)\d\d|could not read Username|Authentication failed")
"""A refusal that stays one: every 4xx but a timeout and too many requests. After a 401 git asks for a name."""

SECONDS = 300.0
"""How long one command that reaches no remote may take."""


class GitError(Exception):
    """A git command failed. The message is git's first complaint, without secrets."""


class Unreached(GitError):
    """The other side gave no answer, or broke off in the middle: asked again, it may do better."""


class Misnamed(GitError):
    """What was asked for does not exist here."""


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment for git: what it needs, nothing of the host's secrets or configuration, and no way to a remote.

    git before 2.44 knows no other way to leave a missing object missing.
    """
    kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    fixed = {
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_ALLOW_PROTOCOL": "none",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "LC_ALL": "C.UTF-8",
        "HOME": os.devnull,
    }
    return {**kept, **fixed, **(extra or {})}


def configured(settings: Mapping[str, str]) -> dict[str, str]:
    """The part of an environment that sets these for git as `-c` would, on no command line."""
    pairs = {f"GIT_CONFIG_KEY_{n}": name for n, name in enumerate(settings)}
    values = {f"GIT_CONFIG_VALUE_{n}": value for n, value in enumerate(settings.values())}
    return {"GIT_CONFIG_COUNT": str(len(settings)), **pairs, **values}


def with_token(
    token: str, extra: Mapping[str, str] | None = None, settings: Mapping[str, str] | None = None
) -> dict[str, str]:
    """An environment in which git sends an installation token as a header, to web addresses only."""
    header = base64.b64encode(f"x-access-token:{token}".encode()).decode()
    config = configured({"http.extraHeader": f"Authorization: basic {header}", **(settings or {})})
    return environment({"GIT_ALLOW_PROTOCOL": "http:https", **config, **(extra or {})})


def arguments(git_dir: Path, words: Sequence[str]) -> list[str]:
    settings = [word for setting in SETTINGS for word in ("-c", setting)]
    return ["git", f"--git-dir={git_dir}", *settings, *words]


def run(
    git_dir: Path, *words: str, env: Mapping[str, str] | None = None, stdin: bytes = b"", ok: Sequence[int] = (0,)
) -> bytes:
    """Standard output of a git command; raises `GitError`."""
    command = arguments(git_dir, words)
    try:
        done = subprocess.run(
            command, input=stdin, capture_output=True, env=dict(env or environment()), check=False, timeout=SECONDS
        )
    except subprocess.TimeoutExpired:
        raise GitError(f"git {words[0]}: it took longer than {SECONDS:.0f} s") from None
    if done.returncode not in ok:
        raise _failed(words[0], done.stderr)
    return done.stdout


async def run_async(
    git_dir: Path, *words: str, env: Mapping[str, str] | None = None, stdin: bytes = b"", ok: Sequence[int] = (0,)
) -> bytes:
    """As `run`, without blocking; a cancelled call kills its processes."""
    process = await asyncio.create_subprocess_exec(
        *arguments(git_dir, words),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=dict(env or environment()),
        start_new_session=True,
    )
    try:
        out, err = await process.communicate(stdin)
    except asyncio.CancelledError:
        os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
        raise
    if process.returncode not in ok:
        raise _failed(words[0], err)
    return out


def _failed(command: str, stderr: bytes) -> GitError:
    said = stderr.decode("utf-8", "replace").strip()
    lines = said.splitlines()
    told = [line for line in lines if line.startswith(("error: ", "fatal: "))] or lines[-1:]
    reason = f"git {command}: {told[0] if told else 'failed'}"
    if any(words in said for words in GONE):
        return Misnamed(reason)
    if any(words in said for words in BROKEN_OFF) and not _NO.search(said):
        return Unreached(reason)
    return GitError(reason)
