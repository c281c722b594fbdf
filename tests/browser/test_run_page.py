"""The page of a run as somebody opens it from a check run: the real bot, a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import jwt
import pytest
from playwright.sync_api import Browser, Page

from bot.web.links import PURPOSE
from tests.github.demo import Demo
from tests.github.sample import BASE, CHANGE

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

DESKTOP, PHONE, NARROW = (1280, 900), (390, 844), (320, 640)
HOSTILE = "api/<img src=x onerror=alert(1)>‮&{{7*7}}" + "/deep" * 40 + "/x.py"
MIXED = {
    **CHANGE,
    "api/broken.py": b"x = '\xe9'\n",
    "api/quiet.py": (
        'import os\nQ = os.environ.get("Q", "1")  # prodgate: ignore env/undeclared-read — set by the platform\n'
    ),
    HOSTILE: 'import os\nos.environ["HOSTILE_KEY"]\n',
}


@dataclass
class Seen:
    """A page and what the browser said of it."""

    page: Page
    said: list[str] = field(default_factory=list)

    def width(self) -> int:
        return int(self.page.evaluate("document.documentElement.scrollWidth"))


@pytest.fixture(scope="module")
def address(demo: Demo) -> str:
    """The link of the gate on a pull request with everything that a run can say."""
    shop = demo.hub.create_repository("acme/shop", BASE, writers=("alice",))
    number = demo.hub.open_pull(shop, "mail", MIXED)
    gate = demo.hub.wait_for(lambda: demo.hub.checks(shop, number).get("prodgate"))
    return str(gate["details_url"])


@pytest.fixture
def opened(browser: Browser, address: str, request: pytest.FixtureRequest) -> Iterator[Seen]:
    """The page at a size and in a scheme, (1280, 900) and light unless the test says otherwise."""
    (width, height), scheme = getattr(request, "param", (DESKTOP, "light"))
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    seen = Seen(context.new_page())
    seen.page.on("console", lambda message: seen.said.append(message.text))
    seen.page.on("pageerror", lambda problem: seen.said.append(str(problem)))
    seen.page.on("dialog", lambda dialog: seen.said.append(dialog.message))
    seen.page.on("requestfailed", lambda failed: seen.said.append(failed.url))
    seen.page.goto(address)
    yield seen
    context.close()


@pytest.mark.parametrize(
    "opened", [(size, scheme) for size in (DESKTOP, PHONE, NARROW) for scheme in ("light", "dark")], indirect=True
)
def test_it_fits_its_window_and_nothing_goes_wrong(opened: Seen) -> None:
    assert opened.width() <= opened.page.viewport_size["width"]  # type: ignore[index]
    opened.page.wait_for_load_state("networkidle")
    assert opened.said == []
    assert opened.page.title().startswith("6 to fix before merging, could not look everywhere")


@pytest.mark.parametrize("opened", [(DESKTOP, "light"), (DESKTOP, "dark")], indirect=True)
def test_every_text_stands_out_from_its_background(opened: Seen) -> None:
    """WCAG AA asks for 4.5 to 1."""
    measured = opened.page.evaluate(CONTRAST)
    assert len(measured) > 20
    assert [(text, ratio) for text, ratio in measured if ratio < 4.5] == []


def test_schemes_differ(browser: Browser, address: str) -> None:
    colours = set()
    for scheme in ("light", "dark"):
        page = browser.new_context(color_scheme=scheme).new_page()  # type: ignore[arg-type]
        page.goto(address)
        colours.add(page.evaluate("getComputedStyle(document.body).backgroundColor"))
        page.context.close()
    assert len(colours) == 2


def test_a_screen_reader_finds_its_way(opened: Seen) -> None:
    page = opened.page
    for role in ("banner", "main", "contentinfo"):
        assert page.get_by_role(role).count() == 1  # type: ignore[arg-type]
    levels = page.eval_on_selector_all("h1, h2, h3, h4", "all => all.map(h => h.tagName)")
    assert levels[0] == "H1" and levels.count("H1") == 1 and set(levels[1:]) == {"H2"}
    for name in ("Could not look", "Blocks the merge", "Worth a look", "Suppressed by this change"):
        assert page.get_by_role("region", name=name).count() == 1, name
    assert page.get_by_role("list", name="Check runs").count() == 1
    assert page.locator("html").get_attribute("lang") == "en"
    assert page.eval_on_selector_all("img:not([alt])", "all => all.length") == 0


def test_a_place_leads_to_its_line_and_the_page_tells_nobody_its_address(opened: Seen, demo: Demo) -> None:
    link = opened.page.get_by_role("link", name="api/mail.py:3")
    assert str(link.get_attribute("href")).startswith(f"{demo.hub.url}/acme/shop/blob/")
    assert str(link.get_attribute("href")).endswith("/api/mail.py#L3")
    opened.page.route(f"{demo.hub.url}/**", lambda route: route.fulfill(body="the file"))
    with opened.page.expect_request(lambda request: "/blob/" in request.url) as caught:
        link.click()
    assert "referer" not in caught.value.all_headers()


def test_strangers_words_are_words(opened: Seen) -> None:
    region = opened.page.get_by_role("region", name="Blocks the merge")
    assert "<img src=x onerror=alert(1)>\\u202e&{{7*7}}" in str(region.text_content())
    assert opened.page.locator("main img").count() == 0
    assert opened.said == []


def test_an_expired_link_shows_nothing_of_the_run(browser: Browser, demo: Demo, address: str) -> None:
    run, _, token = address.partition("/runs/")[2].partition("?token=")
    past = datetime.now(UTC) - timedelta(minutes=1)
    expired = jwt.encode({"sub": run, "purpose": PURPOSE, "exp": past}, demo.signing_key, algorithm="HS256")
    for given, says in ((expired, "This link has expired"), (token[:-4] + "AAAA", "This link does not open this page")):
        page = browser.new_page()
        answer = page.goto(f"{demo.address}/runs/{run}?token={given}")
        assert answer is not None and answer.status in (403, 410)
        assert page.get_by_role("heading", level=1).text_content() == says
        assert "acme" not in str(page.text_content("body"))
        page.close()


CONTRAST = """() => {
  const parts = colour => colour.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(c => c / 255)
    .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, n) => sum + c * [0.2126, 0.7152, 0.0722][n], 0);
  const behind = node => {
    for (; node; node = node.parentElement) {
      const colour = parts(getComputedStyle(node).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  return [...document.querySelectorAll('body *')]
    .filter(node => [...node.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()))
    .map(node => {
      const [one, two] = [light(parts(getComputedStyle(node).color)), light(behind(node))];
      return [node.textContent.trim().slice(0, 40), (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05)];
    });
}"""
