"""`make accuracy`: what the rules find in their own examples, and by the scoring scripts of a labelled folder."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.table import ROOT, machine
from rules.catalog import all_rules, packs
from rules.core.evaluate import evaluate
from rules.core.repair import plan
from rules.core.rule import Bad, Good, Rule
from tests.rules.endpoints.test_facts import FACTS, TREES, says_so
from tests.rules.test_examples import codebase

COLUMNS = ("rules", "bad", "found", "good", "false alarms", "fixes", "proved")


def main() -> None:
    """Prints the table and keeps it in `docs/`; exits 1 when an example is missed or a scoring script says no."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--labels", type=Path, help="a folder of scoring scripts, check_*.py")
    parser.add_argument("--mirrors", type=Path, help="the repositories that they speak of")
    given = parser.parse_args()
    counted = {pack.title: tally(pack.rules) for pack in packs()}
    show(counted)
    facts = executed()
    show_facts(facts)
    (ROOT / "docs" / "accuracy.md").write_text(page(counted) + facts_page(facts))
    missed = any(c["found"] < c["bad"] or c["false alarms"] or c["proved"] < c["fixes"] for c in counted.values())
    scored = (
        [score(script, given.mirrors) for script in sorted(given.labels.glob("check_*.py"))] if given.labels else []
    )
    sys.exit(1 if missed or not all(scored) else 0)


def tally(rules: tuple[Rule[Any], ...]) -> Counter[str]:
    """How the rules of a pack do on their examples."""
    count = Counter(dict.fromkeys(COLUMNS, 0))
    count["rules"] = len(rules)
    for rule in rules:
        for example in rule.examples:
            found = evaluate(codebase(example), [rule]).findings
            if isinstance(example, Good):
                count.update(good=1, **{"false alarms": len(found)})
            else:
                count.update(bad=1, found=len(found) == example.findings)
                if example.fixed:
                    count.update(fixes=1, proved=_proved(rule, example))
    return count


def _proved(rule: Rule[Any], example: Bad) -> bool:
    code = codebase(example)
    patch = plan(code, list(all_rules().values()), evaluate(code, [rule]).findings)
    return {path: text.decode() for path, text in patch.files.items()} == dict(example.fixed or {})


def show(counted: dict[str, Counter[str]]) -> None:
    table = Table("pack", *COLUMNS)
    for title, count in counted.items():
        table.add_row(title, *(str(count[name]) for name in COLUMNS))
    Console().print(table)


def page(counted: dict[str, Counter[str]]) -> str:
    rows = [f"| {title} | {' | '.join(str(count[name]) for name in COLUMNS)} |" for title, count in counted.items()]
    head = [f"| pack | {' | '.join(COLUMNS)} |", f"|---|{'---:|' * len(COLUMNS)}"]
    intro = (
        "# Accuracy\n\n"
        f"By `make accuracy` on {machine()}: each rule on its own examples. An example is found when the rule says\n"
        "exactly what is promised, a false alarm is a finding in files that are right, a fix is proved when it was\n"
        "planned, applied, and the finding gone while none came.\n\n"
    )
    return intro + "\n".join([*head, *rows]) + "\n"


def executed() -> dict[str, tuple[int, int]]:
    """How many of the executed facts of each framework the inventory says right, and how many there are."""
    right: Counter[str] = Counter()
    every: Counter[str] = Counter()
    for (framework, name), tree in sorted(TREES.items()):
        every[framework] += 1
        right[framework] += says_so(FACTS[framework, name], tree)
    return {framework: (right[framework], count) for framework, count in every.items()}


def show_facts(facts: dict[str, tuple[int, int]]) -> None:
    table = Table("framework", "executed facts", "right")
    for framework, (right, every) in facts.items():
        table.add_row(framework, str(every), str(right))
    Console().print(table)


def facts_page(facts: dict[str, tuple[int, int]]) -> str:
    rows = [f"| {framework} | {every} | {right} |" for framework, (right, every) in facts.items()]
    intro = (
        "\n## Endpoints\n\nWhat each form of each framework does to a caller was found out by running it; the\n"
        "inventory says it from a small tree of files.\n\n| framework | executed facts | right |\n|---|---:|---:|\n"
    )
    return intro + "\n".join(rows) + "\n"


def score(script: Path, mirrors: Path | None) -> bool:
    """Runs one scoring script, which prints what it thinks."""
    print(f"\n{script.stem}", flush=True)
    words = [sys.executable, str(script), str(Path(sys.executable).with_name("prodgate")), str(mirrors or "")]
    return subprocess.run(words, check=False).returncode == 0


if __name__ == "__main__":
    main()
