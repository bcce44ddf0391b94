"""A release of the sandbox as one reading: what is read is what people did and what git holds."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from bot.core.model import PostCheckRun, State
from bot.core.release_model import ExistingTag
from bot.github_api.readings import POLICY_PATH
from bot.github_api.release_readings import EvidenceVersion, ReleaseReading, ReleaseReadingPlan
from sandbox.git.objects import Signature

if TYPE_CHECKING:
    from sandbox import Pull
    from tests.support.hub import Hub

EVIDENCE = "docs/project/evidence"
RAJ = Signature("Raj", "raj@example.com", datetime(2026, 2, 19, tzinfo=UTC))
TRACKS = {"backend": ("backend/",), "qa": ("qa/",), "docs": ("docs/",), "dbt": ("dbt/",)}


def read(hub: Hub, repository: str, **plan: Any) -> ReleaseReading:
    """Read a release that is there; the counter then holds this read alone."""
    given = {"tracks": TRACKS, "evidence_directory": EVIDENCE, **plan}
    found = hub.at(repository).read_release(repository, ReleaseReadingPlan(**given))
    assert found is not None
    assert found.unreadable == ()
    return found


def merge(
    hub: Hub, repository: str, files: dict[str, Any], method: str = "merge", base: str = "main"
) -> tuple[Pull, str]:
    """Open and merge a pull request; gives it and the SHA it was merged as."""
    pull = hub.open("sofia", repository, files, branch="change", base=base)
    return pull, hub.github.as_user("raj").merge(pull, method)


def test_the_release_branch_and_its_head(hub: Hub) -> None:
    """The default branch unless another is named; the target is its head unless a commit is named."""
    repository = hub.repository()
    raj = hub.github.as_user("raj")
    first = raj.push(repository, "main", {"backend/a.py": "1"})
    second = raj.push(repository, "main", {"backend/a.py": "2"})
    other = raj.push(repository, "release/3", {"backend/a.py": "3"}, start=first)
    found = read(hub, repository)
    assert (found.repository, found.default_branch, found.release_branch) == (repository, "main", "main")
    assert (found.head_sha, found.target_sha) == (second, second)
    assert found.head_committed_at is not None
    assert abs(found.head_committed_at - datetime.now(UTC)).total_seconds() < 600
    found = read(hub, repository, branch="release/3", target=first[:9].upper())
    assert (found.default_branch, found.release_branch) == ("main", "release/3")
    assert (found.head_sha, found.target_sha) == (other, first)
    assert read(hub, repository, branch="release/3").target_sha == other


def test_a_target_that_is_no_one_commit(hub: Hub) -> None:
    """Unknown SHAs, blobs, and branches that are named like an abbreviated SHA are no targets."""
    repository = hub.repository()
    raj = hub.github.as_user("raj")
    raj.set_branch(repository, "abcdef1", raj.push(repository, "main", {"a": "1"}))
    blob = raj.call("POST", f"/repos/{repository}/git/blobs", {"content": "x", "encoding": "utf-8"})["sha"]
    for target in ("abcdef1", "0" * 40, "1234567", blob):
        found = read(hub, repository, target=target)
        assert (found.target_sha, found.tracks, found.evidence) == (None, {}, ())
        assert found.head_sha is not None


def test_what_is_not_there(hub: Hub) -> None:
    """No such repository is None; no such branch is a reading without a head."""
    repository = hub.repository()
    installation = hub.at(repository)
    assert installation.read_release("meta/nowhere", ReleaseReadingPlan()) is None
    found = read(hub, repository, branch="gone")
    assert (found.head_sha, found.target_sha, found.tracks) == (None, None, {})


@pytest.mark.parametrize("method", ["merge", "squash", "rebase"])
def test_squash_rebase_and_merge_commits(hub: Hub, method: str) -> None:
    """The last commit of a track is known with the pull request that brought it, however it was merged."""
    repository = hub.repository()
    files: dict[str, Any] = {"backend/app/new.py": "x = 1\n"}
    pull, merged = merge(hub, repository, files, method)
    hub.github.complete_check(repository, pull.head_sha, "track / backend")
    head = hub.github.as_user("raj").push(repository, "main", {"README.md": "more\n"})
    found = read(hub, repository)
    (folder,) = found.tracks["backend"]
    commit = folder.commit
    assert (folder.folder, folder.is_last, found.target_sha) == ("backend/", True, head)
    assert commit.sha == (pull.head_sha if method == "merge" else merged)
    assert commit.pull_request is not None
    assert (commit.pull_request.number, commit.pull_request.author) == (pull.number, "sofia")
    assert commit.pull_request.head_sha == pull.head_sha
    assert [run.name for run in commit.pull_request.check_runs] == ["track / backend"]
    assert bool(commit.check_runs) == (method == "merge")


def test_a_track_check_green_only_on_the_pull_request_s_head(hub: Hub) -> None:
    """Checks of the commit and of the head are told apart; statuses are no check runs."""
    repository = hub.repository()
    pull, squashed = merge(hub, repository, {"qa/tests/new.ts": "x\n"}, "squash")
    hub.github.complete_check(repository, pull.head_sha, "track / qa")
    hub.github.complete_check(repository, squashed, "track / qa", conclusion="failure")
    hub.github.status(repository, squashed, "track / qa", state="success")
    (folder,) = read(hub, repository).tracks["qa"]
    assert folder.commit.pull_request is not None
    assert [run.conclusion for run in folder.commit.check_runs] == ["failure"]
    assert [run.conclusion for run in folder.commit.pull_request.check_runs] == ["success"]
    assert [status.state for status in folder.commit.statuses] == ["success"]


def test_a_commit_that_no_pull_request_brought(hub: Hub) -> None:
    """Pushed straight to the branch: an open pull request with it, or one merged elsewhere, did not bring it."""
    repository = hub.repository()
    raj = hub.github.as_user("raj")
    raj.push(repository, "elsewhere", {})
    raj.push(repository, "open", {})
    pull, _ = merge(hub, repository, {"backend/app/new.py": "x = 1\n"}, base="elsewhere")
    hub.github.as_user("maya").open_pull_request(repository, base="open", branch="change", title="Open")
    raj.set_branch(repository, "main", pull.head_sha)
    (folder,) = read(hub, repository).tracks["backend"]
    assert (folder.commit.sha, folder.commit.author, folder.commit.pull_request) == (pull.head_sha, "sofia", None)
    sha = raj.push(repository, "main", {"backend/app/straight.py": "x = 1\n"}, author="maya")
    (folder,) = read(hub, repository).tracks["backend"]
    assert (folder.commit.sha, folder.commit.author, folder.commit.pull_request) == (sha, "maya", None)


def test_a_release_branch_other_than_the_default(hub: Hub) -> None:
    """Which pull request brought a commit is asked of that branch, and only its pull requests are listed."""
    repository = hub.repository()
    raj = hub.github.as_user("raj")
    raj.push(repository, "release", {})
    pull, _ = merge(hub, repository, {"backend/app/new.py": "x = 1\n"}, base="release")
    waiting = hub.open("sofia", repository, {"qa/x.ts": "x\n"}, base="release", branch="waiting")
    hub.open("sofia", repository, {"qa/y.ts": "x\n"}, branch="other")
    found = read(hub, repository, branch="release")
    assert found.tracks["backend"][0].commit.pull_request is not None
    assert found.tracks["backend"][0].commit.pull_request.number == pull.number
    assert [one.number for one in found.open_pull_requests] == [waiting.number]


def test_a_track_never_touched(hub: Hub) -> None:
    """A folder that no commit has is a track without commits; the whole tree is touched by every commit."""
    repository = hub.repository()
    head = hub.github.as_user("raj").push(repository, "main", {"README.md": "more\n"})
    found = read(hub, repository, tracks={"dbt": ("dbt/",), "all": ("",)})
    assert found.tracks["dbt"] == ()
    assert [folder.commit.sha for folder in found.tracks["all"]] == [head]


def test_a_track_of_several_folders(hub: Hub) -> None:
    """Which folder's commit is later is told by the history, not by the dates that commits carry."""
    repository = hub.repository()
    raj = hub.github.as_user("raj")
    first = raj.push(repository, "main", {"infrastructure/airbyte/a": "1"})
    second = raj.push(repository, "main", {"infrastructure/dagster/b": "1"})
    tracks = {"airbyte": ("infrastructure/airbyte/", "infrastructure/dagster", "infrastructure/none/")}
    found = read(hub, repository, tracks=tracks).tracks["airbyte"]
    assert [(one.folder, one.commit.sha, one.is_last) for one in found] == [
        ("infrastructure/airbyte/", first, False),
        ("infrastructure/dagster", second, True),
    ]


def test_folders_changed_on_two_branches_are_both_last(hub: Hub) -> None:
    """Neither has the other in its history: each is somebody's last word."""
    repository = hub.repository()
    one = hub.open("sofia", repository, {"dbt/a": "1"}, branch="one")
    two = hub.open("maya", repository, {"airflow/b": "1"}, branch="two")
    for pull in (one, two):
        hub.github.as_user("raj").merge(pull)
    found = read(hub, repository, tracks={"data": ("dbt/", "airflow/")}).tracks["data"]
    assert [(folder.commit.sha, folder.is_last) for folder in found] == [
        (one.head_sha, True),
        (two.head_sha, True),
    ]


def test_documents_and_the_policy(hub: Hub) -> None:
    """Documents at the target; the policy at the head of the default branch, whatever the release branch holds."""
    repository = hub.repository({POLICY_PATH: "version: 1\n"})
    raj = hub.github.as_user("raj")
    raj.push(repository, "release", {POLICY_PATH: "version: 666\n", "docs/new.md": "12345"})
    documents = ("docs/new.md", "docs/runbooks/operations.md", "docs")
    found = read(hub, repository, branch="release", documents=documents)
    assert dict(found.documents) == {"docs/new.md": 5, "docs/runbooks/operations.md": 13, "docs": None}
    assert found.policy_file is not None
    assert found.policy_file.text == b"version: 1\n"


def test_evidence_at_the_target(hub: Hub) -> None:
    """Every kind of entry with its mode, and the contents of files; those in folders are named too."""
    repository = hub.repository()
    files: dict[str, Any] = {
        f"{EVIDENCE}/20260219T193000Z.md": "text é\n",
        f"{EVIDENCE}/empty.md": "",
        f"{EVIDENCE}/large.md": b"x" * 2_000_000,
        f"{EVIDENCE}/shot.png": b"\x89PNG\x00\xff",
        f"{EVIDENCE}/link.md": "20260219T193000Z.md",
        f"{EVIDENCE}/deep/2026-02-19.md": "below\n",
    }
    hub.github.as_user("priya").push(repository, "main", files, modes={f"{EVIDENCE}/link.md": "120000"})
    found = {entry.path.removeprefix(f"{EVIDENCE}/"): entry for entry in read(hub, repository).evidence}
    assert {path: (entry.mode, entry.size) for path, entry in found.items()} == {
        "20260219T193000Z.md": (0o100644, 8),
        "empty.md": (0o100644, 0),
        "large.md": (0o100644, 2_000_000),
        "shot.png": (0o100644, 6),
        "link.md": (0o120000, 19),
        "deep": (0o040000, 0),
        "deep/2026-02-19.md": (0o100644, 6),
    }
    assert found["20260219T193000Z.md"].content == "text é\n".encode()
    assert found["empty.md"].content == b""
    assert found["shot.png"].content is None
    large = found["large.md"].content
    assert large is None or len(large) < 2_000_000


def test_every_earlier_version_of_evidence_is_known(hub: Hub) -> None:
    """Overwritten and deleted files of the target's history, by path and object ID; no other branch's."""
    repository = hub.repository()
    priya = hub.github.as_user("priya")
    priya.push(repository, "main", {f"{EVIDENCE}/a.md": "one\n", f"{EVIDENCE}/b.md": "two\n"})
    priya.push(repository, "main", {f"{EVIDENCE}/a.md": "changed\n", f"{EVIDENCE}/b.md": None})
    priya.push(repository, "aside", {f"{EVIDENCE}/c.md": "three\n"})
    found = read(hub, repository)
    assert [entry.path for entry in found.evidence] == [f"{EVIDENCE}/a.md"]
    assert {version.path for version in found.earlier_evidence} == {f"{EVIDENCE}/a.md", f"{EVIDENCE}/b.md"}
    contents = hub.at(repository).read_blobs(repository, [version.oid for version in found.earlier_evidence])
    assert set(contents.values()) == {b"one\n", b"two\n"}
    assert isinstance(found.earlier_evidence[0], EvidenceVersion)


def test_an_existing_tag(hub: Hub) -> None:
    """Light, annotated and twice annotated tags lead to a commit; a tag of a blob to none."""
    repository = hub.repository()
    raj = hub.github.as_user("raj")
    sha = raj.push(repository, "main", {"a": "1"})
    raj.create_tag(repository, "v1", sha)
    annotated = raj.create_tag(repository, "v2", sha, message="Release")
    # Not by REST, which tags no tags; git does.
    twice = hub.github.repository(repository).git.write_tag("v3", annotated, "tag", RAJ, "Twice")
    raj.push_references(repository, {"refs/tags/v3": twice})
    blob = raj.call("POST", f"/repos/{repository}/git/blobs", {"content": "x", "encoding": "utf-8"})["sha"]
    raj.call("POST", f"/repos/{repository}/git/refs", {"ref": "refs/tags/x/v4", "sha": blob})
    expected = {
        "v1": ExistingTag(sha, sha),
        "v2": ExistingTag(annotated, sha),
        "v3": ExistingTag(twice, sha),
        "x/v4": ExistingTag(blob, None),
        "v5": None,
    }
    assert {tag: read(hub, repository, tag=tag).existing_tag for tag in expected} == expected
    installation = hub.at(repository)
    assert {tag: installation.read_tag(repository, tag) for tag in expected} == expected
    assert installation.read_tags(repository, "v") == {"v1": sha, "v2": annotated, "v3": twice}


def test_open_pull_requests_with_milestone_and_labels(hub: Hub) -> None:
    """What may make one part of a release; drafts too, closed ones not."""
    repository = hub.repository()
    raj = hub.github.as_user("raj")
    one = hub.open("sofia", repository, {"qa/x.ts": "x\n"}, branch="one", title="No. <1>", draft=True)
    two = hub.open("sofia", repository, {"qa/y.ts": "x\n"}, branch="two")
    raj.close(hub.open("sofia", repository, {"qa/z.ts": "x\n"}, branch="three"))
    raj.set_milestone(one, "v3.1.0")
    raj.label(two, "release:v3.1.0", "other")
    found = read(hub, repository).open_pull_requests
    assert [(each.number, each.title, each.author, each.milestone, set(each.labels)) for each in found] == [
        (one.number, "No. <1>", "sofia", "v3.1.0", set()),
        (two.number, "Change something", "sofia", None, {"other", "release:v3.1.0"}),
    ]


def test_which_comments_still_exist(hub: Hub) -> None:
    """One that was deleted is not there, and closes nothing; comments of issues and of pull requests alike."""
    repository = hub.repository()
    raj = hub.github.as_user("raj")
    issue = raj.open_issue(repository, "Release")
    kept, deleted = raj.comment(issue, "/gate approve"), raj.comment(issue, "/gate approve")
    raj.delete_comment(deleted)
    comments = (deleted["node_id"], kept["node_id"])
    assert read(hub, repository, comments=comments).existing_comments == {kept["node_id"]}


def test_our_own_check_run_on_the_target(hub: Hub) -> None:
    """Posted on a commit that no pull request has, and read back with the release: the write needs no more."""
    repository = hub.repository()
    found = read(hub, repository)
    assert found.target_sha is not None
    effect = PostCheckRun("gate/release", found.target_sha, State.IN_PROGRESS, "title", "summary", "digest")
    (outcome,) = hub.installation(repository).write(found.handles, [effect], "http://localhost:8000/")
    assert outcome.refused is None
    hub.github.complete_check(repository, found.target_sha, "gate/release", app=hub.other_app)
    (run,) = read(hub, repository).own_check_runs
    assert (run.name, run.external_id, run.node_id) == ("gate/release", "digest", outcome.node_id)


def test_where_to_comment(hub: Hub) -> None:
    """The plan's issue or pull request takes the pull request's place in the handles; one that is gone is none."""
    repository = hub.repository()
    raj = hub.github.as_user("raj")
    issue = raj.open_issue(repository, "Release")
    pull = hub.open("sofia", repository, {"qa/x.ts": "x\n"})
    subjects = {number: read(hub, repository, issue=number).handles.pull_request_node_id for number in (1, 2, 999)}
    assert subjects == {
        issue.number: raj.read_issue(issue)["node_id"],
        pull.number: raj.read(pull)["node_id"],
        999: None,
    }
