"""`make pictures`: the pictures of the README, taken from a real run."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright
from rich.console import Console

from tests.browser.conftest import launch
from tests.github.demo import WIDTH, Demo
from tests.github.standin import GitHubStandIn

IMAGES = Path(__file__).parents[2] / "docs" / "images"


def main() -> None:
    """Plays the demonstration once and keeps its terminal and the page of its first run."""
    with GitHubStandIn() as hub, tempfile.TemporaryDirectory(prefix="prodgate-pictures-") as folder:
        demo = Demo(hub, Path(folder))
        demo.out = Console(record=True, force_terminal=True, width=WIDTH, highlight=False, emoji=False)
        try:
            demo.start()
            demo.play()
            first = next(c for c in hub.world.repositories["acme/shop"].checks if c["name"] == "prodgate")
            with sync_playwright() as playwright:
                browser = launch(playwright)
                _page(browser, first["details_url"])
                _terminal(browser, demo.out.export_svg(title="prodgate demo"))
                browser.close()
        finally:
            demo.stop()


def _page(browser: Browser, address: str) -> None:
    page = browser.new_page(viewport={"width": 960, "height": 600})
    page.goto(address)
    page.screenshot(path=IMAGES / "run.png", full_page=True)


def _terminal(browser: Browser, drawing: str) -> None:
    """The text that rich drew, in a font of this machine instead of one from elsewhere."""
    drawing = re.sub(r"@font-face\s*{.*?}", "", drawing, flags=re.S).replace("Fira Code", "DejaVu Sans Mono")
    page = browser.new_page(viewport={"width": 900, "height": 600})
    page.set_content(f"<style>body{{margin:0}} svg{{width:900px}}</style>{drawing}")
    page.locator("svg").first.screenshot(path=IMAGES / "demo.png")


if __name__ == "__main__":
    main()
