"""A pull request of the sandbox becomes facts: what is read is what people did and what git holds."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import TYPE_CHECKING

import pytest

from bot.core.model import ChangedFile, ChangeType, CommitStatus, ReviewState, Wanted
from bot.github_api.readings import POLICY_PATH

if TYPE_CHECKING:
    from tests.support.hub import Hub

NOW = datetime(2026, 2, 19, 12, 0, tzinfo=UTC)
NEW_FILE = {"backend/app/new.py": "x = 1\n"}


def test_the_pull_request_itself(hub: Hub) -> None:
    """Who, what, from where to where, and its size."""
    repository = hub.repository()
    files = {"backend/app/new.py": "x = 1\n", "backend/app/sync.py": None, "README.md": "# Meta V3\n"}
    pull = hub.open("sofia", repository, files, title="Gate <b>scopes</b>", draft=True)
    hub.github.as_user("sofia").label(pull, "refactor")
    facts = hub.facts(pull)
    assert (facts.repository, facts.number, facts.title) == (repository, pull.number, "Gate <b>scopes</b>")
    assert (facts.author, facts.head_commit_author) == ("sofia", "sofia")
    assert (facts.is_open, facts.is_draft, facts.labels) == (True, True, ("refactor",))
    assert (facts.base_branch, facts.default_branch, facts.head_sha) == ("main", "main", pull.head_sha)
    assert set(facts.files) == {
        ChangedFile("backend/app/new.py", ChangeType.ADDED),
        ChangedFile("backend/app/sync.py", ChangeType.DELETED),
        ChangedFile("README.md", ChangeType.MODIFIED),
    }
    assert (facts.changed_files, facts.changed_lines) == (3, 1 + 2 + 2)
    assert facts.unreadable == ()


def test_a_closed_pull_request_is_not_open(hub: Hub) -> None:
    """Closing shows."""
    pull = hub.open("sofia", hub.repository(), NEW_FILE)
    hub.github.as_user("sofia").close(pull)
    assert not hub.facts(pull).is_open


def test_a_number_that_is_no_pull_request(hub: Hub) -> None:
    """None, and no error: it may have been an issue, or gone."""
    installation = hub.installation(hub.repository())
    assert installation.read_pull_request("meta/integration-1", 999, Wanted(), NOW) is None
    assert installation.read_pull_request("meta/nowhere", 1, Wanted(), NOW) is None


@pytest.mark.parametrize(
    "path", ["docs/naïve 日本.md", 'docs/it\'s "quoted".md', "docs/a b&c?d=e#f%2F.md", "docs/ .md"]
)
def test_paths_as_they_are(hub: Hub, path: str) -> None:
    """Unicode, spaces, quotes and what means something in a URL come through, as a change and as a document."""
    pull = hub.open("sofia", hub.repository(), {path: "text\n"})
    facts = hub.facts(pull, Wanted(documents=(path,)))
    assert [file.path for file in facts.files] == [path]
    assert dict(facts.documents) == {path: 5}


def test_a_rename_and_a_copy_name_both_paths(hub: Hub) -> None:
    """The previous paths are git's; a copy shows when its source changes too."""
    long = "".join(f"line {n}\n" for n in range(40))
    repository = hub.repository({"backend/app/long.py": long})
    changes = {"backend/app/long.py": f"{long}and more\n", "docs/long.py": long}
    pull = hub.open("sofia", repository, changes, renames={"backend/app/oauth.py": "qa/oauth.py"})
    assert set(hub.facts(pull).files) == {
        ChangedFile("qa/oauth.py", ChangeType.RENAMED, "backend/app/oauth.py"),
        ChangedFile("docs/long.py", ChangeType.COPIED, "backend/app/long.py"),
        ChangedFile("backend/app/long.py", ChangeType.MODIFIED),
    }


def test_reviews_and_requests(hub: Hub) -> None:
    """Every submitted review with the commit it was made for, dismissed ones too, and who is still asked."""
    pull = hub.open("sofia", hub.repository(), NEW_FILE)
    maya, raj = hub.github.as_user("maya"), hub.github.as_user("raj")
    maya.review(pull, "APPROVE")
    raj.dismiss(raj.review(pull, "REQUEST_CHANGES"))
    second = hub.github.as_user("sofia").push(pull.repository, pull.branch, {"backend/app/new.py": "x = 2\n"})
    maya.review(pull, "COMMENT")
    hub.github.as_user("sofia").request_review(pull, "lina", "raj")
    facts = hub.facts(pull)
    assert [(review.author, review.state, review.commit_sha) for review in facts.reviews] == [
        ("maya", ReviewState.APPROVED, pull.head_sha),
        ("raj", ReviewState.DISMISSED, pull.head_sha),
        ("maya", ReviewState.COMMENTED, second),
    ]
    assert sorted(facts.requested_reviewers) == ["lina", "raj"]


def test_folders_tell_what_changed_since_a_review(hub: Hub) -> None:
    """Object IDs of the wanted folders at the head and at a reviewed commit: equal exactly if unchanged."""
    pull = hub.open("sofia", hub.repository(), NEW_FILE)
    hub.github.as_user("maya").review(pull, "APPROVE")
    second = hub.github.as_user("sofia").push(pull.repository, pull.branch, {"qa/new.ts": "x\n"})
    trees = hub.facts(pull).trees
    then, now = trees[pull.head_sha], trees[second]
    assert set(now) == {"", "backend/", "qa/", "docs/"}
    assert {folder for folder in now if then[folder] != now[folder]} == {"", "qa/"}


def test_checks_by_app_and_statuses(hub: Hub) -> None:
    """Runs carry their App; our own are apart; statuses are no check runs."""
    repository = hub.repository()
    pull = hub.open("sofia", repository, NEW_FILE)
    hub.github.complete_check(repository, pull.head_sha, "track / backend", conclusion="failure")
    hub.github.start_check(repository, pull.head_sha, "track / backend", app=hub.other_app)
    hub.github.complete_check(repository, pull.head_sha, "gate", app=hub.app, external_id="digest")
    hub.github.status(repository, pull.head_sha, "track / backend", state="success")
    facts = hub.facts(pull)
    assert {(run.name, run.app_id, run.status, run.conclusion) for run in facts.check_runs} == {
        ("track / backend", 15368, "completed", "failure"),
        ("track / backend", hub.other_app.id, "in_progress", None),
    }
    (own,) = facts.own_check_runs
    assert (own.name, own.app_id, own.external_id, own.conclusion) == ("gate", hub.app.id, "digest", "success")
    assert own.node_id
    assert own.completed_at is not None
    assert own.completed_at.utcoffset() is not None
    assert facts.statuses == (CommitStatus("track / backend", "success"),)


def test_documents_are_regular_files_at_the_head(hub: Hub) -> None:
    """Sizes at the head SHA; a symbolic link, a folder and a missing file are none."""
    files = {"docs/new.md": "12345", "docs/empty.md": "", "docs/link.md": "new.md", "docs/run.md": "x"}
    modes = {"docs/link.md": "120000", "docs/run.md": "100755"}
    repository = hub.repository()
    sha = hub.github.as_user("sofia").push(repository, "docs", files, modes=modes)
    pull = hub.open("sofia", repository, {"docs/more.md": "y"}, branch="docs")
    assert pull.head_sha != sha
    wanted = ("docs/new.md", "docs/empty.md", "docs/link.md", "docs/run.md", "docs/none.md", "docs", POLICY_PATH)
    assert dict(hub.facts(pull, Wanted(documents=wanted)).documents) == {
        "docs/new.md": 5,
        "docs/empty.md": 0,
        "docs/link.md": None,
        "docs/run.md": 1,
        "docs/none.md": None,
        "docs": None,
        POLICY_PATH: None,
    }


def test_the_policy_is_the_base_branch_s(hub: Hub) -> None:
    """What the pull request itself says of the policy is never read."""
    repository = hub.repository({POLICY_PATH: "version: 1\n"})
    pull = hub.open("sofia", repository, {POLICY_PATH: "version: 666\n"})
    reading = hub.read(pull)
    assert reading.policy_file is not None
    assert reading.policy_file.text == b"version: 1\n"
    assert hub.read(hub.open("sofia", hub.repository(), NEW_FILE)).policy_file is None


@pytest.mark.parametrize(
    "text", [b"name: caf\xe9\n", b"\x00\x01\x02", b"# " + b"x" * 600_000], ids=["latin", "binary", "large"]
)
def test_a_policy_file_of_any_bytes(hub: Hub, text: bytes) -> None:
    """Its bytes come exactly, whatever GraphQL makes of them."""
    pull = hub.open("sofia", hub.repository({POLICY_PATH: text}), NEW_FILE)
    reading = hub.read(pull)
    assert reading.policy_file is not None
    assert reading.policy_file.text == text
    assert hub.client.requests.counts().read == 2


def test_only_known_people_have_handles(hub: Hub) -> None:
    """A wanted login that GitHub does not know is left out, and closes nothing."""
    pull = hub.open("sofia", hub.repository(), NEW_FILE)
    reading = hub.read(pull, Wanted(logins=("Sofia", "no-such-person", 'x"){id}')))
    assert set(reading.handles.user_node_ids) == {"sofia"}
    assert reading.facts.unreadable == ()


def test_pull_requests_that_share_a_head(hub: Hub) -> None:
    """The other open ones with the same head SHA; closed ones are none."""
    repository = hub.repository()
    raj = hub.github.as_user("raj")
    raj.push(repository, "release", {})
    raj.push(repository, "old", {})
    pull = hub.open("sofia", repository, NEW_FILE)
    sibling = hub.open("sofia", repository, {}, base="release")
    closed = hub.open("sofia", repository, {}, base="old")
    assert sibling.head_sha == closed.head_sha == pull.head_sha
    hub.github.as_user("sofia").close(closed)
    assert hub.read(pull).sibling_numbers == (sibling.number,)


def test_a_fork_whose_repository_was_deleted(hub: Hub) -> None:
    """The head commit stays readable through the base repository."""
    repository = hub.repository()
    omar = hub.github.as_user("omar")
    fork = omar.fork(repository)
    omar.push(fork, "feature", {"backend/app/new.py": "x = 1\n"})
    pull = omar.open_pull_request(
        repository, base="main", branch="feature", title="From afar", head_repository=fork
    )
    omar.delete_repository(fork)
    facts = hub.facts(pull)
    assert (facts.author, facts.head_sha) == ("omar", pull.head_sha)
    assert [file.path for file in facts.files] == ["backend/app/new.py"]
    assert facts.documents["docs/runbooks/operations.md"] == len("# Operations\n")
    assert facts.unreadable == ()


def _types(value: object) -> set[type]:
    """The types of a value and of all that it holds."""
    if is_dataclass(value):
        inner: list[object] = [getattr(value, field.name) for field in fields(value)]
    elif isinstance(value, dict):
        inner = [*value, *value.values()]
    else:
        inner = list(value) if isinstance(value, tuple | list) else []
    return {type(value)}.union(*(_types(each) for each in inner))


def test_nothing_of_a_library_comes_out(hub: Hub) -> None:
    """Every value of a full reading is ours or Python's own."""
    pull = hub.open("sofia", hub.repository({POLICY_PATH: "version: 1\n"}), NEW_FILE)
    hub.github.as_user("maya").review(pull, "APPROVE")
    hub.github.complete_check(pull.repository, pull.head_sha, "track / backend")
    found = _types(hub.read(pull))
    assert any(issubclass(kind, Enum) for kind in found)
    assert {kind.__module__.partition(".")[0] for kind in found} == {"bot", "builtins", "datetime"}
