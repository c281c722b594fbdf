"""Requests to GitHub through githubkit: one connection pool, single-flight tokens, and retries that repeat no write."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx
from githubkit import AppAuthStrategy, GitHub, Response, TokenAuthStrategy
from githubkit.cache import MemCacheStrategy
from githubkit.exception import GraphQLFailed, RequestError, RequestFailed, RequestTimeout

from bot.flows.hub import HubError

ATTEMPTS = 4
EARLY_SECONDS = 300
LONGEST_WAIT_SECONDS = 120.0
CONCURRENT = 20
"""GitHub allows 100 at once for an installation; this leaves room for other workers."""


class _Shared(httpx.AsyncHTTPTransport):
    """A transport that outlives the short-lived clients that githubkit makes."""

    async def aclose(self) -> None:
        return None


def proxy_for(address: str) -> str | None:
    """The proxy that the standard variables name for an address. httpx reads them only without a transport of ours."""
    parts, proxies = urlsplit(address), getproxies()
    if proxy_bypass(parts.netloc):
        return None
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    return proxy if not proxy or "://" in proxy else f"http://{proxy}"


class Client:
    """Authenticated requests for one App registration at one host. `ca_bundle` replaces the known authorities."""

    def __init__(self, app_id: int, private_key: str, api_url: str, ca_bundle: Path | None = None) -> None:
        trusted: ssl.SSLContext | bool = ssl.create_default_context(cafile=ca_bundle) if ca_bundle else True
        self._transport = _Shared(verify=trusted, proxy=proxy_for(api_url))
        self._gate = asyncio.Semaphore(CONCURRENT)
        self._minting: dict[tuple[int, int], asyncio.Lock] = {}
        self._tokens: dict[tuple[int, int], tuple[str, float]] = {}
        self._app = GitHub(
            AppAuthStrategy(str(app_id), private_key),
            base_url=api_url,
            timeout=httpx.Timeout(20, connect=5),
            async_transport=self._transport,
            auto_retry=False,
            http_cache=False,
            cache_strategy=MemCacheStrategy(),
        )

    async def token(self, installation: int, repository: int = 0) -> str:
        """An installation token; with a repository it is narrowed to reading that repository's contents."""
        key = (installation, repository)
        async with self._minting.setdefault(key, asyncio.Lock()):
            token, until = self._tokens.get(key, ("", 0.0))
            if until - EARLY_SECONDS < time.time():
                body = {"repository_ids": [repository], "permissions": {"contents": "read"}} if repository else {}
                url = f"/app/installations/{installation}/access_tokens"
                answer = await self._send(self._app, "POST", url, json=body, repeat=True)
                expires = datetime.fromisoformat(answer.json()["expires_at"].replace("Z", "+00:00"))
                token, until = answer.json()["token"], expires.timestamp()
                self._tokens[key] = (token, until)
            return token

    async def app_request(self, method: str, url: str, **fields: Any) -> Any:
        """A request as the App itself."""
        return await self._send(self._app, method, url, repeat=method == "GET", **fields)

    async def request(
        self, installation: int, method: str, url: str, *, repeat: bool | None = None, **fields: Any
    ) -> Any:
        """A request as an installation; writes are repeated only where `repeat` says that is harmless."""
        again = method in ("GET", "PUT", "DELETE") if repeat is None else repeat
        try:
            return await self._send(await self._as(installation), method, url, repeat=again, **fields)
        except Refused as problem:
            if problem.status != 401:
                raise
            self._tokens.pop((installation, 0), None)
            return await self._send(await self._as(installation), method, url, repeat=again, **fields)

    async def graphql(self, installation: int, query: str, variables: Mapping[str, Any]) -> Any:
        """The data of a GraphQL request; raises `GraphQLRefused` with its errors."""
        client = await self._as(installation)
        async with self._gate:
            try:
                return await client.async_graphql(query, dict(variables))
            except GraphQLFailed as problem:
                errors = problem.response.errors or []
                raise GraphQLRefused([(str(e.type or ""), e.message) for e in errors]) from None
            except (RequestFailed, RequestError, RequestTimeout) as problem:
                raise HubError(f"GitHub did not answer: {_words(problem)}") from None

    async def _as(self, installation: int) -> Any:
        return self._app.with_auth(TokenAuthStrategy(await self.token(installation)))

    async def _send(self, client: Any, method: str, url: str, *, repeat: bool, **fields: Any) -> Any:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                async with self._gate:
                    return await client.arequest(method, url, **fields)
            except RequestFailed as problem:
                wait = _wait(problem.response, attempt, repeat)
                if wait is None or attempt == ATTEMPTS:
                    status = problem.response.status_code
                    raise Refused(status, f"GitHub answered {status} to {method} {url}: {_words(problem)}") from None
            except (RequestError, RequestTimeout) as problem:
                if not repeat or attempt == ATTEMPTS:
                    raise HubError(f"GitHub was not reached for {method} {url}: {_words(problem)}") from None
                wait = 0.5 * 2**attempt
            await asyncio.sleep(min(wait, LONGEST_WAIT_SECONDS))
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


def _wait(response: Response[Any, Any], attempt: int, repeat: bool) -> float | None:
    """Seconds until the next attempt, or None when there is to be none. A limit was not applied, so may be repeated."""
    headers: Mapping[str, str] = response.headers
    if response.status_code in (403, 429):
        if "retry-after" in headers:
            return float(headers["retry-after"])
        if headers.get("x-ratelimit-remaining") == "0":
            return max(1.0, float(headers.get("x-ratelimit-reset", "0")) - time.time())
        if response.status_code == 429 or "secondary rate" in response.text.lower():
            return 60.0 * attempt
    if response.status_code >= 500 and repeat:
        return 0.5 * float(2**attempt)
    return None


def _words(problem: Exception) -> str:
    response = getattr(problem, "response", None)
    text = response.text if response is not None else str(problem) or type(problem).__name__
    return " ".join(text.split())[:300]
