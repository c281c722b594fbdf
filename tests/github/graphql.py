"""GitHub's GraphQL: the published schema executes, these are the fields that it is asked for."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from graphql import GraphQLError, GraphQLResolveInfo, GraphQLSchema, build_schema, execute_sync, parse, validate

from tests.github.access import NOT_ACCESSIBLE, Actor, Refused
from tests.github.repository import Pull, Repository
from tests.github.shapes.people import Json, node
from tests.github.webhooks import Webhooks
from tests.github.world import World

SDL = Path(__file__).parent / "contract" / "schema.graphql"
NO_ARGUMENTS: frozenset[str] = frozenset()

FIELDS: dict[str, dict[str, frozenset[str]]] = {
    "Mutation": {"createCommitOnBranch": NO_ARGUMENTS},
    "CreateCommitOnBranchPayload": dict.fromkeys(("clientMutationId", "commit", "ref"), NO_ARGUMENTS),
    "Query": {"repository": NO_ARGUMENTS},
    "Repository": {
        "databaseId": NO_ARGUMENTS,
        "nameWithOwner": NO_ARGUMENTS,
        "object": frozenset({"expression", "oid"}),
        "pullRequest": NO_ARGUMENTS,
    },
    "PullRequest": dict.fromkeys(
        ("number", "headRefName", "headRefOid", "baseRefName", "baseRefOid", "isCrossRepository", "isDraft",
         "maintainerCanModify", "headRepositoryOwner", "state"), NO_ARGUMENTS
    ),
    "RepositoryOwner": dict.fromkeys(("login",), NO_ARGUMENTS),
    "User": dict.fromkeys(("login",), NO_ARGUMENTS),
    "Organization": dict.fromkeys(("login",), NO_ARGUMENTS),
    "GitObject": dict.fromkeys(("oid",), NO_ARGUMENTS),
    "Blob": dict.fromkeys(("oid", "byteSize", "isBinary", "isTruncated", "text"), NO_ARGUMENTS),
    "Commit": dict.fromkeys(("oid", "message", "signature", "url"), NO_ARGUMENTS),
    "GitSignature": dict.fromkeys(("isValid", "wasSignedByGitHub"), NO_ARGUMENTS),
    "GpgSignature": dict.fromkeys(("isValid", "wasSignedByGitHub"), NO_ARGUMENTS),
    "Ref": dict.fromkeys(("name",), NO_ARGUMENTS),
}  # fmt: skip
"""What is resolved here: by type and field, with the arguments that are known though they need not be given."""

Resolver = Callable[[Any, GraphQLResolveInfo], Any]


class Problem(GraphQLError):
    """An error with GitHub's type."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class GraphQL:
    """Answers GraphQL requests about a world."""

    def __init__(self, world: World, webhooks: Webhooks) -> None:
        self._world = world
        self._webhooks = webhooks

    def answer(self, actor: Actor, document: str, variables: Json) -> Json:
        """The data and errors of a request; one against the schema is a violation."""
        schema = published_schema()
        try:
            parsed = parse(document)
            faults = validate(schema, parsed)
        except GraphQLError as problem:
            faults = [problem]
        if faults:
            self._world.violations += [f"POST /graphql: {fault.message}" for fault in faults]
            return {"errors": [{"message": fault.message} for fault in faults]}
        done = execute_sync(schema, parsed, self._root(actor), variable_values=variables)
        errors = [_error(problem) for problem in done.errors or ()]
        if done.data is None and any("type" not in error for error in errors):
            self._world.violations += [f"POST /graphql: {error['message']}" for error in errors]
        return {"data": done.data, **({"errors": errors} if errors else {})}

    def _root(self, actor: Actor) -> Json:
        return {
            "createCommitOnBranch": lambda info, input: self._commit(actor, input),
            "repository": lambda info, owner, name: self._repository(actor, f"{owner}/{name}"),
        }

    def _commit(self, actor: Actor, given: Json) -> Json:
        if "id" in given["branch"] or "repositoryNameWithOwner" not in given["branch"]:
            raise Problem("NOT_FOUND", "Name the branch by its repository and name")
        full_name, branch = given["branch"]["repositoryNameWithOwner"], given["branch"]["branchName"]
        repository = self._may_write(actor, full_name)
        branch = branch.removeprefix("refs/heads/")
        if not repository.has(branch):
            raise Problem("NOT_FOUND", f"Could not find a branch named {branch}.")
        tip = repository.tip(branch)
        if tip != given["expectedHeadOid"]:
            raise Problem(
                "STALE_DATA",
                f'Expected branch to point to "{given["expectedHeadOid"]}" but it did not. Pull and try again.',
            )
        files = _files(repository, tip, given.get("fileChanges") or {})
        try:
            actor.check_workflows(sorted(files))
        except Refused as problem:
            raise Problem("FORBIDDEN", problem.message) from None
        message = "\n\n".join(filter(None, (given["message"]["headline"], given["message"].get("body") or "")))
        login = self._world.login
        author = f"{login} <{self._world.app_id}+{login}@users.noreply.github.example>"
        oid = repository.commit(branch, files, message, tip, author)
        repository.signed.add(oid)
        self._webhooks.pushed(repository, branch, tip, login)
        return {
            "clientMutationId": given.get("clientMutationId"),
            "commit": _commit(repository, oid),
            "ref": {"name": branch},
        }

    def _may_write(self, actor: Actor, full_name: str) -> Repository:
        try:
            return actor.repository(self._world, full_name, ("contents:write",))
        except Refused as problem:
            if problem.status == 403 or full_name in self._world.repositories:
                raise Problem("FORBIDDEN", NOT_ACCESSIBLE) from None
            raise Problem("NOT_FOUND", f"Could not resolve to a Repository with the name '{full_name}'.") from None

    def _repository(self, actor: Actor, full_name: str) -> Json:
        try:
            repository = actor.repository(self._world, full_name, ("metadata:read",))
        except Refused:
            raise Problem("NOT_FOUND", f"Could not resolve to a Repository with the name '{full_name}'.") from None

        def pull(info: GraphQLResolveInfo, number: int) -> Json:
            if number not in repository.pulls:
                raise Problem("NOT_FOUND", f"Could not resolve to a PullRequest with the number of {number}.")
            if not actor.may("pull_requests:read"):
                raise Problem("FORBIDDEN", NOT_ACCESSIBLE)
            return _pull(repository, repository.pulls[number])

        def git_object(info: GraphQLResolveInfo, expression: str = "", oid: str = "") -> Json | None:
            if not actor.may("contents:read"):
                raise Problem("FORBIDDEN", NOT_ACCESSIBLE)
            return _object(repository, oid or expression)

        names = {"databaseId": repository.id, "nameWithOwner": repository.full_name}
        return {**names, "pullRequest": pull, "object": git_object}


@cache
def published_schema() -> GraphQLSchema:
    return build_schema(SDL.read_text(), assume_valid_sdl=True)


def _error(problem: GraphQLError) -> Json:
    cause = problem.original_error if isinstance(problem.original_error, Problem) else problem
    kind = {"type": cause.kind} if isinstance(cause, Problem) else {}
    places = [{"line": place.line, "column": place.column} for place in problem.locations or ()]
    return {**kind, "message": problem.message, "path": problem.path or [], "locations": places}


def _files(repository: Repository, tip: str, changes: Json) -> dict[str, bytes | None]:
    """Contents by path: a path once only, and what is deleted exists. Every file becomes an ordinary one (100644)."""
    files: dict[str, bytes | None] = {}
    for change in [*(changes.get("deletions") or ()), *(changes.get("additions") or ())]:
        path = change["path"]
        if path in files:
            raise Problem("UNPROCESSABLE", f"A path was specified more than once: {path}")
        files[path] = _decoded(change["contents"]) if "contents" in change else None
        if files[path] is None and repository.resolve(f"{tip}:{path}", "blob") is None:
            raise Problem("UNPROCESSABLE", f"A path was requested for deletion which does not exist: {path}")
    return files


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise Problem("ARGUMENT_ERROR", "contents is not valid Base64") from None


def _pull(repository: Repository, pull: Pull) -> Json:
    source = pull.head_repository
    owner = {"__typename": source.owner_kind, "login": source.owner} if source else None
    state = "OPEN" if pull.open else "MERGED" if pull.merged else "CLOSED"
    return {
        "number": pull.number,
        "state": state,
        "isDraft": pull.draft,
        "headRefName": pull.branch,
        "headRefOid": pull.head,
        "baseRefName": pull.base,
        "baseRefOid": repository.tip(pull.base),
        "isCrossRepository": source is not repository,
        "maintainerCanModify": pull.maintainers_may_edit,
        "headRepositoryOwner": owner,
    }


def _object(repository: Repository, name: str) -> Json | None:
    oid = repository.resolve(name, "blob")
    if oid is None:
        commit = repository.resolve(name)
        return _commit(repository, commit) if commit else None
    content = repository.git("cat-file", "blob", oid)
    binary = b"\0" in content
    text = None if binary else content.decode("utf-8", "replace")
    return {"__typename": "Blob", "oid": oid, "byteSize": len(content), "isBinary": binary, "isTruncated": False,
            "text": text}  # fmt: skip


def _commit(repository: Repository, oid: str) -> Json:
    signature = {"__typename": "GpgSignature", "isValid": True, "wasSignedByGitHub": True}
    return {
        "__typename": "Commit",
        "oid": oid,
        "id": node("C", oid),
        "message": repository.says("show", "-s", "--format=%B", oid),
        "url": f"{repository.site}/{repository.full_name}/commit/{oid}",
        "signature": signature if oid in repository.signed else None,
    }
