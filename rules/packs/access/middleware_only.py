from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from rules.core.codebase import Codebase
from rules.core.finding import Finding, Related, Severity
from rules.core.rule import Bad, Good, Rule
from rules.facts.endpoints import BY_MIDDLEWARE
from rules.facts.endpoints.model import Endpoint, Strength
from rules.facts.packages import version_of
from rules.packs.access.causes import spoken

FIXED = {12: (12, 3, 5), 13: (13, 5, 9), 14: (14, 2, 25), 15: (15, 5, 18), 16: (16, 2, 6)}
"""Per major version the first in which no known request goes round the middleware: CVE-2025-29927, CVE-2026-44574,
CVE-2026-44575 and CVE-2026-45109."""

_FILES = {
    "middleware.ts": """import { getToken } from "next-auth/jwt";
import { NextResponse } from "next/server";

export async function middleware(request) {
  if (!(await getToken({ req: request }))) return NextResponse.redirect(new URL("/login", request.url));
  return NextResponse.next();
}
""",
    "app/api/orders/route.ts": "export async function GET() {\n  return Response.json([]);\n}\n",
}
_OWN = """import { auth } from "@clerk/nextjs/server";

export async function GET() {
  await auth.protect();
  return Response.json([]);
}
"""


def _with(version: str) -> dict[str, str]:
    return {"package.json": f'{{"dependencies": {{"next": "{version}"}}}}', **_FILES}


class MiddlewareOnly(Rule[Sequence[Endpoint]]):
    """Nothing but the middleware guards these endpoints.

    The middleware of Next.js runs in front of the server and only where its matcher says. More than once a
    header or an encoded path went round it (CVE-2025-29927, CVE-2026-44574, CVE-2026-44575, CVE-2026-45109).
    With a version in which such a request is known, this is an error; with a newer one a warning, since the
    next edit of the matcher opens them. Check the identity in the handler too.
    """

    id = "access/middleware-only"
    reference = "ACC-04"
    severity = Severity.WARNING
    since = "0.1.0"
    looks_at = BY_MIDDLEWARE
    examples = (
        Bad(_with("16.2.6")),
        Bad(_with("14.2.0")),
        Good({**_with("14.2.0"), "app/api/orders/route.ts": _OWN}),
    )

    def check(self, subject: Sequence[Endpoint], code: Codebase) -> Iterable[Finding]:
        guard = next(guard for guard in subject[0].guards if guard.holds and guard.strength is Strength.MIDDLEWARE)
        version = version_of(code, guard.where.path, "next")
        weak = is_vulnerable(version)
        many = f"{len(subject)} endpoints" if len(subject) > 1 else subject[0].address
        message = f"Only {spoken(guard)} in the middleware guards {many}"
        message += (
            f", and next {version} has known ways round the middleware." if weak else "; check in the handler too."
        )
        related = tuple(Related(e.declared, e.address) for e in subject[:10])
        severity = Severity.ERROR if weak else self.severity
        key = (*(("vulnerable",) if weak else ()), spoken(guard))
        yield self.finding(key, message, guard.where, severity=severity, related=related, file_local=True)


def is_vulnerable(version: str) -> bool:
    """Whether a request that goes round the middleware is known for an exact version."""
    found = re.fullmatch(r"(\d+)\.(\d+)\.(\d+)", version)
    parts = tuple(map(int, found.groups())) if found else ()
    return bool(parts) and parts[0] >= 11 and parts < FIXED.get(parts[0], FIXED[12] if parts[0] < 12 else parts)
