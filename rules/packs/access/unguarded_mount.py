from __future__ import annotations

from collections.abc import Iterable

from rules.core.codebase import Codebase
from rules.core.finding import Related
from rules.core.rule import Bad, Good
from rules.facts.endpoints.model import Endpoint
from rules.packs.access.causes import Cause, OpenEndpoint, guarded_twin

_APP = """from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request

app = FastAPI()
router = APIRouter()


def current_user(request: Request):
    if not request.session.get("user"):
        raise HTTPException(401)


@router.get("/orders")
def orders():
    return []


app.include_router(router, prefix="/v2", dependencies=[Depends(current_user)])
"""
_SECOND = 'app.include_router(router, prefix="/v1")\n'


class UnguardedMount(OpenEndpoint):
    """The handler is guarded on one mount and open on another.

    A router that is included twice, once with a guard and once without, answers everybody under the second
    prefix. A guard has to hold on every mount: put it on the router itself, or on each place that mounts it.
    """

    id = "access/unguarded-mount"
    reference = "ACC-01"
    since = "0.1.0"
    cause = Cause.OTHER_MOUNT
    examples = (
        Bad({"main.py": _APP + _SECOND}),
        Good({"main.py": _APP + _SECOND.replace('"/v1"', '"/v1", dependencies=[Depends(current_user)]')}),
        Good({"main.py": _APP}),
    )

    def because(self, endpoint: Endpoint, code: Codebase) -> str:
        twin = guarded_twin(endpoint, code)
        return f"the same handler is guarded as {twin.path if twin else 'another path'}, and here it is not"

    def elsewhere(self, endpoint: Endpoint, code: Codebase) -> Iterable[Related]:
        return [Related(place, "it is mounted without a guard here") for place in endpoint.mount.places[-1:]]
