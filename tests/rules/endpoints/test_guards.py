"""What counts as a guard: code that turns away who has no identity, whatever it is called."""

from __future__ import annotations

import pytest

from tests.rules.endpoints import snippets
from tests.rules.endpoints.trees import inventory, table

PYTHON = """import hmac, os, time
import jwt
from fastapi import APIRouter, Cookie, Depends, FastAPI, Header, HTTPException, Request, Response, status
from typing import Annotated

app = FastAPI()


class Settings:
    flag = os.environ.get("FLAG")
    API_KEY = os.environ["API_KEY"]


settings = Settings()


{guard}


@app.post("/r", dependencies=[Depends(guard)])
def handler(body: dict):
    return body
"""

JAVASCRIPT = """const express = require("express");
const jwt = require("jsonwebtoken");
const crypto = require("crypto");
const db = require("./db");
const app = express();
{guard}
app.post("/r", guard, (req, res) => { res.json({ ok: true }); });
"""


def python(guard: str) -> str:
    return table({"main.py": PYTHON.replace("{guard}", guard)})["POST /r"]


def javascript(guard: str) -> str:
    return table({"server.js": JAVASCRIPT.replace("{guard}", guard)})["POST /r"]


@pytest.mark.parametrize("name", snippets.PYTHON_GUARDS)
def test_python_that_turns_the_unknown_away_is_a_guard(name: str) -> None:
    assert python(snippets.PYTHON_GUARDS[name]) == "guarded"


@pytest.mark.parametrize("name", snippets.PYTHON_OTHERS)
def test_python_that_lets_the_unknown_pass_is_no_guard(name: str) -> None:
    assert python(snippets.PYTHON_OTHERS[name]) == "unguarded"


@pytest.mark.parametrize("name", snippets.JAVASCRIPT_GUARDS)
def test_javascript_that_turns_the_unknown_away_is_a_guard(name: str) -> None:
    assert javascript(snippets.JAVASCRIPT_GUARDS[name]) == "guarded"


@pytest.mark.parametrize("name", snippets.JAVASCRIPT_OTHERS)
def test_javascript_that_lets_the_unknown_pass_is_no_guard(name: str) -> None:
    assert javascript(snippets.JAVASCRIPT_OTHERS[name]) == "unguarded"


@pytest.mark.parametrize("name", snippets.DOUBTFUL)
def test_what_cannot_be_told_is_unknown_and_says_why(name: str) -> None:
    files = {"server.js": JAVASCRIPT.replace("{guard}", snippets.DOUBTFUL[name])}
    found = [e for e in inventory(files) if e.path == "/r"]
    assert [e.verdict.value for e in found] == ["unknown"]
    assert found[0].reason
