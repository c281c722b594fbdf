"""What a process takes from itself before it touches untrusted text. Imports nothing but the standard library.

Also a program: `python -I -S confine.py PARENT PROGRAM ARGUMENT...` confines itself and becomes that program. PARENT
is the process that starts it. Without a program it prints what did not take hold, in a line each.
"""

from __future__ import annotations

import ctypes
import errno
import os
import resource
import signal
import struct
import sys

PROGRAM_BYTES = 4 * 1024**3
PROGRAM_SECONDS = 60
FILE_BYTES = 256 * 1024**2

_PDEATHSIG, _GET_SECCOMP, _SET_SECCOMP, _NO_NEW_PRIVS, _GET_NO_NEW_PRIVS, _FILTER = 1, 21, 22, 38, 39, 2
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_NUMBER, _MACHINE, _FIRST_ARGUMENT = 0, 4, 16
_ALLOW, _REFUSE, _UNKNOWN = 0x7FFF0000, 0x00050000 | errno.EACCES, 0x00050000 | errno.ENOSYS
_IO_URING, _OTHER_CALLS, _LOCAL, _INTERNET, _STREAM = 425, 0x40000000, 1, 2, 1
_SOCKET = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}
"""What the kernel calls each machine, and the number of `socket` there."""


def confine(parent: int, memory: int, seconds: int | None = None, file_bytes: int | None = None) -> None:
    """Dies with its parent, gains no privilege, opens no socket but local ones, writes no core file, keeps to limits.

    `seconds` are of processor time, `file_bytes` the size of one file. None of it needs a privilege. Exits at once
    where the parent died before this was called, since no signal comes for that. What a kernel does not offer is left
    out: `lacking` tells.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit(f"{parent}, which started this, is not there any more")
    libc.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0)
    _close_sockets(libc)
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_AS, memory)
    _lower(resource.RLIMIT_CPU, seconds)
    _lower(resource.RLIMIT_FSIZE, file_bytes)


def lacking() -> list[str]:
    """What this process can still do although it was confined; looked at and tried, since a filter may be another's."""
    libc = ctypes.CDLL(None, use_errno=True)
    found = []
    if libc.prctl(_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1:
        found.append("it may gain privileges")
    if libc.prctl(_GET_SECCOMP, 0, 0, 0, 0) != _FILTER:
        found.append("no system call is filtered")
    opened = libc.socket(_INTERNET, _STREAM, 0)
    if opened >= 0:
        os.close(opened)
        found.append("it may open sockets to the network")
    return found


def _lower(limit: int, value: int | None) -> None:
    hard = resource.getrlimit(limit)[1]
    if value is not None and (hard == resource.RLIM_INFINITY or value < hard):
        resource.setrlimit(limit, (value, value))


def _close_sockets(libc: ctypes.CDLL) -> None:
    """A seccomp filter that knows this machine, or none. io_uring, which would pass it by, is called unknown."""
    if os.uname().machine not in _SOCKET:
        return
    machine, number = _SOCKET[os.uname().machine]
    steps = [
        (_LOAD, 0, 0, _MACHINE),
        (_EQUAL, 0, 8, machine),
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, 6, 0, _OTHER_CALLS),
        (_EQUAL, 5, 0, _IO_URING),
        (_EQUAL, 0, 2, number),
        (_LOAD, 0, 0, _FIRST_ARGUMENT),
        (_EQUAL, 0, 1, _LOCAL),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _REFUSE),
        (_RETURN, 0, 0, _UNKNOWN),
    ]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    program = ctypes.create_string_buffer(struct.pack("HP", len(steps), ctypes.addressof(code)))
    libc.prctl(_SET_SECCOMP, _FILTER, program, 0, 0)


if __name__ == "__main__":
    confine(int(sys.argv[1]), PROGRAM_BYTES, PROGRAM_SECONDS, FILE_BYTES)
    if sys.argv[2:]:
        os.execv(sys.argv[2], sys.argv[2:])  # noqa: S606
    print("\n".join(lacking()))
