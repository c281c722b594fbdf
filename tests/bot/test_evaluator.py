"""The pool: a death or a delay costs one file, never the verdict on the others."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from pathlib import Path

import pytest

from bot.evaluator.child import MEMORY_BYTES
from bot.evaluator.messages import Task
from bot.evaluator.pool import EvaluatorPool
from bot.ports import EvaluationFailed
from rules.core.evaluate import Outcome
from rules.policy import Policy
from tests.bot.conftest import Repository

HOSTILE = "tests.bot.hostile_child"
READ = 'import os\nos.environ["K"]\n'


def task(repository: Repository, cache: str = "") -> Task:
    base, head = repository.git("rev-parse", "HEAD~1"), repository.git("rev-parse", "HEAD")
    place = str(repository.path / ".git")
    return Task(place, head, base, Policy(), ("env",), {}, {}, "2026-01-01", cache=cache, merged=head)


def children(of: int = 0) -> list[int]:
    """The processes that this one, or another, has started."""
    pid = of or os.getpid()
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def git_of(processes: list[int]) -> list[int]:
    return [grandchild for child in processes for grandchild in children(child)]


async def outcome(pool: EvaluatorPool, work: Task) -> tuple[list[str], Outcome]:
    try:
        done = await pool.evaluate(work)
    finally:
        await pool.close()
    return [finding.where.path for finding in done.head.findings], done.head.outcomes[0]


async def test_a_file_that_kills_the_process_is_unread_and_the_rest_is_judged(repository: Repository) -> None:
    repository.commit({".env.example": "A=\n"})
    repository.commit({"killer.py": READ, "killer2.py": READ, "victim.py": READ.replace("K", "V")})
    found, ended = await outcome(EvaluatorPool(1, module=HOSTILE), task(repository))
    assert found == ["victim.py"]
    assert [u.path for u in ended.unread] == ["killer.py", "killer2.py"]
    assert "ended the process" in ended.unread[0].reason


async def test_a_death_outside_reading_is_no_files_fault(repository: Repository) -> None:
    repository.commit({".env.example": "A=\n"})
    repository.commit({"innocent.py": READ.replace("K", "DEADLY")})
    with pytest.raises(EvaluationFailed, match="the evaluator died"):
        await outcome(EvaluatorPool(1, module=HOSTILE), task(repository))


async def test_a_file_that_takes_too_long_is_unread(repository: Repository) -> None:
    repository.commit({".env.example": "A=\n"})
    repository.commit({"sleeper.py": READ, "victim.py": READ.replace("K", "V")})
    found, ended = await outcome(EvaluatorPool(1, seconds=3, module=HOSTILE), task(repository))
    assert (found, [u.path for u in ended.unread]) == (["victim.py"], ["sleeper.py"])


async def test_a_file_that_takes_too_much_memory_is_unread(repository: Repository) -> None:
    repository.commit({".env.example": "A=\n"})
    repository.commit({"hog.py": READ, "victim.py": READ.replace("K", "V")})
    found, ended = await outcome(EvaluatorPool(1, module=HOSTILE), task(repository))
    assert (found, [u.path for u in ended.unread]) == (["victim.py"], ["hog.py"])


async def test_a_file_of_the_base_that_kills_the_process_is_unread_on_both_sides(repository: Repository) -> None:
    repository.commit({"killer.py": READ})
    repository.commit({"victim.py": READ.replace("K", "V")})
    pool = EvaluatorPool(1, module=HOSTILE)
    done = await pool.evaluate(task(repository))
    await pool.close()
    for side in (done.head, done.base):
        assert [u.path for u in side.outcomes[0].unread] == ["killer.py"]


async def test_a_warm_process_that_died_meanwhile_is_replaced(repository: Repository) -> None:
    repository.commit({".env.example": "A=\n"})
    repository.commit({"app.py": READ})
    pool = EvaluatorPool(1)
    first = await pool.evaluate(task(repository))
    for child in children():
        os.kill(child, signal.SIGKILL)
    assert await pool.evaluate(task(repository)) == first
    await pool.close()


async def test_a_process_that_dies_of_no_file_ends_the_task_with_a_reason(repository: Repository) -> None:
    repository.commit({})
    repository.commit({})
    with pytest.raises(EvaluationFailed, match="the evaluator died"):
        await EvaluatorPool(1, module="tests.bot.no_such_module").evaluate(task(repository))


async def test_too_many_deaths_end_the_task_with_a_reason(repository: Repository) -> None:
    repository.commit({})
    repository.commit({f"killer{n}.py": READ for n in range(12)})
    with pytest.raises(EvaluationFailed, match="too many files"):
        await outcome(EvaluatorPool(1, module=HOSTILE), task(repository))


async def test_a_cancelled_evaluation_kills_its_process(repository: Repository) -> None:
    repository.commit({})
    repository.commit({"sleeper.py": READ})
    pool = EvaluatorPool(1, module=HOSTILE)
    running = asyncio.create_task(pool.evaluate(task(repository)))
    while not git_of(children()):
        await asyncio.sleep(0.02)
    git = git_of(children())
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert children() == []
    while any(Path(f"/proc/{pid}").exists() for pid in git):
        await asyncio.sleep(0.02)


async def test_the_cache_gives_the_same_answer(repository: Repository, tmp_path: Path) -> None:
    repository.commit({".env.example": "A=\n"})
    repository.commit({"app.py": READ})
    pool = EvaluatorPool(1)
    work = task(repository, str(tmp_path / "facts.sqlite"))
    first, second = await pool.evaluate(work), await pool.evaluate(work)
    await pool.close()
    assert first == second
    assert (tmp_path / "facts.sqlite").stat().st_size > 0


async def test_a_token_in_the_environment_never_reaches_the_process(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRODGATE_PRIVATE_KEY", "secret")
    monkeypatch.setenv("HTTPS_PROXY", "http://user:secret@proxy.example")
    repository.commit({})
    repository.commit({})
    pool = EvaluatorPool(1)
    await pool.evaluate(task(repository))
    environments = [Path(f"/proc/{pid}/environ").read_bytes() for pid in children()]
    await pool.close()
    assert environments
    assert not any(b"secret" in environment for environment in environments)


async def test_the_process_is_confined(repository: Repository) -> None:
    repository.commit({})
    repository.commit({})
    pool = EvaluatorPool(1)
    await pool.evaluate(task(repository))
    (child,) = children()
    status = dict(
        line.split(":\t", 1) for line in Path(f"/proc/{child}/status").read_text().splitlines() if ":\t" in line
    )
    limits = Path(f"/proc/{child}/limits").read_text()
    place = Path(f"/proc/{child}/cwd").resolve()
    await pool.close()
    assert place == Path(sys.prefix).resolve()
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")
    assert re.search(rf"Max address space +{MEMORY_BYTES} +{MEMORY_BYTES} ", limits)
    assert re.search(r"Max core file size +0 +0 ", limits)
