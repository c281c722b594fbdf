"""The policy file: every mistake with its line."""

from __future__ import annotations

import pytest
from pydantic import BaseModel, ConfigDict

from rules.policy import Policy
from rules.policy_file import Names, PolicyError, effective, parse_policy


class Options(BaseModel):
    model_config = ConfigDict(extra="forbid")

    depth: int = 1


NAMES = Names({"env/undeclared-read": None, "env/deep": Options}, {"env"})


def mistakes(text: str | bytes) -> list[tuple[int, str]]:
    content = text.encode() if isinstance(text, str) else text
    with pytest.raises(PolicyError) as caught:
        parse_policy(content, NAMES)
    return [(mistake.line, mistake.message) for mistake in caught.value.mistakes]


def test_an_empty_file_is_the_default_policy() -> None:
    assert parse_policy(b"# nothing yet\n", NAMES) == Policy()


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("checks: gate\nannotation: 5\n", 2, "did you mean 'annotations'?"),
        ("rules:\n  env/undeclared-raed:\n    enabled: false\n", 2, "did you mean 'env/undeclared-read'?"),
        ("rules:\n  env/undeclared-read:\n    severty: note\n", 3, "did you mean 'severity'?"),
        ("rules:\n  env/deep:\n    options: {depht: 2}\n", 3, "did you mean 'depth'?"),
        ("rules:\n  env/deep:\n    options:\n      depth: two\n", 4, "rules.env/deep.options.depth"),
        ("rules:\n  env/undeclared-read:\n    options: {depth: 2}\n", 3, "unknown key"),
        ("packs: {envv: true}\n", 1, "did you mean 'env'?"),
        ("annotations: lots\n", 1, "annotations"),
        ("a: &x 1\nb: *x\n", 2, "aliases are not allowed"),
        ("checks: [gate\n", 2, ""),
        ("- a list\n", 1, "a policy is a mapping"),
    ],
)
def test_a_mistake_is_named_with_its_line(text: str, line: int, words: str) -> None:
    found = mistakes(text)
    assert found[0][0] == line
    assert words in found[0][1]


def test_bombs_and_binaries_are_refused() -> None:
    assert "too deeply" in mistakes("a: " + "[" * 20_000)[0][1]
    assert "not UTF-8" in mistakes(b"\xff\xfe")[0][1]
    assert "larger than" in mistakes(b"#" * 200_000)[0][1]


def test_the_repository_speaks_over_the_organization_except_where_it_locks() -> None:
    organization = (
        b"checks: gate\nannotations: 5\nfix: {unsafe: false}\npacks: {env: true}\nlock: [checks, fix.unsafe, packs]\n"
    )
    repository = b"checks: packs\nannotations: 9\nfix: {unsafe: true, enabled: false}\n"
    policy, vain = effective(organization, repository, NAMES)
    assert (policy.checks, policy.annotations, policy.fix.unsafe, policy.fix.enabled) == ("gate", 9, False, False)
    assert vain == ("checks", "fix.unsafe")
    assert policy.lock == ("checks", "fix.unsafe", "packs")


def test_only_the_organization_locks() -> None:
    policy, vain = effective(b"annotations: 5\n", b"lock: [annotations]\nannotations: 9\n", NAMES)
    assert (policy.annotations, policy.lock, vain) == (9, (), ())


def test_a_mistake_in_either_file_is_an_error() -> None:
    for files in ((b"chekcs: gate\n", None), (None, b"chekcs: gate\n")):
        with pytest.raises(PolicyError, match="did you mean 'checks'"):
            effective(*files, NAMES)
