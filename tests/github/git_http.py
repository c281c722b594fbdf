"""Git over HTTP: the real backend, behind installation tokens."""

from __future__ import annotations

import base64
import binascii
import os
import subprocess
from dataclasses import dataclass
from typing import Any

from tests.github.access import Refused, as_installation
from tests.github.repository import Repository
from tests.github.world import World


@dataclass(frozen=True)
class GitRequest:
    method: str
    rest: str
    query: str
    headers: Any
    body: bytes


def permitted(world: World, full_name: str, header: str) -> Repository:
    """The repository that the credentials in a header may read; raises `Refused`."""
    try:
        token = base64.b64decode(header.partition(" ")[2]).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        raise Refused(401, "Invalid username or token.") from None
    return as_installation(world, token).repository(world, full_name, ("contents:read",))


def answer(repository: Repository, request: GitRequest) -> tuple[int, dict[str, str], bytes]:
    """What `git http-backend` says: status, headers, content."""
    env = {
        "PATH": os.environ["PATH"],
        "GIT_PROJECT_ROOT": str(repository.path),
        "GIT_HTTP_EXPORT_ALL": "1",
        "PATH_INFO": f"/{request.rest}",
        "REQUEST_METHOD": request.method,
        "QUERY_STRING": request.query,
        "CONTENT_TYPE": request.headers.get("content-type", ""),
        "CONTENT_LENGTH": str(len(request.body)),
        "HTTP_CONTENT_ENCODING": request.headers.get("content-encoding", ""),
        "GIT_PROTOCOL": request.headers.get("git-protocol", ""),
    }
    done = subprocess.run(["git", "http-backend"], input=request.body, env=env, capture_output=True, check=False)
    head, _, content = done.stdout.partition(b"\r\n\r\n")
    fields = dict(line.decode().split(": ", 1) for line in head.split(b"\r\n") if line)
    status = int(fields.pop("Status", "200").split()[0])
    return status, fields, content
