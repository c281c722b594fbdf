"""The process in which untrusted text is parsed: no token, no network use, limits set before the first task."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import struct
import sys
from collections.abc import Mapping
from typing import Any, BinaryIO

from bot.evaluator.messages import MESSAGE, SUPPLIED, TASK, Evaluated, Message, RefusedFix, Repaired, Reports, Task
from bot.git.snapshot import BlobReader, GitSnapshot, ObjectStore
from bot.store.cache import FactCache
from rules.catalog import all_rules, packs
from rules.core.codebase import Codebase, Unavailable
from rules.core.evaluate import evaluate
from rules.core.repair import plan
from rules.core.rule import Rule
from rules.core.suppress import suppressions_for

PR_SET_PDEATHSIG = 1
PR_SET_NO_NEW_PRIVS = 38
MEMORY_BYTES = 3 * 1024**3


def limit_self() -> None:
    """Dies with its parent, gains no privilege, writes no core file, and holds at most `MEMORY_BYTES`."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


class Line:
    """Frames over a pair of pipes."""

    def __init__(self, source: BinaryIO, sink: BinaryIO) -> None:
        self._source = source
        self._sink = sink

    def receive(self) -> bytes | None:
        head = self._source.read(4)
        return self._source.read(struct.unpack(">I", head)[0]) if len(head) == 4 else None

    def send(self, message: Message) -> None:
        body = MESSAGE.dump_json(message, exclude_none=True)
        self._sink.write(struct.pack(">I", len(body)) + body)
        self._sink.flush()


def supplied(task: Task, reports: Reports) -> dict[str, object]:
    scanners = {name: Unavailable(value) if isinstance(value, str) else value for name, value in reports.items()}
    return {"settings": task.policy.settings(), "today": task.today, **scanners}


def chosen(task: Task) -> list[Rule[Any]]:
    names = set(task.packs) or {pack.name for pack in packs()}
    return [rule for rule in all_rules().values() if rule.pack in names and task.policy.selects(rule)]


def sides(task: Task, line: Line, reader: BlobReader) -> Codebase:
    store = ObjectStore(task.git_dir, task.extra)
    cache = FactCache(task.cache) if task.cache else None

    def watch(path: str) -> None:
        line.send(Message(at=path))

    def side(tree: str, base: Codebase | None, reports: Reports) -> Codebase:
        snapshot = GitSnapshot(store, tree, reader)
        return Codebase(snapshot, base, supplied(task, reports), cache, task.refuse, watch)

    return side(task.head, side(task.base, None, task.base_reports), task.head_reports)


def evaluate_both(task: Task, head: Codebase) -> Evaluated:
    assert head.base is not None
    rules = chosen(task)
    run, old = evaluate(head, rules), evaluate(head.base, rules)
    here = suppressions_for(head, run.findings)
    known = {(s.rule, s.where.path, s.reason) for s in suppressions_for(head.base, run.findings)}
    added = tuple(s for s in here if (s.rule, s.where.path, s.reason) not in known)
    return Evaluated(run, old, tuple(s for s in here if s not in added), added)


def repair(task: Task, head: Codebase, line: Line) -> Repaired:
    def supply(changed: Mapping[str, bytes]) -> dict[str, object]:
        line.send(Message(supply={path: text.decode("latin-1") for path, text in changed.items()}))
        answer = line.receive()
        if answer is None:
            raise EOFError("the pool went away")
        return supplied(task, SUPPLIED.validate_json(answer).reports)

    rules = chosen(task)
    wanted = set(task.wanted)
    findings = [finding for identity, finding in evaluate(head, rules).fingerprints() if identity in wanted]
    patch = plan(head, rules, findings, supply)
    files = {path: text.decode("latin-1") for path, text in patch.files.items()}
    return Repaired(files, patch.fixed, tuple(RefusedFix(r.finding, r.reason) for r in patch.refused))


def perform(task: Task, line: Line) -> Message:
    reader = BlobReader(ObjectStore(task.git_dir, task.extra))
    try:
        head = sides(task, line, reader)
        if task.kind == "repair":
            return Message(repaired=repair(task, head, line))
        return Message(evaluated=evaluate_both(task, head))
    except Exception as problem:
        return Message(failed=f"{type(problem).__name__}: {problem}"[:1000])
    finally:
        reader.close()


def main() -> None:
    """Performs tasks until its input ends."""
    line = Line(sys.stdin.buffer, os.fdopen(os.dup(1), "wb"))
    os.dup2(2, 1)
    limit_self()
    all_rules()
    while (frame := line.receive()) is not None:
        line.send(perform(TASK.validate_json(frame), line))


if __name__ == "__main__":
    main()
