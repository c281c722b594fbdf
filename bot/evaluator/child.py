"""The process in which untrusted text is parsed: no token, no network, limits set before the first task."""

from __future__ import annotations

import hashlib
import json
import os
import struct
import sys
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, BinaryIO

from pydantic import TypeAdapter

from bot.confine import confine
from bot.evaluator.messages import (
    MESSAGE,
    REPORTS,
    SUPPLIED,
    TASK,
    Evaluated,
    Inventory,
    Message,
    RefusedFix,
    Repaired,
    Reports,
    Task,
)
from bot.git.snapshot import BlobReader, GitSnapshot, ObjectStore
from bot.store.cache import FactCache
from migration_guards.claims import CLAIMS
from migration_guards.proofs import REHEARSAL
from migration_guards.rehearsal import PLANS
from rules.catalog import all_rules, names, packs
from rules.core.codebase import Codebase, Partial, Unavailable
from rules.core.evaluate import Evaluation, State, evaluate
from rules.core.repair import plan
from rules.core.rule import Rule
from rules.core.suppress import Suppression
from rules.facts.endpoints import ENDPOINTS
from rules.facts.host import MERGE, RIVALS, TODAY, Claim
from rules.policy import Policy
from rules.policy_file import NAMES
from rules.syntax.comments import suppressions_of

EXECUTABLE = 0o100755
MEMORY_BYTES = 3 * 1024**3
EVALUATION: TypeAdapter[Evaluation] = TypeAdapter(Evaluation)


class Line:
    """Frames over a pair of pipes."""

    def __init__(self, source: BinaryIO, sink: BinaryIO) -> None:
        self._source = source
        self._sink = sink

    def receive(self) -> bytes | None:
        head = self._source.read(4)
        return self._source.read(struct.unpack(">I", head)[0]) if len(head) == 4 else None

    def send(self, message: Message) -> None:
        body = MESSAGE.dump_json(message)
        self._sink.write(struct.pack(">I", len(body)) + body)
        self._sink.flush()


def supplied(task: Task, reports: Reports) -> dict[str, object]:
    scanners = {
        name: Unavailable(scan) if isinstance(scan, str) else Partial(scan.reports, scan.unread)
        for name, scan in reports.items()
    }
    return {
        "settings": task.policy.settings(),
        TODAY.name: task.today,
        NAMES.name: names(),
        RIVALS.name: task.rivals,
        REHEARSAL.name: Unavailable(task.rehearsal) if isinstance(task.rehearsal, str) else task.rehearsal,
        **scanners,
    }


def chosen(task: Task) -> list[Rule[Any]]:
    names = set(task.packs) or {pack.name for pack in packs()}
    return [rule for rule in all_rules().values() if rule.pack in names and task.policy.selects(rule)]


def sides(task: Task, line: Line, reader: BlobReader, cache: FactCache | None) -> Codebase:
    store = ObjectStore(task.git_dir)

    def watch(path: str) -> None:
        line.send(Message(at=path))

    def side(tree: str, base: Codebase | None, reports: Reports, merge: object = None, **more: object) -> Codebase:
        snapshot = GitSnapshot(store, tree, reader)
        return Codebase(
            snapshot, base, {**supplied(task, reports), MERGE.name: merge, **more}, cache, task.refuse, watch
        )

    base = side(task.base, None, task.base_reports, rehearsal=())
    merge: object = None
    if not task.merged:
        merge = Unavailable("git could not merge this change into its base")
    elif task.merged != task.head:
        merge = side(task.merged, base, task.head_reports)
    return side(task.head, base, task.head_reports, merge)


def evaluate_both(task: Task, head: Codebase) -> Evaluated:
    assert head.base is not None
    rules = chosen(task)
    run, old = evaluate(head, rules), base_evaluation(task, head.base, rules)
    before = {entry.blob for entry in head.base.files.values()}
    paths = {finding.where.path for finding in run.findings}
    paths |= {path for path, entry in head.files.items() if entry.blob not in before}
    known = {_said(head.base, suppression) for suppression in suppressions_of(head.base, paths)}
    here = suppressions_of(head, paths)
    added = tuple(suppression for suppression in here if _said(head, suppression) not in known)
    return Evaluated(run, old, tuple(s for s in here if s not in added), added, _claims(head))


def _claims(head: Codebase) -> tuple[Claim, ...]:
    try:
        return tuple(head.get(CLAIMS))
    except Unavailable:
        return ()


def _said(code: Codebase, suppression: Suppression) -> tuple[str, str, str, bytes]:
    """What makes a suppression the same on both sides: over other code it is a new one."""
    lines = (code.text(suppression.where.path) or b"").split(b"\n")
    covered = b"\n".join(line.strip() for line in lines[suppression.first - 1 : suppression.last])
    return suppression.rule, suppression.where.path, suppression.reason, covered


def base_evaluation(task: Task, base: Codebase, rules: Sequence[Rule[Any]]) -> Evaluation:
    """The evaluation of the base: one read where the same tree was evaluated by the same rules before."""
    if base.cache is None or task.refuse:
        return evaluate(base, rules)
    asked = [task.base, task.today, *(rule.id for rule in rules)]
    inputs = [
        json.dumps(asked).encode(),
        TypeAdapter(Policy).dump_json(task.policy),
        REPORTS.dump_json(task.base_reports),
    ]
    key = ("", hashlib.sha256(b"\0".join(inputs)).hexdigest())
    known = base.cache.load("evaluation", "", [key])
    if key in known:
        return EVALUATION.validate_json(known[key])
    result = evaluate(base, rules)
    if all(outcome.state in (State.RAN, State.NOTHING) for outcome in result.outcomes):
        base.cache.save("evaluation", "", {key: EVALUATION.dump_json(result)})
    return result


@lru_cache(maxsize=1)
def engine() -> str:
    """Names the code of every rule and reader that is installed: cached values of other code are not used."""
    digest = hashlib.sha256()
    modules = {"rules", *(type(rule).__module__.partition(".")[0] for rule in all_rules().values())}
    for name in sorted(modules):
        _digest(files(name), digest)
    return digest.hexdigest()[:16]


def _digest(place: Traversable, digest: hashlib._Hash) -> None:
    for item in sorted(place.iterdir(), key=lambda item: item.name):
        if item.is_dir():
            _digest(item, digest)
        elif item.name.endswith((".py", ".yml")):
            digest.update(item.name.encode() + b"\0" + item.read_bytes())


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
    refused = tuple(RefusedFix(r.finding, r.reason) for r in patch.refused)
    executable = tuple(path for path in files if path in head.files and head.files[path].mode == EXECUTABLE)
    return Repaired(files, patch.fixed, refused, executable)


def perform(task: Task, line: Line) -> Message:
    reader = BlobReader(ObjectStore(task.git_dir))
    cache = FactCache(task.cache, engine()) if task.cache else None
    try:
        head = sides(task, line, reader, cache)
        if task.kind == "inventory":
            return Message(inventory=Inventory(tuple(head.get(ENDPOINTS)), head.unread_by(ENDPOINTS)))
        if task.kind == "plans":
            return Message(plans=tuple(head.get(PLANS)))
        if task.kind == "repair":
            return Message(repaired=repair(task, head, line))
        return Message(evaluated=evaluate_both(task, head))
    except Exception as problem:
        return Message(failed=f"{type(problem).__name__}: {problem}"[:1000])
    finally:
        reader.close()
        if cache:
            cache.close()


def main() -> None:
    """Performs tasks of the process that the first argument names, until its input ends."""
    line = Line(sys.stdin.buffer, os.fdopen(os.dup(1), "wb"))
    os.dup2(2, 1)
    confine(int(sys.argv[1]), MEMORY_BYTES)
    all_rules()
    while (frame := line.receive()) is not None:
        line.send(perform(TASK.validate_json(frame), line))


if __name__ == "__main__":
    main()
