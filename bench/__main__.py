"""`make bench`: every table, printed and kept in `docs/`. Names of tables as arguments choose among them."""

from __future__ import annotations

import importlib
import json
import pkgutil
import sys

from rich.console import Console
from rich.table import Table as Shown

import bench
from bench.table import ROOT, Table, machine


def main() -> None:
    """Measures, prints and writes; exits 0 whether the aims are met or not, since the machine may be busy."""
    chosen = sys.argv[1:]
    modules = [importlib.import_module(f"bench.{info.name}") for info in pkgutil.iter_modules(bench.__path__)]
    measured = [m for m in modules if hasattr(m, "measure") and (not chosen or m.__name__.rpartition(".")[2] in chosen)]
    tables = []
    for module in measured:
        tables.append(module.measure())
        show(tables[-1])
    if not chosen:
        keep(tables)


def show(table: Table) -> None:
    shown = Shown(title=table.title, title_justify="left", caption=table.how, caption_justify="left")
    shown.add_column("what")
    shown.add_column("measured", justify="right")
    shown.add_column("aim")
    for row in table.rows:
        shown.add_row(*row.cells(), style="" if row.met else "red")
    Console().print(shown)


def keep(tables: list[Table]) -> None:
    kept = {"machine": machine(), "tables": [table.json() for table in tables]}
    (ROOT / "docs" / "benchmarks.json").write_text(json.dumps(kept, indent=2) + "\n")
    intro = f"# Benchmarks\n\nMeasured by `make bench` on {machine()}, other work on the same cores.\n\n"
    (ROOT / "docs" / "benchmarks.md").write_text(intro + "\n".join(table.markdown() for table in tables))


if __name__ == "__main__":
    main()
