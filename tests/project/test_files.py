"""Every file that is committed: small enough to read, and none names a package registry's host."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.project.conftest import ROOT

REGISTRIES = [
    ".".join(parts).encode()
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("yarnpkg", "com"),
    )
]
LONGEST = 400


def committed() -> list[Path]:
    """The files that git keeps or would keep."""
    words = ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    listed = subprocess.run(words, cwd=ROOT, capture_output=True, check=True).stdout
    paths = [ROOT / name.decode() for name in listed.split(b"\0") if name]
    return [path for path in paths if path.is_file()]


def test_no_file_names_a_package_registry() -> None:
    files = committed()
    assert len(files) > 100
    named = [(str(path), host) for path in files for host in REGISTRIES if host in path.read_bytes().lower()]
    assert named == []


def test_no_source_file_is_longer_than_a_person_reads() -> None:
    sources = [path for path in committed() if path.suffix == ".py"]
    long = {str(path): size for path in sources if (size := len(path.read_text("utf-8").splitlines())) > LONGEST}
    assert long == {}
