"""Our own tables: every way to the newest revision ends at the same place, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from bot.flows.hub import Place
from bot.store.runs import RunStore
from bot.store.schema import upgrade
from bot.store.tables import metadata, runs
from rules.policy import Conclusion, Verdict

VERSION_TABLE = "prodgate_revision"
SHOP = Place(3, 5, "acme", "shop")
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'prodgate.sqlite'}"
    else:
        url = request.getfixturevalue("postgres_url").replace("postgresql://", "postgresql+psycopg://")
    made = sa.create_engine(url)
    yield made
    made.dispose()


def differences(engine: sa.Engine) -> list[object]:
    options = {"version_table": VERSION_TABLE, "compare_type": True}
    with engine.connect() as connection:
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))


def test_an_empty_database_gets_the_tables(engine: sa.Engine) -> None:
    upgrade(engine)
    assert differences(engine) == []


def test_the_first_revision_is_brought_up_with_what_it_holds(engine: sa.Engine) -> None:
    upgrade(engine, "0001")
    assert differences(engine) != []
    old = {"id": "r1", "installation": 3, "repository": 5, "full_name": "acme/shop", "pull": 9, "head": "a" * 40}
    with engine.begin() as connection:
        first = sa.Table("prodgate_runs", sa.MetaData(), autoload_with=connection)
        connection.execute(first.insert().values(**old, conclusion="success", report="{}", finished=LONG_AGO))
    upgrade(engine)
    assert differences(engine) == []
    with engine.connect() as connection:
        kept = connection.execute(sa.select(runs)).mappings().one()
    assert {key: kept[key] for key in old} == old
    assert kept["started"] == kept["finished"]


def test_an_upgrade_that_has_nothing_to_do_changes_nothing(engine: sa.Engine) -> None:
    upgrade(engine)
    upgrade(engine)
    assert differences(engine) == []


def test_processes_that_start_together_upgrade_once(postgres_url: str) -> None:
    url = postgres_url.replace("postgresql://", "postgresql+psycopg://")
    engines = [sa.create_engine(url) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(upgrade, engines))
    assert differences(engines[0]) == []
    for engine in engines:
        engine.dispose()


async def test_a_run_is_kept_from_its_start_to_its_verdict(engine: sa.Engine) -> None:
    upgrade(engine)
    store = RunStore(engine)
    assert await store.run("r1") is None
    await store.started("r1", SHOP, 9, "a" * 40)
    running = await store.run("r1")
    assert running is not None
    assert (running.conclusion, running.finished, running.full_name, running.pull) == ("", None, "acme/shop", 9)
    await store.finished("r1", Verdict((), Conclusion.SUCCESS, (), ()))
    done = await store.run("r1")
    assert done is not None
    assert (done.conclusion, done.report["findings"]) == ("success", [])
    assert done.finished is not None


async def test_a_run_without_a_verdict_keeps_the_reason(engine: sa.Engine) -> None:
    upgrade(engine)
    store = RunStore(engine)
    await store.started("r1", SHOP, 9, "a" * 40)
    await store.stopped("r1", Conclusion.FAILURE, "git fetch: no such commit")
    kept = await store.run("r1")
    assert kept is not None
    assert (kept.conclusion, kept.report) == ("failure", {"reason": "git fetch: no such commit"})


async def test_old_runs_are_forgotten_and_newer_ones_kept(engine: sa.Engine) -> None:
    upgrade(engine)
    store = RunStore(engine)
    for name in ("old", "new"):
        await store.started(name, SHOP, 9, "a" * 40)
    with engine.begin() as connection:
        connection.execute(runs.update().where(runs.c.id == "old").values(started=LONG_AGO))
    assert await store.forget(LONG_AGO + timedelta(days=1)) == 1
    assert await store.run("old") is None
    assert await store.run("new") is not None


async def test_a_mark_is_kept_with_its_time_zone(engine: sa.Engine) -> None:
    upgrade(engine)
    store = RunStore(engine)
    assert await store.mark("deliveries") is None
    for at in (LONG_AGO, LONG_AGO + timedelta(days=1)):
        await store.set_mark("deliveries", at)
        assert await store.mark("deliveries") == at
