"""Pull requests, their comments and reviews."""

from __future__ import annotations

from typing import Any

from tests.github.repository import Pull, Repository
from tests.github.shapes.people import Json, account, node
from tests.github.shapes.repositories import api, html, repository_json
from tests.github.world import World, merged_tree


def side(repository: Repository | None, owner: str, branch: str, sha: str) -> Json:
    """One side of a pull request; the repository is null once a fork was deleted."""
    login = repository.owner if repository else owner
    user = account(repository.site, login, repository.owner_kind) if repository else None
    found = repository_json(repository) if repository else None
    return {"label": f"{login}:{branch}", "ref": branch, "sha": sha, "user": user, "repo": found}


def pull_json(repository: Repository, pull: Pull) -> Json:
    """A pull request as in lists and webhooks."""
    url, page = f"{api(repository)}/pulls/{pull.number}", f"{html(repository)}/pull/{pull.number}"
    issue = f"{api(repository)}/issues/{pull.number}"
    base = side(repository, "", pull.base, repository.tip(pull.base))
    author = account(repository.site, pull.author)
    links = {"self": url, "html": page, "issue": issue, "comments": f"{issue}/comments",
             "review_comments": f"{url}/comments", "review_comment": f"{api(repository)}/pulls/comments{{/number}}",
             "commits": f"{url}/commits", "statuses": f"{api(repository)}/statuses/{pull.head}"}  # fmt: skip
    return {
        "id": pull.number * 1000,
        "node_id": node("PR", pull.number),
        "number": pull.number,
        "state": "open" if pull.open else "closed",
        "draft": pull.draft,
        "locked": False,
        "title": pull.title,
        "body": None,
        "user": author,
        "url": url,
        "html_url": page,
        "diff_url": f"{page}.diff",
        "patch_url": f"{page}.patch",
        "issue_url": issue,
        **{f"{name}_url": links[name] for name in ("comments", "review_comments", "review_comment", "commits")},
        "statuses_url": links["statuses"],
        "_links": {name: {"href": link} for name, link in links.items()},
        "head": side(pull.head_repository, pull.author, pull.branch, pull.head),
        "base": base,
        "author_association": "CONTRIBUTOR",
        "labels": [],
        "assignee": None,
        "assignees": [],
        "requested_reviewers": [],
        "requested_teams": [],
        "milestone": None,
        "auto_merge": None,
        "created_at": pull.created,
        "updated_at": pull.created,
        "closed_at": None if pull.open else pull.created,
        "merged_at": pull.created if pull.merged else None,
        "merge_commit_sha": repository.resolve(f"refs/pull/{pull.number}/merge"),
    }


def whole_pull(world: World, repository: Repository, pull: Pull) -> Json:
    """A pull request by its number: with what GitHub computes. Right after a push it has not computed it yet."""
    mergeable, state = None, "unknown"
    if pull.computing:
        pull.computing -= 1
    elif pull.open:
        mergeable, state = _mergeability(world, repository, pull)
    return {
        **pull_json(repository, pull),
        "merged": pull.merged,
        "mergeable": mergeable,
        "mergeable_state": state,
        "rebaseable": mergeable,
        "merged_by": account(repository.site, pull.author) if pull.merged else None,
        "comments": len([c for c in repository.comments if c["number"] == pull.number]),
        "review_comments": sum(len(review["comments"]) for review in pull.reviews),
        "maintainer_can_modify": pull.maintainers_may_edit,
        "commits": 1,
        "additions": 1,
        "deletions": 0,
        "changed_files": 1,
    }


def _mergeability(world: World, repository: Repository, pull: Pull) -> tuple[bool, str]:
    if merged_tree(repository, repository.tip(pull.base), pull.head) is None:
        return False, "dirty"
    if pull.draft:
        return True, "draft"
    return True, "blocked" if world.required_unmet(repository, pull.head) else "clean"


def comment(repository: Repository, record: dict[str, Any]) -> Json:
    """A comment on a pull request; the record keeps its number, text and author."""
    number, url = record["id"], api(repository)
    return {
        "id": number,
        "node_id": node("IC", number),
        "url": f"{url}/issues/comments/{number}",
        "html_url": f"{html(repository)}/pull/{record['number']}#issuecomment-{number}",
        "issue_url": f"{url}/issues/{record['number']}",
        "user": record["user"],
        "body": record["body"],
        "created_at": record["at"],
        "updated_at": record["at"],
        "author_association": "NONE",
        "performed_via_github_app": record.get("performed_via_github_app"),
        "reactions": _reactions(repository, number),
    }


def _reactions(repository: Repository, comment: int) -> Json:
    names = ("+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes")
    counts = {name: sum(1 for known in repository.reactions if known == (comment, name)) for name in names}
    url = f"{api(repository)}/issues/comments/{comment}/reactions"
    return {"url": url, "total_count": sum(counts.values()), **counts}


def issue(repository: Repository, pull: Pull) -> Json:
    """The issue behind a pull request, as comments carry it."""
    whole = pull_json(repository, pull)
    links = {key: whole[key] for key in ("url", "html_url", "diff_url", "patch_url")}
    same = ("node_id", "number", "state", "locked", "title", "body", "user", "labels", "assignee",
            "assignees", "milestone", "draft", "author_association", "created_at", "updated_at", "closed_at",
            "html_url")  # fmt: skip
    url = whole["issue_url"]
    return {
        **{key: whole[key] for key in same},
        "id": pull.number * 1000 + 1,
        "url": url,
        "repository_url": api(repository),
        "labels_url": f"{url}/labels{{/name}}",
        "comments_url": f"{url}/comments",
        "events_url": f"{url}/events",
        "comments": len([c for c in repository.comments if c["number"] == pull.number]),
        "active_lock_reason": None,
        "pull_request": {**links, "merged_at": whole["merged_at"]},
    }


def review(repository: Repository, pull: Pull, record: dict[str, Any]) -> Json:
    number = record["id"]
    whole = pull_json(repository, pull)
    page = f"{whole['html_url']}#pullrequestreview-{number}"
    return {
        "id": number,
        "node_id": node("PRR", number),
        "user": account(repository.site, record["by"]),
        "body": record["body"],
        "state": record["state"],
        "html_url": page,
        "pull_request_url": whole["url"],
        "_links": {"html": {"href": page}, "pull_request": {"href": whole["url"]}},
        "submitted_at": record["at"],
        "commit_id": record["commit_id"],
        "author_association": "NONE",
    }
