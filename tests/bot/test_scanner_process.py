"""Scanners as child processes: what they are given, and what is said when one of them fails."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import pytest

from bot.scanners import process
from bot.scanners.bandit import Bandit
from bot.scanners.port import ScannerFailed
from bot.scanners.process import lay_out, run
from bot.scanners.suite import MAX_BYTES, Suite
from rules.facts.host import BANDIT, Scan

HOSTILE = (
    "../../up.py",
    "/etc/passwd",
    "a\nb.py",
    "-rf",
    "x.py; touch y",
    "deep/" * 500 + "z.py",
    "odd.\u202epy",
    ".py",
)


def python(code: str) -> tuple[str, ...]:
    return sys.executable, "-I", "-c", code


async def test_it_is_given_nothing_of_our_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PRODGATE_PRIVATE_KEY", "HTTPS_PROXY", "PYTHONPATH", "GIT_DIR", "SEMGREP_APP_TOKEN"):
        monkeypatch.setenv(name, "secret")
    given = json.loads(await run(python("import json, os; print(json.dumps(dict(os.environ)))"), tmp_path))
    assert {name for name in given if name != "LC_CTYPE"} == {"PATH", "HOME", "LC_ALL", "PYTHONSAFEPATH"}
    assert (given["HOME"], given["PYTHONSAFEPATH"]) == (str(tmp_path), "1")


async def test_it_works_in_the_folder_of_the_scan_and_reads_nothing_from_us(tmp_path: Path) -> None:
    said = await run(python("import os, sys; print(os.getcwd(), repr(sys.stdin.read()))"), tmp_path)
    assert said.decode() == f"{tmp_path} ''\n"


def test_files_lie_under_names_of_our_own(tmp_path: Path) -> None:
    names = lay_out({path: path.encode() for path in HOSTILE}, tmp_path)
    assert list(names.values()) == list(HOSTILE)
    assert sorted(map(str, tmp_path.rglob("*"))) == sorted(names)
    assert all(Path(name).read_bytes() == path.encode() for name, path in names.items())
    assert {Path(name).name.isascii() for name in names} == {True}


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import sys; sys.exit('it broke')", "it ended with 1: it broke"),
        ("import os; os._exit(3)", "it ended with 3: no message"),
        ("import os; os.abort()", "it ended with -6: no message"),
        ("raise MemoryError", "it ended with 1: MemoryError"),
    ],
)
async def test_what_does_not_end_well_is_a_failure_with_its_last_word(tmp_path: Path, code: str, reason: str) -> None:
    with pytest.raises(ScannerFailed) as caught:
        await run(python(code), tmp_path)
    assert str(caught.value) == reason


async def test_what_takes_too_long_is_killed_with_all_that_it_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "SECONDS", 1.0)
    code = (
        "import pathlib, subprocess, sys, time;"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']);"
        "pathlib.Path('child').write_text(str(child.pid)); time.sleep(600)"
    )
    with pytest.raises(ScannerFailed, match="it took longer than 1 s"):
        await run(python(code), tmp_path)
    stat = Path(f"/proc/{(tmp_path / 'child').read_text()}/stat")
    while stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z":
        time.sleep(0.02)


async def test_a_scanner_that_fails_is_a_reason_and_the_others_report(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        fact = "broken"

        def wants(self, path: str) -> bool:
            return True

        async def scan(self, files: object, folder: Path) -> Scan:
            await run(python("print('{')"), folder)
            raise ScannerFailed("it has no rules")

    found = await Suite((Broken(), Bandit())).scan({"a.py": b"import subprocess\nsubprocess.run(x, shell=True)\n"})
    assert found["broken"] == "broken: it has no rules"
    scan = found[BANDIT.name]
    assert isinstance(scan, Scan)
    assert ("B602", "a.py") in {(report.check, report.path) for report in scan.reports}


async def test_what_is_too_large_or_absent_is_named_unread_and_never_handed_over() -> None:
    content = b"x = 1\n" * (MAX_BYTES // 6 + 1)
    found = await Suite((Bandit(),)).scan({"large.py": content, "absent.py": None, "good.py": b"x = 1\n"})
    scan = found[BANDIT.name]
    assert isinstance(scan, Scan)
    assert sorted(unread.path for unread in scan.unread) == ["absent.py", "large.py"]


async def test_a_file_that_a_scanner_cannot_parse_is_named_unread() -> None:
    scan = (await Suite((Bandit(),)).scan({"odd/bad.py": b"def (:\n", "good.py": b"x = 1\n"}))[BANDIT.name]
    assert isinstance(scan, Scan)
    assert [unread.path for unread in scan.unread] == ["odd/bad.py"]
