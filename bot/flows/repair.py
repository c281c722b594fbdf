"""`/fix`: may they, may we, what is proved, one commit, one reply."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from bot.evaluator.messages import Repaired
from bot.flows.check import WRITERS, Fetched, RepositoryError, Tools, place_of
from bot.flows.hub import Commit, HubError, Place, PullRequest, StaleHead, Suggestion
from bot.flows.judge import Judged, judge, repair
from bot.flows.policy import PolicyUnread, held
from bot.jobs import Job
from bot.ports import EvaluationFailed
from bot.report.escape import code
from bot.report.model import Repair
from bot.report.reply import Work, render_work, unfixed
from bot.report.suggestions import suggestions
from rules.catalog import all_rules, packs
from rules.core.finding import Finding, Safety

ATTEMPTS = 3
WORKFLOWS = ".github/workflows/"


@dataclass(frozen=True)
class Wanted:
    """What a `/fix` names: everything, a rule, a pack or a path; `all` takes old findings too."""

    words: str = ""

    def takes(self, finding: Finding, new: bool) -> bool:
        if self.words == "all":
            return True
        named = ("", finding.rule, finding.rule.partition("/")[0], finding.where.path)
        return new and self.words in named

    def allows(self, finding: Finding, unsafe: bool) -> bool:
        """Whether its fix may be tried: a safe one, or one that may change behaviour where the rule is named."""
        if finding.fix is None or not finding.fix.edits or finding.fix.safety is Safety.MANUAL:
            return False
        return finding.fix.safety is Safety.SAFE or unsafe or self.words == finding.rule

    def known(self, paths: Iterable[str]) -> bool:
        names = {*all_rules(), *(pack.name for pack in packs()), "", "all"}
        return self.words in names or self.words in paths


@dataclass(frozen=True)
class Push:
    """Whether we may commit to the head's branch, and what is kept out of the commit there."""

    allowed: bool
    reason: str
    kept_out: str
    kept_out_reason: str

    def withholds(self, finding: Finding) -> bool:
        edits = finding.fix.edits if finding.fix else ()
        return bool(self.kept_out) and any(edit.path.startswith(self.kept_out) for edit in edits)


@dataclass(frozen=True)
class Plan:
    """Contents that are proved to help, for the commit and beside it."""

    ours: Repaired
    beside: Repaired
    left: tuple[tuple[Finding, str], ...]
    offers: tuple[Suggestion, ...] = ()
    before: Mapping[str, bytes] = field(default_factory=dict, repr=False)


async def repair_pull(job: Job, run: str, tools: Tools) -> str:
    """Answers one `/fix` or the button. Returns what became of it, in a word."""
    place = place_of(job)
    await _react(job, "eyes", tools)
    try:
        text, done = await _answer(job, place, tools)
    except (HubError, RepositoryError, PolicyUnread, EvaluationFailed) as problem:
        text, done = f"I could not fix anything: {code(str(problem))}", False
    await tools.hub.reply(place, job.pull, f"prodgate-fix-{job.comment or run}", text)
    await _react(job, "rocket" if done else "confused", tools)
    return "fixed" if done else "not fixed"


async def _react(job: Job, content: str, tools: Tools) -> None:
    if job.comment:
        await tools.hub.react(place_of(job), job.comment, content)


async def _answer(job: Job, place: Place, tools: Tools) -> tuple[str, bool]:
    pull = await tools.hub.pull(place, job.pull)
    if not pull.open:
        return "This pull request is closed.", False
    refusal = await _refusal(job, place, pull, tools)
    if refusal:
        return refusal, False
    for _ in range(ATTEMPTS):
        try:
            return await _attempt(job, place, pull, tools)
        except StaleHead:
            pull = await tools.hub.pull(place, pull.number)
    return "The branch kept moving while I worked; say `/fix` again when it rests.", False


async def _refusal(job: Job, place: Place, pull: PullRequest, tools: Tools) -> str:
    """Why this person may not ask; empty for a writer, and for the author where the branch is theirs to push to."""
    permission = await tools.hub.permission(place, job.sender)
    own_fork = pull.fork and pull.head_full_name.partition("/")[0] == pull.author
    if permission in WRITERS or (job.sender == pull.author and own_fork):
        return ""
    return f"`/fix` needs write access to this repository; you have {code(permission)}."


async def _attempt(job: Job, place: Place, pull: PullRequest, tools: Tools) -> tuple[str, bool]:
    wanted, mark = Wanted(job.words), f"Prodgate-Fix: {job.comment or job.delivery}"
    push = await _push(place, pull, tools)
    token = await tools.hub.read_token(place)
    async with tools.repositories.change(place, token, pull.head, pull.base) as fetched:
        if mark in fetched.head_message.splitlines():
            return f"Fixed in {pull.head}.", True
        policy = (await held(place, fetched.policy_files, tools.hub, tools.runs)).policy
        if not policy.fix.enabled:
            return "The policy of this repository switches `/fix` off.", False
        judged = await judge(fetched.sides, policy, tools.evaluator, tools.scanners, tools.rehearse, cache=tools.cache)
        chosen = [i.finding for i in judged.verdict.judged if wanted.takes(i.finding, i.new) and not i.suppressed_by]
        if not chosen and not wanted.known(fetched.sides.touched):
            return f"I know no rule, pack or changed file called {code(job.words)}.", False
        tried = [finding for finding in chosen if wanted.allows(finding, policy.fix.unsafe)]
        plan = await _plan(chosen, tried, judged, fetched, push, tools)
    return await _carry_out(place, pull, plan, push, mark, tools)


async def _push(place: Place, pull: PullRequest, tools: Tools) -> Push:
    """A fork takes commits where its owner is a user who lets maintainers edit; its `.github` is left alone."""
    if pull.fork:
        allowed = pull.maintainers_may_edit and pull.head_owner_type == "User"
        alone = "I leave the .github folder of a fork alone."
        return Push(allowed, "I may not push to this fork.", ".github/", alone)
    if await tools.hub.may_edit_workflows(place):
        return Push(True, "", "", "")
    return Push(True, "", WORKFLOWS, "I lack the permission to edit workflows.")


async def _plan(
    chosen: list[Finding], tried: list[Finding], judged: Judged, fetched: Fetched, push: Push, tools: Tools
) -> Plan:
    """Proves the fixes; those that must stay out of the commit apart, so that they do not sink the rest."""
    nothing = Repaired({}, (), ())
    kept_out = [finding for finding in tried if not push.allowed or push.withholds(finding)]
    committed = [finding for finding in tried if finding not in kept_out]
    ours = await _proved(committed, judged, fetched, tools) if committed else nothing
    beside = await _proved(kept_out, judged, fetched, tools) if kept_out else nothing
    refused = [(refusal.finding, refusal.reason) for refusal in (*ours.refused, *beside.refused)]
    untried = [(finding, unfixed(finding)) for finding in chosen if finding not in tried]
    offers, before = await _offers(beside, fetched, tools)
    return Plan(ours, beside, (*refused, *untried), offers, before)


async def _proved(findings: list[Finding], judged: Judged, fetched: Fetched, tools: Tools) -> Repaired:
    ready = {identity for identity, finding in judged.evaluated.head.fingerprints() if finding in findings}
    return await repair(judged, frozenset(ready), fetched.sides, tools.evaluator, tools.scanners)


async def _offers(
    beside: Repaired, fetched: Fetched, tools: Tools
) -> tuple[tuple[Suggestion, ...], Mapping[str, bytes]]:
    """Suggestions for the files in which every line to change is one that the pull request adds."""
    offers: list[Suggestion] = []
    before = {path: fetched.sides.head_files.get(path, b"") for path in beside.files}
    for path, after in beside.contents().items():
        added = await tools.repositories.added_lines(fetched.sides, path)
        offers += suggestions(path, before[path], after, added) or ()
    return tuple(offers), before


async def _carry_out(
    place: Place, pull: PullRequest, plan: Plan, push: Push, mark: str, tools: Tools
) -> tuple[str, bool]:
    work = Work(left=plan.left, withheld=push.kept_out_reason if push.allowed else push.reason)
    if plan.ours.files:
        oid = await tools.hub.commit(_target(place, pull), _commit(pull, plan.ours, mark))
        await tools.runs.repaired(place, pull.number, Repair(oid, plan.ours.fixed))
        work = replace(work, commit=oid, fixed=plan.ours.fixed)
    if plan.offers:
        await tools.hub.suggest(place, pull.number, pull.head, mark, plan.offers)
    suggested = {offer.path for offer in plan.offers}
    after = plan.beside.contents()
    patches = {path: (plan.before[path], text) for path, text in after.items() if path not in suggested}
    return render_work(replace(work, suggested=sorted(suggested), patches=patches)), bool(work.commit or suggested)


def _target(place: Place, pull: PullRequest) -> Place:
    owner, _, name = pull.head_full_name.partition("/")
    return Place(place.installation, pull.head_repository, owner, name)


def _commit(pull: PullRequest, done: Repaired, mark: str) -> Commit:
    rules = sorted({finding.rule for finding in done.fixed})
    title = f"Fix {rules[0]}" if len(rules) == 1 else f"Fix {len(done.fixed)} findings of prodgate"
    body = "\n".join([*(f"- {finding.rule}: {finding.where.path}" for finding in done.fixed), "", mark])
    return Commit(pull.head_ref, pull.head, title, body, done.contents(), frozenset(done.executable))
