"""A run's page: who may open it, what it says, and that strangers' words stay words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import jwt
import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from fastapi.testclient import TestClient

from bot.flows.hub import Place
from bot.store.runs import RunStore
from bot.store.schema import upgrade
from bot.web.links import PURPOSE, Links
from bot.web.pages import Pages, pages_router
from rules.core.finding import Confidence, Finding, Fix, Severity
from rules.core.source import Location, Span
from rules.policy import Blind, Conclusion, Judged, Verdict

OLD, NEW = "old-signing-key-" * 2, "new-signing-key-" * 2
ADDRESS = "https://prodgate.example"
RUN, HEAD = "0123456789abcdef", "a" * 40
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>\n\u202e{{ 7 * 7 }}"


class Parsed(HTMLParser):
    """The tags, the addresses and the text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.said = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.said += data

    @property
    def links(self) -> list[str]:
        return [value or "" for name, value in self.attributes if name in ("href", "src")]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RunStore]:
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'runs.sqlite'}")
    upgrade(engine)
    yield RunStore(engine)
    engine.dispose()


def client(store: RunStore, *keys: str) -> TestClient:
    app = FastAPI()
    app.include_router(pages_router(Pages("https://github.example"), Links(ADDRESS, keys or (NEW, OLD)), store))
    return TestClient(app)


def link(*keys: str) -> str:
    return Links(ADDRESS, keys or (NEW,)).to_run(RUN).removeprefix(ADDRESS)


def found(path: str, message: str, fix: Fix | None = None, line: int = 3) -> Finding:
    where = Location(path, Span(0, 1), line, 1, line + 1, 2)
    return Finding("env/undeclared-read", (path,), message, where, Severity.ERROR, Confidence.HIGH, fix)


async def keep(store: RunStore, *judged: Judged, name: str = "shop", **verdict: object) -> None:
    await store.started(RUN, Place(3, 5, "acme", name), 9, HEAD)
    given = {"checks": (), "conclusion": Conclusion.FAILURE, "judged": judged, "blind": (), **verdict}
    await store.finished(RUN, Verdict(**given))  # type: ignore[arg-type]


async def test_the_page_says_what_blocks_where_and_how_it_is_fixed(store: RunStore) -> None:
    fix = Fix("Declare MAIL_KEY in .env.example")
    await keep(
        store,
        Judged(found("a b/mail.py", "MAIL_KEY is read here", fix), new=True, blocks=True),
        blind=(Blind("migrations/drop-table", "it is too large", "db/huge.sql"),),
        notes=("This change edits the policy",),
    )
    answer = client(store).get(link())
    page = Parsed(answer.text)
    assert answer.status_code == 200
    assert f"https://github.example/acme/shop/blob/{HEAD}/a%20b/mail.py#L3-L4" in page.links
    assert "https://github.example/acme/shop/pull/9" in page.links
    for words in ("a b/mail.py:3", "MAIL_KEY is read here", "Blocks the merge", "Fix: Declare MAIL_KEY"):
        assert words in page.said
    for words in ("Could not look", "db/huge.sql", "it is too large", "This change edits the policy"):
        assert words in page.said


async def test_hostile_words_are_shown_and_never_obeyed(store: RunStore) -> None:
    fix = Fix(HOSTILE)
    await keep(
        store,
        Judged(found(HOSTILE, HOSTILE, fix), new=True, blocks=True),
        Judged(found("javascript:alert(3)", HOSTILE), new=True, blocks=False, suppressed_by=HOSTILE),
        name=HOSTILE,
        blind=(Blind("env/undeclared-read", HOSTILE, HOSTILE),),
        notes=(HOSTILE,),
    )
    answer = client(store).get(link())
    page = Parsed(answer.text)
    assert answer.status_code == 200
    assert ("script" in page.tags, page.tags.count("img")) == (False, 1)
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    assert all(url.startswith(("https://github.example/", "/static/")) for url in page.links)
    assert "<script>alert(1)</script>" in page.said
    assert "{{ 7 * 7 }}" in page.said
    assert "\u202e" not in answer.text
    assert "\\u202e" in page.said


async def test_no_page_allows_script_frames_or_foreign_content_or_tells_its_address(store: RunStore) -> None:
    await keep(store)
    for answer in (client(store).get(link()), client(store).get(f"/runs/{RUN}")):
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe-inline" not in policy
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"
        assert "<style" not in answer.text
        assert " style=" not in answer.text


async def test_the_style_sheet_is_served(store: RunStore) -> None:
    answer = client(store).get("/static/prodgate.css")
    assert (answer.status_code, answer.headers["content-type"].split(";")[0]) == (200, "text/css")


async def test_a_run_that_is_not_over_says_so_and_reloads(store: RunStore) -> None:
    await store.started(RUN, Place(3, 5, "acme", "shop"), 9, HEAD)
    answer = client(store).get(link())
    assert "Looking" in Parsed(answer.text).said
    assert ("http-equiv", "refresh") in Parsed(answer.text).attributes


async def test_a_run_without_a_verdict_says_why(store: RunStore) -> None:
    await store.started(RUN, Place(3, 5, "acme", "shop"), 9, HEAD)
    await store.stopped(RUN, Conclusion.FAILURE, "git fetch: no such commit")
    said = Parsed(client(store).get(link()).text).said
    assert "git fetch: no such commit" in said
    assert "Could not look" in said


async def test_keys_rotate(store: RunStore) -> None:
    await keep(store)
    assert client(store, NEW, OLD).get(link(OLD)).status_code == 200
    assert client(store, NEW).get(link(OLD)).status_code == 403


def token(key: str = NEW, algorithm: str = "HS256", **changed: object) -> str:
    claims = {"sub": RUN, "purpose": PURPOSE, "exp": datetime.now(UTC) + timedelta(days=1), **changed}
    return jwt.encode({k: v for k, v in claims.items() if v is not None}, key, algorithm=algorithm)


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "nonsense",
        token("another-signing-" * 2),
        token(sub="another-run"),
        token(purpose="session"),
        token(purpose=None),
        token(exp=None),
        token("", "none"),
    ],
)
async def test_a_wrong_link_is_403_and_shows_nothing_of_the_run(store: RunStore, wrong: str) -> None:
    await keep(store, Judged(found("secret.py", "a finding"), new=True, blocks=True))
    answer = client(store).get(f"/runs/{RUN}", params={"token": wrong})
    assert answer.status_code == 403
    assert "acme" not in answer.text
    assert "Details link" in Parsed(answer.text).said


async def test_an_expired_link_and_a_deleted_run_are_410(store: RunStore) -> None:
    expired = token(exp=datetime.now(UTC) - timedelta(seconds=1))
    assert client(store).get(f"/runs/{RUN}", params={"token": expired}).status_code == 410
    gone = client(store).get(link())
    assert gone.status_code == 410
    assert "no longer kept" in Parsed(gone.text).said


async def test_without_an_address_or_a_key_there_is_no_link() -> None:
    assert Links("", (NEW,)).to_run(RUN) == ""
    assert Links(ADDRESS, ()).to_run(RUN) == ""
