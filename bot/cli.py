"""The command line. Heavy parts are imported by the commands that need them."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from bot.flows import local
from bot.flows.judge import Judged, Sides, judge, repair
from rules.policy import Policy

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Holds every pull request to production readiness.",
)


class Format(StrEnum):
    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    MARKDOWN = "markdown"
    GITHUB = "github"


class FailOn(StrEnum):
    ERROR = "error"
    WARNING = "warning"
    NEVER = "never"


def fail(message: str, code: int = local.USAGE) -> typer.Exit:
    typer.echo(f"prodgate: {message}", err=True)
    return typer.Exit(code)


@contextmanager
def opened(path: Path, base: str, head: str | None) -> Iterator[tuple[Sides, Policy]]:
    """Both sides of a local change and the policy of the base."""
    from bot.flows.check import read_policy
    from bot.git.changes import merge_base, resolve
    from bot.git.command import GitError
    from bot.git.repositories import file_at
    from bot.git.sides import read_sides
    from bot.git.snapshot import ObjectStore
    from bot.git.worktree import find_git_dir, working_tree
    from rules.policy import POLICY_PATH
    from rules.policy_file import PolicyError

    try:
        git_dir, root = find_git_dir(path)
        store = ObjectStore(str(git_dir))
        tip = resolve(store, base)
        policy = read_policy(file_at(store, tip, POLICY_PATH))
        if head is not None:
            commit = resolve(store, head)
            yield read_sides(store, merge_base(store, commit, tip), commit), policy
        else:
            start = merge_base(store, resolve(store, "HEAD"), tip)
            with working_tree(git_dir, root) as (place, tree):
                yield read_sides(place, start, tree), policy
    except GitError as problem:
        raise fail(str(problem)) from None
    except PolicyError as problem:
        raise fail(f"{POLICY_PATH}: {problem}") from None


async def _judge(sides: Sides, policy: Policy, packs: tuple[str, ...], fixing: bool) -> tuple[Judged, dict[str, bytes]]:
    from bot.evaluator.pool import EvaluatorPool
    from bot.ports import EvaluationFailed
    from bot.scanners.suite import Suite, discovered

    pool, suite = EvaluatorPool(1), Suite(discovered())
    try:
        judged = await judge(sides, policy, pool, suite, chosen=packs)
        if not fixing:
            return judged, {}
        new = {id(item.finding) for item in judged.verdict.judged if item.new and not item.suppressed_by}
        wanted = frozenset(i for i, f in judged.evaluated.head.fingerprints() if id(f) in new)
        return judged, (await repair(judged, wanted, sides, pool, suite)).contents()
    except EvaluationFailed as problem:
        raise fail(f"could not look: {problem}", local.COULD_NOT_LOOK) from None
    finally:
        await pool.close()


Base = Annotated[str, typer.Option(help="What the change is compared with: a branch, tag or commit.")]
Where = Annotated[Path, typer.Argument(help="A folder of the repository.")]
PackNames = Annotated[list[str] | None, typer.Option("--pack", help="Only these packs.")]


def _packs(names: list[str] | None) -> tuple[str, ...]:
    from rules.catalog import packs

    known = [pack.name for pack in packs()]
    for name in names or ():
        if name not in known:
            raise fail(f"there is no pack {name!r}; there are {', '.join(known)}")
    return tuple(names or ())


@app.command()
def check(
    base: Base,
    path: Where = Path(),
    head: Annotated[
        str | None, typer.Option(help="The commit to judge; without it the files as they lie there.")
    ] = None,
    format: Annotated[Format, typer.Option(help="How to report.")] = Format.TEXT,
    output: Annotated[Path | None, typer.Option(help="Write the report to this file.")] = None,
    pack: PackNames = None,
    fail_on: Annotated[FailOn, typer.Option(help="What fails: an error, a warning too, or never.")] = FailOn.ERROR,
) -> None:
    """Judges a change in a local repository. Exit 0 pass, 1 gate failed, 2 usage, 3 could not look."""
    from bot.report.json_report import render_json
    from bot.report.markdown import render_markdown
    from bot.report.sarif import render_sarif
    from bot.report.text import render_text
    from bot.report.workflow import render_workflow

    chosen = _packs(pack)
    with opened(path, base, head) as (sides, policy):
        judged, _ = asyncio.run(_judge(sides, policy, chosen, fixing=False))
    render = {
        Format.TEXT: render_text,
        Format.JSON: render_json,
        Format.SARIF: render_sarif,
        Format.MARKDOWN: render_markdown,
        Format.GITHUB: render_workflow,
    }[format]
    if output:
        output.write_text(render(judged.verdict), "utf-8")
    else:
        typer.echo(render(judged.verdict), nl=False)
    raise typer.Exit(local.exit_code(judged.verdict, fail_on.value))


@app.command()
def fix(
    base: Base,
    path: Where = Path(),
    diff: Annotated[bool, typer.Option("--diff", help="Show the fixes instead of writing them.")] = False,
    pack: PackNames = None,
) -> None:
    """Writes the fixes that prove themselves into the working tree."""
    import difflib

    from bot.git.worktree import find_git_dir

    chosen = _packs(pack)
    with opened(path, base, None) as (sides, policy):
        _, files = asyncio.run(_judge(sides, policy, chosen, fixing=True))
    root = find_git_dir(path)[1]
    for name, content in sorted(files.items()):
        target = root / name
        if not target.resolve().is_relative_to(root) or target.is_symlink():
            raise fail(f"{name!r} leads out of the repository")
        if diff:
            old = target.read_bytes() if target.exists() else b""
            before, after = (t.decode("utf-8", "replace").splitlines(keepends=True) for t in (old, content))
            sys.stdout.writelines(difflib.unified_diff(before, after, f"a/{name}", f"b/{name}"))
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
            typer.echo(f"fixed {name}")
    if not files:
        typer.echo("nothing to fix")


@app.command()
def rules() -> None:
    """Lists every rule."""
    from rules.catalog import all_rules

    for rule in all_rules().values():
        typer.echo(f"{rule.id:48} {rule.severity.value:8} {rule.title}")


@app.command()
def explain(rule: Annotated[str, typer.Argument(help="A rule's id.")]) -> None:
    """Explains a rule."""
    import inspect
    from difflib import get_close_matches

    from rules.catalog import all_rules

    found = all_rules().get(rule)
    if found is None:
        close = get_close_matches(rule, list(all_rules()), n=1)
        raise fail(f"there is no rule {rule!r}{f'; did you mean {close[0]!r}?' if close else ''}")
    typer.echo(f"{found.id} ({found.severity.value}, {found.confidence.value} confidence)\n")
    typer.echo(inspect.cleandoc(type(found).__doc__ or ""))


def _serve(*, web: bool, worker: bool) -> None:
    import uvicorn

    from bot.app import create_app
    from bot.logs import configure_logs
    from bot.settings import SettingsError, load_settings

    try:
        settings = load_settings()
        configure_logs(settings.log_level, settings.log_format, settings.secrets)
        application = create_app(settings, web=web, worker=worker)
    except SettingsError as problem:
        raise fail(str(problem)) from None
    uvicorn.run(application, host=settings.host, port=settings.port, log_config=None, access_log=False)


@app.command()
def serve() -> None:
    """Runs the App: web and worker in one process."""
    _serve(web=True, worker=True)


@app.command()
def web() -> None:
    """Runs the web process alone; needs PostgreSQL beside a worker."""
    _serve(web=True, worker=False)


@app.command()
def worker() -> None:
    """Runs a worker alone; needs PostgreSQL."""
    _serve(web=False, worker=True)


def main() -> None:
    """The console script."""
    app()


if __name__ == "__main__":
    main()
