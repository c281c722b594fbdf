"""What is known of the options with which libraries are called, and what stands before an endpoint."""

from __future__ import annotations

from rules.core.codebase import Codebase
from rules.core.source import MemorySnapshot
from rules.facts.endpoints import ENDPOINTS, LIBRARY_CALLS
from rules.facts.endpoints.library_calls import LibraryCall, Sort
from tests.rules.endpoints.test_parts import Kept
from tests.rules.endpoints.trees import inventory

EXPRESS = {
    "app.js": """const express = require("express");
const cors = require("cors");
const { origins, decide } = require("./settings");
const app = express();
app.set("trust proxy", true);
app.use(cors({ origin: origins, credentials: true, allowedHeaders: process.env.HEADERS }));
if (process.env.LIMIT) app.use(express.json({ limit: "10mb" }));
app.use(cors({ origin: decide }));
app.get("/orders", (req, res) => res.json([]));
""",
    "settings.js": """exports.origins = [/example\\.com$/, "https://shop.example"];
exports.decide = (origin, done) => done(null, true);
""",
}


def calls(files: dict[str, str]) -> list[LibraryCall]:
    return list(Codebase(MemorySnapshot({p: t.encode() for p, t in files.items()})).get(LIBRARY_CALLS))


def called(files: dict[str, str], name: str) -> list[LibraryCall]:
    return [call for call in calls(files) if call.name == name]


def test_options_are_resolved_across_files() -> None:
    first, second = called(EXPRESS, "cors")
    assert (first.where.path, first.where.line) == ("app.js", 6)
    options = first.options
    assert options is not None
    assert options.entry("credentials").is_constant(True)  # type: ignore[union-attr]
    origin = options.entry("origin")
    assert origin is not None and origin.sort is Sort.LIST
    assert [item.sort for item in origin.items] == [Sort.PATTERN, Sort.CONSTANT]
    assert origin.texts == ("example\\.com$", "https://shop.example")
    assert options.entry("allowedHeaders").name == "process.env.HEADERS"  # type: ignore[union-attr]
    function = second.options.entry("origin")  # type: ignore[union-attr]
    assert function is not None and function.sort is Sort.FUNCTION
    assert function.where is not None and (function.where.path, function.where.line) == ("settings.js", 2)


def test_a_call_on_what_a_library_made_has_its_full_name() -> None:
    (proxy,) = called(EXPRESS, "express().set")
    assert proxy.argument(0).is_constant("trust proxy")  # type: ignore[union-attr]
    assert proxy.argument(1).is_constant(True)  # type: ignore[union-attr]
    assert proxy.argument(2) is None and proxy.options is None


def test_a_call_under_a_condition_says_so() -> None:
    assert [call.under for call in called(EXPRESS, "express.json")] == [True]


def test_keyword_arguments_are_options() -> None:
    files = {
        "main.py": "from fastapi import FastAPI\nfrom fastapi.middleware.cors import CORSMiddleware\n\n"
        'app = FastAPI(debug=True)\napp.add_middleware(CORSMiddleware, allow_origins=["*"], allow_credentials=True)\n',
    }
    (added,) = called(files, "fastapi.FastAPI().add_middleware")
    assert added.argument(0).name == "fastapi.middleware.cors.CORSMiddleware"  # type: ignore[union-attr]
    assert added.argument(None, "allow_origins").texts == ("*",)  # type: ignore[union-attr]
    assert added.options.entry("allow_credentials").is_constant(True)  # type: ignore[union-attr]


def test_an_endpoint_knows_what_stands_before_it_in_order() -> None:
    (endpoint,) = inventory(EXPRESS)
    assert [stage.name for stage in endpoint.stages] == ["cors()", "express.json()", "cors()"]


def test_calls_are_kept_with_the_part_of_their_file() -> None:
    kept = Kept()
    snapshot = MemorySnapshot({path: text.encode() for path, text in EXPRESS.items()})
    fresh = Codebase(snapshot, cache=kept)
    again = Codebase(snapshot, cache=kept)
    assert fresh.get(LIBRARY_CALLS) == again.get(LIBRARY_CALLS)
    assert fresh.get(ENDPOINTS) == again.get(ENDPOINTS)
    assert any(name == "endpoint parts" for name, _ in kept.values)
