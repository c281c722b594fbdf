"""The way to GitHub: the standard proxy variables and a private authority, for httpx and for git alike."""

from __future__ import annotations

import ipaddress
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from bot.flows.hub import HubError
from bot.git.command import GitError, run_async, with_token
from bot.github.client import Client, proxy_for
from tests.bot.test_settings import KEY

PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def no_proxy_of_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


class Seen(BaseHTTPRequestHandler):
    """Answers an empty list to everything, and remembers what was asked."""

    def do_GET(self) -> None:
        self.server.asked.append(self.path)  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"[]")

    def log_message(self, format: str, *args: object) -> None:
        return None


@contextmanager
def serving(context: ssl.SSLContext | None = None) -> Iterator[tuple[int, list[str]]]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Seen)
    server.asked = []  # type: ignore[attr-defined]
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_address[1], server.asked  # type: ignore[attr-defined]
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ssl.SSLContext]:
    """A certificate for 127.0.0.1 that signs itself, and a server's context with it."""
    folder = tmp_path_factory.mktemp("ca")
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "acme")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now - timedelta(hours=1), now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    bundle, private = folder / "ca.pem", folder / "key.pem"
    bundle.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    form = serialization.PrivateFormat.PKCS8
    private.write_bytes(key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(bundle, private)
    return bundle, context


def test_a_proxy_is_taken_by_scheme_and_left_out_by_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "proxy.example:3128")
    monkeypatch.setenv("NO_PROXY", "localhost,.inside.example")
    assert proxy_for("https://api.github.com") == "http://proxy.example:3128"
    assert proxy_for("https://github.inside.example/api/v3") is None
    assert proxy_for("http://github.example") is None


async def test_requests_and_git_go_through_the_proxy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with serving() as (port, asked):
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{port}")
        await Client(7, KEY, "http://github.example").app_request("GET", "/app/installations")
        await run_async(tmp_path, "ls-remote", "http://github.example/acme/shop.git", env=with_token("t"))
    assert asked[0] == "http://github.example/app/installations"
    assert asked[1].startswith("http://github.example/acme/shop.git/info/refs")


async def test_a_private_authority_is_trusted_only_with_its_bundle(authority: tuple[Path, ssl.SSLContext]) -> None:
    bundle, context = authority
    with serving(context) as (port, asked):
        url = f"https://127.0.0.1:{port}"
        with pytest.raises(HubError, match="certificate verify failed"):
            await Client(7, KEY, url).app_request("POST", "/app/installations")
        await Client(7, KEY, url, bundle).app_request("GET", "/app/installations")
    assert asked == ["/app/installations"]


async def test_git_is_given_the_bundle(authority: tuple[Path, ssl.SSLContext], tmp_path: Path) -> None:
    bundle, context = authority
    subprocess.run(["git", "init", "-q", "--bare", str(tmp_path)], check=True)
    with serving(context) as (port, asked):
        url = f"https://127.0.0.1:{port}/acme/shop.git"
        with pytest.raises(GitError, match="certificate"):
            await run_async(tmp_path, "ls-remote", url, env=with_token("t"))
        await run_async(tmp_path, "ls-remote", url, env=with_token("t", {"GIT_SSL_CAINFO": str(bundle)}))
    assert asked[0].startswith("/acme/shop.git/info/refs")
