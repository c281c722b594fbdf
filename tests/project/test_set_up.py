"""What the project says of itself: every package that it imports is named, and what it set up can be cleared away."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.github.contract.packages import CACHE
from tests.project.conftest import ROOT

OURS = frozenset(("bot", "rules", "migration_guards"))
AROUND = frozenset(("tests", "bench"))


def named(*more: str) -> set[str]:
    """The distributions that pyproject.toml names: those that a service needs, and those of these groups."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    texts = [*project["project"]["dependencies"], *(t for group in more for t in project["dependency-groups"][group])]
    return {canonicalize_name(Requirement(text).name) for text in texts}


def imported(folder: str) -> Iterator[tuple[str, Path]]:
    """Every package from elsewhere that a folder imports, with the file."""
    for path in (ROOT / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module or ""]
            yield from ((name.partition(".")[0], path) for name in names)


@pytest.mark.parametrize("folder", sorted(OURS | AROUND))
def test_every_package_that_is_imported_is_named(folder: str) -> None:
    known = named() if folder in OURS else named("dev")
    own = OURS if folder in OURS else OURS | AROUND
    homes = packages_distributions()
    found = {(name, path) for name, path in imported(folder) if name not in sys.stdlib_module_names | own}
    assert found
    unnamed = {
        (name, str(path.relative_to(ROOT)))
        for name, path in found
        if not known & {canonicalize_name(home) for home in homes.get(name, ())}
    }
    assert unnamed == set()


def test_clean_takes_away_the_environment_and_what_npm_fetched(tmp_path: Path) -> None:
    shutil.copy(ROOT / "Makefile", tmp_path)
    made = [tmp_path / ".venv" / "bin", tmp_path / CACHE.relative_to(ROOT) / "node_modules", tmp_path / "bot"]
    for folder in made:
        folder.mkdir(parents=True)
    subprocess.run(["make", "--silent", "clean"], cwd=tmp_path, check=True)
    assert [folder.exists() for folder in made] == [False, False, True]
