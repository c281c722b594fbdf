"""Small repositories in memory, for tests."""

from __future__ import annotations

from collections.abc import Mapping

from migration_guards.facts import MIGRATIONS, OPERATIONS, SOURCES
from migration_guards.model import Operation, Source
from migration_guards.proofs import REHEARSAL
from rules.catalog import all_rules, names
from rules.core.codebase import Codebase
from rules.core.evaluate import evaluate
from rules.core.repair import plan
from rules.core.source import MemorySnapshot
from rules.facts.host import MERGE, RIVALS
from rules.policy_file import NAMES

Files = Mapping[str, str | bytes]

POSTGRES = {"docker-compose.yml": "services:\n  db:\n    image: postgres:16.2\n"}


def _snapshot(files: Files) -> MemorySnapshot:
    return MemorySnapshot({path: text.encode() if isinstance(text, str) else text for path, text in files.items()})


def codebase(files: Files, base: Files | None = None) -> Codebase:
    supplied: dict[str, object] = {
        "settings": {},
        MERGE.name: None,
        RIVALS.name: (),
        REHEARSAL.name: (),
        NAMES.name: names(),
    }
    return Codebase(_snapshot(files), Codebase(_snapshot(base or {}), supplied=supplied), supplied)


def sources(files: Files) -> list[tuple[str, Source]]:
    return [(framework.name, source) for framework, source in codebase(files).get(SOURCES)]


def paths(files: Files) -> list[tuple[str, str]]:
    return [(runner, source.path) for runner, source in sources(files)]


def operations(files: Files, base: Files | None = None) -> list[Operation]:
    return list(codebase(files, base).get(OPERATIONS))


def said(files: Files, base: Files | None = None) -> list[tuple[str, int]]:
    """What is done to which table, and the number of the transaction that it is done in."""
    return [(f"{type(o.action).__name__} {o.action.table}".strip(), o.transaction) for o in operations(files, base)]


def undone(files: Files) -> list[list[str] | None]:
    """What the way back of each migration does; None where there is none."""
    scripts = [migration.script for migration in codebase(files).get(MIGRATIONS)]
    return [
        None if s.down is None else [type(c.action).__name__ for one in s.down for c in one.clauses] for s in scripts
    ]


def unread(files: Files) -> dict[str, str]:
    code = codebase(files)
    code.get(OPERATIONS)
    return {one.path: one.reason for one in code.unread_by(OPERATIONS)}


def guards(files: Files, base: Files | None = None) -> set[str]:
    """The guards that speak, notes left out."""
    rules = [rule for rule in all_rules().values() if rule.pack == "migrations"]
    run = evaluate(codebase(files, base), rules)
    return {finding.rule.partition("/")[2] for finding in run.findings if finding.severity != "note"}


def repaired(rule: str, files: Files, base: Files | None = None) -> dict[str, str]:
    """The files that the fixes of one rule change, proved by all rules."""
    code = codebase(files, base)
    run = evaluate(code, [all_rules()[f"migrations/{rule}"]])
    assert run.findings, "the rule is silent"
    patch = plan(code, list(all_rules().values()), run.findings)
    return {path: text.decode() for path, text in patch.files.items()}
