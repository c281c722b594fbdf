"""The image: two stages on a pinned base, hashed, not root, healthy, and nothing in it that it does not need."""

from __future__ import annotations

import json
import re
from fnmatch import fnmatchcase

import pytest

from tests.project.conftest import ROOT


def instructions() -> list[tuple[str, str]]:
    """The instructions of the Dockerfile with their arguments, continued lines joined."""
    text = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text(), flags=re.M).replace("\\\n", " ")
    pairs = (line.split(None, 1) for line in text.splitlines() if line.strip())
    return [(word, " ".join(rest.split())) for word, rest in pairs]


def of(word: str) -> list[str]:
    return [rest for name, rest in instructions() if name == word]


def last_stage() -> list[tuple[str, str]]:
    found = instructions()
    start = max(number for number, (word, _) in enumerate(found) if word == "FROM")
    return found[start:]


def test_two_stages_stand_on_one_base_pinned_by_digest() -> None:
    assert re.fullmatch(r"PYTHON=python:3\.11-[\w.-]+@sha256:[0-9a-f]{64}", of("ARG")[0])
    assert of("FROM") == ["${PYTHON} AS build", "${PYTHON}"]


def test_it_runs_as_nobody_of_importance() -> None:
    users = [rest for word, rest in last_stage() if word == "USER"]
    assert len(users) == 1
    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", users[0])
    assert [word for word, _ in last_stage() if word in ("USER", "RUN")][-1] == "USER"


def test_its_health_is_asked_for() -> None:
    command = json.loads(of("HEALTHCHECK")[0].partition(" CMD ")[2])
    compile(command[-1], "healthcheck", "exec")
    assert "/healthz" in command[-1]


def test_nothing_in_a_working_folder_is_imported() -> None:
    assert "PYTHONSAFEPATH=1" in " ".join(rest for word, rest in last_stage() if word == "ENV").split()


def test_every_package_comes_by_hash_or_from_the_build() -> None:
    installs = re.findall(r"pip (?:install|wheel) [^&]+", " && ".join(of("RUN")))
    assert len(installs) == 4
    for words in installs:
        assert "--no-deps" in words
        assert "--require-hashes" in words or "--no-index" in words


@pytest.mark.parametrize("source", [s for rest in of("COPY") if "--from" not in rest for s in rest.split()[:-1]])
def test_what_is_copied_exists_and_is_let_in(source: str) -> None:
    assert (ROOT / source).exists()
    assert f"!{source}" in (ROOT / ".dockerignore").read_text().splitlines()


@pytest.mark.parametrize("name", [".git", ".venv", ".data", "tests", "docs", "key.pem", ".env"])
def test_nothing_else_reaches_the_builder(name: str) -> None:
    rules = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and line[0] != "#"]
    assert rules[0] == "*"
    assert not any(fnmatchcase(name, rule[1:]) for rule in rules if rule.startswith("!"))
