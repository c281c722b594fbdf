"""The page of a run. Everything on it that comes from a pull request is text of strangers."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from pathlib import Path
from typing import Any, Protocol

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot.report.escape import url_path, visible
from bot.store.runs import Run
from bot.web.links import LinkExpired, Links, LinkWrong
from rules.catalog import packs

HERE = Path(__file__).parent
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
"""No script, no foreign content, and no word to anyone of the address, which holds the key to the page."""

VERDICTS = {
    "": "Looking …",
    "success": "All good",
    "neutral": "Worth a look, nothing blocks",
    "failure": "Blocks the merge",
    "cancelled": "Superseded",
}


class Runs(Protocol):
    """What is kept of each run."""

    async def run(self, run: str) -> Run | None: ...


class Pages:
    """Renders the templates beside this module. `html_url` is GitHub's address."""

    def __init__(self, html_url: str) -> None:
        self._html_url = html_url
        self._templates = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters |= {"visible": visible, "place_url": self._place_url}

    def render(self, template: str, status: int = 200, **values: Any) -> HTMLResponse:
        """A page as an answer, with the headers that every page has."""
        return HTMLResponse(self._templates.get_template(template).render(**values), status, HEADERS)

    def run(self, run: Run) -> HTMLResponse:
        """The page of a run."""
        repository = f"{self._html_url}/{url_path(run.full_name)}"
        subject = f"{run.full_name} #{run.pull}" if run.pull else f"{run.full_name}, merge queue"
        return self.render(
            "run.html",
            run=run,
            subject=subject,
            subject_url=f"{repository}/pull/{run.pull}" if run.pull else repository,
            commit_url=f"{repository}/commit/{run.head}",
            verdict=_verdict(run),
            packs=_by_pack(run.report.get("findings", [])),
        )

    def _place_url(self, finding: Mapping[str, Any], run: Run) -> str:
        lines = f"L{finding['line']}"
        if finding["end_line"] > finding["line"]:
            lines += f"-L{finding['end_line']}"
        return f"{self._html_url}/{url_path(run.full_name)}/blob/{run.head}/{url_path(finding['path'])}#{lines}"


def _verdict(run: Run) -> str:
    could_look = "findings" in run.report and not any(blind["fatal"] for blind in run.report["could_not_look"])
    if run.conclusion == "failure" and not could_look:
        return "Could not look everywhere: this blocks the merge"
    return VERDICTS.get(run.conclusion, run.conclusion)


def _by_pack(findings: list[Mapping[str, Any]]) -> list[tuple[str, list[Mapping[str, Any]]]]:
    titles = {pack.name: pack.title for pack in packs()}

    def pack_of(finding: Mapping[str, Any]) -> str:
        return str(finding["rule"]).partition("/")[0]

    def pressing(finding: Mapping[str, Any]) -> tuple[object, ...]:
        return pack_of(finding), not finding["blocks"], not finding["new"], finding["path"], finding["line"]

    return [(titles.get(name, name), list(group)) for name, group in groupby(sorted(findings, key=pressing), pack_of)]


def pages_router(pages: Pages, links: Links, runs: Runs) -> APIRouter:
    """`GET /runs/{id}?token=`: 403 without the right link, 410 when the link or the run is too old."""
    router = APIRouter()
    router.mount("/static", StaticFiles(directory=HERE / "static"))

    @router.get("/runs/{run}", include_in_schema=False)
    async def run_page(run: str, token: str = "") -> Response:
        try:
            links.check(run, token)
        except LinkWrong:
            text = "Open it by the Details link of a check run on the pull request."
            return pages.render("message.html", 403, heading="This link does not open this page", text=text)
        except LinkExpired:
            text = "Ask for the check to be run again on the pull request, and open it from there."
            return pages.render("message.html", 410, heading="This link has expired", text=text)
        kept = await runs.run(run)
        if kept is None:
            text = "Runs are kept for a while and then deleted. Ask for the check to be run again."
            return pages.render("message.html", 410, heading="This run is no longer kept", text=text)
        return pages.run(kept)

    return router
