from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.terminal import COULD_NOT_LOOK, Base, PackNames, Where, fail, inside, steps

if TYPE_CHECKING:
    from bot.evaluator.messages import Repaired
    from rules.policy import Verdict


def run(
    base: Base,
    path: Where = Path(),
    diff: Annotated[bool, typer.Option("--diff", help="Show the fixes instead of writing them.")] = False,
    pack: PackNames = None,
) -> None:
    """Writes the fixes that prove themselves into the working tree. Exit 0, 2 usage, 3 could not look everywhere."""
    from bot.git.worktree import find_git_dir
    from bot.local import judging, known_packs, opened

    chosen = known_packs(pack)

    async def repaired() -> tuple[Verdict, Repaired]:
        async with judging(sides, holds, chosen) as judge:
            judged = await judge.judge()
            step("Proving the fixes")
            return judged.verdict, await judge.repair(judged)

    with steps(3) as step:
        step("Reading the change")
        with opened(path, base, None) as (sides, holds):
            step(f"Judging {len(sides.touched)} changed file{'' if len(sides.touched) == 1 else 's'}")
            verdict, done = asyncio.run(repaired())
    root = find_git_dir(path)[1]
    targets = {name: inside(root, name) for name in done.contents()}
    if diff:
        _show(targets, done.contents())
    else:
        _write(targets, done)
    if verdict.could_not_look:
        raise fail("could not look everywhere; `prodgate check` says where", COULD_NOT_LOOK)


def _show(targets: Mapping[str, Path], contents: Mapping[str, bytes]) -> None:
    from bot.report.diff import unified

    for name, target in sorted(targets.items()):
        typer.echo(unified(name, target.read_bytes() if target.exists() else b"", contents[name]), nl=False)


def _write(targets: Mapping[str, Path], done: Repaired) -> None:
    from bot.report.text import plain

    for name, target in targets.items():
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(done.contents()[name])
    for finding in done.fixed:
        title = finding.fix.title if finding.fix else finding.message
        typer.echo(plain(f"fixed {finding.where.path}:{finding.where.line}: {title} [{finding.rule}]"))
    for refused in done.refused:
        where = refused.finding.where
        typer.echo(plain(f"left {where.path}:{where.line}: {refused.reason} [{refused.finding.rule}]"))
    if not done.fixed:
        typer.echo("nothing to fix")
