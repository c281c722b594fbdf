"""One line an event, whoever speaks, in either form, and no secret on any."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import jwt
import pytest
import structlog
from structlog.contextvars import bound_contextvars

from bot.logs import HIDDEN, configure_logs
from tests.bot.test_settings import KEY

OWN = "webhook-secret-of-ours"
TOKENS = [
    "ghs_" + "a1B2" * 9,
    "ghs_4242_" + jwt.encode({"pad": "x" * 300}, "k" * 32),
    *(f"{prefix}_" + "Z9" * 18 for prefix in ("ghp", "gho", "ghu", "ghr")),
    "github_pat_" + "A1b2C3" * 12,
    jwt.encode({"iss": "4242"}, "k" * 32),
    KEY.strip(),
    OWN,
]


@pytest.fixture
def out() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    stream = io.StringIO()
    configure_logs("info", "json", [OWN, KEY], stream)
    yield stream
    root.handlers[:], root.level = before
    structlog.reset_defaults()


def lines(out: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


@pytest.mark.parametrize("token", TOKENS)
def test_no_secret_is_told_in_an_event_a_value_or_an_exception(out: io.StringIO, token: str) -> None:
    log = structlog.get_logger()
    log.info(f"event {token}", value=token, deep={"list": [token], token: ("x", token)}, thing=ValueError(token))
    logging.getLogger("library").warning("said %s", token, extra={"field": token})
    for speak in (log.exception, logging.getLogger("library").exception):
        try:
            raise RuntimeError(f"could not use {token}")
        except RuntimeError:
            speak("it broke")
    told = out.getvalue()
    assert len(lines(out)) == 4
    assert HIDDEN in told
    for part in filter(lambda word: len(word) > 8, token.replace("-----BEGIN PRIVATE KEY-----", "").split()):
        assert part not in told


def test_credentials_in_headers_and_addresses_are_not_told(out: io.StringIO) -> None:
    log = structlog.get_logger()
    log.info("sent", headers="Authorization: basic eC1hY2Nlc3M6c2VjcmV0", at="postgresql://bot:hunter2@db.example/x")
    (line,) = lines(out)
    assert line["headers"] == f"Authorization: basic {HIDDEN}"
    assert line["at"] == f"postgresql://{HIDDEN}@db.example/x"


def test_ordinary_words_stay(out: io.StringIO) -> None:
    structlog.get_logger().info("token minted", path="a/b_c.py", sha="a" * 40, count=3, none=None)
    (line,) = lines(out)
    assert (line["event"], line["path"], line["sha"], line["count"], line["none"]) == (
        "token minted",
        "a/b_c.py",
        "a" * 40,
        3,
        None,
    )


def test_the_context_stands_on_the_lines_of_libraries_too(out: io.StringIO) -> None:
    with bound_contextvars(run="r1", pull=9):
        structlog.get_logger().info("ours")
        logging.getLogger("uvicorn.error").warning("theirs")
    structlog.get_logger().info("after")
    ours, theirs, after = lines(out)
    assert (ours["run"], ours["pull"], theirs["run"], theirs["pull"]) == ("r1", 9, "r1", 9)
    assert "run" not in after
    assert {line["level"] for line in (ours, after)} == {"info"}


def test_the_level_holds_for_everybody(out: io.StringIO) -> None:
    configure_logs("warning", "json", [], out)
    structlog.get_logger().info("ours")
    logging.getLogger("library").info("theirs")
    assert out.getvalue() == ""


def test_the_console_form_is_redacted_too(out: io.StringIO) -> None:
    configure_logs("debug", "console", [OWN], out)
    try:
        raise RuntimeError(OWN)
    except RuntimeError:
        structlog.get_logger().exception("it broke", value=TOKENS[0])
    told = out.getvalue()
    assert "it broke" in told
    assert "RuntimeError" in told
    assert OWN not in told
    assert TOKENS[0] not in told
