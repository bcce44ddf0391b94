"""Owner is the author, for every track: who stands in, written out from the product rules (section 2) by hand."""

from __future__ import annotations

import pytest

from bot.core.merge_gate import decide
from bot.core.model import State
from tests.support.builders import NOW, approved, green, policy, pull_request_facts

# track, a file of it, the author, who fills each owner's slot (in the owners' order), who is asked
STAND_INS = [
    ("backend", "backend/a.py", "sofia", {"sofia": "raj", "maya": "maya"}),
    ("backend", "backend/a.py", "maya", {"sofia": "sofia", "maya": "raj"}),
    ("dbt", "dbt/a.sql", "priya", {"priya": "sofia"}),
    ("frontend", "frontend/a.ts", "lina", {"lina": "sofia"}),
    ("airbyte", "infrastructure/airbyte/a.tf", "maya", {"maya": "sofia"}),
    ("qa", "qa/a.ts", "lina", {"lina": "raj", "sofia": "sofia"}),
    ("qa", "qa/a.ts", "sofia", {"lina": "lina", "sofia": "maya"}),
    ("docs", "docs/a.md", "raj", {"raj": "mira", "mira": "mira"}),
    ("docs", "docs/a.md", "mira", {"raj": "raj", "mira": "raj"}),
]
WAYS = {
    ("backend", "sofia"): "sofia is the author; maya has a slot of this track already",
    ("backend", "maya"): "maya is the author; sofia has a slot of this track already",
    ("dbt", "priya"): "priya is the author",
    ("frontend", "lina"): "lina is the author",
    ("airbyte", "maya"): "maya is the author",
    ("qa", "lina"): "lina is the author; sofia has a slot of this track already",
    ("qa", "sofia"): "sofia is the author",
    (
        "docs",
        "raj",
    ): "raj is the author; mira has a slot of this track already; nobody else is left, so the slots merge",
    (
        "docs",
        "mira",
    ): "mira is the author; raj has a slot of this track already; nobody else is left, so the slots merge",
}
each_owner = pytest.mark.parametrize(
    ("track", "path", "author", "slots"), STAND_INS, ids=[f"{row[0]} by {row[2]}" for row in STAND_INS]
)


@each_owner
def test_owner_is_the_author(track: str, path: str, author: str, slots: dict[str, str]) -> None:
    """The slot passes to the backup, the cross-stream or the architecture reviewer, and the gate says why."""
    decision = decide(pull_request_facts(path, author=author), policy(), NOW)
    (gate,) = decision.tracks
    found = [item.slot for item in gate.requirements if item.slot is not None]
    assert gate.track == track
    assert [slot.approver for slot in found] == list(dict.fromkeys(slots.values()))
    assert list(decision.review_requests) == list(dict.fromkeys(slots.values()))
    assert WAYS[track, author] in ["; ".join(slot.passed) for slot in found]


@each_owner
def test_owner_is_the_author_in_another_case(track: str, path: str, author: str, slots: dict[str, str]) -> None:
    """GitHub's own writing of the author's login changes nothing."""
    decision = decide(pull_request_facts(path, author=author.upper()), policy(), NOW)
    assert list(decision.review_requests) == list(dict.fromkeys(slots.values()))


@each_owner
def test_stand_ins_open_the_gate(track: str, path: str, author: str, slots: dict[str, str]) -> None:
    """With the stand-ins' approvals the gate opens; without any one of them it does not."""
    stand_ins = set(slots.values())
    facts = {"author": author, "head_commit_author": author, "check_runs": green(track)}
    opened = decide(pull_request_facts(path, reviews=approved(*stand_ins), **facts), policy(), NOW)
    assert opened.state is State.SUCCESS
    for missing in stand_ins:
        others = (stand_ins | {author, "priya", "nobody"}) - {missing}
        assert "priya" not in stand_ins
        waiting = decide(pull_request_facts(path, reviews=approved(*others), **facts), policy(), NOW)
        assert waiting.state is State.IN_PROGRESS
        assert waiting.title == f"Waiting for {missing}"


def test_every_owner_of_every_track_is_in_the_table() -> None:
    """Six tracks, and each of their owners as author."""
    owners = {(name, owner) for name, track in policy().policy.tracks.items() for owner in track.owners}
    assert {(row[0], row[2]) for row in STAND_INS} == owners == set(WAYS)
    assert len({row[0] for row in STAND_INS}) == 6
