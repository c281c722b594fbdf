"""`/fix`: may they, may we, what is proved, one commit, one reply."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bot.evaluator.messages import Repaired
from bot.flows.check import RepositoryError, Tools, place_of, policies
from bot.flows.hub import HubError, Place, PullRequest, StaleHead
from bot.flows.judge import judge, repair
from bot.jobs import Job
from bot.ports import EvaluationFailed
from rules.catalog import all_rules, packs
from rules.core.finding import Finding, Safety
from rules.policy_file import PolicyError

ATTEMPTS = 3
WRITERS = frozenset({"admin", "maintain", "write"})


@dataclass(frozen=True)
class Wanted:
    """What a `/fix` names: everything, a rule, a pack or a path; `all` takes old findings too."""

    words: str = ""

    @property
    def old_too(self) -> bool:
        return self.words == "all"

    def takes(self, finding: Finding, new: bool) -> bool:
        if not new and not self.old_too:
            return False
        if self.words in ("", "all"):
            return True
        return self.words in (finding.rule, finding.rule.partition("/")[0], finding.where.path)

    def allows(self, finding: Finding) -> bool:
        named = self.words == finding.rule
        return finding.fix is not None and (finding.fix.safety is Safety.SAFE or named)

    def known(self, paths: Iterable[str]) -> bool:
        names = {*all_rules(), *(pack.name for pack in packs()), "", "all"}
        return self.words in names or self.words in paths


async def repair_pull(job: Job, run: str, tools: Tools) -> str:
    """Answers one `/fix` or the button. Returns what became of it, in a word."""
    place = place_of(job)
    await _react(job, "eyes", tools)
    try:
        pull = await tools.hub.pull(place, job.pull)
        text, done = await _answer(job, place, pull, tools)
    except (HubError, RepositoryError, PolicyError, EvaluationFailed) as problem:
        text, done = f"I could not fix anything: {problem}", False
    await tools.hub.reply(place, job.pull, f"prodgate-fix-{job.comment or run}", text)
    await _react(job, "rocket" if done else "confused", tools)
    return "fixed" if done else "not fixed"


async def _react(job: Job, content: str, tools: Tools) -> None:
    if job.comment:
        await tools.hub.react(place_of(job), job.comment, content)


async def _answer(job: Job, place: Place, pull: PullRequest, tools: Tools) -> tuple[str, bool]:
    if not pull.open:
        return "This pull request is closed.", False
    permission = await tools.hub.permission(place, job.sender)
    if permission not in WRITERS:
        return f"`/fix` needs write access to this repository; you have `{permission}`.", False
    for _ in range(ATTEMPTS):
        try:
            return await _attempt(job, place, pull, tools)
        except StaleHead:
            pull = await tools.hub.pull(place, pull.number)
    return "The branch kept moving while I worked; say `/fix` again when it rests.", False


async def _attempt(job: Job, place: Place, pull: PullRequest, tools: Tools) -> tuple[str, bool]:
    wanted = Wanted(job.words)
    token = await tools.hub.read_token(place)
    async with tools.repositories.change(place, token, pull.head, pull.base) as fetched:
        policy, _ = policies(fetched)
        if not policy.fix.enabled:
            return "The policy of this repository switches `/fix` off.", False
        judged = await judge(fetched.sides, policy, tools.evaluator, tools.scanners, cache=tools.cache)
        chosen = {id(item.finding) for item in judged.verdict.judged if wanted.takes(item.finding, item.new)}
        if not chosen and not wanted.known(fetched.sides.touched):
            return f"I know no rule, pack or changed file called `{_quiet(job.words)}`.", False
        ready = {
            identity
            for identity, finding in judged.evaluated.head.fingerprints()
            if id(finding) in chosen and wanted.allows(finding)
        }
        rest = [item.finding for item in judged.verdict.judged if id(item.finding) in chosen]
        done = await repair(judged, frozenset(ready), fetched.sides, tools.evaluator, tools.scanners)
    if not done.files:
        return _nothing(done, rest), False
    oid = await _commit(place, pull, done, tools)
    if oid is None:
        return _patch(done), False
    return _report(done, rest, oid), True


async def _commit(place: Place, pull: PullRequest, done: Repaired, tools: Tools) -> str | None:
    owner, _, name = pull.head_full_name.partition("/")
    if pull.fork:
        return None
    rules = sorted({finding.rule for finding in done.fixed})
    title = f"Fix {rules[0]}" if len(rules) == 1 else f"Fix {len(done.fixed)} findings of prodgate"
    body = "\n".join(f"- {finding.rule}: {finding.where.path}" for finding in done.fixed)
    target = Place(place.installation, pull.head_repository, owner, name)
    return await tools.hub.commit(target, pull.head_ref, pull.head, title, body, done.contents())


def _quiet(text: str) -> str:
    return "".join(c for c in text if c.isprintable() and c not in "`<>@")[:80]


def _left(done: Repaired, rest: list[Finding]) -> list[str]:
    fixed = {(f.rule, f.key) for f in done.fixed}
    reasons = {(r.finding.rule, r.finding.key): r.reason for r in done.refused}
    lines = []
    for finding in rest:
        name = (finding.rule, finding.key)
        if name not in fixed:
            reason = reasons.get(name) or _reason(finding)
            lines.append(f"- `{finding.rule}` at `{_quiet(finding.where.path)}`:{finding.where.line} — {reason}")
    return lines[:50]


def _reason(finding: Finding) -> str:
    if finding.fix is None:
        return "no automatic fix"
    if finding.fix.safety is Safety.UNSAFE:
        return f"its fix may change behaviour; name it to apply it: `/fix {finding.rule}`"
    return finding.fix.title


def _report(done: Repaired, rest: list[Finding], oid: str) -> str:
    lines = [f"Fixed in {oid}:"]
    lines += [f"- `{f.rule}` at `{_quiet(f.where.path)}`:{f.where.line}" for f in done.fixed]
    left = _left(done, rest)
    return "\n".join(lines + (["", "Not fixed:", *left] if left else []))


def _nothing(done: Repaired, rest: list[Finding]) -> str:
    left = _left(done, rest)
    return "\n".join(["There was nothing that I could fix.", *left]) if left else "There is nothing to fix."


def _patch(done: Repaired) -> str:
    parts = ["I may not push to this fork. These files would fix it:"]
    for path, text in sorted(done.contents().items()):
        shown = text.decode("utf-8", "replace").replace("```", "` ` `")[:20_000]
        parts += [f"`{_quiet(path)}`", "```", shown, "```"]
    return "\n".join(parts)[:60_000]
