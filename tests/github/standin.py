"""The stand-in as a whole: a world, its server, and the webhooks that it sends."""

from __future__ import annotations

import hashlib
import hmac
import json
import queue
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx
import uvicorn
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.github.server import INSTALLATION, Server, pull_json, repository_json
from tests.github.world import Pull, Repository, World

Files = Mapping[str, str | bytes | None]


class GitHubStandIn:
    """A GitHub on loopback. Every webhook is delivered twice, as GitHub sometimes does."""

    def __init__(self, folder: Path | None = None) -> None:
        self._temporary = tempfile.TemporaryDirectory(prefix="github-") if folder is None else None
        place = folder or Path(self._temporary.name if self._temporary else "")
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.world = World(place, 4242, key, uuid.uuid4().hex * 2)
        self.webhook_secret = uuid.uuid4().hex
        self.deliveries: list[tuple[str, str, int]] = []
        self.world.redeliver = self._redeliver
        self._sent: dict[str, tuple[str, bytes]] = {}
        self._server = Server(self.world, self._emitted)
        self.faults = self._server.faults
        self._bot = ""
        self._out: queue.Queue[tuple[str, str, bytes] | None] = queue.Queue()
        self._uvicorn = uvicorn.Server(uvicorn.Config(self._server.app, host="127.0.0.1", port=0, log_level="warning"))
        self._threads = [
            threading.Thread(target=self._uvicorn.run, daemon=True),
            threading.Thread(target=self._deliver, daemon=True),
        ]

    def __enter__(self) -> GitHubStandIn:
        for thread in self._threads:
            thread.start()
        self.wait_for(lambda: self._uvicorn.started)
        port = self._uvicorn.servers[0].sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._out.put(None)
        self._uvicorn.should_exit = True
        for thread in self._threads:
            thread.join(10)
        if self._temporary:
            self._temporary.cleanup()

    @property
    def violations(self) -> list[str]:
        return self.world.violations

    @property
    def private_key(self) -> str:
        encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL
        return str(self.world.key.private_bytes(encoding, form, serialization.NoEncryption()).decode())

    def settings(self, data_dir: Path, port: int) -> dict[str, str]:
        """The environment for a bot that is registered here."""
        return {
            "PRODGATE_APP_ID": str(self.world.app_id),
            "PRODGATE_PRIVATE_KEY": self.private_key,
            "PRODGATE_WEBHOOK_SECRET": self.webhook_secret,
            "PRODGATE_GITHUB_URL": self.url,
            "PRODGATE_GITHUB_API_URL": self.url,
            "PRODGATE_DATA_DIR": str(data_dir),
            "PRODGATE_PORT": str(port),
        }

    def connect(self, bot: str) -> None:
        """From now on webhooks go to the bot at this address."""
        self._bot = bot

    def create_repository(self, full_name: str, files: Files, writers: tuple[str, ...] = ()) -> Repository:
        repository = self.world.create_repository(full_name, files)
        repository.permissions.update(dict.fromkeys(writers, "write"))
        return repository

    def open_pull(
        self, repository: Repository, branch: str, files: Files, author: str = "alice", source: Repository | None = None
    ) -> int:
        """Commits files on a new branch (of a fork, if `source` is given) and opens a pull request for it."""
        head = source or repository
        base = repository.tip("main")
        if source is not None:
            source.git("fetch", "-q", str(repository.path), f"+main:refs/heads/{branch}")
        head.commit(branch, files, "Change", base)
        number = self.world.next_id()
        repository.pulls[number] = Pull(number, branch, "main", author, head)
        self._mirror_head(repository, repository.pulls[number])
        self.send(
            "pull_request", repository, action="opened", pull_request=pull_json(repository, repository.pulls[number])
        )
        return number

    def push(self, repository: Repository, branch: str, files: Files) -> str:
        oid = repository.commit(branch, files, "More", repository.tip(branch))
        self._emitted("push", repository, branch=branch)
        return oid

    def say(self, repository: Repository, number: int, body: str, author: str) -> int:
        """Somebody comments; the comment's id."""
        made = {"id": self.world.next_id(), "number": number, "body": body, "user": {"login": author, "type": "User"}}
        repository.comments.append(made)
        self._emitted("comment", repository, number=number, comment=made)
        return int(made["id"])

    def checks(self, repository: Repository, number: int) -> dict[str, dict[str, Any]]:
        """The completed check runs at the head of a pull request, the newest by name."""
        pull = repository.pulls[number]
        head = pull.head_repository.tip(pull.branch)
        return {c["name"]: c for c in repository.checks if c["head_sha"] == head and c["status"] == "completed"}

    def mergeable(self, repository: Repository, number: int, required: str = "prodgate") -> bool:
        """Whether the required check of the head lets it merge."""
        return self.checks(repository, number).get(required, {}).get("conclusion") in ("success", "neutral", "skipped")

    def wait_for(self, condition: Callable[[], Any], seconds: float = 60.0) -> Any:
        """The first true value of the condition; raises `TimeoutError`."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            value = condition()
            if value:
                return value
            time.sleep(0.05)
        raise TimeoutError("it did not come true in time")

    def send(self, event: str, repository: Repository, **fields: Any) -> None:
        payload = {
            "installation": {"id": INSTALLATION},
            "repository": repository_json(repository),
            "sender": {"login": "alice", "type": "User"},
            **fields,
        }
        self._out.put((event, str(uuid.uuid4()), json.dumps(payload).encode()))

    def _emitted(self, what: str, repository: Repository, **fields: Any) -> None:
        if what == "comment":
            issue = {"number": fields["number"], "pull_request": {"url": ""}}
            self.send(
                "issue_comment",
                repository,
                action="created",
                issue=issue,
                comment=fields["comment"],
                sender=fields["comment"]["user"],
            )
            return
        self.send("push", repository, ref=f"refs/heads/{fields['branch']}")
        for target in self.world.repositories.values():
            for pull in target.pulls.values():
                if pull.open and pull.branch == fields["branch"] and pull.head_repository is repository:
                    self._mirror_head(target, pull)
                    self.send("pull_request", target, action="synchronize", pull_request=pull_json(target, pull))

    def _mirror_head(self, repository: Repository, pull: Pull) -> None:
        repository.git("fetch", "-q", str(pull.head_repository.path), f"+{pull.branch}:refs/pull/{pull.number}/head")

    def _deliver(self) -> None:
        with httpx.Client(timeout=10, trust_env=False) as client:
            while (item := self._out.get()) is not None:
                event, guid, body = item
                times = 1 if guid in self._sent else 2
                self._sent[guid] = event, body
                for _ in range(times):
                    self._deliver_once(client, event, guid, body)

    def _redeliver(self, guid: str) -> None:
        event, body = self._sent[guid]
        self._out.put((event, guid, body))

    def _deliver_once(self, client: httpx.Client, event: str, guid: str, body: bytes) -> None:
        mark = hmac.new(self.webhook_secret.encode(), body, hashlib.sha256).hexdigest()
        headers = {
            "x-github-event": event,
            "x-github-delivery": guid,
            "x-hub-signature-256": f"sha256={mark}",
            "content-type": "application/json",
        }
        try:
            status = (
                client.post(f"{self._bot}/webhooks/github", content=body, headers=headers).status_code
                if self._bot
                else 0
            )
        except httpx.HTTPError:
            status = 0
        self.deliveries.append((event, guid, status))
        self.world.deliveries.append(
            {
                "id": self.world.next_id(),
                "guid": guid,
                "delivered_at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
                "redelivery": any(made["guid"] == guid for made in self.world.deliveries),
                "duration": 0.1,
                "status": "OK" if 200 <= status < 300 else "failed to connect to host",
                "status_code": status or 502,
                "event": event,
                "action": json.loads(body).get("action"),
                "installation_id": INSTALLATION,
                "repository_id": None,
            }
        )
