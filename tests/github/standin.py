"""The stand-in as a whole: a world, its server, the webhooks that it sends, and what people do there."""

from __future__ import annotations

import tempfile
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

import uvicorn
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.github.people import People
from tests.github.post import Post
from tests.github.repository import Pull, Repository
from tests.github.server import Server
from tests.github.shapes.pulls import pull_json
from tests.github.webhooks import Webhooks
from tests.github.world import World

__all__ = ["GitHubStandIn", "Pull", "Repository", "pull_json"]

APP_ID = 4242


class GitHubStandIn(People):
    """A GitHub on loopback with one App, which is installed for acme. `seed` decides how webhooks arrive."""

    def __init__(self, folder: Path | None = None, seed: int = 1) -> None:
        self._temporary = tempfile.TemporaryDirectory(prefix="github-") if folder is None else None
        place = folder or Path(self._temporary.name if self._temporary else "")
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        world = World(place, APP_ID, key, uuid.uuid4().hex * 2)
        world.install("acme")
        self.webhook_secret = uuid.uuid4().hex
        self._post = Post(world, self.webhook_secret, seed)
        world.redeliver = self._post.again
        super().__init__(world, Webhooks(world, self._post.send))
        self.server = Server(world, self.webhooks)
        config = uvicorn.Config(self.server.app, host="127.0.0.1", port=0, log_level="warning")
        self._uvicorn = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._uvicorn.run, daemon=True)

    def __enter__(self) -> GitHubStandIn:
        self._thread.start()
        self._post.start()
        self.wait_for(lambda: self._uvicorn.started)
        port = self._uvicorn.servers[0].sockets[0].getsockname()[1]
        self.url = self.world.url = f"http://127.0.0.1:{port}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._post.stop()
        self._uvicorn.should_exit = True
        self._thread.join(10)
        if self._temporary:
            self._temporary.cleanup()

    @property
    def violations(self) -> list[str]:
        """What the bot asked, or was answered, against GitHub's contract."""
        return self.world.violations

    @property
    def faults(self) -> list[Any]:
        """What is still to go wrong; see `tests.github.faults`."""
        return self.world.faults

    @property
    def deliveries(self) -> list[tuple[str, str, int]]:
        """Each attempt to deliver: event, delivery id, status (0: no answer)."""
        return self._post.delivered

    @property
    def sent(self) -> list[str]:
        """The delivery ids of all webhooks, in the order of what they tell of."""
        return self._post.sent

    @property
    def idle(self) -> bool:
        """Whether every webhook was delivered, or tried."""
        return self._post.idle

    @property
    def address(self) -> str:
        """Where webhooks go."""
        return self._post.address

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
        """From now on webhooks go to the bot at this address; to nobody, if it is empty."""
        self._post.address = bot

    def wait_for(self, condition: Callable[[], Any], seconds: float = 60.0) -> Any:
        """The first true value of the condition; raises `TimeoutError`."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            value = condition()
            if value:
                return value
            time.sleep(0.05)
        raise TimeoutError("it did not come true in time")
