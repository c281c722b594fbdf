"""A rule's documentation page, from the rule alone."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from pydantic import BaseModel

from bot.report.escape import code, fenced
from rules.core.rule import Bad, Good, Rule

LANGUAGES: Mapping[str, str] = {
    ".cjs": "javascript",
    ".js": "javascript",
    ".jsx": "jsx",
    ".json": "json",
    ".md": "markdown",
    ".mjs": "javascript",
    ".prisma": "prisma",
    ".py": "python",
    ".sh": "sh",
    ".sql": "sql",
    ".toml": "toml",
    ".ts": "typescript",
    ".tsx": "tsx",
    ".yaml": "yaml",
    ".yml": "yaml",
}


def rule_page(rule: Rule[Any]) -> str:
    """The page: what the rule holds against a change and why, its settings, what it rejects and accepts."""
    title, _, rest = inspect.cleandoc(type(rule).__doc__ or "").partition("\n")
    parts = [f"# {title or rule.id}", _metadata(rule), rest.strip()]
    if rule.options is not None:
        parts += ["## Options", _options(rule.id, rule.options)]
    bad = [example for example in rule.examples if isinstance(example, Bad)]
    good = [example for example in rule.examples if isinstance(example, Good)]
    if bad:
        parts += ["## Rejected", *(part for example in bad for part in _bad(example))]
    if good:
        parts += ["## Accepted", *(part for example in good for part in _example(example))]
    parts += ["## Suppress", f"`prodgate: ignore {rule.id} — <reason>` in a comment on the line, or on the line above."]
    return "\n\n".join(part for part in parts if part) + "\n"


def index_page(rules: Iterable[Rule[Any]]) -> str:
    """A table of every rule by pack, each linked to `<pack>/<name>.md`."""
    packs: dict[str, list[Rule[Any]]] = {}
    for rule in sorted(rules, key=lambda rule: rule.id):
        packs.setdefault(rule.pack, []).append(rule)
    parts = ["# Rules"]
    for pack, members in packs.items():
        rows = [f"| [{r.id}]({r.id}.md) | {r.severity} | {_cell(r.title)} |" for r in members]
        parts += [
            f"## {pack}",
            "\n".join(["| rule | severity | what it holds against a change |", "|---|---|---|", *rows]),
        ]
    return "\n\n".join(parts) + "\n"


def _metadata(rule: Rule[Any]) -> str:
    rows = [("Rule", code(rule.id))]
    if rule.reference:
        rows.append(("Reference", rule.reference))
    rows += [("Severity", str(rule.severity)), ("Confidence", str(rule.confidence)), ("Since", rule.since)]
    if rule.supersedes:
        rows.append(("Supersedes", ", ".join(map(code, sorted(rule.supersedes)))))
    return "\n".join(["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)])


def _options(rule: str, model: type[BaseModel]) -> str:
    schema = model.model_json_schema()
    rows = [
        f"| {code(name)} | {_cell(_type(option))} | {_cell(code(str(option.get('default', 'required'))))} "
        f"| {_cell(option.get('description', ''))} |"
        for name, option in schema.get("properties", {}).items()
    ]
    where = fenced(f"rules:\n  {rule}:\n    options:\n      {next(iter(schema.get('properties', {})), '…')}: …", "yaml")
    table = ["| option | type | default | meaning |", "|---|---|---|---|", *rows]
    return "\n\n".join(["\n".join(table), "In `.github/prodgate.yml`:", where])


def _type(option: Mapping[str, Any]) -> str:
    if "anyOf" in option:
        return " or ".join(_type(choice) for choice in option["anyOf"])
    if "enum" in option:
        return " or ".join(map(str, option["enum"]))
    return str(option.get("type") or option.get("$ref", "any").rpartition("/")[2])


def _bad(example: Bad) -> Iterator[str]:
    yield from _example(example)
    if example.fixed is not None:
        yield "The fix makes:"
        yield from _files(example.fixed)


def _example(example: Bad | Good) -> Iterator[str]:
    if example.base is not None:
        yield "Before the change:" if example.base else "Before the change there is nothing."
        yield from _files(example.base)
        yield "After it:"
    yield from _files(example.files)


def _files(files: Mapping[str, str]) -> Iterator[str]:
    for path, text in files.items():
        yield f"{code(path)}\n{fenced(text, LANGUAGES.get(PurePosixPath(path).suffix, ''))}"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
