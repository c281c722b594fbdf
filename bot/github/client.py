"""Requests to GitHub through githubkit: one connection pool, single-flight tokens, and retries that repeat no write."""

from __future__ import annotations

import asyncio
import re
import ssl
from collections import defaultdict
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx
from githubkit import AppAuthStrategy, GitHub, Response, TokenAuthStrategy
from githubkit.cache import MemCacheStrategy
from githubkit.exception import RequestError, RequestFailed, RequestTimeout

from bot.flows.hub import HubError, Later
from bot.github.limiter import Ledger, Limiter
from bot.github.waits import PATIENCE_SECONDS, Clock, before_next

ATTEMPTS = 4
EARLY_SECONDS = 300
TIMEOUT_SECONDS = 20.0
CONCURRENT = 20
"""GitHub allows 100 at once for an installation; this leaves room for other workers."""


class _Shared(httpx.AsyncHTTPTransport):
    """A transport that outlives the short-lived clients that githubkit makes."""

    async def aclose(self) -> None:
        return None


class _GitHub(GitHub[Any]):
    """Leaves limits to us: by itself it fails on a `retry-after` that is no number."""

    def with_auth(self, auth: Any) -> _GitHub:
        return _GitHub(auth, config=self.config.copy())

    def _check_rate_limit(self, response: Response[Any]) -> None:
        return None


def proxy_for(address: str) -> str | None:
    """The proxy that the standard variables name for an address. httpx reads them only without a transport of ours."""
    parts, proxies = urlsplit(address), getproxies()
    if proxy_bypass(parts.netloc):
        return None
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    return proxy if not proxy or "://" in proxy else f"http://{proxy}"


class _Uncounted:
    """The ledger of those who do not write."""

    async def book(self, installation: int) -> float:
        return 0.0


@dataclass(frozen=True)
class _Ask:
    """One request. `repeat`: twice does no harm. `write`: it waits for its turn, before others if `urgent`."""

    method: str
    url: str
    repeat: bool
    write: bool = False
    urgent: bool = False
    graphql: bool = False
    fields: Mapping[str, Any] = field(default_factory=dict)


class Client:
    """Authenticated requests for one App registration at one host. `ca_bundle` replaces the known authorities.

    Without a ledger writes are not counted. Every request raises `HubError`, and `Later` at a limit that lasts.
    """

    def __init__(
        self,
        app_id: int,
        private_key: str,
        api_url: str,
        ca_bundle: Path | None = None,
        *,
        ledger: Ledger | None = None,
        clock: Clock | None = None,
        timeout: float = TIMEOUT_SECONDS,
    ) -> None:
        trusted: ssl.SSLContext | bool = ssl.create_default_context(cafile=ca_bundle) if ca_bundle else True
        self._clock = clock or Clock()
        self._gate = asyncio.Semaphore(CONCURRENT)
        self._ledger = ledger or _Uncounted()
        self._limiters: dict[int, Limiter] = {}
        self._minting: defaultdict[tuple[int, int], asyncio.Lock] = defaultdict(asyncio.Lock)
        self._tokens: dict[tuple[int, int], tuple[str, float]] = {}
        self._permissions: dict[int, Mapping[str, str]] = {}
        self._graphql_url = re.sub(r"/api/v3/?$", "/api", api_url) + "/graphql"
        self._app = _GitHub(
            AppAuthStrategy(str(app_id), private_key),
            base_url=api_url,
            timeout=httpx.Timeout(timeout, connect=min(timeout, 5)),
            async_transport=_Shared(verify=trusted, proxy=proxy_for(api_url)),
            auto_retry=False,
            http_cache=False,
            cache_strategy=MemCacheStrategy(),
        )

    async def token(self, installation: int, repository: int = 0) -> str:
        """An installation token; with a repository it is narrowed to reading that repository's contents."""
        key = (installation, repository)
        async with self._minting[key]:
            token, until = self._tokens.get(key, ("", 0.0))
            if until - EARLY_SECONDS < self._clock.now():
                body = {"repository_ids": [repository], "permissions": {"contents": "read"}} if repository else {}
                url = f"/app/installations/{installation}/access_tokens"
                answer = (await self._send(self._app, _Ask("POST", url, repeat=True, fields={"json": body}))).json()
                until = datetime.fromisoformat(answer["expires_at"].replace("Z", "+00:00")).timestamp()
                token = str(answer["token"])
                self._tokens[key] = (token, until)
                if not repository:
                    self._permissions[installation] = answer.get("permissions") or {}
            return token

    async def permissions(self, installation: int) -> Mapping[str, str]:
        """What the installation granted, by name of the permission."""
        await self.token(installation)
        return self._permissions[installation]

    async def app_request(self, method: str, url: str, **fields: Any) -> Any:
        """A request as the App itself."""
        return await self._send(self._app, _Ask(method, url, repeat=method == "GET", fields=fields))

    async def request(
        self,
        installation: int,
        method: str,
        url: str,
        *,
        repeat: bool | None = None,
        urgent: bool = False,
        repository: int = 0,
        **fields: Any,
    ) -> Any:
        """A request as an installation; writes are repeated only where `repeat` says that is harmless.

        Writes of an installation are made one at a time, urgent ones first. With a repository the request goes with a
        token that can read that repository's contents and nothing else.
        """
        again = method in ("GET", "PUT", "DELETE") if repeat is None else repeat
        ask = _Ask(method, url, again, method != "GET", urgent, fields=fields)
        return await self._as_installation(installation, repository, ask)

    async def graphql(self, installation: int, query: str, variables: Mapping[str, Any]) -> Any:
        """The data of a GraphQL request; raises `GraphQLRefused` with its errors."""
        write = query.lstrip().startswith("mutation")
        body = {"json": {"query": query, "variables": dict(variables)}}
        ask = _Ask("POST", self._graphql_url, not write, write, graphql=True, fields=body)
        answer = (await self._as_installation(installation, 0, ask)).json()
        if answer.get("errors"):
            raise GraphQLRefused([(str(e.get("type") or ""), str(e.get("message"))) for e in answer["errors"]])
        return answer["data"]

    async def _as_installation(self, installation: int, repository: int, ask: _Ask) -> Any:
        """With a fresh token a second time, when GitHub does not know the first any more."""
        limiter = self._limiters.setdefault(installation, Limiter(self._clock, installation, self._ledger))
        key = (installation, repository)
        token = await self.token(*key)
        try:
            return await self._send(self._app.with_auth(TokenAuthStrategy(token)), ask, limiter)
        except Refused as problem:
            if problem.status != 401:
                raise
        if self._tokens.get(key, ("", 0.0))[0] == token:
            del self._tokens[key]
        return await self._send(self._app.with_auth(TokenAuthStrategy(await self.token(*key))), ask, limiter)

    async def _send(self, client: Any, ask: _Ask, limiter: Limiter | None = None) -> Any:
        for attempt in range(1, ATTEMPTS + 1):
            async with _turn(ask, limiter), self._gate:
                answer = await _answer(client, ask, last=attempt == ATTEMPTS)
            wait = before_next(answer, attempt, repeat=ask.repeat, graphql=ask.graphql, now=self._clock.now())
            if wait is None:
                return _good(answer, ask)
            if limiter and wait.everything:
                limiter.hold(wait.seconds)
            if wait.seconds > PATIENCE_SECONDS:
                raise Later(wait.seconds)
            if attempt == ATTEMPTS:
                return _good(answer, ask)
            if not (ask.write and wait.everything):
                await self._clock.pause(wait.seconds)
        raise AssertionError("unreachable")


class Refused(HubError):
    """GitHub answered with an error status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class GraphQLRefused(HubError):
    """GitHub answered a GraphQL request with errors: (type, message) each."""

    def __init__(self, errors: list[tuple[str, str]]) -> None:
        super().__init__("; ".join(message for _, message in errors)[:500])
        self.errors = errors


async def _answer(client: Any, ask: _Ask, *, last: bool) -> Any:
    """GitHub's answer, good or bad; None when it was not reached and may be asked again, else raises `HubError`."""
    try:
        return await client.arequest(ask.method, ask.url, **ask.fields)
    except RequestFailed as problem:
        return problem.response
    except (RequestError, RequestTimeout) as problem:
        if ask.repeat and not last:
            return None
        raise HubError(f"GitHub was not reached for {ask.method} {ask.url}: {_words(problem)}") from None


def _turn(ask: _Ask, limiter: Limiter | None) -> AbstractAsyncContextManager[None]:
    return limiter.turn(urgent=ask.urgent) if limiter and ask.write else nullcontext()


def _good(answer: Any, ask: _Ask) -> Any:
    if answer.status_code < 400:
        return answer
    words = " ".join(answer.text.split())[:300]
    status = answer.status_code
    raise Refused(status, f"GitHub answered {status} to {ask.method} {ask.url}: {words}")


def _words(problem: Exception) -> str:
    return " ".join((str(problem) or type(problem).__name__).split())[:300]
