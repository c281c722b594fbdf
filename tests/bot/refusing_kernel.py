"""A program: `python refusing_kernel.py PROGRAM ARGUMENT...` becomes that program where no filter is taken.

The kernel itself refuses prctl(PR_SET_SECCOMP) from then on, as one without seccomp would.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys

PRCTL = {"x86_64": 157, "aarch64": 167}
NO_NEW_PRIVS, SET_SECCOMP, FILTER = 38, 22, 2
LOAD, EQUAL, RETURN = 0x20, 0x15, 0x06
ALLOW, INVALID = 0x7FFF0000, 0x00050000 | 22

if __name__ == "__main__":
    steps = (
        (LOAD, 0, 0, 0),
        (EQUAL, 0, 3, PRCTL[os.uname().machine]),
        (LOAD, 0, 0, 16),
        (EQUAL, 0, 1, SET_SECCOMP),
        (RETURN, 0, 0, INVALID),
        (RETURN, 0, 0, ALLOW),
    )
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    program = ctypes.create_string_buffer(struct.pack("HP", len(steps), ctypes.addressof(code)))
    libc = ctypes.CDLL(None)
    libc.prctl(NO_NEW_PRIVS, 1, 0, 0, 0)
    assert libc.prctl(SET_SECCOMP, FILTER, program, 0, 0) == 0
    os.execv(sys.argv[1], sys.argv[1:])
