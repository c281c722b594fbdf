"""The App, its installations, their tokens, and the deliveries of its webhook."""

from __future__ import annotations

from typing import Any

from tests.github.access import Refused, mint
from tests.github.operation import Call, found, operation
from tests.github.shapes.people import Json, installation, integration
from tests.github.shapes.repositories import repository_json
from tests.github.world import Installation

SUMMARY = ("id", "guid", "delivered_at", "redelivery", "duration", "status", "status_code", "event", "action",
           "installation_id", "repository_id", "throttled_at")  # fmt: skip


@operation("GET", "/app", as_app=True)
def app(call: Call) -> Json:
    return integration(call.world)


@operation("GET", "/app/hook/config", as_app=True)
def hook_config(call: Call) -> Json:
    return {"content_type": "json", "insecure_ssl": "0", "secret": "********", "url": f"{call.world.url}/hook"}


@operation("GET", "/app/installations", as_app=True)
def installations(call: Call) -> list[Json]:
    world = call.world
    return [installation(world, made) for made in call.page(list(world.installations.values()))]


@operation("GET", "/app/installations/{installation_id}", as_app=True)
def one_installation(call: Call) -> Json:
    return installation(call.world, _named(call))


@operation("POST", "/app/installations/{installation_id}/access_tokens", as_app=True, status=201)
def access_token(call: Call) -> Json:
    made = _named(call)
    if made.suspended:
        raise Refused(403, "This installation has been suspended")
    token, expires, actor = mint(call.world, made, call.body or {})
    listed = [r for r in call.world.repositories.values() if r.id in actor.repositories]
    narrowed = {"repositories": [repository_json(r) for r in listed]} if listed else {}
    selection = "selected" if listed or made.selected is not None else "all"
    answer = {"token": token, "expires_at": expires, "permissions": dict(actor.permissions)}
    return {**answer, "repository_selection": selection, **narrowed}


@operation("GET", "/repos/{owner}/{repo}/installation", as_app=True)
def installation_of_repository(call: Call) -> Json:
    repository = found(call.world.repositories.get(f"{call.path['owner']}/{call.path['repo']}"))
    return installation(call.world, found(call.world.installation_of(repository)))


@operation("GET", "/installation/repositories", "metadata:read")
def repositories(call: Call) -> Json:
    seen = [r for r in call.world.repositories.values() if call.actor.sees(r)]
    selection = "selected" if call.actor.repositories else "all"
    listed = [repository_json(r) for r in call.page(seen)]
    return {"total_count": len(seen), "repository_selection": selection, "repositories": listed}


@operation("GET", "/app/hook/deliveries", as_app=True)
def deliveries(call: Call) -> list[Json]:
    size, cursor = int(call.query.get("per_page", 30)), str(call.query.get("cursor", ""))
    wanted = {"success": (True,), "failure": (False,)}.get(str(call.query.get("status", "")), (True, False))
    newest = sorted(call.world.deliveries, key=lambda made: -int(made["id"]))
    listed = [made for made in newest if (made["status_code"] < 300) in wanted]
    left = [made for made in listed if not cursor or made["id"] < int(cursor.removeprefix("v1_"))]
    if len(left) > size:
        call.headers["link"] = f'<{call.url}?per_page={size}&cursor=v1_{left[size - 1]["id"]}>; rel="next"'
    return [{key: made[key] for key in SUMMARY} for made in left[:size]]


@operation("POST", "/app/hook/deliveries/{delivery_id}/attempts", as_app=True, status=202)
def attempt(call: Call) -> dict[str, Any]:
    made = next((made for made in call.world.deliveries if made["id"] == call.path["delivery_id"]), None)
    call.world.redeliver(found(made)["guid"])
    return {}


def _named(call: Call) -> Installation:
    return found(call.world.installations.get(call.path["installation_id"]))
