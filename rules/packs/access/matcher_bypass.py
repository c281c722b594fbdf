from __future__ import annotations

from collections.abc import Iterable

from rules.core.codebase import Codebase
from rules.core.finding import Confidence, Finding, Related, Severity
from rules.core.rule import Bad, Good, Rule
from rules.facts.endpoints import ENDPOINTS
from rules.facts.endpoints.model import Endpoint, Strength, Trap
from rules.packs.access.causes import spoken

_MIDDLEWARE = """import { getToken } from "next-auth/jwt";
import { NextResponse } from "next/server";

export async function middleware(request) {
  if (!(await getToken({ req: request }))) return NextResponse.redirect(new URL("/login", request.url));
  return NextResponse.next();
}

export const config = { matcher: [MATCHER] };
"""
_HEADER = '{ source: "/api/:path*", missing: [{ type: "header", key: "next-router-prefetch" }] }'
_FILES = {
    "package.json": '{"dependencies": {"next": "16.2.6"}}',
    "app/api/orders/[id]/route.ts": "export async function GET() {\n  return Response.json([]);\n}\n",
}
_OWN = """import { auth } from "@clerk/nextjs/server";

export async function GET() {
  await auth.protect();
  return Response.json([]);
}
"""


def _with(matcher: str) -> dict[str, str]:
    return {**_FILES, "middleware.ts": _MIDDLEWARE.replace("MATCHER", matcher)}


class MatcherBypass(Rule[Endpoint]):
    """A caller decides whether the middleware runs, and nothing else guards the endpoint.

    A `missing` condition on a header, as in the examples that leave prefetches out, is met by whoever sends
    that header. A matcher that leaves out paths with a dot, meant for files, leaves out `/users/john.doe` too
    (both by the matching function of Next.js 16). Guard the handler itself; the matcher saves time, it is no
    protection.
    """

    id = "access/matcher-bypass"
    reference = "ACC-04"
    severity = Severity.WARNING
    confidence = Confidence.MEDIUM
    since = "0.1.0"
    looks_at = ENDPOINTS
    examples = (
        Bad(_with(_HEADER)),
        Bad(_with('"/((?!_next|.*\\\\..*).*)"')),
        Good(_with('"/api/:path*"')),
        Good({**_with(_HEADER), "app/api/orders/[id]/route.ts": _OWN}),
    )

    def check(self, subject: Endpoint, code: Codebase) -> Iterable[Finding]:
        if any(guard.holds and guard.strength is Strength.STRONG for guard in subject.guards) or subject.public_reason:
            return
        for miss in subject.misses:
            if miss.trap is Trap.CALLER_CHOOSES:
                name = subject.address
                message = f"A caller can have {name} served without {spoken(miss)}, by what the matcher leaves out."
                related = (Related(miss.where, f"{spoken(miss)} is the only guard"),)
                yield self.finding((name,), message, subject.declared, related=related)
                return
