"""The locks: complete, hashed, without an address, and what is installed is what they say."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import version

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.project.conftest import ROOT

LOCKS = {"requirements.lock": 50, "requirements-dev.lock": 80, "requirements-build.lock": 4}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def entries(name: str) -> Iterator[tuple[Requirement, list[str]]]:
    """Each requirement of a lock with its hashes."""
    text = re.sub(r"^\s*#.*\n", "", (ROOT / name).read_text(), flags=re.M)
    for line in text.replace("\\\n", " ").splitlines():
        words, *hashes = line.split("--hash=")
        yield Requirement(words), [value.strip() for value in hashes]


@pytest.mark.parametrize(("name", "least"), LOCKS.items())
def test_a_lock_pins_everything_with_hashes_and_names_no_address(name: str, least: int) -> None:
    found = list(entries(name))
    assert len(found) >= least
    for requirement, hashes in found:
        assert re.fullmatch(r"==[^*]+", str(requirement.specifier)), requirement
        assert requirement.url is None
        assert hashes and all(re.fullmatch(r"sha256:[0-9a-f]{64}", value) for value in hashes), requirement
    assert "://" not in (ROOT / name).read_text()


def test_the_lock_holds_every_dependency_as_pyproject_wants_it() -> None:
    locked = {canonicalize_name(r.name): str(r.specifier).removeprefix("==") for r, _ in entries("requirements.lock")}
    for text in PROJECT["project"]["dependencies"]:
        wanted = Requirement(text)
        assert wanted.specifier.contains(locked[canonicalize_name(wanted.name)], prereleases=True), text


def test_the_other_locks_agree_with_the_first() -> None:
    first = {(r.name, str(r.specifier)) for r, _ in entries("requirements.lock")}
    names = {name for name, _ in first}
    developing = {(r.name, str(r.specifier)) for r, _ in entries("requirements-dev.lock")}
    building = {(r.name, str(r.specifier)) for r, _ in entries("requirements-build.lock")}
    assert first <= developing
    assert {pair for pair in building if pair[0] in names} <= first
    assert building <= developing


@pytest.mark.parametrize("name", ["semgrep", "hishel", "githubkit", "dbos", "fastapi"])
def test_young_packages_are_pinned_locked_and_installed_alike(name: str) -> None:
    """An unpinned resolver falls back to a semgrep of two years ago, and hishel 2 keeps githubkit from importing."""
    pinned = {r.name: str(r.specifier) for r in map(Requirement, PROJECT["project"]["dependencies"])}
    locked = {r.name: str(r.specifier) for r, _ in entries("requirements.lock")}
    assert pinned[name] == locked[name] == f"=={version(name)}"
