"""Commits as such, and the git data API: blobs, trees, commits, refs, with file modes kept."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from tests.github.access import Refused
from tests.github.operation import Call, found, operation
from tests.github.repository import GitFailed, Repository
from tests.github.shapes.people import Json, node
from tests.github.shapes.repositories import api, commit, git_commit, reference
from tests.github.webhooks import NOTHING

MAX_BLOB_BYTES = 100 * 1024 * 1024


@operation("GET", "/repos/{owner}/{repo}/commits/{ref}", "contents:read")
def one_commit(call: Call) -> Json:
    sha = call.repository.resolve(call.path["ref"])
    if sha is None:
        raise Refused(422, f"No commit found for SHA: {call.path['ref']}")
    return commit(call.repository, sha)


@operation("GET", "/repos/{owner}/{repo}/git/commits/{commit_sha}", "contents:read")
def data_commit(call: Call) -> Json:
    return git_commit(call.repository, found(call.repository.resolve(call.path["commit_sha"])))


@operation("GET", "/repos/{owner}/{repo}/git/trees/{tree_sha}", "contents:read")
def tree(call: Call) -> Json:
    repository = call.repository
    oid = found(repository.resolve(call.path["tree_sha"], "tree"))
    return _tree(repository, oid, recursive="recursive" in call.query)


@operation("GET", "/repos/{owner}/{repo}/git/blobs/{file_sha}", "contents:read")
def blob(call: Call) -> Json:
    repository = call.repository
    oid = found(repository.resolve(call.path["file_sha"], "blob"))
    content = repository.git("cat-file", "blob", oid)
    short = {"sha": oid, "node_id": node("B", oid), "url": f"{api(repository)}/git/blobs/{oid}"}
    return {**short, "size": len(content), "content": base64.encodebytes(content).decode(), "encoding": "base64"}


@operation("POST", "/repos/{owner}/{repo}/git/blobs", "contents:write", status=201)
def create_blob(call: Call) -> Json:
    repository, raw = call.repository, call.body["content"].encode()
    if call.body.get("encoding") == "base64":
        try:
            raw = base64.b64decode(raw, validate=True)
        except binascii.Error:
            raise Refused(422, "content is not valid Base64") from None
    if len(raw) > MAX_BLOB_BYTES:
        raise Refused(422, "Sorry, your input was too large to process.")
    oid = repository.says("hash-object", "-w", "--stdin", stdin=raw)
    return {"sha": oid, "url": f"{api(repository)}/git/blobs/{oid}"}


@operation("POST", "/repos/{owner}/{repo}/git/trees", "contents:write", status=201)
def create_tree(call: Call) -> Json:
    repository, body = call.repository, call.body
    index = {"GIT_INDEX_FILE": str(repository.path / f"index-{call.world.next_id()}")}
    base = body.get("base_tree")
    if base and repository.resolve(base, "tree") is None:
        raise Refused(404, "Not Found")
    lines = [_line(repository, entry) for entry in body["tree"]]
    try:
        repository.git("read-tree", base or "--empty", env=index)
        repository.git("update-index", "-z", "--index-info", stdin="\0".join([*lines, ""]).encode(), env=index)
        oid = repository.git("write-tree", env=index).decode().strip()
    except GitFailed as problem:
        raise Refused(422, f"tree: {problem}") from None
    return _tree(repository, oid, recursive=False)


@operation("POST", "/repos/{owner}/{repo}/git/commits", "contents:write", status=201)
def create_commit(call: Call) -> Json:
    repository, body = call.repository, call.body
    parents = body.get("parents", [])
    if repository.resolve(body["tree"], "tree") != body["tree"]:
        raise Refused(422, "Tree SHA does not exist")
    if any(repository.resolve(parent) != parent for parent in parents):
        raise Refused(422, "Parent SHA does not exist or is not a commit object")
    words = [word for parent in parents for word in ("-p", parent)]
    people = {**_person("AUTHOR", body.get("author")), **_person("COMMITTER", body.get("committer"))}
    text = body["message"].encode()
    oid = repository.git("commit-tree", body["tree"], *words, stdin=text, env=people).decode().strip()
    if not {"author", "committer", "signature"} & set(body):
        repository.signed.add(oid)
    return git_commit(repository, oid)


@operation("GET", "/repos/{owner}/{repo}/git/ref/{ref}", "contents:read")
def ref(call: Call) -> Json:
    name = f"refs/{call.path['ref']}"
    return reference(call.repository, name, found(call.repository.resolve(name)))


@operation("POST", "/repos/{owner}/{repo}/git/refs", "contents:write", status=201)
def create_ref(call: Call) -> Json:
    repository, name, sha = call.repository, call.body["ref"], call.body["sha"]
    if repository.resolve(name) is not None:
        raise Refused(422, "Reference already exists")
    return _move(call, repository, name, NOTHING, sha)


@operation("PATCH", "/repos/{owner}/{repo}/git/refs/{ref}", "contents:write")
def update_ref(call: Call) -> Json:
    repository, name, sha = call.repository, f"refs/{call.path['ref']}", call.body["sha"]
    before = repository.resolve(name)
    if before is None:
        raise Refused(422, "Reference does not exist")
    if repository.resolve(sha) != sha:
        raise Refused(422, "Object does not exist")
    ahead = repository.says("merge-base", "--all", before, sha) == before
    if not ahead and not call.body.get("force", False):
        raise Refused(422, "Update is not a fast forward")
    return _move(call, repository, name, before, sha)


def _move(call: Call, repository: Repository, name: str, before: str, sha: str) -> Json:
    if repository.resolve(sha) != sha:
        raise Refused(422, "Object does not exist")
    if not name.startswith("refs/heads/"):
        raise Refused(403, "Resource not accessible by integration")
    since = before if before != NOTHING else repository.tip("main")
    call.actor.check_workflows(repository.changed(since, sha))
    repository.git("update-ref", name, sha)
    call.webhooks.pushed(repository, name.removeprefix("refs/heads/"), before, call.world.login)
    return reference(repository, name, sha)


def _person(role: str, person: dict[str, str] | None) -> dict[str, str]:
    names = {"name": "NAME", "email": "EMAIL", "date": "DATE"}
    return {f"GIT_{role}_{word}": person[key] for key, word in names.items() if person and key in person}


def _line(repository: Repository, entry: dict[str, Any]) -> str:
    mode, path = entry.get("mode", "100644"), entry["path"]
    if {"", ".", "..", ".git"} & set(path.split("/")):
        raise Refused(422, "tree.path contains a malformed path component")
    if "content" in entry:
        oid = repository.says("hash-object", "-w", "--stdin", stdin=entry["content"].encode())
        return f"{mode} {oid}\t{path}"
    return f"{mode} {entry['sha']}\t{path}" if entry.get("sha") else f"0 {NOTHING}\t{path}"


def _tree(repository: Repository, oid: str, *, recursive: bool) -> Json:
    words = ("-r", "-t") if recursive else ()
    listing = repository.git("ls-tree", "-z", "-l", *words, oid).decode("utf-8", "surrogateescape")
    entries = [_entry(repository, line) for line in listing.split("\0") if line]
    return {"sha": oid, "url": f"{api(repository)}/git/trees/{oid}", "tree": entries, "truncated": False}


def _entry(repository: Repository, line: str) -> Json:
    meta, _, path = line.partition("\t")
    mode, kind, oid, size = meta.split()
    entry = {"path": path, "mode": mode, "type": kind, "sha": oid}
    folder = {"blob": "blobs", "tree": "trees"}.get(kind)
    linked = {"url": f"{api(repository)}/git/{folder}/{oid}"} if folder else {}
    return entry | linked | ({"size": int(size)} if size.isdigit() else {})
