"""Repositories, commits and what hangs on them."""

from __future__ import annotations

from typing import Any

from tests.github.repository import Repository
from tests.github.shapes.people import Json, account, node

LINKS = {
    "archive": "/{archive_format}{/ref}", "assignees": "{/user}", "branches": "{/branch}",
    "collaborators": "{/collaborator}", "comments": "{/number}", "commits": "{/sha}", "compare": "/{base}...{head}",
    "contents": "/{+path}", "contributors": "", "deployments": "", "downloads": "", "events": "", "forks": "",
    "hooks": "", "issues": "{/number}", "keys": "{/key_id}", "labels": "{/name}", "languages": "", "merges": "",
    "milestones": "{/number}", "notifications": "{?since,all,participating}", "pulls": "{/number}",
    "releases": "{/id}", "stargazers": "", "statuses": "/{sha}", "subscribers": "", "subscription": "", "tags": "",
    "teams": "",
}  # fmt: skip
NESTED_LINKS = {
    "blobs": "git/blobs{/sha}", "git_commits": "git/commits{/sha}", "git_refs": "git/refs{/sha}",
    "git_tags": "git/tags{/sha}", "issue_comment": "issues/comments{/number}",
    "issue_events": "issues/events{/number}", "trees": "git/trees{/sha}",
}  # fmt: skip
COUNTS = (
    "forks", "forks_count", "open_issues", "open_issues_count", "stargazers_count", "watchers", "watchers_count",
    "network_count", "subscribers_count",
)  # fmt: skip
FEATURES = {"issues": True, "projects": True, "downloads": True, "wiki": False, "pages": False, "discussions": False}


def api(repository: Repository) -> str:
    return f"{repository.site}/repos/{repository.full_name}"


def html(repository: Repository) -> str:
    return f"{repository.site}/{repository.full_name}"


def repository_json(repository: Repository) -> Json:
    url, page = api(repository), html(repository)
    return {
        "id": repository.id,
        "node_id": node("R", repository.id),
        "name": repository.name,
        "full_name": repository.full_name,
        "private": True,
        "visibility": "private",
        "owner": account(repository.site, repository.owner, repository.owner_kind),
        "html_url": page,
        "description": None,
        "fork": repository.parent is not None,
        "url": url,
        **{f"{name}_url": f"{url}/{name}{rest}" for name, rest in LINKS.items()},
        **{f"{name}_url": f"{url}/{rest}" for name, rest in NESTED_LINKS.items()},
        "clone_url": f"{page}.git",
        "git_url": f"{page}.git".replace("http", "git", 1),
        "ssh_url": f"git@host:{repository.full_name}.git",
        "svn_url": page,
        "mirror_url": None,
        "homepage": None,
        "language": None,
        "license": None,
        "size": 0,
        **dict.fromkeys(COUNTS, 0),
        **{f"has_{name}": has for name, has in FEATURES.items()},
        "archived": False,
        "disabled": False,
        "is_template": False,
        "allow_forking": True,
        "web_commit_signoff_required": False,
        "topics": [],
        "default_branch": "main",
        "created_at": repository.created,
        "pushed_at": repository.created,
        "updated_at": repository.created,
    }


def verification(repository: Repository, oid: str) -> Json:
    """GitHub signs what it commits for an App; nothing else here is signed."""
    signed = oid in repository.signed
    return {
        "verified": signed,
        "reason": "valid" if signed else "unsigned",
        "signature": "-----BEGIN PGP SIGNATURE-----" if signed else None,
        "payload": f"tree {oid}" if signed else None,
        "verified_at": repository.created if signed else None,
    }


def _parts(repository: Repository, oid: str) -> tuple[str, list[str], Json, Json, str]:
    form = "%T%n%P%n%an%n%ae%n%aI%n%cn%n%ce%n%cI%n%B"
    lines = repository.git("show", "-s", f"--format={form}", oid).decode("utf-8", "replace").split("\n", 8)
    author = dict(zip(("name", "email", "date"), lines[2:5], strict=True))
    committer = dict(zip(("name", "email", "date"), lines[5:8], strict=True))
    return lines[0], lines[1].split(), author, committer, lines[8].rstrip("\n")


def git_commit(repository: Repository, oid: str) -> Json:
    """A commit as the git data API shows it."""
    tree, parents, author, committer, message = _parts(repository, oid)
    url, page = f"{api(repository)}/git", html(repository)
    return {
        "sha": oid,
        "node_id": node("C", oid),
        "url": f"{url}/commits/{oid}",
        "html_url": f"{page}/commit/{oid}",
        "author": author,
        "committer": committer,
        "message": message,
        "tree": {"sha": tree, "url": f"{url}/trees/{tree}"},
        "parents": [{"sha": p, "url": f"{url}/commits/{p}", "html_url": f"{page}/commit/{p}"} for p in parents],
        "verification": verification(repository, oid),
    }


def commit(repository: Repository, oid: str) -> Json:
    """A commit as the commits API shows it."""
    inner = git_commit(repository, oid)
    url = f"{api(repository)}/commits/{oid}"
    kept = ("author", "committer", "message", "tree", "url", "verification")
    return {
        "sha": oid,
        "node_id": inner["node_id"],
        "url": url,
        "html_url": inner["html_url"],
        "comments_url": f"{url}/comments",
        "commit": {**{name: inner[name] for name in kept}, "comment_count": 0},
        "author": {},
        "committer": {},
        "parents": inner["parents"],
        "stats": {"additions": 0, "deletions": 0, "total": 0},
        "files": [],
    }


def webhook_commit(repository: Repository, oid: str) -> Json:
    """A commit as `push` carries it."""
    tree, _, author, committer, message = _parts(repository, oid)
    person = {"name": author["name"], "email": author["email"], "username": None}
    return {
        "id": oid,
        "tree_id": tree,
        "distinct": True,
        "message": message,
        "timestamp": author["date"],
        "url": f"{html(repository)}/commit/{oid}",
        "author": person,
        "committer": {"name": committer["name"], "email": committer["email"], "username": None},
        "added": [],
        "removed": [],
        "modified": [],
    }


def reference(repository: Repository, name: str, oid: str) -> Json:
    """A ref, named in full."""
    url = f"{api(repository)}/git"
    target = {"type": "commit", "sha": oid, "url": f"{url}/commits/{oid}"}
    return {"ref": name, "node_id": node("REF", name), "url": f"{url}/{name}", "object": target}


def status(repository: Repository, record: dict[str, Any]) -> Json:
    number, site = record["id"], repository.site
    return {
        "id": number,
        "node_id": node("SC", number),
        "url": f"{api(repository)}/statuses/{record['sha']}",
        "avatar_url": f"{site}/avatars/{number}",
        "state": record["state"],
        "description": record.get("description"),
        "target_url": record.get("target_url"),
        "context": record.get("context", "default"),
        "created_at": record["at"],
        "updated_at": record["at"],
        "creator": account(site, record["by"]),
    }
