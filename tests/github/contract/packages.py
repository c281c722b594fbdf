"""The npm packages in which GitHub's descriptions are published."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

OPENAPI = "@octokit/openapi"
GRAPHQL = "@octokit/graphql-schema"
EXAMPLES = "@octokit/webhooks-examples"
CACHE = Path(__file__).parents[3] / "build" / "npm"


class NpmFailed(Exception):
    """npm is absent or could not install."""


def installed(wanted: Mapping[str, str], folder: Path = CACHE) -> Path:
    """A `node_modules` with these versions of packages, kept between runs; raises `NpmFailed`.

    Nothing of them is run, and no lock file is written.
    """
    modules = folder / "node_modules"
    if all(version(modules, name) == number for name, number in wanted.items()):
        return modules
    if shutil.which("npm") is None:
        raise NpmFailed("npm is not installed: GitHub's published descriptions come from it")
    folder.mkdir(parents=True, exist_ok=True)
    flags = ("--no-save", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
    names = [f"{name}@{number}" for name, number in wanted.items()]
    done = subprocess.run(
        ["npm", "install", *flags, "--prefix", str(folder), *names], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise NpmFailed(f"npm could not install {', '.join(names)}: {done.stderr.strip()}")
    return modules


def version(modules: Path, package: str) -> str:
    """The version that is installed, or nothing."""
    described = modules / package / "package.json"
    return str(json.loads(described.read_text())["version"]) if described.exists() else ""
