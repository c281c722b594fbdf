"""One plan on the server: the base into a template, a clone of it, the new migrations, and the way back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg

from bot.rehearsal.looking import Looks, describe, look
from bot.rehearsal.server import ROLE, Connection, connect_as_migrator, connect_as_superuser
from migration_guards.rehearsal import Act, Difference, Observation, Performance, Plan, Sent

NO_TRANSACTION_HERE = "25001"
MOST_MESSAGE = 300


def perform(plan: Plan, socket: Path, number: int) -> Performance:
    """What was seen; a plan that cannot be run says why."""
    done = Performance(plan.history)
    if plan.problem:
        return replace(done, problem=plan.problem)
    template, clone = f"template_{number}", f"clone_{number}"
    with connect_as_superuser(socket, "postgres") as admin:
        done = replace(done, server=str(admin.info.server_version // 10000))
        _create(admin, template, "template0")
        with connect_as_migrator(socket, template) as migrator:
            failed = next((o for o in _Stage(migrator).run([s for act in plan.base for s in act.up]) if o.error), None)
        if failed:
            return replace(done, problem=f"the base's {failed.path}:{failed.line} cannot be replayed: {failed.error}")
        _create(admin, clone, template)
    with connect_as_superuser(socket, clone) as watcher, connect_as_migrator(socket, clone) as migrator:
        return _new(plan.new, _Stage(migrator), watcher, done)


def _new(acts: Sequence[Act], stage: _Stage, watcher: Connection, done: Performance) -> Performance:
    before: dict[str, frozenset[str]] = {}
    for number, act in enumerate(acts):
        if not stage.open:
            before[act.path] = describe(watcher)
        last = number + 1 == len(acts)
        follows = "" if last or not acts[number + 1].up else acts[number + 1].up[0].transaction
        seen = stage.run(act.up, goes_on=follows)
        done = replace(done, up=(*done.up, *seen))
        if any(one.error for one in seen):
            return done
    for act in reversed(acts):
        if act.down is None:
            return done
        seen = stage.run(act.down)
        done = replace(done, down=(*done.down, *seen))
        if any(one.error for one in seen):
            return done
        if act.path not in before:
            continue
        after = describe(watcher)
        if after == before[act.path]:
            done = replace(done, restored=(*done.restored, act.path))
            continue
        missing, left = sorted(before[act.path] - after), sorted(after - before[act.path])
        return replace(done, differences=(*done.differences, Difference(act.path, tuple(missing), tuple(left))))
    return done


def _create(admin: Connection, name: str, template: str) -> None:
    admin.execute(f"CREATE DATABASE {name} OWNER {ROLE} TEMPLATE {template}".encode())
    admin.execute(f"REVOKE ALL ON DATABASE {name} FROM PUBLIC".encode())


@dataclass
class _Stage:
    """Sends statements in their transactions and looks after each."""

    migrator: Connection
    open: str = ""

    def run(self, sent: Sequence[Sent], goes_on: str = "") -> tuple[Observation, ...]:
        """What was seen, up to the first error. The transaction that `goes_on` names stays open."""
        seen: list[Observation] = []
        for one in sent:
            observation = self._observed(one)
            seen.append(observation)
            if observation.error:
                return tuple(seen)
        if sent and (not goes_on or goes_on != self.open):
            seen[-1] = self._ended(seen[-1])
        return tuple(seen)

    def _ended(self, last: Observation) -> Observation:
        """The last observation, with what the end of the transaction has to say: deferred constraints speak there."""
        try:
            self._turn_to("")
        except psycopg.Error as problem:
            return replace(last, error=_words(problem), state=problem.sqlstate or "")
        return last

    def _observed(self, one: Sent) -> Observation:
        plain = Observation(one.path, one.span, one.line)
        try:
            self._turn_to(one.transaction or "alone")
            before = look(self.migrator)
            try:
                self.migrator.execute(one.text.encode())
            except psycopg.Error as problem:
                if one.transaction or problem.sqlstate != NO_TRANSACTION_HERE:
                    raise
                self._give_up()
                self.migrator.execute(one.text.encode())
                return _between(plain, before, look(self.migrator))
            after = look(self.migrator)
            if not one.transaction:
                self._turn_to("")
            return _between(replace(plain, seen=True), before, after)
        except psycopg.Error as problem:
            self._give_up()
            return replace(plain, error=_words(problem), state=problem.sqlstate or "")

    def _turn_to(self, transaction: str) -> None:
        if transaction == self.open:
            return
        if self.open:
            self.open = ""
            self.migrator.execute("COMMIT")
        if transaction:
            self.migrator.execute("BEGIN")
            self.open = transaction

    def _give_up(self) -> None:
        self.open = ""
        if not self.migrator.broken:
            self.migrator.execute("ROLLBACK")


def _words(problem: psycopg.Error) -> str:
    return (str(problem).strip().splitlines() or [type(problem).__name__])[0][:MOST_MESSAGE]


def _between(plain: Observation, before: Looks, after: Looks) -> Observation:
    """What happened to the tables that were there before, and what is invalid now that was not."""
    old = before.tables
    locks = {(old[oid], mode) for oid, mode in after.locks if oid in old}
    rewritten = {old[oid] for oid, file in before.files.items() if oid in old and after.files.get(oid, file) != file}
    scanned = {old[oid] for oid, count in after.scans.items() if oid in old and count > before.scans.get(oid, 0)}
    return replace(
        plain,
        locks=tuple(sorted(locks)),
        rewritten=tuple(sorted(rewritten)),
        scanned=tuple(sorted(scanned)) if plain.seen else (),
        invalid=tuple(sorted(after.invalid - before.invalid)),
        unvalidated=tuple(sorted(after.unvalidated - before.unvalidated)),
    )
