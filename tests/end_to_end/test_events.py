"""Everything that can change a merge gate does; what cannot, costs nothing."""

from __future__ import annotations

import pytest

from tests.support.world import World

BACKEND = {"backend/app/oauth.py": "SCOPES = ()\n"}
DBT = {"dbt/models/a.sql": "select 1\n"}


def test_rename_from_one_track_into_another(world: World) -> None:
    """A file that leaves airbyte for docs needs both owners, and Raj for crossing tracks."""
    repository = world.repository()
    old, new = "infrastructure/airbyte/scripts/check_data_contracts.py", "docs/project/check.py"
    pull = world.open("omar", repository, {}, renames={old: new})
    world.settle()
    assert world.requested(repository, pull.number) == {"maya", "raj", "mira"}
    assert world.gate(repository, pull.head_sha, "gate/airbyte") is not None
    assert world.gate(repository, pull.head_sha, "gate/docs") is not None


def test_rename_within_a_track(world: World) -> None:
    """A rename inside backend is backend's alone."""
    repository = world.repository()
    pull = world.open("omar", repository, {}, renames={"backend/app/oauth.py": "backend/app/scopes.py"})
    world.settle()
    assert world.requested(repository, pull.number) == {"sofia", "maya"}


def test_unicode_spaces_and_quotes_in_paths(world: World) -> None:
    """Git's own paths arrive whole, whatever they contain."""
    repository = world.repository()
    path = "qa/tests/ünï çødé \"quoted\" 'single' 名.ts"
    pull = world.open("omar", repository, {path: "test()\n"})
    world.settle()
    assert world.requested(repository, pull.number) == {"lina", "sofia"}
    gate = world.shown(repository, pull.head_sha)
    assert path in gate.summary


def test_a_file_named_exactly_like_a_track_folder_is_outside(world: World) -> None:
    """`qa` as a file is not in `qa/`: Raj decides."""
    repository = world.repository(without=("qa/tests/meta-integration.spec.ts",))
    pull = world.open("omar", repository, {"qa": "not a folder\n"})
    world.settle()
    assert world.requested(repository, pull.number) == {"raj"}


def test_approval_at_an_older_head_stands_while_its_track_is_unchanged(world: World) -> None:
    """A push to docs leaves Priya's dbt approval alone; a push to dbt makes it stale, and asks her again."""
    repository = world.repository()
    pull = world.open("omar", repository, {**DBT, "docs/a.md": "a\n"})
    world.settle()
    world.as_user("priya").review(pull, "APPROVE")
    sha = world.as_user("omar").push(repository, pull.branch, {"docs/a.md": "b\n"})
    world.settle()
    assert "priya" not in world.requested(repository, pull.number)
    track = world.shown(repository, sha, "gate/dbt")
    assert track.title == "Waiting for track / dbt"
    sha = world.as_user("omar").push(repository, pull.branch, {"dbt/models/a.sql": "select 2\n"})
    world.settle()
    assert "priya" in world.requested(repository, pull.number)
    track = world.shown(repository, sha, "gate/dbt")
    assert "priya" in track.title


def test_approval_by_the_author_of_the_head_commit_does_not_count(world: World) -> None:
    """Priya pushed the head commit to Omar's branch: her approval is not somebody else's."""
    repository = world.repository()
    pull = world.open("omar", repository, DBT)
    sha = world.as_user("priya").push(repository, pull.branch, {"dbt/models/a.sql": "select 3\n"}, author="priya")
    world.as_user("priya").review(pull, "APPROVE")
    world.check(repository, sha, "track / dbt", "success")
    gate = world.shown(repository, sha)
    assert gate.state == "in_progress"
    assert "wrote the head commit" in gate.summary


def test_approved_then_commented_stands(world: World) -> None:
    """A comment supersedes nothing."""
    repository = world.repository()
    pull = world.open("omar", repository, DBT)
    world.as_user("priya").review(pull, "APPROVE")
    world.as_user("priya").review(pull, "COMMENT", body="one more thought")
    world.check(repository, pull.head_sha, "track / dbt", "success")
    gate = world.shown(repository, pull.head_sha)
    assert gate.state == "success"


def test_approved_then_changes_requested_then_dismissed(world: World) -> None:
    """Changes requested block; once dismissed, Priya is missing again and is asked again."""
    repository = world.repository()
    pull = world.open("omar", repository, DBT)
    world.as_user("priya").review(pull, "APPROVE")
    review = world.as_user("priya").review(pull, "REQUEST_CHANGES", body="wait")
    gate = world.shown(repository, pull.head_sha)
    assert (gate.state, gate.title) == ("failure", "Blocked: priya requested changes")
    world.as_user("raj").dismiss(review)
    gate = world.shown(repository, pull.head_sha)
    assert gate.state == "in_progress"
    assert world.requested(repository, pull.number) == {"priya"}


def test_a_check_of_the_right_name_from_the_wrong_app_does_not_count(world: World) -> None:
    """Another App's green run and a commit status of the name change nothing; the gate says why."""
    repository = world.repository()
    pull = world.open("omar", repository, DBT)
    other = world.github.register_app(
        slug="other", webhook_url=None, webhook_secret="x", permissions={"checks": "write"}, events=[]
    )
    world.github.install(other, repository)
    world.github.complete_check(repository, pull.head_sha, "track / dbt", conclusion="success", app=other)
    world.github.status(repository, pull.head_sha, "track / dbt")
    world.as_user("priya").review(pull, "APPROVE")
    gate = world.shown(repository, pull.head_sha)
    assert gate.state == "in_progress"
    assert "not from App 15368" in gate.summary
    assert "commit status of that name does not count" in gate.summary


@pytest.mark.parametrize("conclusion", ["skipped", "neutral"])
def test_skipped_and_neutral_checks_do_not_count(world: World, conclusion: str) -> None:
    """GitHub would let both pass; the gate does not."""
    repository = world.repository()
    pull = world.open("omar", repository, DBT)
    world.check(repository, pull.head_sha, "track / dbt", conclusion)
    gate = world.shown(repository, pull.head_sha)
    assert gate.state == "failure"
    assert conclusion in gate.title


def test_two_runs_of_one_name_the_newest_wins(world: World) -> None:
    """Red then green is green."""
    repository = world.repository()
    pull = world.open("omar", repository, DBT)
    world.check(repository, pull.head_sha, "track / dbt", "failure")
    world.check(repository, pull.head_sha, "track / dbt", "success")
    world.as_user("priya").review(pull, "APPROVE")
    gate = world.shown(repository, pull.head_sha)
    assert gate.state == "success"


def test_retarget_to_a_branch_out_of_scope_and_back(world: World) -> None:
    """An open gate does not stay open where it was not judged; back on main it is judged again."""
    repository = world.repository()
    world.branch(repository, "playground")
    pull = world.open("omar", repository, DBT)
    world.as_user("priya").review(pull, "APPROVE")
    world.check(repository, pull.head_sha, "track / dbt", "success")
    gate = world.shown(repository, pull.head_sha)
    assert gate.state == "success"
    world.as_user("omar").retarget(pull, "playground")
    gate = world.shown(repository, pull.head_sha)
    assert gate.state == "in_progress"
    assert gate.title.startswith("Not judged: base branch playground is not gated")
    world.as_user("omar").retarget(pull, "main")
    gate = world.shown(repository, pull.head_sha)
    assert gate.state == "success"


def test_a_fork_whose_head_repository_is_deleted_is_still_judged(world: World) -> None:
    """The check names no pull request and the head repository is gone: the gate opens all the same."""
    repository = world.repository()
    fork = world.as_user("omar").fork(repository)
    pull = world.open("omar", repository, DBT, head_repository=fork)
    world.settle()
    world.as_user("omar").delete_repository(fork)
    world.as_user("priya").review(pull, "APPROVE")
    world.check(repository, pull.head_sha, "track / dbt", "success")
    gate = world.shown(repository, pull.head_sha)
    assert gate.state == "success"


def test_two_pull_requests_with_one_head_share_one_gate(world: World) -> None:
    """`gate` on the shared head is open only when both gates are."""
    repository = world.repository()
    world.branch(repository, "release")
    policy = world.shipped_policy().replace("base_branches: []", "base_branches: [main, release]")
    world.as_user("raj").push(repository, "main", {".github/trackgate.yml": policy})
    world.as_user("raj").push(repository, "release", {".github/trackgate.yml": policy, "docs/x.md": "x\n"})
    first = world.open("omar", repository, DBT)
    second = world.open_again("omar", first, base="release")
    world.as_user("priya").review(first, "APPROVE")
    world.check(repository, first.head_sha, "track / dbt", "success")
    gate = world.shown(repository, first.head_sha)
    assert gate.state != "success"
    assert f"#{second.number}" in gate.summary
    with world.counted() as counts:
        world.as_user("lina").review(first, "COMMENT", body="hm")
    assert counts["writes"] == 0


def test_policy_broken_on_the_base_branch(world: World) -> None:
    """The push that breaks the policy closes every open gate, with file, line and key; its repair opens them."""
    repository = world.repository()
    pull = world.open("omar", repository, DBT)
    broken = world.shipped_policy().replace("owners: [priya]", "owners: [prya]")
    world.as_user("raj").push(repository, "main", {".github/trackgate.yml": broken})
    gate = world.shown(repository, pull.head_sha)
    assert gate.state == "failure"
    assert ".github/trackgate.yml" in gate.title
    assert "tracks.dbt.owners" in gate.title
    world.as_user("raj").push(repository, "main", {".github/trackgate.yml": world.shipped_policy()})
    gate = world.shown(repository, pull.head_sha)
    assert gate.state == "in_progress"


def test_policy_changed_on_the_head_branch_only_is_not_obeyed(world: World) -> None:
    """A pull request cannot appoint its own reviewers."""
    repository = world.repository()
    mine = world.shipped_policy().replace("owners: [priya]", "owners: [lina]")
    pull = world.open("omar", repository, {**DBT, ".github/trackgate.yml": mine})
    world.settle()
    assert world.requested(repository, pull.number) == {"priya", "raj"}


def test_who_commented_before_being_required_is_asked(world: World) -> None:
    """Lina commented on a dbt change; once frontend is touched too, she is asked like any owner."""
    repository = world.repository()
    pull = world.open("omar", repository, DBT)
    world.as_user("lina").review(pull, "COMMENT", body="interesting")
    world.settle()
    world.as_user("omar").push(repository, pull.branch, {"frontend/src/state.ts": "export {}\n"})
    world.settle()
    assert world.requested(repository, pull.number) == {"priya", "lina", "raj"}
