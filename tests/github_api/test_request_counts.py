"""How many requests a reading and its writing cost, on the sandbox and by the sandbox's own log."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.core.model import PostCheckRun, RequestReview, State
from bot.github_api.budget import RequestCounts
from bot.github_api.release_readings import ReleaseReadingPlan

if TYPE_CHECKING:
    from sandbox import Pull
    from tests.support.hub import Hub

PAGE = "http://localhost:8000/repositories/meta/integration/pull-requests/1"


def many_files(hub: Hub, count: int) -> Pull:
    """A pull request that adds this many files."""
    repository = hub.repository()
    return hub.open(
        "sofia", repository, {f"backend/many/{number:04}.py": f"x = {number}\n" for number in range(count)}
    )


def test_an_ordinary_pull_request_takes_one_read_and_one_write(hub: Hub) -> None:
    """One track, with reviews, requests and checks there; the write posts two gates and asks two people."""
    repository = hub.repository()
    pull = hub.open("sofia", repository, {"backend/app/new.py": "x = 1\n"})
    hub.github.as_user("maya").review(pull, "APPROVE")
    hub.github.as_user("sofia").request_review(pull, "raj")
    hub.github.complete_check(repository, pull.head_sha, "track / backend")
    reading = hub.read(pull)
    hub.github.requests.reset()
    reading = hub.read(pull)
    assert hub.client.requests.counts() == RequestCounts(read=1)
    assert [r.operation for r in hub.github.requests.records() if r.path == "/graphql"] == ["ReadPullRequest"]
    hub.client.requests.reset()
    hub.github.requests.reset()
    gates = [
        PostCheckRun(name, pull.head_sha, State.IN_PROGRESS, "t", "s", "d") for name in ("gate", "gate/backend")
    ]
    outcomes = hub.installation(repository).write(
        reading.handles, [*gates, RequestReview("mira"), RequestReview("lina")], PAGE
    )
    assert [outcome.refused for outcome in outcomes] == [None] * 4
    assert hub.client.requests.counts().write == 1
    (write,) = [record for record in hub.github.requests.records() if record.path == "/graphql"]
    assert write.mutations == ("createCheckRun", "createCheckRun", "requestReviews", "requestReviews")


@pytest.mark.parametrize(("count", "requests"), [(100, 1), (101, 2), (250, 3), (3000, 30), (3001, 1)])
def test_many_files(hub: Hub, count: int, requests: int) -> None:
    """A page of a hundred files a request; over 3,000, which nobody lists, no further page is asked for."""
    pull = many_files(hub, count)
    facts = hub.facts(pull)
    assert hub.client.requests.counts().read == requests
    assert facts.changed_files == count
    assert len({file.path for file in facts.files}) == (count if count <= 3000 else 100)
    assert facts.unreadable == ()


def test_a_rename_takes_one_more_request(hub: Hub) -> None:
    """Where a file came from is only told by REST."""
    pull = hub.open("sofia", hub.repository(), {}, renames={"backend/app/oauth.py": "qa/oauth.py"})
    hub.facts(pull)
    assert hub.client.requests.counts().read == 2


def test_a_token_is_minted_once(hub: Hub) -> None:
    """The first reading of an installation costs a mint, the second none."""
    repository = hub.repository()
    pull = hub.open("sofia", repository, {"backend/app/new.py": "x = 1\n"})
    hub.client.requests.reset()
    hub.read(pull)
    assert hub.client.requests.counts() == RequestCounts(read=1)


TRACKS = {
    "backend": ("backend/",),
    "dbt": ("dbt/",),
    "frontend": ("frontend/",),
    "airbyte": ("infrastructure/airbyte/", "infrastructure/dagster/"),
    "qa": ("qa/",),
    "docs": ("docs/",),
}
EVIDENCE = "docs/project/evidence"


def test_a_whole_report_for_six_tracks_takes_four_reads(hub: Hub) -> None:
    """However long the history is: one query, one comparison, the open pull requests' paths, older evidence."""
    repository = hub.repository()
    raj, priya = hub.github.as_user("raj"), hub.github.as_user("priya")
    for number in range(30):
        folder = [folders[0] for folders in TRACKS.values()][number % 6]
        raj.push(repository, "main", {f"{folder}{number}.txt": "x\n"})
    raj.merge(hub.open("sofia", repository, {"backend/new.py": "x\n"}, branch="done"), "squash")
    priya.push(repository, "main", {f"{EVIDENCE}/2026-02-18.md": "first\n"})
    validated = priya.push(repository, "main", {f"{EVIDENCE}/2026-02-18.md": None})
    priya.push(repository, "main", {f"{EVIDENCE}/2026-02-19.md": "second\n"})
    waiting = hub.open("sofia", repository, {"qa/x.ts": "x\n"}, branch="waiting")
    comment = raj.comment(waiting, "/gate approve")
    plan = ReleaseReadingPlan(
        tag="v3.1.0",
        tracks=TRACKS,
        evidence_directory=EVIDENCE,
        documents=("docs/runbooks/operations.md",),
        comments=(comment["node_id"],),
    )
    installation = hub.at(repository)
    reading = installation.read_release(repository, plan)
    assert hub.client.requests.counts() == RequestCounts(read=1)
    assert reading is not None
    assert reading.target_sha is not None
    assert reading.unreadable == ()
    assert len(reading.tracks["airbyte"]) == 1
    assert all(reading.tracks.values())
    assert installation.read_comparison(repository, validated, reading.target_sha).is_ancestor
    assert reading.earlier_evidence
    installation.read_blobs(repository, [version.oid for version in reading.earlier_evidence])
    installation.read_pull_request_paths(repository, [one.number for one in reading.open_pull_requests])
    assert hub.client.requests.counts() == RequestCounts(read=4)
