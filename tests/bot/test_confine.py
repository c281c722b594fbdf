"""What confined processes cannot do, and that they say so where it does not hold."""

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
    return subprocess.run([*become(os.getpid()), sys.executable, *words], capture_output=True, check=False)


def become(parent: int) -> list[str]:
    return [sys.executable, "-I", "-S", bot.confine.__file__, str(parent)]


def imported(code: str) -> subprocess.CompletedProcess[bytes]:
    """Runs code that knows the module as `confine`."""
    head = f"import os, resource, sys; sys.path.insert(0, {str(Path(bot.confine.__file__).parent)!r}); import confine\n"
    return subprocess.run([sys.executable, "-c", head + code], capture_output=True, check=True)


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
    code = """
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
confine.confine(os.getppid(), 2 << 30)
print(resource.getrlimit(resource.RLIMIT_AS)[1] == 1 << 30)
"""
    assert imported(code).stdout == b"True\n"


def test_a_confined_program_dies_with_its_parent() -> None:
    sleeping = [sys.executable, "-c", "import time; time.sleep(600)"]
    parent = (
        f"import os, subprocess, time; words = [*{become(0)[:-1]!r}, str(os.getpid()), *{sleeping!r}];"
        "p = subprocess.Popen(words); print(p.pid, flush=True); time.sleep(600)"
    )
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


def test_a_program_whose_parent_died_before_it_was_confined_never_starts() -> None:
    orphan = f"""
import os, sys, time
parent = os.getppid()
os.dup2(1, 2)
print(flush=True)
while os.getppid() == parent:
    time.sleep(0.02)
os.execv(sys.executable, [*{become(0)[:-1]!r}, str(parent), sys.executable, "-c", "print('started')"])
"""
    parent = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {orphan!r}]); sys.stdin.read()"
    started = subprocess.Popen([sys.executable, "-c", parent], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert started.stdin is not None and started.stdout is not None
    started.stdout.readline()
    started.kill()
    started.wait()
    said = started.stdout.read().decode()
    started.stdin.close()
    started.stdout.close()
    assert said == f"{started.pid}, which started this, is not there any more\n"


def test_nothing_is_lacking_once_it_is_confined_and_everything_before() -> None:
    code = "print(confine.lacking()); confine.confine(os.getppid(), 2 << 30); print(confine.lacking())"
    before = ["it may gain privileges", "no system call is filtered", "it may open sockets to the network"]
    assert imported(code).stdout.decode() == f"{before}\n[]\n"


def test_a_machine_that_the_filter_does_not_know_is_said() -> None:
    code = """
os.uname = lambda: os.uname_result(("Linux", "host", "6", "1", "riscv64"))
confine.confine(os.getppid(), 2 << 30)
print(confine.lacking())
"""
    said = ["no system call is filtered", "it may open sockets to the network"]
    assert imported(code).stdout.decode() == f"{said}\n"


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
