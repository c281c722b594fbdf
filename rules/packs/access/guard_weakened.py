from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rules.core.codebase import Codebase
from rules.core.finding import Finding, Related, Severity
from rules.core.rule import Bad, Good, Rule
from rules.facts.endpoints import BY_ADDRESS, ENDPOINTS
from rules.facts.endpoints.model import Endpoint, Guard, Kind, Origin, Strength, Verdict
from rules.packs.access.causes import may_ask_itself, spoken

_API = """from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request

app = FastAPI()
router = APIRouter()


def current_user(request: Request):
    user = request.session.get("user")
    if user is None:
        raise HTTPException(401)
    return user


def require_admin(user=Depends(current_user)):
    if user.role != "admin":
        raise HTTPException(403)


@router.delete("/orders/{order}", dependencies=[Depends(require_admin)])
def delete(order: int):
    return order


app.include_router(router)
"""
_MOVED = _API.replace(", dependencies=[Depends(require_admin)]", "").replace(
    "include_router(router)", "include_router(router, dependencies=[Depends(require_admin)])"
)


@dataclass(frozen=True)
class Loss:
    """What an endpoint no longer asks for."""

    guard: Guard
    message: str


class GuardWeakened(Rule[Endpoint]):
    """An endpoint still has a guard, and it asks for less than before.

    A role or permission that was asked for is asked for no more, so that every signed-in user gets through; or
    a check that stood at the endpoint is now left to a middleware, which runs only where its matcher says. The
    finding compares what stood before the endpoint at the base with what stands there now, wherever it was
    written. Where the handler itself checks a role now, nothing is said.
    """

    id = "access/guard-weakened"
    reference = "ACC-02"
    severity = Severity.ERROR
    since = "0.1.0"
    looks_at = ENDPOINTS
    examples = (
        Bad({"main.py": _API.replace("[Depends(require_admin)]", "[Depends(current_user)]")}, base={"main.py": _API}),
        Good({"main.py": _MOVED}, base={"main.py": _API}),
        Good({"main.py": _API}, base={"main.py": _API.replace("[Depends(require_admin)]", "[Depends(current_user)]")}),
        Good(
            {
                "main.py": _API.replace("[Depends(require_admin)]", "[Depends(current_user)]").replace(
                    "def delete(order: int):",
                    'def delete(order: int, request: Request):\n    if request.user.role != "admin":\n'
                    "        raise HTTPException(403)",
                )
            },
            base={"main.py": _API},
        ),
    )

    def check(self, subject: Endpoint, code: Codebase) -> Iterable[Finding]:
        if code.base is None or subject.verdict is not Verdict.GUARDED:
            return
        before = code.base.get(BY_ADDRESS).get((subject.method, subject.path), ())
        losses = [loss for old in before if (loss := _loss(old, subject, code)) is not None]
        if not losses or len(losses) < len(before):
            return
        name = subject.address
        standing = next(guard for guard in subject.guards if guard.holds)
        related = (Related(standing.where, f"{spoken(standing)} is what stands before it now"),)
        yield self.finding((name,), f"{name} {losses[0].message}", subject.declared, related=related)


def _loss(old: Endpoint, new: Endpoint, code: Codebase) -> Loss | None:
    """What an endpoint asked for at the base and asks for no more."""
    held = [guard for guard in old.guards if guard.holds]
    names = {guard.name for guard in new.guards}
    asked = next((guard for guard in held if _asks_for_more(guard)), None)
    gone = asked is not None and asked.name not in names and not any(map(_asks_for_more, new.guards))
    if asked is not None and gone and not may_ask_itself(new, code):
        return Loss(asked, f"asks only for an identity now: {spoken(asked)} no longer stands before it.")
    strong = next((guard for guard in held if guard.strength is Strength.STRONG), None)
    if strong is not None and all(g.strength is Strength.MIDDLEWARE for g in new.guards if g.holds):
        return Loss(strong, f"is left to the middleware now: {spoken(strong)} no longer stands before it.")
    return None


def _asks_for_more(guard: Guard) -> bool:
    return guard.kind in (Kind.ROLE, Kind.SCOPE) and guard.origin is not Origin.IN_HANDLER
