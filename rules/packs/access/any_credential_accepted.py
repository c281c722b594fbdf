from __future__ import annotations

from collections.abc import Iterable

from rules.core.codebase import Codebase
from rules.core.finding import Related
from rules.core.rule import Bad, Good
from rules.facts.endpoints.model import Endpoint, Kind
from rules.packs.access.causes import Cause, OpenEndpoint, guard_of, spoken

_APP = """from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import OAuth2PasswordBearer
import jwt

app = FastAPI()
bearer = OAuth2PasswordBearer(tokenUrl="token")


def current_user(token: str = Depends(bearer)):
    try:
        return jwt.decode(token, "key", algorithms=["HS256"])
    except jwt.InvalidTokenError:
        raise HTTPException(401)


@app.get("/orders")
def orders(token: str = Depends(bearer)):
    return []
"""


class AnyCredentialAccepted(OpenEndpoint):
    """A credential is asked for, and any will do.

    `OAuth2PasswordBearer`, `HTTPBearer` and `APIKeyHeader` of FastAPI check that a token was sent; what it says
    is up to who takes it (seen by running FastAPI 0.165: `Bearer x` passes). The same holds for a header that
    is only required to be there. Verify the token, or depend on what does.
    """

    id = "access/any-credential-accepted"
    reference = "ACC-01"
    since = "0.1.0"
    cause = Cause.ANY_CREDENTIAL
    examples = (
        Bad({"main.py": _APP}, line=16),
        Good({"main.py": _APP.replace("orders(token: str = Depends(bearer))", "orders(user=Depends(current_user))")}),
    )

    def because(self, endpoint: Endpoint, code: Codebase) -> str:
        guard = guard_of(endpoint, Kind.PRESENCE)
        return f"{spoken(guard) if guard else 'it'} only asks for a credential and takes any"

    def elsewhere(self, endpoint: Endpoint, code: Codebase) -> Iterable[Related]:
        guard = guard_of(endpoint, Kind.PRESENCE)
        return [Related(guard.where, f"{spoken(guard)} stands here")] if guard else []
