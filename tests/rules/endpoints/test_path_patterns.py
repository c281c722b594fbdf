"""The matchers of Next.js: each cell was observed by its own function on the requests of one path."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rules.facts.endpoints.path_patterns import matches, safe
from rules.facts.endpoints.routing.next_matcher import Runs, runs

CHECKS = json.loads((Path(__file__).with_name("next_matcher.json")).read_text())["checks"]
HEADER = {"type": "header", "key": "x-signed"}
MATCHERS: dict[str, object] = {
    "none (no config.matcher)": None,
    "clerk default": [
        r"/((?!_next|[^?]*\.(?:html?|css|js(?!on)|jpe?g|webp|png|gif|svg|ttf|woff2?|ico|csv|docx?|xlsx?|zip)).*)",
        "/(api|trpc)(.*)",
    ],
    r"dotted-exclude (.*\..*)": r"/((?!_next|_vercel|.*\..*).*)",
    "/api/:path*": "/api/:path*",
    "/admin": "/admin",
    "/admin/:path*": "/admin/:path*",
    "/dashboard/(.*)": "/dashboard/(.*)",
    "/((?!api|_next/static|_next/image|favicon.ico).*)": "/((?!api|_next/static|_next/image|favicon.ico).*)",
    "has header": {"source": "/(.*)", "has": [HEADER]},
    "missing prefetch": {"source": "/(.*)", "missing": [{"type": "header", "key": "next-router-prefetch"}]},
}
CELLS = [(check["matcher"], path, runs_on) for check in CHECKS for path, runs_on in check["runs"].items()]


def test_every_matcher_has_its_text() -> None:
    assert {check["matcher"] for check in CHECKS} == set(MATCHERS)
    assert len(CELLS) == 140


@pytest.mark.parametrize(("matcher", "path", "runs_on"), CELLS)
def test_a_matcher_runs_where_it_was_seen_to_run(matcher: str, path: str, runs_on: bool) -> None:
    found = runs(MATCHERS[matcher], path)
    assert (found in (Runs.ALWAYS, Runs.UNLESS)) is runs_on, found


def test_a_matcher_that_the_caller_can_leave_says_so() -> None:
    assert runs(MATCHERS["missing prefetch"], "/admin") is Runs.UNLESS
    assert runs(MATCHERS["has header"], "/admin") is Runs.NEVER


@pytest.mark.parametrize("pattern", ["/((a+)+)b", "/{a", "/(a", "/(" + "a" * 500 + ")"])
def test_what_might_take_for_ever_is_not_tried(pattern: str) -> None:
    assert matches(pattern, "/" + "a" * 100) is None


def test_expressions_of_javascript_are_read() -> None:
    named = safe(r"^/(?<version>v\d+)/(?!public)")
    assert named is not None
    assert named.search("/v1/x")
    assert not named.search("/v1/public")
