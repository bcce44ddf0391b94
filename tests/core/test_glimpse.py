"""A glimpse changes with whatever may change a gate, and with nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.core.effect import AddComment, PostCheckRun, RemoveLabel, RequestReview
from bot.core.glimpse import glimpse_digest, glimpse_of, watched_checks, with_written
from bot.core.model import CheckRun, CommitStatus, PullRequestFacts, ReviewState, State
from tests.support.builders import check_run, policy, pull_request_facts, review

WATCHED = ("track / backend",)
OWN = CheckRun("gate", 77, "in_progress", None, 9, external_id="digest")
FACTS = pull_request_facts(
    "backend/a.py",
    labels=("triage",),
    reviews=(review("raj"), review("maya", ReviewState.COMMENTED, minute=1)),
    requested_reviewers=("sofia",),
    check_runs=(check_run("track / backend", "failure", run_id=1), check_run("track / backend", run_id=2)),
    statuses=(CommitStatus("track / backend", "success"),),
    own_check_runs=(OWN,),
)


def digest(facts: PullRequestFacts = FACTS, *, oid: str | None = "1" * 40, siblings: tuple[int, ...] = ()) -> str:
    """The digest of what a list shows of these facts."""
    return glimpse_digest(glimpse_of(facts, oid, siblings), WATCHED, "rules")


RELEVANT: dict[str, dict[str, Any]] = {
    "head": {"head_sha": "f" * 40},
    "base": {"base_branch": "release"},
    "default branch": {"default_branch": "trunk"},
    "draft": {"is_draft": True},
    "label": {"labels": ("triage", "gate/hold")},
    "files": {"changed_files": 2},
    "lines": {"changed_lines": 99},
    "author": {"author": "omar"},
    "author of the head": {"head_commit_author": "priya"},
    "dismissed": {"reviews": (replace(FACTS.reviews[0], state=ReviewState.DISMISSED),)},
    "reviewed again": {"reviews": (*FACTS.reviews, review("raj", minute=5))},
    "asked": {"requested_reviewers": ("sofia", "lina")},
    "check": {"check_runs": (check_run("track / backend", "failure", run_id=2),)},
    "check of another App": {"check_runs": (*FACTS.check_runs, check_run("track / backend", app_id=5, run_id=3))},
    "check runs again": {"check_runs": (*FACTS.check_runs, check_run("track / backend", run_id=3))},
    "status": {"statuses": ()},
    "own gate gone": {"own_check_runs": ()},
    "own gate says something else": {"own_check_runs": (replace(OWN, external_id="other"),)},
    "own gate open": {"own_check_runs": (replace(OWN, status="completed", conclusion="success"),)},
}
IRRELEVANT: dict[str, dict[str, Any]] = {
    "title": {"title": "Another title"},
    "comment": {"reviews": (FACTS.reviews[0],)},
    "check that nobody reads": {"check_runs": (*FACTS.check_runs, check_run("lint", "failure", run_id=7))},
    "status that nobody reads": {"statuses": (*FACTS.statuses, CommitStatus("ci/build", "failure"))},
    "older run": {"check_runs": FACTS.check_runs[1:]},
    "case of a login": {"requested_reviewers": ("Sofia",)},
    "order": {"check_runs": FACTS.check_runs[::-1]},
    "older run of our own": {"own_check_runs": (replace(OWN, run_id=3, external_id="old"), OWN)},
    "gate of a release": {"own_check_runs": (OWN, replace(OWN, name="gate/release"))},
}


@pytest.mark.parametrize("changes", RELEVANT.values(), ids=RELEVANT)
def test_what_may_change_a_gate(changes: dict[str, Any]) -> None:
    """Another digest: the pull request is evaluated."""
    assert digest(replace(FACTS, **changes)) != digest()


@pytest.mark.parametrize("changes", IRRELEVANT.values(), ids=IRRELEVANT)
def test_what_cannot_change_a_gate(changes: dict[str, Any]) -> None:
    """The same digest: nothing to do."""
    assert digest(replace(FACTS, **changes)) == digest()


def test_what_is_not_of_the_pull_request_itself() -> None:
    """The policy file, another pull request with the same head, the rules: each makes another digest."""
    others = {digest(), digest(oid=None), digest(oid="2" * 40), digest(siblings=(13,))}
    others |= {glimpse_digest(glimpse_of(FACTS, "1" * 40, ()), WATCHED, "other rules")}
    assert len(others) == 5


def test_what_was_written_is_what_will_be_seen() -> None:
    """A gate that was posted or updated, a review that was asked for, a label taken off; comments do not count."""
    post = PostCheckRun("gate", FACTS.head_sha, State.SUCCESS, "Open", "All fine", "new")
    update = PostCheckRun("gate/backend", FACTS.head_sha, State.IN_PROGRESS, "Waiting", "…", "other", "CR_1")
    written = (RequestReview("Lina"), RemoveLabel("triage"), post, update, AddComment("Hello"))
    seen = replace(
        FACTS,
        labels=(),
        requested_reviewers=("lina", "sofia"),
        own_check_runs=(
            OWN,
            CheckRun("gate", 77, "completed", "success", 20, external_id="new"),
            CheckRun("gate/backend", 77, "in_progress", None, 21, external_id="other"),
        ),
    )
    predicted = with_written(glimpse_of(FACTS, "1" * 40, ()), written)
    assert glimpse_digest(predicted, WATCHED, "rules") == digest(seen)


def test_the_checks_of_a_policy() -> None:
    """Those of tracks with commands; without a policy none."""
    assert "track / backend" in watched_checks(policy().policy)
    assert watched_checks(None) == ()


def test_times_of_reviews_count_to_the_second() -> None:
    """Two reviews that differ in their time alone are two reviews."""
    later = replace(FACTS.reviews[0], submitted_at=FACTS.reviews[0].submitted_at + timedelta(seconds=1))
    assert digest(replace(FACTS, reviews=(later,))) != digest()
