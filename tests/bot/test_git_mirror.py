"""Mirrors of a repository behind real HTTP: how often it is asked, how much is sent, what is left behind."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

import bot.git.mirror as mirror_module
from bot.git.cache import MirrorCache
from bot.git.changes import difference, merge_base
from bot.git.command import GitError, Misnamed, Unreached, run
from bot.git.mirror import MOST_KEPT, PAUSES, Mirror, Remote
from bot.git.snapshot import BlobReader, ObjectStore, tree_entries
from rules.core.source import BlobMissing
from tests.bot.conftest import Repository
from tests.bot.git_door import TOKEN, Door, serving

HUGE = 3_000_000
Prepare = Callable[[Mirror], Awaitable[dict[str, str]]]


@pytest.fixture
def door(repository: Repository) -> Iterator[Door]:
    with serving(repository) as opened:
        yield opened


def contents(store: ObjectStore, commit: str) -> dict[str, str]:
    """Every file of a commit, or why it could not be read."""
    reader, found = BlobReader(store), {}
    for entry in tree_entries(store, commit):
        try:
            found[entry.path] = reader.read(entry.blob).decode()
        except BlobMissing as problem:
            found[entry.path] = str(problem)
    reader.close()
    return found


def reading(head: str, *others: str) -> Prepare:
    async def prepare(mirror: Mirror) -> dict[str, str]:
        await mirror.fetch_commits(head, *others)
        await mirror.fetch_blobs(head, *others)
        return await asyncio.to_thread(contents, mirror.store, head)

    return prepare


async def read(cache: MirrorCache, remote: Remote, head: str, *others: str) -> dict[str, str]:
    async with cache.prepared(remote, reading(head, *others)) as found:
        return found


def packs_in(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.git/objects/pack/*.pack"))


async def test_commits_and_trees_come_at_once_and_all_missing_blobs_in_one_answer(door: Door, tmp_path: Path) -> None:
    old = door.repository.commit({f"file{n}.py": f"x = {n}\n" for n in range(40)})
    new = door.repository.commit({f"file{n}.py": f"y = {n}\n" for n in range(40)})
    counts = {}

    async def prepare(mirror: Mirror) -> dict[str, str]:
        await mirror.fetch_commits(old, new)
        counts["commits"] = door.packs
        assert len(list(tree_entries(mirror.store, new))) == 40
        assert "not fetched" in contents(mirror.store, new)["file0.py"]
        await mirror.fetch_blobs(old, new)
        counts["blobs"] = door.packs
        return contents(mirror.store, old) | {f"new {k}": v for k, v in contents(mirror.store, new).items()}

    async with MirrorCache(tmp_path / "mirrors").prepared(door.remote, prepare) as found:
        assert (found["file7.py"], found["new file7.py"]) == ("x = 7\n", "y = 7\n")
    assert counts == {"commits": 1, "blobs": 1}
    assert door.packs == 0


async def test_what_is_here_is_not_fetched_again_and_a_push_costs_what_it_brings(door: Door, tmp_path: Path) -> None:
    cache = MirrorCache(tmp_path / "mirrors")
    first = door.repository.commit({f"file{n}.txt": os.urandom(20_000).hex() for n in range(20)})
    await read(cache, door.remote, first)
    await read(cache, door.remote, first)
    assert door.packs == 2
    second, door.sent = door.repository.commit({"more.txt": "more\n"}), 0
    assert (await read(cache, door.remote, second, first))["more.txt"] == "more\n"
    assert door.packs == 2
    assert door.sent < 20_000


async def test_content_of_old_commits_that_comes_back_is_fetched(door: Door, tmp_path: Path) -> None:
    cache = MirrorCache(tmp_path / "mirrors")
    door.repository.commit({"a.txt": "one\n"})
    changed = door.repository.commit({"a.txt": "two\n"})
    await read(cache, door.remote, changed)
    reverted = door.repository.commit({"a.txt": "one\n"})
    assert (await read(cache, door.remote, reverted, changed))["a.txt"] == "one\n"


async def test_a_blob_over_the_cap_is_never_sent_and_is_named(door: Door, tmp_path: Path) -> None:
    base = door.repository.commit({"a.py": "x = 1\n", "gone.bin": os.urandom(HUGE)})
    head = door.repository.commit({"a.py": "x = 2\n", "huge.bin": os.urandom(50_000_000), "gone.bin": None})
    cache = MirrorCache(tmp_path / "mirrors")
    found = await read(cache, door.remote, head, base)
    assert found["a.py"] == "x = 2\n"
    assert "not fetched" in found["huge.bin"]
    assert door.sent < 50_000
    change = difference(ObjectStore(str(tmp_path / "mirrors/5.git")), base, head)
    assert (change.touched, change.renames) == ({"a.py", "huge.bin"}, {}), "told without the content"


async def test_a_file_that_shrinks_below_the_cap_is_read(door: Door, tmp_path: Path) -> None:
    content = os.urandom(HUGE)
    base = door.repository.commit({"data.txt": content})
    cache = MirrorCache(tmp_path / "mirrors")
    await read(cache, door.remote, base)
    head = door.repository.commit({"data.txt": content[: HUGE // 2].hex()[: HUGE // 2].encode()})
    assert len((await read(cache, door.remote, head, base))["data.txt"]) == HUGE // 2


async def test_afterwards_reading_needs_no_remote_and_no_credential(door: Door, tmp_path: Path) -> None:
    base = door.repository.commit({"a.py": "x = 1\n"})
    head = door.repository.commit({"b.py": "y = 1\n"})
    await read(MirrorCache(tmp_path / "mirrors"), door.remote, head, base)
    shutil.rmtree(door.repository.path / ".git")
    store = ObjectStore(str(tmp_path / "mirrors/5.git"))
    assert contents(store, head) == {"a.py": "x = 1\n", "b.py": "y = 1\n"}
    assert merge_base(store, head, base) == base
    assert difference(store, base, head).touched == {"b.py"}


async def test_the_token_is_in_no_argument_list_no_file_and_no_message(door: Door, tmp_path: Path) -> None:
    head = door.repository.commit({"a.py": "x = 1\n"})
    cache = MirrorCache(tmp_path / "mirrors")
    door.shut.set()
    fetching = asyncio.create_task(read(cache, door.remote, head))
    await asyncio.to_thread(door.waiting.wait)
    lists = [line for line in Path("/proc").glob("[0-9]*/cmdline") if b"git" in _bytes(line)]
    arguments = [_bytes(line) for line in lists]
    door.shut.clear()
    await fetching
    assert any(b"fetch" in words for words in arguments)
    files = [path.read_bytes() for path in (tmp_path / "mirrors").rglob("*") if path.is_file()]
    assert not [text for text in (*arguments, *files) if TOKEN.encode() in text]
    assert not [text for text in files if b"127.0.0.1" in text], "no remote is stored"
    wrong = Remote(6, door.remote.url, "ghs_wrong")
    with pytest.raises(GitError) as refused:
        await read(cache, wrong, head)
    assert "ghs_wrong" not in str(refused.value)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


async def test_two_who_want_the_same_repository_fetch_one_after_the_other(door: Door, tmp_path: Path) -> None:
    one = door.repository.commit({"a.py": "x = 1\n"})
    two = door.repository.commit({"a.py": "x = 2\n"})
    caches = [MirrorCache(tmp_path / "mirrors") for _ in range(2)]
    found = await asyncio.gather(*(read(caches[n % 2], door.remote, (one, two)[n % 2], one) for n in range(8)))
    assert [files["a.py"] for files in found] == ["x = 1\n", "x = 2\n"] * 4
    assert door.packs == 4


async def test_one_who_is_cancelled_while_waiting_or_fetching_leaves_no_lock(door: Door, tmp_path: Path) -> None:
    head = door.repository.commit({"a.py": "x = 1\n"})
    cache = MirrorCache(tmp_path / "mirrors")
    door.shut.set()
    tasks = [asyncio.create_task(read(cache, door.remote, head)) for _ in range(12)]
    await asyncio.to_thread(door.waiting.wait)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert not [line for line in Path("/proc").glob("[0-9]*/cmdline") if b"5.git" in _bytes(line)]
    door.shut.clear()
    assert await read(cache, door.remote, head) == {"a.py": "x = 1\n"}


async def test_mirrors_over_the_cap_go_longest_unused_first_and_never_one_in_use(door: Door, tmp_path: Path) -> None:
    head = door.repository.commit({"a.txt": os.urandom(100_000).hex()})
    cache = MirrorCache(tmp_path / "mirrors", limit=420_000)
    remotes = [Remote(number, door.remote.url, TOKEN) for number in range(1, 5)]
    async with cache.prepared(remotes[0], reading(head)):
        for remote in remotes[1:]:
            await read(cache, remote, head)
        kept = sorted(path.name for path in (tmp_path / "mirrors").glob("*.git"))
        assert kept == ["1.git", "3.git", "4.git"]
        assert contents(ObjectStore(str(tmp_path / "mirrors/1.git")), head).keys() == {"a.txt"}


@pytest.mark.parametrize("damage", ["cut", "lost", "HEAD", "config", "ref", "lock", "tips"])
async def test_a_damaged_mirror_heals(door: Door, tmp_path: Path, damage: str) -> None:
    head = door.repository.commit({"a.py": "x = 1\n", "folder/b.py": "y = 1\n"})
    cache = MirrorCache(tmp_path / "mirrors")
    await read(cache, door.remote, head)
    mirror = tmp_path / "mirrors/5.git"
    for path in packs_in(tmp_path / "mirrors"):
        if damage == "cut":
            path.chmod(0o644)
            os.truncate(path, 40)
        elif damage == "lost":
            path.unlink()
    if damage in ("HEAD", "config"):
        (mirror / damage).write_bytes(b"\0nothing")
    elif damage == "ref":
        (mirror / "refs/prodgate" / head).write_text("f" * 40)
    elif damage == "lock":
        (mirror / "tips/shallow.lock").touch()
    elif damage == "tips":
        shutil.rmtree(mirror / "tips")
    newer = door.repository.commit({"a.py": "x = 2\n"})
    assert await read(cache, door.remote, newer, head) == {"a.py": "x = 2\n", "folder/b.py": "y = 1\n"}
    assert await read(cache, door.remote, head) == {"a.py": "x = 1\n", "folder/b.py": "y = 1\n"}
    assert not list((tmp_path / "mirrors").glob("*.old"))


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses of the same number, and nobody has to wait."""
    monkeypatch.setattr(mirror_module, "PAUSES", (0.0,) * len(PAUSES))


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("trouble", [500, 502, 503, 429, 0])
async def test_a_fetch_that_breaks_off_is_made_again(door: Door, tmp_path: Path, trouble: int) -> None:
    head = door.repository.commit({"a.py": "x = 1\n"})
    door.troubles += [trouble] * 2
    assert await read(MirrorCache(tmp_path / "mirrors"), door.remote, head) == {"a.py": "x = 1\n"}
    assert door.packs == 2 + 2


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("trouble", [502, 0])
async def test_a_remote_that_stays_in_trouble_is_told_and_the_mirror_is_kept(
    door: Door, tmp_path: Path, trouble: int
) -> None:
    head = door.repository.commit({"a.py": "x = 1\n"})
    cache = MirrorCache(tmp_path / "mirrors")
    await read(cache, door.remote, head)
    before = [(path, path.stat().st_ino) for path in packs_in(tmp_path / "mirrors")]
    newer, door.asked = door.repository.commit({"a.py": "x = 2\n"}), []
    door.troubles += [trouble] * (len(PAUSES) + 1)
    with pytest.raises(Unreached):
        await read(cache, door.remote, newer)
    assert (door.packs, door.troubles) == (len(PAUSES) + 1, [])
    assert [(path, path.stat().st_ino) for path in packs_in(tmp_path / "mirrors")] == before
    assert await read(cache, door.remote, newer) == {"a.py": "x = 2\n"}


@pytest.mark.parametrize("trouble", [401, 403, 404])
async def test_a_refusal_is_taken_as_one(door: Door, tmp_path: Path, trouble: int) -> None:
    head = door.repository.commit({"a.py": "x = 1\n"})
    door.troubles.append(trouble)
    with pytest.raises(GitError) as told:
        await read(MirrorCache(tmp_path / "mirrors"), door.remote, head)
    assert not isinstance(told.value, Unreached)
    assert door.troubles == []


@pytest.mark.usefixtures("impatient")
async def test_a_remote_that_is_away_costs_no_mirror_and_is_named(door: Door, tmp_path: Path) -> None:
    head = door.repository.commit({"a.py": "x = 1\n"})
    cache = MirrorCache(tmp_path / "mirrors")
    await read(cache, door.remote, head)
    away = Remote(5, "http://127.0.0.1:9/acme/shop.git", TOKEN)
    with pytest.raises(GitError, match="unable to access"):
        await read(cache, away, "0" * 39 + "1")
    assert await read(cache, away, head) == {"a.py": "x = 1\n"}


async def test_a_commit_that_is_gone_is_an_error_that_names_it(door: Door, tmp_path: Path) -> None:
    head = door.repository.commit({"a.py": "x = 1\n"})
    cache = MirrorCache(tmp_path / "mirrors")
    await read(cache, door.remote, head)
    door.asked.clear()
    with pytest.raises(Misnamed, match="not our ref 1111"):
        await read(cache, door.remote, "1" * 40)
    assert door.packs == 1, "neither asked for again nor looked for in a new mirror"


@pytest.mark.parametrize("name", ["main", "--upload-pack=touch /tmp/x", "a/../../b", "", "A" * 40, "a" * 64])
async def test_only_the_id_of_a_commit_is_fetched(door: Door, tmp_path: Path, name: str) -> None:
    with pytest.raises(Misnamed):
        await read(MirrorCache(tmp_path / "mirrors"), door.remote, name)
    assert door.packs == 0


async def test_a_branch_that_is_called_as_another_commit_misleads_nobody(door: Door, tmp_path: Path) -> None:
    wanted = door.repository.commit({"a.py": "x = 1\n"})
    other = door.repository.commit({"a.py": "x = 2\n"})
    door.repository.git("update-ref", f"refs/heads/{wanted}", other)
    door.repository.git("update-ref", f"refs/prodgate/{wanted}", other)
    assert await read(MirrorCache(tmp_path / "mirrors"), door.remote, wanted) == {"a.py": "x = 1\n"}


async def test_refs_are_few_and_old_commits_stay_readable(door: Door, tmp_path: Path) -> None:
    heads = [door.repository.commit({"a.py": f"x = {n}\n"}) for n in range(MOST_KEPT + 6)]
    cache = MirrorCache(tmp_path / "mirrors")
    for head in heads[::10]:
        await read(cache, door.remote, head)
    await read(cache, door.remote, *heads)
    mirror = tmp_path / "mirrors/5.git"
    for git_dir in (mirror, mirror / "tips"):
        assert len(list((git_dir / "refs/prodgate").iterdir())) == MOST_KEPT
    assert len((mirror / "tips/shallow").read_text().split()) == MOST_KEPT
    assert await read(cache, door.remote, heads[30]) == {"a.py": "x = 30\n"}
    last = door.repository.commit({"a.py": "last\n"})
    assert await read(cache, door.remote, last) == {"a.py": "last\n"}


async def test_many_packs_get_a_common_index(door: Door, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.git.mirror.MOST_LOOSE_PACKS", 4)
    cache = MirrorCache(tmp_path / "mirrors")
    for turn in range(4):
        head = door.repository.commit({"a.py": f"x = {turn}\n"})
        assert await read(cache, door.remote, head) == {"a.py": f"x = {turn}\n"}
    mirror = tmp_path / "mirrors/5.git"
    assert (mirror / "objects/pack/multi-pack-index").exists()
    run(mirror, "multi-pack-index", "verify")
