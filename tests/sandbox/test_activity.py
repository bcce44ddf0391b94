"""The activity of a repository: what became of its branches, who did it, and when."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.sandbox.conftest import ROOT, Stage

PATH = f"{ROOT}/activity"
ZERO = "0" * 40


def test_each_kind_of_change(stage: Stage) -> None:
    """Made, pushed, forced, merged into and deleted; newest first, with both commits; no tags."""
    alice, maya = stage.person("alice"), stage.person("maya")
    start = stage.repository.git.references["refs/heads/main"]
    first = alice.push(stage.repository, "side", {"x": "1"})
    second = alice.push(stage.repository, "side", {"x": "2"})
    third = maya.push(stage.repository, "side", {"x": "3"}, start="main", force=True)
    pull = alice.open_pull_request(stage.repository, branch="side")
    merged = maya.call("PUT", f"{pull.path}/merge", {})["sha"]
    alice.create_tag(stage.repository, "v1", merged)
    alice.delete_branch(stage.repository, "side")
    found = stage.bot().call("GET", PATH)
    shown = [(one["activity_type"], one["actor"]["login"], one["before"], one["after"]) for one in found]
    assert shown == [  # the first one, last in the list, is how the repository came
        ("branch_deletion", "alice", third, ZERO),
        ("pr_merge", "maya", start, merged),
        ("force_push", "maya", second, third),
        ("push", "alice", first, second),
        ("branch_creation", "alice", ZERO, first),
        ("branch_creation", "meta", ZERO, start),
    ]
    assert {one["ref"] for one in found} == {"refs/heads/side", "refs/heads/main"}


def test_what_a_search_finds(stage: Stage) -> None:
    """By branch (short or full), person, kind and age, in either direction."""
    alice, maya = stage.person("alice"), stage.person("maya")
    alice.push(stage.repository, "one", {"x": "1"})
    stage.github.clock.advance(2 * 24 * 3600)
    maya.push(stage.repository, "two", {"x": "2"})
    maya.push(stage.repository, "two", {"x": "3"})

    def found(**query: str) -> list[tuple[str, str]]:
        listed = alice.call("GET", PATH, query=query)
        return [(one["ref"].rpartition("/")[2], one["activity_type"]) for one in listed]

    everything = [
        ("two", "push"),
        ("two", "branch_creation"),
        ("one", "branch_creation"),
        ("main", "branch_creation"),
    ]
    assert found() == found(time_period="week") == everything
    assert found(direction="asc") == everything[::-1]
    assert found(ref="one") == found(ref="refs/heads/one") == found(actor="ALICE") == everything[2:3]
    assert found(time_period="day") == found(actor="maya") == everything[:2]
    assert found(activity_type="push") == everything[:1]
    assert found(ref="none") == []


def test_pages_have_cursors(stage: Stage) -> None:
    """The Link header leads forwards and back, and keeps the rest of the query."""
    alice = stage.person("alice")
    for number in range(5):
        alice.push(stage.repository, "side", {"x": str(number)})
    whole = [one["id"] for one in alice.call("GET", PATH, query={"ref": "side"})]
    pages, query = [], {"ref": "side", "per_page": "2"}
    links: dict[str, str] = {}
    while True:
        _, listed, headers = alice.send("GET", PATH, query=query)
        pages.append([one["id"] for one in listed])
        links = {rel: url for url, rel in re.findall(r'<([^>]+)>; rel="(\w+)"', headers.get("Link", ""))}
        if "next" not in links:
            break
        assert "ref=side" in links["next"]
        query["after"] = re.search(r"after=([^&]+)", links["next"])[1].replace("%3D", "=")  # type: ignore[index]
    assert pages == [whole[:2], whole[2:4], whole[4:]]
    back = {"ref": "side", "per_page": "2", "before": re.search(r"before=([^&]+)", links["prev"])[1]}  # type: ignore[index]
    listed = alice.call("GET", PATH, query={**back, "before": back["before"].replace("%3D", "=")})
    assert [one["id"] for one in listed] == whole[2:4]


@pytest.mark.parametrize(
    "query",
    [{"direction": "up"}, {"time_period": "aeon"}, {"activity_type": "sleep"}, {"after": "!"}, {"before": "eA=="}],
)
def test_questions_that_make_no_sense(stage: Stage, query: dict[str, Any]) -> None:
    """422, whether or not there is any activity."""
    assert stage.person("alice").send("GET", PATH, query=query)[0] == 422
