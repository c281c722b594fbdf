from __future__ import annotations

from collections.abc import Iterable, Sequence

from rules.core.codebase import Codebase, Fact
from rules.core.finding import Finding, Severity
from rules.core.rule import Bad, Good, Rule
from rules.core.source import locate_line
from rules.policy import POLICY_PATH
from rules.policy_file import NAMES, PolicyError, parse_policy

POLICY_FILE: Fact[Sequence[str]] = Fact("policy-file", lambda code: [POLICY_PATH] if POLICY_PATH in code.files else [])


class InvalidFile(Rule[str]):
    """The policy file has a mistake.

    `.github/prodgate.yml` is read from the base of a change, so a mistake in it would first be felt by the
    next pull request, which then cannot be judged. Each mistake is named on its line: an unknown key, rule
    or pack (with the name that was probably meant), a value of the wrong kind, YAML that cannot be read.
    Aliases are refused, since a policy needs none.
    """

    id = "policy/invalid-file"
    severity = Severity.ERROR
    since = "0.1.0"
    looks_at = POLICY_FILE
    examples = (
        Bad({POLICY_PATH: "checks: gate\nannotation: 50\n"}, line=2),
        Bad({POLICY_PATH: "checks: [gate\n"}, line=2),
        Bad({POLICY_PATH: "rules:\n  env/undeclared: {severity: note}\n"}, line=2),
        Good({POLICY_PATH: "checks: gate\nannotations: 50\n"}),
    )

    def check(self, subject: str, code: Codebase) -> Iterable[Finding]:
        content = code.text(subject) or b""
        try:
            parse_policy(content, code.get(NAMES))
        except PolicyError as problem:
            for mistake in problem.mistakes:
                message = f"This policy cannot be used: {mistake.message}."
                yield self.finding((mistake.message,), message, locate_line(subject, content, mistake.line))
