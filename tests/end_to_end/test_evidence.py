"""Evidence in pull requests: a secret closes the gate on its line, and is repeated nowhere."""

from __future__ import annotations

from typing import Any

from tests.support.evidence_texts import FOLDER, STORY, story
from tests.support.world import World

TOKEN = "EAAB" + "x1Y" * 20
PATH = f"{FOLDER}/20260219T193000Z.md"


def annotations(world: World, repository: str, sha: str) -> list[dict[str, Any]]:
    """The annotations of the newest check run `gate` of our App."""
    runs = world.get(f"/repos/{repository}/commits/{sha}/check-runs?filter=all&per_page=100")["check_runs"]
    newest = max((run for run in runs if run["name"] == "gate"), key=lambda run: run["id"])
    found: list[dict[str, Any]] = world.get(f"/repos/{repository}/check-runs/{newest['id']}/annotations")
    return found


def test_a_secret_in_changed_evidence_closes_the_gate(world: World) -> None:
    """The gate fails, names path and line, and remarks on that line; taking the secret out opens it again."""
    repository = world.repository()
    with world.counted() as counts:
        pull = world.open("priya", repository, {PATH: f"{STORY}curl -H '{TOKEN}'\n"})
    assert (counts["reads"], counts["writes"]) == (2, 1)
    gate = world.shown(repository, pull.head_sha)
    assert gate.state == "failure"
    assert gate.title.startswith(f"Blocked: {PATH}: line 16: expected no secret")
    (note,) = annotations(world, repository, pull.head_sha)
    assert (note["path"], note["start_line"], note["annotation_level"]) == (PATH, 16, "failure")
    page = world.http.request("GET", gate.details_url.replace("localhost", "127.0.0.1"))
    assert page.status == 200
    for told in (gate.title, gate.summary, repr(note), page.data.decode(), world.everything_kept()):
        assert TOKEN[:12] not in told
    sha = world.as_user("priya").push(repository, pull.branch, {PATH: STORY})
    corrected = world.shown(repository, sha)
    assert corrected.state == "in_progress"
    assert annotations(world, repository, sha) == []


def test_a_fault_of_form_is_remarked_and_closes_nothing(world: World) -> None:
    """A wrong outcome is a warning on its line; a screenshot beside it is left alone."""
    repository = world.repository()
    files = {PATH: story("result: pass", "result: fine"), f"{FOLDER}/shot.png": "\x89PNG\x00\x01"}
    pull = world.open("priya", repository, files)
    assert world.shown(repository, pull.head_sha).state == "in_progress"
    (note,) = annotations(world, repository, pull.head_sha)
    assert (note["start_line"], note["annotation_level"]) == (13, "warning")
    assert note["message"] == "result: expected pass or fail."


def test_a_pull_request_without_evidence_costs_nothing_more(world: World) -> None:
    """No file of the folder is changed: one read, as ever."""
    repository = world.repository(files={PATH: f"{STORY}{TOKEN}\n"})
    with world.counted() as counts:
        world.open("priya", repository, {"docs/project/evidence/readme.md": "x\n"})
    assert counts["reads"] == 1
