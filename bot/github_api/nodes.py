"""Pieces of GraphQL answers → the core's types. Pure; each function takes the JSON of one fragment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from bot.core.model import ChangedFile, ChangeType, CheckRun, CommitStatus, Review, ReviewState, Wanted
from bot.github_api.graphql import Json, Problem
from bot.github_api.readings import POLICY_PATH

# Git's modes of regular files; symbolic links, sub-modules and folders have others.
REGULAR_FILE_MODES = (0o100644, 0o100755)
GHOST = "ghost"


def nodes(connection: Json | None) -> Iterator[Json]:
    """The nodes of a page. A part that could not be read is null, and named in the answer's problems."""
    yield from (node for node in (connection or {}).get("nodes") or () if node is not None)


def login_of(person: Json | None) -> str:
    """A person's login. Only a user's is the bare one: an App or an imported account may have any name.

    An App named `raj` is `raj[bot]`, as in REST, and so is never taken for the user. A deleted account is `ghost`.
    """
    if person is None:
        return GHOST
    login, kind = str(person.get("login", "")), person["__typename"]
    return login if kind == "User" else f"{login}[{str(kind).lower()}]"


def moment(text: str | None) -> datetime | None:
    """A GraphQL DateTime, aware."""
    return None if text is None else datetime.fromisoformat(text)


def default_branch(repository: Json) -> str:
    """Fragment RepositoryBasics: the default branch's name, empty in a repository without commits."""
    return str((repository["defaultBranchRef"] or {}).get("name", ""))


def commit_author(commit: Json) -> str | None:
    """The account that GitHub sees behind a commit's author, if any."""
    user = (commit.get("author") or {}).get("user")
    return None if user is None else str(user["login"])


def requested_reviewers(page: Json | None) -> tuple[str, ...]:
    """Who is asked for a review, teams left out."""
    people = (node["requestedReviewer"] for node in nodes(page))
    return tuple(login_of(person) for person in people if person is not None and "login" in person)


def user_node_ids(data: Json, aliases: Mapping[str, str]) -> dict[str, str]:
    """Fragment WantedUsers: node IDs by login in lower case; somebody GitHub does not know is left out."""
    return {
        login.lower(): str(data[alias]["id"])
        for alias, login in aliases.items()
        if alias.startswith("u") and data.get(alias) is not None
    }


def changed_files(page: Json | None) -> list[ChangedFile]:
    """Fragment FilePage. GraphQL tells no previous paths."""
    return [ChangedFile(str(node["path"]), ChangeType(node["changeType"])) for node in nodes(page)]


def reviews(page: Json | None) -> list[Review]:
    """Fragment ReviewPage, oldest first."""
    return [
        Review(
            author=login_of(node["author"]),
            state=ReviewState(node["state"]),
            commit_sha=node["commit"]["oid"] if node["commit"] else None,
            submitted_at=datetime.fromisoformat(node["submittedAt"] or node["createdAt"]),
        )
        for node in nodes(page)
    ]


def check_runs(page: Json | None) -> list[CheckRun]:
    """The check runs of fragment ContextPage; status and conclusion in lower case, as in REST."""
    return [
        CheckRun(
            name=str(node["name"]),
            app_id=_app_id(node),
            status=str(node["status"]).lower(),
            conclusion=str(node["conclusion"]).lower() if node["conclusion"] else None,
            run_id=int(node["databaseId"] or 0),
            started_at=moment(node["startedAt"]),
            completed_at=moment(node["completedAt"]),
            node_id=str(node["id"]),
            external_id=str(node["externalId"] or ""),
        )
        for node in nodes(page)
        if node["__typename"] == "CheckRun"
    ]


def split_by_app(runs: Iterable[CheckRun], app_id: int) -> tuple[tuple[CheckRun, ...], tuple[CheckRun, ...]]:
    """Everybody else's check runs, and those of the App with this ID."""
    own = tuple(run for run in runs if run.app_id == app_id)
    return tuple(run for run in runs if run.app_id != app_id), own


def statuses(page: Json | None) -> list[CommitStatus]:
    """The commit statuses of fragment ContextPage; states in lower case, as in REST."""
    return [
        CommitStatus(str(node["context"]), str(node["state"]).lower())
        for node in nodes(page)
        if node["__typename"] == "StatusContext"
    ]


def siblings(page: Json | None, repository_id: str, number: int | None, head_sha: str) -> list[int]:
    """Fragment SiblingPage: the repository's other open pull requests whose head is this commit too."""
    return [
        int(node["number"])
        for node in nodes(page)
        if node["state"] == "OPEN"
        and node["headRefOid"] == head_sha
        and (node["baseRepository"] or {}).get("id") == repository_id
        and node["number"] != number
    ]


def documents(commit: Json, wanted: Wanted, aliases: Mapping[str, str]) -> dict[str, int | None]:
    """Fragment WantedDocuments: sizes in bytes of regular files; None for anything else."""
    by_path = {path: alias for alias, path in aliases.items() if alias.startswith("d")}
    return {path: _regular_size(commit.get(by_path[path])) for path in wanted.documents}


def folders(commit: Json, wanted: Wanted, aliases: Mapping[str, str]) -> dict[str, str | None]:
    """Fragment WantedFolders: object IDs by folder as it is written in `wanted`; "" is the whole tree."""
    if not commit.get("tree"):
        return {}
    by_path = {path: alias for alias, path in aliases.items() if alias.startswith("f")}
    found: dict[str, str | None] = {"": str(commit["tree"]["oid"])}
    for folder in wanted.folders:
        path = folder.strip("/")
        if path:
            entry = commit.get(by_path[path])
            found[folder] = str(entry["oid"]) if entry else None
    return found


def trees(
    head_sha: str, head: Mapping[str, str | None], others: Mapping[str, Mapping[str, str | None]]
) -> dict[str, Mapping[str, str | None]]:
    """Folders by commit. A folder that is at neither commit is left out of the other commit's.

    Two absences prove nothing equal: should GitHub one day not answer for folders, every approval would else
    seem fresh. Left out, the comparison is unknown, and the gate stays closed.
    """
    result: dict[str, Mapping[str, str | None]] = {
        sha: {path: oid for path, oid in found.items() if oid is not None or head.get(path) is not None}
        for sha, found in others.items()
    }
    result[head_sha] = head
    return result


def unreadable(problems: Iterable[Problem], aliases: Mapping[str, str]) -> tuple[str, ...]:
    """What a partial answer lacks, in words.

    Left out: a person GitHub does not know (they just cannot be asked), and a requested team that the App may
    not see (teams fill no slot).
    """
    return tuple(
        f"{' › '.join(_step(step, aliases) for step in problem.path) or 'the answer'}: {problem.message}"
        for problem in problems
        if not (problem.path[:1] and problem.path[0] in aliases) and "requestedReviewer" not in problem.path
    )


def _step(step: str, aliases: Mapping[str, str]) -> str:
    return {"policy": POLICY_PATH}.get(step) or aliases.get(step, step)


def _app_id(check_run: Json) -> int | None:
    app = (check_run["checkSuite"] or {}).get("app")
    return None if app is None else app["databaseId"]


def _regular_size(entry: Json | None) -> int | None:
    if entry is None or entry["mode"] not in REGULAR_FILE_MODES:
        return None
    size = (entry["object"] or {}).get("byteSize")
    return None if size is None else int(size)
