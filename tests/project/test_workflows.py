"""The workflows: pinned, with the least permissions, in bounds, and nothing of a pull request in a shell."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.project.conftest import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PINNED = re.compile(r"[\w.-]+/[\w.-]+(?:/[\w.-]+)*@[0-9a-f]{40}")
WRITES = {"release.yml": {"packages": "write"}}


@pytest.fixture(params=WORKFLOWS, ids=lambda path: path.stem)
def workflow(request: pytest.FixtureRequest) -> tuple[Path, dict[Any, Any]]:
    return request.param, yaml.safe_load(request.param.read_text())


def test_there_are_a_test_a_security_and_a_release_workflow() -> None:
    assert [path.stem for path in WORKFLOWS] == ["release", "security", "test"]


def test_permissions_are_none_above_and_least_below(workflow: tuple[Path, dict[Any, Any]]) -> None:
    path, parsed = workflow
    assert parsed["permissions"] == {}
    for name, job in parsed["jobs"].items():
        assert job["permissions"] == {"contents": "read", **WRITES.get(path.name, {})}, name


def test_jobs_end_and_give_way(workflow: tuple[Path, dict[Any, Any]]) -> None:
    _, parsed = workflow
    assert "github.ref" in parsed["concurrency"]["group"]
    assert all(0 < job["timeout-minutes"] <= 30 for job in parsed["jobs"].values())


def test_actions_are_pinned_and_leave_no_credentials(workflow: tuple[Path, dict[Any, Any]]) -> None:
    _, parsed = workflow
    steps = [step for job in parsed["jobs"].values() for step in job["steps"]]
    used = [step for step in steps if "uses" in step]
    assert used
    for step in used:
        assert PINNED.fullmatch(step["uses"]), step
        if step["uses"].startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


def test_nothing_of_an_event_stands_in_a_script(workflow: tuple[Path, dict[Any, Any]]) -> None:
    _, parsed = workflow
    assert "pull_request_target" not in (parsed.get("on") or parsed[True])
    for job in parsed["jobs"].values():
        for step in job["steps"]:
            assert "${{" not in step.get("run", "")


def test_continuous_integration_is_what_somebody_types() -> None:
    steps = yaml.safe_load((ROOT / ".github/workflows/test.yml").read_text())["jobs"]["check"]["steps"]
    assert steps[-1]["run"] == ".ci/run"
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111
    assert re.search(r"^make check\b", (ROOT / ".ci" / "run").read_text(), re.M)
