"""What confined processes cannot do."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import bot.confine

PROBE = """
import json, resource, socket
def opens(family):
    try:
        socket.socket(family).close()
        return True
    except PermissionError:
        return False
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
limits = {name: resource.getrlimit(getattr(resource, "RLIMIT_" + name)) for name in ("CORE", "AS", "CPU", "FSIZE")}
print(json.dumps({
    "internet": opens(socket.AF_INET) or opens(socket.AF_INET6) or opens(socket.AF_NETLINK),
    "local": opens(socket.AF_UNIX),
    "privileges": status["NoNewPrivs"].strip(),
    "limits": limits,
}))
"""


def confined(*words: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-I", "-S", bot.confine.__file__, sys.executable, *words]
    return subprocess.run(command, capture_output=True, check=False)


def test_a_confined_program_reaches_no_network_gains_nothing_and_keeps_to_its_limits() -> None:
    assert json.loads(confined("-c", PROBE).stdout) == {
        "internet": False,
        "local": True,
        "privileges": "1",
        "limits": {
            "CORE": [0, 0],
            "AS": [bot.confine.PROGRAM_BYTES] * 2,
            "CPU": [bot.confine.PROGRAM_SECONDS] * 2,
            "FSIZE": [bot.confine.FILE_BYTES] * 2,
        },
    }


def test_a_program_of_its_own_is_confined_too() -> None:
    code = f"import subprocess, sys; sys.exit(subprocess.run([sys.executable, '-c', {PROBE!r}]).returncode)"
    assert json.loads(confined("-c", code).stdout)["internet"] is False


def test_memory_and_files_over_the_limit_are_refused(tmp_path: Path) -> None:
    greedy = confined("-c", "bytearray(5 << 30)")
    assert (greedy.returncode, b"MemoryError" in greedy.stderr) == (1, True)
    large = confined("-c", f"open({str(tmp_path / 'large')!r}, 'wb').truncate(300 << 20)")
    assert large.returncode != 0
    assert not (tmp_path / "large").stat().st_size


def test_a_limit_that_is_lower_already_stays() -> None:
    code = (
        "import resource, runpy; resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30));"
        f"import sys; sys.path.insert(0, {str(Path(bot.confine.__file__).parent)!r});"
        "import confine; confine.confine(2 << 30); print(resource.getrlimit(resource.RLIMIT_AS)[1] == 1 << 30)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout == b"True\n"


def test_a_confined_program_dies_with_its_parent() -> None:
    sleeping = [sys.executable, "-I", "-S", bot.confine.__file__, sys.executable, "-c", "import time; time.sleep(600)"]
    parent = f"import subprocess, time; p = subprocess.Popen({sleeping!r}); print(p.pid, flush=True); time.sleep(600)"
    started = subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE)
    assert started.stdout is not None
    child = int(started.stdout.readline())
    running = [b"-c", b"import time; time.sleep(600)"]
    while Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")[1:3] != running:
        time.sleep(0.02)
    os.kill(started.pid, signal.SIGKILL)
    started.wait()
    started.stdout.close()
    while _lives(child):
        time.sleep(0.02)


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
