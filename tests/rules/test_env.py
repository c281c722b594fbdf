"""Every form in which code reads the environment."""

from __future__ import annotations

import pytest

from rules.core.codebase import Codebase, Unread
from rules.core.source import MemorySnapshot
from rules.facts.env import ENV
from rules.syntax.dotenv import parse_dotenv


def keys(path: str, text: str | bytes) -> dict[str, bool]:
    content = text.encode() if isinstance(text, str) else text
    found = Codebase(MemorySnapshot({path: content})).get(ENV)
    return {item.key: all(read.optional for read in item.reads) for item in found}


@pytest.mark.parametrize(
    ("path", "text", "optional"),
    [
        ("a.ts", "process.env.K", False),
        ("a.ts", 'process.env["K"]', False),
        ("a.ts", "process.env?.K", False),
        ("a.ts", "process.env!.K", False),
        ("a.ts", "(process.env as any).K", False),
        ("a.ts", "const {K} = process.env", False),
        ("a.ts", "const {K: other} = process.env", False),
        ("a.ts", "const {K = 'x'} = process.env", True),
        ("a.tsx", "const a = <p>{import.meta.env.K}</p>", False),
        ("a.js", "process.env.K ?? 'x'", True),
        ("a.js", "process.env.K || 'x'", True),
        ("a.py", "import os\nos.environ['K']", False),
        ("a.py", "import os\nos.environ.get('K')", False),
        ("a.py", "import os\nos.getenv('K', 'x')", True),
        ("a.py", "import os as o\no.environ['K']", False),
        ("a.py", "from os import environ, getenv as g\nenviron['K']\ng('K')", False),
        ("a.py", "import os\nos.getenv('K') or 'x'", True),
    ],
)
def test_a_read_is_found(path: str, text: str, optional: bool) -> None:
    assert keys(path, text) == {"K": optional}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.ts", "process.env.K = '1'"),
        ("a.ts", "delete process.env.K"),
        ("a.ts", "// process.env.K"),
        ("a.ts", "other.env.K"),
        ("a.py", "import os\nos.environ['K'] = '1'"),
        ("a.py", "environ['K']"),
        ("a.py", "import os\nos.environ[name]"),
        ("a.test.ts", "process.env.K"),
        ("tests/a.py", "import os\nos.environ['K']"),
    ],
)
def test_what_reads_nothing_is_quiet(path: str, text: str) -> None:
    assert keys(path, text) == {}


def test_deep_nesting_is_read_or_named_but_never_a_crash() -> None:
    assert keys("a.js", "(" * 50_000 + "process.env.K" + ")" * 50_000) in ({}, {"K": False})


@pytest.mark.parametrize("content", [b"process.env.K \0", b"process.env.K = '\xe9'"])
def test_a_file_that_cannot_be_read_is_unread(content: bytes) -> None:
    code = Codebase(MemorySnapshot({"a.js": content}))
    assert code.get(ENV) == ()
    assert [u.path for u in code.unread_by(ENV)] == ["a.js"]
    assert isinstance(code.unread_by(ENV)[0], Unread)


def test_dotenv_forms() -> None:
    text = '\ufeffA=1\r\nexport B="two\r\nlines"\r\n# C=no\r\nD = x # y\nE\n'.encode()
    assert [(v.key, v.line) for v in parse_dotenv(text)] == [("A", 1), ("B", 2), ("D", 5), ("E", 6)]


def test_the_nearest_template_counts() -> None:
    files = {".env.example": b"K=", "api/.env.example": b"", "api/a.py": b"import os\nos.environ['K']"}
    item = Codebase(MemorySnapshot(files)).get(ENV)[0]
    assert (item.template, item.declared) == ("api/.env.example", False)
