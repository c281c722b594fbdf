from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Annotated

import typer

from bot.terminal import fail

ROOT = Path(__file__).parents[2]


def run(keep: Annotated[bool, typer.Option("--keep", help="Leave everything running at the end.")] = False) -> None:
    """Shows a pull request judged, fixed and green: the real App against a stand-in for GitHub on this machine."""
    if not (ROOT / "tests" / "github" / "demo.py").is_file():
        raise fail("the demonstration's stand-in for GitHub is in the source checkout only; run `make demo` there")
    sys.path.insert(0, str(ROOT))
    importlib.import_module("tests.github.demo").main(keep)
