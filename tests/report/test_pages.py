"""A rule's page and the schema of the policy, from the rules alone."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
from markdown_it import MarkdownIt

from bot.report.pages import index_page, rule_page
from bot.report.schema import config_schema
from rules.catalog import all_rules
from rules.core.rule import Bad, Good, Rule
from rules.policy import Policy

RULES = all_rules()
PARSER = MarkdownIt("commonmark").enable("table")
SCHEMA = config_schema(Policy, RULES.values())


@pytest.mark.parametrize("rule", RULES.values(), ids=list(RULES))
def test_a_page_has_a_title_its_examples_whole_and_its_options(rule: Rule[Any]) -> None:
    parsed = PARSER.parse(rule_page(rule))
    headings = [parsed[n + 1].content for n, token in enumerate(parsed) if token.type == "heading_open"]
    assert headings[0] == rule.title
    assert {"Rejected", "Accepted", "Suppress"} <= {*headings}
    assert ("Options" in headings) == (rule.options is not None)
    blocks = [token.content for token in parsed if token.type == "fence"]
    for example in rule.examples:
        assert isinstance(example, Bad | Good)
        for text in example.files.values():
            assert any(block.rstrip("\n") == text.rstrip("\n") for block in blocks)


def test_the_index_links_every_rule_once() -> None:
    text = index_page(RULES.values())
    for name in RULES:
        assert text.count(f"[{name}]({name}.md)") == 1


@pytest.mark.parametrize(
    "policy",
    [
        {},
        {"packs": {"docs": False}, "checks": "gate", "annotations": 10, "ignore": ["vendor/*"]},
        {"rules": {"env/undeclared-read": {"severity": "warning", "enabled": True, "allow_suppression": True}}},
        {"rules": {"docs/required-document": {"options": {"documents": {"README": ["README.md"]}}}}},
    ],
)
def test_a_right_policy_is_valid(policy: dict[str, Any]) -> None:
    jsonschema.validate(policy, SCHEMA)
    Policy.model_validate(policy)


@pytest.mark.parametrize(
    "policy",
    [
        {"pakcs": {}},
        {"packs": {"dosc": False}},
        {"packs": {"docs": "off"}},
        {"rules": {"env/undeclared-raed": {}}},
        {"rules": {"env/undeclared-read": {"severity": "terrible"}}},
        {"rules": {"env/undeclared-read": {"options": {"any": 1}}}},
        {"rules": {"docs/required-document": {"options": {"documnets": {}}}}},
        {"annotations": -1},
        {"checks": "all"},
    ],
)
def test_a_wrong_policy_is_not(policy: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(policy, SCHEMA)


def test_the_schema_is_one_and_tells_what_each_rule_is() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    listed = SCHEMA["properties"]["rules"]["properties"]
    assert {name: entry["description"] for name, entry in listed.items()} == {n: r.title for n, r in RULES.items()}
