"""Signed links that expire: whoever holds one may open the page that it names, and no other."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import jwt

LIFETIME = timedelta(days=30)
PURPOSE = "run-page"
"""Keeps a token of another purpose, signed by the same key, from opening a page."""


class LinkWrong(Exception):
    """The link was not made here, or for something else."""


class LinkExpired(Exception):
    """The link was right once."""


class Links:
    """Links to the pages below one address. The first key signs, all verify."""

    def __init__(self, address: str, keys: Sequence[str]) -> None:
        self._address = address
        self._keys = keys

    def to_run(self, run: str) -> str:
        """The address of a run's page; empty where no address or key is set."""
        if not (self._address and self._keys):
            return ""
        claims = {"sub": run, "purpose": PURPOSE, "exp": datetime.now(UTC) + LIFETIME}
        return f"{self._address}/runs/{run}?token={jwt.encode(claims, self._keys[0], algorithm='HS256')}"

    def check(self, run: str, token: str) -> None:
        """Raises `LinkWrong` or `LinkExpired` unless the token opens this run's page."""
        for key in self._keys:
            try:
                claims = jwt.decode(
                    token, key, algorithms=["HS256"], options={"require": ["exp", "sub"], "verify_exp": True}
                )
            except jwt.ExpiredSignatureError:
                raise LinkExpired from None
            except jwt.InvalidTokenError:
                continue
            if claims.get("purpose") == PURPOSE and claims["sub"] == run:
                return
        raise LinkWrong
