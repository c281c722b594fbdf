"""The locked versions, and that no lock names an address."""

from __future__ import annotations

import re
from importlib.metadata import version
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LOCKS = ("requirements.lock", "requirements-dev.lock")


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_pins_with_hashes_and_names_no_address(name: str) -> None:
    text = (ROOT / name).read_text()
    assert "://" not in text
    pins = re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==", text, re.M)
    assert len(pins) > 50
    assert text.count("--hash=sha256:") >= len(pins)


@pytest.mark.parametrize(
    ("name", "wanted"), [("semgrep", "1.182.0"), ("hishel", "1.4.0"), ("githubkit", "0.16.1"), ("dbos", "3.4.0")]
)
def test_young_packages_are_locked_and_installed_exactly(name: str, wanted: str) -> None:
    assert f"\n{name}=={wanted} " in (ROOT / LOCKS[0]).read_text()
    assert version(name) == wanted


def test_githubkit_imports() -> None:
    import githubkit

    assert githubkit.GitHub
