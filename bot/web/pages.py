"""The page of a run. Everything on it that comes from a pull request is text of strangers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
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
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
"""No script, no foreign content, and no word to anyone of the address, which holds the key to the page."""

WORDS = {
    "": "Looking …",
    "success": "All good",
    "neutral": "All good",
    "failure": "Could not look",
    "cancelled": "Superseded",
}
"""What is said where no finding says more."""


@dataclass(frozen=True)
class Section:
    """Findings of one urgency."""

    id: str
    title: str
    findings: tuple[Mapping[str, Any], ...]


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
            headline=_headline(run),
            checks=_checks(run),
            blind=run.report.get("could_not_look", ()),
            sections=_sections(run),
            older=[finding for finding in _findings(run) if not finding["new"]],
            fixable=sum(_fixable(finding) for finding in _findings(run)),
        )

    def _place_url(self, finding: Mapping[str, Any], run: Run) -> str:
        lines = f"L{finding['line']}"
        if finding["end_line"] > finding["line"]:
            lines += f"-L{finding['end_line']}"
        return f"{self._html_url}/{url_path(run.full_name)}/blob/{run.head}/{url_path(finding['path'])}#{lines}"


def _findings(run: Run) -> list[Mapping[str, Any]]:
    return sorted(run.report.get("findings", ()), key=lambda f: (f["severity"] != "error", f["path"], f["line"]))


def _spoken(run: Run) -> list[Mapping[str, Any]]:
    return [finding for finding in _findings(run) if finding["new"] and not finding["suppressed_by"]]


def _fixable(finding: Mapping[str, Any]) -> bool:
    safe = bool(finding["fixes_files"]) and finding["fix_safety"] == "safe"
    return safe and bool(finding["new"]) and not finding["suppressed_by"]


def _headline(run: Run) -> str:
    """The decision in the words of the gate's title."""
    spoken = _spoken(run)
    blocking = sum(finding["blocks"] for finding in spoken)
    words = [f"{blocking} to fix before merging"] if blocking else []
    if any(place["fatal"] for place in run.report.get("could_not_look", ())):
        words.append("could not look everywhere")
    if len(spoken) > blocking:
        words.append(f"{len(spoken) - blocking} worth a look")
    text = ", ".join(words) or WORDS.get(run.conclusion, run.conclusion)
    return text[:1].upper() + text[1:]


def _checks(run: Run) -> list[Mapping[str, Any]]:
    """The check runs that had something to look at; `told` is what each found."""
    shown = [c for c in run.report.get("checks", ()) if c["subjects"] or c["findings"] or c["could_not_look"]]
    new = Counter(str(finding["rule"]).partition("/")[0] for finding in _spoken(run))
    of = {check: sum(new[pack.name] for pack in packs() if pack.check == check) for check in {p.check for p in packs()}}
    return [{**check, "told": of.get(check["name"], 0) + check["could_not_look"]} for check in shown]


def _sections(run: Run) -> list[Section]:
    spoken = _spoken(run)
    hushed = [finding for finding in _findings(run) if finding["new"] and finding["suppressed_by"]]
    sections = [
        Section("blocks", "Blocks the merge", tuple(finding for finding in spoken if finding["blocks"])),
        Section("look", "Worth a look", tuple(finding for finding in spoken if not finding["blocks"])),
        Section("suppressed", "Suppressed by this change", tuple(hushed)),
    ]
    return [section for section in sections if section.findings]


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
