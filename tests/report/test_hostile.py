"""Strangers' words in every form: they are read, and never obeyed."""

from __future__ import annotations

import json
import re

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from bot.report.check_run import gate
from bot.report.escape import code, cut, cut_bytes, fenced, fit_lines, markdown, one_line, url_path, visible
from bot.report.json_report import render_json
from bot.report.markdown import render_markdown
from bot.report.sarif import render_sarif
from bot.report.text import render_text
from bot.report.workflow import render_workflow
from tests.report.made import GITHUB, HOSTILE, context, hostile

PARSER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
OURS = {
    "paragraph_open", "paragraph_close", "inline", "text", "code_inline", "softbreak", "strong_open", "strong_close",
    "bullet_list_open", "bullet_list_close", "list_item_open", "list_item_close", "link_open", "link_close",
    "em_open", "em_close", "heading_open", "heading_close",
}  # fmt: skip
LINKED = re.compile(r"@\w|#\d|\bgh-\d|://(?!\u200b)|www\.", re.I)
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]")


def tokens(text: str) -> list[Token]:
    return [part for token in PARSER.parse(text) for part in (token, *(token.children or ()))]


def everything() -> dict[str, str]:
    run = gate(hostile(), context())
    return {"gate": run.summary, "text": run.text, "markdown": render_markdown(hostile(), context())}


@pytest.mark.parametrize("name", ["gate", "text", "markdown"])
def test_no_markdown_of_theirs_is_rendered(name: str) -> None:
    parsed = tokens(everything()[name])
    assert {token.type for token in parsed} <= OURS
    links = [token.attrGet("href") for token in parsed if token.type == "link_open"]
    assert all(str(link).startswith(f"{GITHUB}/acme/shop/") for link in links)
    headings = [token for token in parsed if token.type == "heading_open"]
    assert len(headings) == (name == "markdown")


@pytest.mark.parametrize("name", ["gate", "markdown"])
def test_nothing_of_theirs_becomes_a_mention_or_a_link_by_itself(name: str) -> None:
    said = [token.content for token in tokens(everything()[name]) if token.type == "text"]
    assert said
    for text in said:
        assert not LINKED.search(text), text


@pytest.mark.parametrize("name", ["gate", "text", "markdown"])
def test_every_finding_keeps_one_line(name: str) -> None:
    for line in everything()[name].splitlines():
        assert line == "" or line.startswith(("- ", "**", "## ", "Comment `/fix`", "_Cut", "0 older")), line


@pytest.mark.parametrize("text", HOSTILE)
def test_escaped_markdown_reads_as_it_was_written(text: str) -> None:
    (inline,) = [token for token in PARSER.parse(f"- x {markdown(text)}") if token.type == "inline"]
    assert {part.type for part in inline.children or ()} <= {"text"}
    said = "".join(part.content for part in inline.children or ())
    assert said.replace("\u200b", "") == f"x {one_line(text)}".replace("\u200b", "")


@pytest.mark.parametrize("text", [*HOSTILE, "", " ", "`", "``", "a`", "`a", "a``b```c", "\n"])
def test_a_code_span_holds_anything(text: str) -> None:
    (inline,) = [token for token in PARSER.parse(f"x {code(text)} y") if token.type == "inline"]
    spans = [part.content for part in inline.children or () if part.type == "code_inline"]
    assert [span.strip() for span in spans] == [visible(text).strip()]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_fence_holds_anything(text: str) -> None:
    block, *rest = PARSER.parse(f"{fenced(text, 'python')}\n\nafter")
    assert (block.type, block.info) == ("fence", "python")
    assert [token.content for token in rest if token.type == "inline"] == ["after"]


def commands(log: str) -> list[tuple[str, dict[str, str], str]]:
    """What a runner makes of a log: `::name key=value,…::data` at the start of a line, `##[name]` anywhere else."""
    found = []
    for line in re.split(r"\r\n|\r|\n", log):
        match = re.match(r"\s*::([a-z-]+)(?: ([^:]*))?::(.*)$", line)
        if match:
            name, listed, data = match.groups()
            pairs = [pair.partition("=") for pair in (listed or "").split(",") if pair]
            found.append((name, {key: _decoded(value) for key, _, value in pairs}, _decoded(data)))
        else:
            assert "##[" not in line
    return found


def _decoded(text: str) -> str:
    for code_, character in (("%2C", ","), ("%3A", ":"), ("%0A", "\n"), ("%0D", "\r"), ("%25", "%")):
        text = text.replace(code_, character)
    return text


def test_no_workflow_command_is_forged_and_each_says_what_it_means() -> None:
    found = commands(render_workflow(hostile()))
    assert {name for name, _, _ in found} == {"error", "notice"}
    told = [(props["file"], data) for name, props, data in found if props.get("title") == "env/undeclared-read"]
    for text in HOSTILE:
        kept = visible(text, keep="\n\r\t")
        assert (visible(text, keep="\n\r"), kept) in told
    assert not UNPRINTABLE.search(re.sub(r"[\t\n]", "", render_workflow(hostile())))


def test_no_workflow_command_is_forged_through_the_plain_text() -> None:
    said = render_text(hostile())
    assert commands(said) == []
    assert not UNPRINTABLE.search(said.replace("\n", ""))
    assert len(said.splitlines()) == said.count("\n")


@pytest.mark.parametrize("render", [render_json, render_sarif])
def test_json_forms_stay_json_and_carry_the_words(render: object) -> None:
    parsed = json.loads(render(hostile()))  # type: ignore[operator]
    assert parsed["version"]


def test_sarif_messages_hold_no_links_and_no_controls() -> None:
    (run,) = json.loads(render_sarif(hostile()))["runs"]
    for result in run["results"]:
        text = result["message"]["text"]
        assert "](" not in text
        assert not UNPRINTABLE.search(text.replace("\n", "").replace("\t", ""))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\u202eb", "a\\u202eb"),
        ("\x1b[31m", "\\x1b[31m"),
        ("\x00", "\\x00"),
        ("\n\r\t", "\\n\\r\\t"),
        ("\U000e0041", "\\U000e0041"),
        ("\ud800", "\\ud800"),
        ("é€\U0001f600", "é€\U0001f600"),
    ],
)
def test_what_cannot_be_seen_is_shown(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_cutting_tears_no_character() -> None:
    assert cut("abcdef", 4) == "abc…"
    assert cut_bytes("é" * 10, 9) == "ééé…"
    assert cut_bytes("é", 2) == "é"
    assert fit_lines("one\ntwo\n" * 10, 30, "(cut)") == "one\ntwo\none\ntwo\none\n\n(cut)"
    assert url_path("a b/ü(1)#?.py") == "a%20b/%C3%BC%281%29%23%3F.py"
