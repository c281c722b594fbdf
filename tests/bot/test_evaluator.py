"""The pool: a death or a delay costs one file, never the verdict on the others."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

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


async def test_a_file_that_takes_too_long_is_unread(repository: Repository) -> None:
    repository.commit({".env.example": "A=\n"})
    repository.commit({"sleeper.py": READ, "victim.py": READ.replace("K", "V")})
    found, ended = await outcome(EvaluatorPool(1, seconds=3, module=HOSTILE), task(repository))
    assert (found, [u.path for u in ended.unread]) == (["victim.py"], ["sleeper.py"])


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
    await asyncio.sleep(2)
    children = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children")
    assert children.read_text().split()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert children.read_text().split() == []


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
    repository.commit({})
    repository.commit({})
    pool = EvaluatorPool(1)
    await pool.evaluate(task(repository))
    environments = [
        Path(f"/proc/{pid}/environ").read_bytes()
        for pid in Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()
    ]
    await pool.close()
    assert environments
    assert not any(b"secret" in environment for environment in environments)
