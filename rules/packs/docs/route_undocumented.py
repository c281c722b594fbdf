from __future__ import annotations

import json
import re
from collections.abc import Iterable

from rules.core.codebase import Codebase
from rules.core.finding import Edit, Finding, Fix, Related, Severity
from rules.core.rule import Bad, Good, Rule
from rules.core.source import Span, locate_line
from rules.facts.endpoints.model import Endpoint
from rules.facts.openapi import DOCUMENTED, PARAMETER, Documented

_APP = """const app = require("express")();
app.get("/orders", (req, res) => res.json([]));
app.get("/orders/:id", (req, res) => res.json({}));
app.delete("/users/:id", (req, res) => res.json({}));
"""
_SPEC = """openapi: 3.1.0
info: {title: Shop, version: 1.0.0}
paths:
  /orders:
    get: {responses: {"200": {description: all}}}
  /orders/{id}:
    get: {responses: {"200": {description: one}}}
"""
_STUB = """  /users/{id}:
    delete:
      parameters:
        - {name: id, in: path, required: true, schema: {type: string}}
      responses:
        "200": {description: OK}
"""


class RouteUndocumented(Rule[Documented]):
    """An endpoint is missing from the description that the repository commits of its interface.

    Clients, gateways and tests are made from that file; what is not in it does not exist for them. Most other
    endpoints are described, so this one was forgotten. The fix writes a stub to be filled in.
    """

    id = "docs/route-undocumented"
    reference = "DOC-03"
    severity = Severity.WARNING
    since = "0.1.0"
    looks_at = DOCUMENTED
    examples = (
        Bad(
            {"app.js": _APP, "openapi.yaml": _SPEC},
            line=4,
            fixed={"openapi.yaml": _SPEC.replace("paths:\n", "paths:\n" + _STUB)},
        ),
        Good(
            {
                "app.js": _APP.replace('app.delete("/users/:id", (req, res) => res.json({}));\n', ""),
                "openapi.yaml": _SPEC,
            }
        ),
        Good({"app.js": _APP.replace("/orders", "/invoices"), "openapi.yaml": _SPEC}),
        Good({"app.js": _APP}),
    )

    def check(self, subject: Documented, code: Codebase) -> Iterable[Finding]:
        path = subject.description.path
        content = code.text(path) or b""
        for endpoint in subject.undocumented:
            name = endpoint.address
            message = f"{name} does not stand in {path}."
            related = (Related(locate_line(path, content, 1), "the description"),)
            fix = _stub(endpoint, subject, content)
            yield self.finding((name, path), message, endpoint.declared, fix=fix, related=related)


def _stub(endpoint: Endpoint, documented: Documented, content: bytes) -> Fix | None:
    """A path with one method, put first into the description, in its own form."""
    parts = [_parameter(part) for part in endpoint.path.removeprefix(documented.prefix).split("/") if part]
    address = "/" + "/".join(parts)
    described = {operation.path for operation in documented.description.operations}
    if endpoint.method == "ANY" or address in described or documented.description.root is None:
        return None
    names = [part[1:-1] for part in parts if part.startswith("{")]
    path = documented.description.path
    json_at = re.search(rb"\"paths\"\s*:\s*\{", content)
    yaml_at = re.search(rb"(?m)^paths:[ \t]*\r?\n(?=  \S)", content)
    found = json_at if path.endswith(".json") else yaml_at
    if found is None:
        return None
    text = _as_json(address, endpoint, names) if path.endswith(".json") else _as_yaml(address, endpoint, names)
    edit = Edit(path, Span(found.end(), found.end()), text.encode())
    return Fix("Add a stub of the path", (edit,))


def _as_yaml(address: str, endpoint: Endpoint, names: list[str]) -> str:
    lines = [f"  {address}:", f"    {endpoint.method.lower()}:"]
    if names:
        lines.append("      parameters:")
        lines += [f"        - {{name: {name}, in: path, required: true, schema: {{type: string}}}}" for name in names]
    lines += ["      responses:", '        "200": {description: OK}']
    return "\n".join(lines) + "\n"


def _as_json(address: str, endpoint: Endpoint, names: list[str]) -> str:
    asked = [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]
    said = {**({"parameters": asked} if asked else {}), "responses": {"200": {"description": "OK"}}}
    return f"\n    {json.dumps(address)}: {json.dumps({endpoint.method.lower(): said})},"


def _parameter(part: str) -> str:
    if not PARAMETER.match(part):
        return part
    name = re.search(r"[A-Za-z_]\w*(?=[^\w]*$)", part)
    return "{" + (name[0] if name else "rest") + "}"
