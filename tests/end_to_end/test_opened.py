"""An opened pull request gets its tracks, its reviewers and its gate; and what that costs."""

from __future__ import annotations

import pytest

from tests.support.world import World


def test_an_opened_pull_request_gets_reviewers_and_gate_in_two_requests(world: World) -> None:
    """One track, up to 100 files, warm token: one read and one write, and GitHub shows everything."""
    repository = world.repository()
    files = {f"backend/module_{number}.py": "x = 1\n" for number in range(100)}
    with world.counted() as counts:
        pull = world.open("omar", repository, files)
    assert counts == {"reads": 1, "writes": 1, "total": 2, "sweeps": 0}
    assert world.requested(repository, pull.number) == {"sofia", "maya"}
    gate = world.shown(repository, pull.head_sha)
    assert gate.state == "in_progress"
    assert gate.title == "Waiting for sofia, maya, track / backend"
    track = world.shown(repository, pull.head_sha, "gate/backend")
    assert track.state == "in_progress"


def test_an_event_that_changes_nothing_costs_one_request(world: World) -> None:
    """A comment review by a bystander is read and judged, and nothing is written."""
    repository = world.repository()
    pull = world.open("omar", repository, {"dbt/models/a.sql": "select 1\n"})
    world.settle()
    with world.counted() as counts:
        world.as_user("lina").review(pull, "COMMENT", body="nice")
    assert counts == {"reads": 1, "writes": 0, "total": 1, "sweeps": 0}


def test_a_review_that_changes_the_gate_costs_two_requests(world: World) -> None:
    """One read, one batch of writes: the track's gate and the whole gate."""
    repository = world.repository()
    pull = world.open("omar", repository, {"dbt/models/a.sql": "select 1\n"})
    with world.counted() as counts:
        world.as_user("priya").review(pull, "APPROVE")
    assert counts == {"reads": 1, "writes": 1, "total": 2, "sweeps": 0}


@pytest.mark.parametrize("text", ["looks good", "> /gate hold no", "```\n/gate hold no\n```"])
def test_a_comment_without_a_command_costs_nothing(world: World, text: str) -> None:
    """Plain talk, a command in a quote and a command in a code block are not commands: no request at all."""
    repository = world.repository()
    pull = world.open("omar", repository, {"dbt/models/a.sql": "select 1\n"})
    with world.counted() as counts:
        world.as_user("raj").comment(pull, text)
    assert counts["total"] == 0
    assert world.comments(repository, pull.number) == []


def test_the_whole_way_from_open_to_merged(world: World) -> None:
    """Sofia's own backend change: Maya, and Raj in her place; check green; the gate opens."""
    repository = world.repository()
    pull = world.open("sofia", repository, {"backend/app/oauth.py": "SCOPES = ()\n"})
    world.settle()
    assert world.requested(repository, pull.number) == {"raj", "maya"}
    world.as_user("maya").review(pull, "APPROVE")
    world.as_user("raj").review(pull, "APPROVE")
    gate = world.shown(repository, pull.head_sha)
    assert (gate.state, gate.title) == ("in_progress", "Waiting for track / backend")
    world.check(repository, pull.head_sha, "track / backend", "success")
    gate = world.shown(repository, pull.head_sha)
    assert gate.state == "success"
    world.as_user("sofia").merge(pull)


def test_a_reviewer_asked_already_or_heard_from_already_is_not_asked_again(world: World) -> None:
    """Asking twice notifies twice: Priya is asked once, and not again after she commented."""
    repository = world.repository()
    pull = world.open("omar", repository, {"dbt/models/a.sql": "select 1\n"})
    world.settle()
    assert world.requested(repository, pull.number) == {"priya"}
    world.as_user("priya").review(pull, "COMMENT", body="looking")
    world.as_user("omar").comment(pull, "/gate recheck")
    world.settle()
    assert world.requested(repository, pull.number) == set()


def test_one_owner_cannot_be_requested_the_other_still_is(world: World) -> None:
    """Maya is no collaborator: Sofia is asked all the same, and the gate names Maya and why."""
    rights = dict.fromkeys(("raj", "mira", "sofia", "priya", "lina", "omar"), "write")
    repository = world.repository(collaborators=rights)
    pull = world.open("omar", repository, {"backend/app/oauth.py": "SCOPES = ()\n"})
    world.settle()
    assert world.requested(repository, pull.number) == {"sofia"}
    gate = world.shown(repository, pull.head_sha)
    assert gate.state == "in_progress"
    assert "GitHub refused to ask maya" in gate.summary
    with world.counted() as counts:
        world.as_user("lina").review(pull, "COMMENT", body="hm")
    assert counts["writes"] == 0


def test_a_draft_asks_nobody_until_it_is_ready(world: World) -> None:
    """Draft, then ready: the owner is asked only then."""
    repository = world.repository()
    pull = world.open("omar", repository, {"dbt/models/a.sql": "select 1\n"}, draft=True)
    world.settle()
    assert world.requested(repository, pull.number) == set()
    gate = world.shown(repository, pull.head_sha)
    assert gate.state == "in_progress"
    assert "draft" in gate.title
    world.as_user("omar").ready(pull)
    world.settle()
    assert world.requested(repository, pull.number) == {"priya"}


@pytest.mark.parametrize(("number", "requests"), [(101, 3), (250, 4)], ids=["101 files", "250 files"])
def test_many_files_cost_more_pages_only(world: World, number: int, requests: int) -> None:
    """Each further hundred files is one more read; the write stays one."""
    repository = world.repository()
    files = {f"dbt/models/m{index}.sql": "select 1\n" for index in range(number)}
    with world.counted() as counts:
        pull = world.open("omar", repository, files)
    assert counts["total"] == requests
    gate = world.shown(repository, pull.head_sha)
    assert gate.title == "Waiting for priya, track / dbt"


def test_3000_files_are_judged_and_3001_are_not(world: World) -> None:
    """GitHub shows 3,000 files: with one more the gate fails and says so, after a single read."""
    repository = world.repository()
    files = {f"dbt/models/m{index}.sql": "select 1\n" for index in range(3000)}
    pull = world.open("omar", repository, files)
    gate = world.shown(repository, pull.head_sha)
    assert gate.title == "Waiting for priya, track / dbt"
    with world.counted() as counts:
        sha = world.as_user("omar").push(repository, pull.branch, {"dbt/models/last.sql": "select 2\n"})
    assert counts == {"reads": 1, "writes": 1, "total": 2, "sweeps": 0}
    gate = world.shown(repository, sha)
    assert gate.state == "failure"
    assert "3001 changed files" in gate.title


def test_the_page_of_the_gate_is_where_details_url_leads(world: World) -> None:
    """The link on GitHub opens the decision's tree, with hostile text escaped."""
    repository = world.repository()
    pull = world.open("omar", repository, {"dbt/<b>&\"'.sql": "select 1\n"}, title="<script>alert(1)</script>")
    gate = world.shown(repository, pull.head_sha)
    page = world.http.request("GET", gate.details_url)
    assert page.status == 200
    text = page.data.decode()
    assert "priya" in text
    assert "<script>alert" not in text
    assert "dbt/&lt;b&gt;&amp;" in text
