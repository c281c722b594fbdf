"""Repositories, their people, branches and files."""

from __future__ import annotations

import base64

from tests.github.access import Refused
from tests.github.operation import Call, found, operation
from tests.github.repository import Repository
from tests.github.shapes.people import Json, account
from tests.github.shapes.repositories import api, html, repository_json

ROLES = ("admin", "maintain", "push", "triage", "pull")
RIGHTS = {"admin": 5, "maintain": 4, "write": 3, "triage": 2, "read": 1, "none": 0}
OLD_NAMES = {"maintain": "write", "triage": "read"}
"""The `permission` of the answer knows four levels; `role_name` names the role."""

MAX_JSON_BYTES = 1024 * 1024


@operation("GET", "/repos/{owner}/{repo}", "metadata:read")
def repository(call: Call) -> Json:
    return repository_json(call.repository)


@operation("GET", "/repos/{owner}/{repo}/collaborators/{username}/permission", "metadata:read")
def permission(call: Call) -> Json:
    role = call.repository.permissions.get(call.path["username"], "read")
    rights = {name: RIGHTS[role] >= 5 - place for place, name in enumerate(ROLES)}
    user = {**account(call.world.url, call.path["username"]), "permissions": rights, "role_name": role}
    return {"permission": OLD_NAMES.get(role, role), "role_name": role, "user": user}


@operation("GET", "/repos/{owner}/{repo}/branches/{branch}/protection", "administration:read")
def protection(call: Call) -> Json:
    raise Refused(404, f"Branch not protected: {call.repository.full_name}")


@operation("GET", "/repos/{owner}/{repo}/rules/branches/{branch}", "metadata:read")
def rules(call: Call) -> list[Json]:
    required = call.repository.required
    checks = [{"context": name, "integration_id": call.world.app_id} for name in sorted(required)]
    rule = {
        "type": "required_status_checks",
        "parameters": {"required_status_checks": checks, "strict_required_status_checks_policy": False},
        "ruleset_source_type": "Repository",
        "ruleset_source": call.repository.full_name,
        "ruleset_id": 1,
    }
    return call.page([rule] if required and call.path["branch"] == "main" else [])


@operation("GET", "/repos/{owner}/{repo}/contents/{path}", "contents:read")
def contents(call: Call) -> Json | list[Json]:
    repository, path = call.repository, call.path["path"].strip("/")
    commit = found(repository.resolve(str(call.query.get("ref", "main"))))
    listing = repository.git("ls-tree", "-z", "-l", commit, path).decode("utf-8", "surrogateescape")
    entries = [line for line in listing.split("\0") if line]
    if not entries:
        raise Refused(404, "Not Found")
    if entries[0].split()[1] == "tree":
        inside = repository.git("ls-tree", "-z", "-l", f"{commit}:{path}").decode("utf-8", "surrogateescape")
        return [_entry(repository, commit, line, f"{path}/") for line in inside.split("\0") if line]
    whole = _entry(repository, commit, entries[0])
    if whole["type"] != "file":
        return whole
    content = repository.git("cat-file", "blob", whole["sha"])
    too_large = len(content) > MAX_JSON_BYTES
    text = "" if too_large else base64.encodebytes(content).decode()
    return {**whole, "content": text, "encoding": "none" if too_large else "base64"}


def _entry(repository: Repository, commit: str, line: str, folder: str = "") -> Json:
    meta, _, name = line.partition("\t")
    mode, _, oid, size = meta.split()
    kinds = {"120000": "symlink", "160000": "submodule", "040000": "dir"}
    path = f"{folder}{name}"
    url, page = f"{api(repository)}/contents/{path}?ref={commit}", f"{html(repository)}/blob/{commit}/{path}"
    git = f"{api(repository)}/git/blobs/{oid}"
    extra = {"target": repository.file(commit, path)} if mode == "120000" else {}
    return {
        "type": kinds.get(mode, "file"),
        "name": path.rpartition("/")[2],
        "path": path,
        "sha": oid,
        "size": int(size) if size.isdigit() else 0,
        "url": url,
        "git_url": git,
        "html_url": page,
        "download_url": None if mode in ("160000", "040000") else f"{html(repository)}/raw/{commit}/{path}",
        "_links": {"self": url, "git": git, "html": page},
        **({"submodule_git_url": f"{html(repository)}/submodule.git"} if mode == "160000" else {}),
        **extra,
    }
