from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from string import Template
from typing import Annotated

import typer

from bot.terminal import fail

NAME = re.compile(r"([a-z][a-z0-9]*(?:-[a-z0-9]+)*)/([a-z][a-z0-9]*(?:-[a-z0-9]+)*)")
ROOT = Path(__file__).parents[2]

RULE = Template('''\
from __future__ import annotations

from collections.abc import Iterable, Sequence

from rules.core.codebase import Codebase, Fact
from rules.core.finding import Confidence, Edit, Finding, Fix, Severity
from rules.core.rule import Bad, Good, Rule
from rules.core.source import Span, locate

WRONG, RIGHT = b"debug=on", b"debug=off"


def _settings(code: Codebase) -> Sequence[str]:
    return [path for path in code.files if path.endswith("service.ini")]


SETTINGS: Fact[Sequence[str]] = Fact("$id", _settings)


class $class(Rule[str]):
    """What is wrong, in one sentence about the code.

    Whom it hurts and when: say what happens in production, at night, to whoever runs this. Then say what
    to write instead, and where this rule deliberately keeps silent. This text is the rule's page.
    """

    id = "$id"
    severity = Severity.WARNING
    confidence = Confidence.MEDIUM
    since = "$version"
    looks_at = SETTINGS
    examples = (
        Bad({"api/service.ini": "port=80\\ndebug=on\\n"}, line=2, fixed={"api/service.ini": "port=80\\ndebug=off\\n"}),
        Good({"api/service.ini": "port=80\\ndebug=off\\n"}),
    )

    def check(self, subject: str, code: Codebase) -> Iterable[Finding]:
        content = code.text(subject) or b""
        start = content.find(WRONG)
        if start < 0:
            return
        end = start + len(WRONG)
        fix = Fix("Switch debugging off", (Edit(subject, Span(start, end), RIGHT),))
        where = locate(subject, content, start, end)
        yield self.finding(("debug",), "Debugging is on.", where, fix=fix, file_local=True)
''')

GUARD = Template('''\
from __future__ import annotations

from collections.abc import Iterable

from migration_guards.actions import DropTable
from migration_guards.examples import bad, good
from migration_guards.guard import Guard
from migration_guards.model import Operation
from rules.core.codebase import Codebase
from rules.core.finding import Confidence, Finding, Severity


class $class(Guard):
    """What a migration does, in one sentence.

    Whom it hurts and when: say what is locked, lost or broken while this is deployed. Then say what to
    write instead, and where this guard deliberately keeps silent. This text is the rule's page.
    """

    id = "$id"
    severity = Severity.WARNING
    confidence = Confidence.MEDIUM
    since = "$version"
    examples = (
        bad("SELECT 1;\\nDROP TABLE users;\\n", line=2),
        good("CREATE TABLE users (id int);\\n"),
    )

    def judge(self, subject: Operation, code: Codebase) -> Iterable[Finding]:
        action = subject.action
        if isinstance(action, DropTable) and not subject.on_new_table:
            yield self.against(subject, f"This drops {action.table}.")
''')


def run(
    name: Annotated[str, typer.Argument(metavar="PACK/NAME", help="The rule's id, in lower case with hyphens.")],
) -> None:
    """Writes a new rule with its page and examples into this checkout; they are its tests from the start."""
    from importlib.metadata import version

    match = NAME.fullmatch(name)
    if match is None:
        raise fail(f"{name!r} is no PACK/NAME in lower case with hyphens, such as env/undeclared-read")
    folders = pack_folders()
    if match[1] not in folders:
        raise fail(f"there is no pack {match[1]!r}; there are {', '.join(folders)}")
    place = folders[match[1]] / f"{match[2].replace('-', '_')}.py"
    words = {
        "id": name,
        "class": "".join(part.capitalize() for part in match[2].split("-")),
        "version": version("prodgate"),
    }
    template = GUARD if folders[match[1]].name == "guards" else RULE
    try:
        with place.open("x", encoding="utf-8") as file:
            file.write(template.substitute(words))
    except FileExistsError:
        raise fail(f"{place.relative_to(ROOT)} is there already") from None
    typer.echo(f"{place.relative_to(ROOT)} is a rule that works; make it yours.")
    typer.echo(f"Its tests: .venv/bin/pytest tests/rules/test_examples.py -k {name}")


def pack_folders() -> Mapping[str, Path]:
    """Where the rules of each pack of this checkout stand; exits 2 in an installation."""
    if not (ROOT / "tests" / "rules").is_dir():
        raise fail("new-rule works in a checkout of prodgate only; packs of your own are in docs/write-a-rule.md")
    folders = [file.parent for file in sorted(ROOT.glob("rules/packs/*/__init__.py"))]
    packs = {folder.name.replace("_", "-"): folder for folder in folders}
    return {**packs, "migrations": ROOT / "migration_guards" / "guards"}
