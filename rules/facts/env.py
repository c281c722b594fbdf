"""Environment variables: where they are read, and where they are declared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from tree_sitter import Node

from rules.core.codebase import Codebase, Fact, FileReader
from rules.core.source import Location
from rules.syntax.dotenv import Variable, parse_dotenv
from rules.syntax.paths import named_as_test
from rules.syntax.trees import language_of, parse, place, string_value, text, walk

TEMPLATES = (".env.schema", ".env.example", ".env.sample", ".env.template", ".env.dist")

PLATFORM = frozenset(
    ("CI", "DEBUG", "EDITOR", "HOME", "HOSTNAME", "LANG", "LC_ALL", "LOGNAME", "NODE_ENV", "NODE_OPTIONS", "NO_COLOR",
     "PATH", "PWD", "PYTHONPATH", "SHELL", "TEMP", "TERM", "TMP", "TMPDIR", "TZ", "USER", "USERPROFILE", "VIRTUAL_ENV",
     "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "NEXT_RUNTIME", "MODE", "DEV", "PROD", "SSR", "BASE_URL")
)  # fmt: skip
PLATFORM_PREFIXES = (
    "npm_",
    "GITHUB_",
    "RUNNER_",
    "VERCEL",
    "NETLIFY",
    "RAILWAY_",
    "FLY_",
    "K_",
    "KUBERNETES_",
    "AWS_LAMBDA_",
)
TEST_PARTS = frozenset({"test", "tests", "__tests__", "spec", "e2e", "fixtures", "__mocks__", "examples", "docs"})


@dataclass(frozen=True, slots=True)
class Read:
    """One place in the code that reads a variable. `optional` when a default stands beside it."""

    key: str
    where: Location
    optional: bool


@dataclass(frozen=True, slots=True)
class EnvKey:
    """A variable that the code reads, and the template nearest to its first read (empty when there is none)."""

    key: str
    reads: tuple[Read, ...]
    template: str
    declared: bool


def _python_reads(path: str, content: bytes, root: Node) -> Iterator[Read]:
    modules, environs, getters = _python_names(root)
    environs |= {f"{module}.environ" for module in modules}
    getters |= {f"{module}.getenv" for module in modules} | {f"{name}.get" for name in environs}
    for node in walk(root):
        if node.type == "subscript" and text(node.child_by_field_name("value")) in environs:
            key = string_value(node.child_by_field_name("subscript"))
            parent = node.parent
            written = parent is not None and (
                (parent.type == "assignment" and parent.child_by_field_name("left") == node)
                or parent.type == "delete_statement"
            )
            if key and not written:
                yield Read(key, place(path, content, node), False)
        elif node.type == "call" and text(node.child_by_field_name("function")) in getters:
            arguments = node.child_by_field_name("arguments")
            given = arguments.named_children if arguments else []
            key = string_value(given[0]) if given else None
            if key:
                yield Read(key, place(path, content, node), len(given) > 1 or _python_default(node))


def _python_default(node: Node) -> bool:
    parent = node.parent
    return parent is not None and parent.type == "boolean_operator" and parent.child_by_field_name("left") == node


def _python_names(root: Node) -> tuple[set[str], set[str], set[str]]:
    modules, environs, getters = set(), set(), set()
    for node in walk(root):
        if node.type == "import_statement":
            for name in node.named_children:
                alias = name.child_by_field_name("alias")
                if text(name.child_by_field_name("name") or name) == "os":
                    modules.add(text(alias) or "os")
        elif node.type == "import_from_statement" and text(node.child_by_field_name("module_name")) == "os":
            for name in node.children_by_field_name("name"):
                original = text(name.child_by_field_name("name")) or text(name)
                local = text(name.child_by_field_name("alias")) or original
                if original == "environ":
                    environs.add(local)
                elif original == "getenv":
                    getters.add(local)
    return modules, environs, getters


JAVASCRIPT_ENVS = frozenset({"process.env", "import.meta.env"})


def _plain(node: Node | None) -> str:
    while node is not None and node.type in ("non_null_expression", "parenthesized_expression", "as_expression"):
        node = node.named_children[0]
    return text(node).replace("?.", ".").replace(" ", "")


def _javascript_reads(path: str, content: bytes, root: Node) -> Iterator[Read]:
    for node in walk(root):
        if node.type == "member_expression" and _plain(node.child_by_field_name("object")) in JAVASCRIPT_ENVS:
            key: str | None = text(node.child_by_field_name("property"))
        elif node.type == "subscript_expression" and _plain(node.child_by_field_name("object")) in JAVASCRIPT_ENVS:
            key = string_value(node.child_by_field_name("index"))
        else:
            yield from _destructured(path, content, node)
            continue
        if key and not _written(node):
            yield Read(key, place(path, content, node), _javascript_default(node))


def _destructured(path: str, content: bytes, node: Node) -> Iterator[Read]:
    if node.type != "variable_declarator" or _plain(node.child_by_field_name("value")) not in JAVASCRIPT_ENVS:
        return
    pattern = node.child_by_field_name("name")
    for part in pattern.named_children if pattern is not None and pattern.type == "object_pattern" else []:
        if part.type == "shorthand_property_identifier_pattern":
            yield Read(text(part), place(path, content, part), False)
        elif part.type == "pair_pattern":
            value = part.child_by_field_name("value")
            optional = value is not None and value.type == "assignment_pattern"
            yield Read(text(part.child_by_field_name("key")), place(path, content, part), optional)
        elif part.type == "object_assignment_pattern":
            yield Read(text(part.child_by_field_name("left")), place(path, content, part), True)


def _written(node: Node) -> bool:
    parent = node.parent
    return parent is not None and (
        (parent.type == "assignment_expression" and parent.child_by_field_name("left") == node)
        or (parent.type == "unary_expression" and text(parent).startswith("delete"))
    )


def _javascript_default(node: Node) -> bool:
    parent = node.parent
    if parent is None or parent.type != "binary_expression" or parent.child_by_field_name("left") != node:
        return False
    return text(parent.child_by_field_name("operator")) in ("||", "??")


def _reads(path: str, content: bytes) -> tuple[Read, ...]:
    if b"env" not in content and b"\0" not in content:
        return ()
    root = parse(path, content)
    finder = _python_reads if language_of(path) == "python" else _javascript_reads
    return tuple(read for read in finder(path, content, root) if _counts(read.key))


def _counts(key: str) -> bool:
    return key.isidentifier() and key not in PLATFORM and not key.startswith(PLATFORM_PREFIXES)


READS = FileReader("env-reads", "1", tuple[Read, ...], _reads)
DECLARED = FileReader("env-declared", "1", tuple[Variable, ...], lambda _, content: parse_dotenv(content))


def is_test(path: str) -> bool:
    """Whether a file belongs to tests, examples or documents rather than to what runs in production."""
    return named_as_test(path) or any(part.lower() in TEST_PARTS for part in PurePosixPath(path).parts[:-1])


def _build(code: Codebase) -> tuple[EnvKey, ...]:
    declared = code.read_files(DECLARED, [p for p in code.files if PurePosixPath(p).name in TEMPLATES])
    sources = [p for p in code.files if language_of(p) and not is_test(p) and "node_modules/" not in p]
    grouped: dict[tuple[str, str], list[Read]] = {}
    for path, reads in sorted(code.read_files(READS, sources).items()):
        template = _nearest(path, declared)
        for read in reads:
            grouped.setdefault((template, read.key), []).append(read)
    return tuple(
        EnvKey(key, tuple(reads), template, any(key == v.key for v in declared.get(template, ())))
        for (template, key), reads in sorted(grouped.items())
    )


def _nearest(path: str, templates: dict[str, tuple[Variable, ...]]) -> str:
    for folder in PurePosixPath(path).parents:
        for name in TEMPLATES:
            candidate = str(folder / name)
            if candidate in templates:
                return candidate
    return ""


ENV: Fact[Sequence[EnvKey]] = Fact("env", _build)
