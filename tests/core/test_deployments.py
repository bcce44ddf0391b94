"""Deployments to a protected environment: only a released tag's commit, and under that tag."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.deployments import DeploymentAnswer, judge_deployment
from tests.support.builders import policy
from tests.support.github_markdown import shown
from tests.support.release_builders import OTHER, TARGET

RELEASED = {"v3.0.0": OTHER, "v3.1.0": TARGET, "v3.1.1": TARGET}


def answer(ref: str = "v3.1.0", sha: str = TARGET, environment: str = "production") -> DeploymentAnswer:
    """The answer for one deployment, by the shipped policy."""
    return judge_deployment(environment, ref, sha, RELEASED, policy().policy)


def test_deployment_of_a_released_tag() -> None:
    """Its commit, by its name, as GitHub says it or in full."""
    approved = DeploymentAnswer(True, f"`v3.1.0` was released by the gate at {TARGET}.")
    assert answer() == answer("refs/tags/v3.1.0") == approved


def test_deployment_of_a_tag_that_was_not_released() -> None:
    """Whatever it points to, it did not go through the gate."""
    found = answer("v9.9.9", "5" * 40)
    assert found.is_approved is False
    assert found.comment.startswith("`v9.9.9` is no released tag. Comment `/gate release <tag>`")


def test_deployment_of_a_released_tag_that_was_moved() -> None:
    """The name is right, the commit is not: both SHAs are named."""
    expected = f"`v3.1.0` was released at {TARGET}; this deployment is of {OTHER}."
    assert answer(sha=OTHER) == DeploymentAnswer(False, expected)


@pytest.mark.parametrize("ref", ["main", "refs/heads/main", "refs/heads/v3.1.0", "refs/pull/7/merge"])
def test_deployment_of_a_branch(ref: str) -> None:
    """Even at a released commit: the branch may be elsewhere when the workflow looks again."""
    found = answer(ref)
    assert found == DeploymentAnswer(False, f"{TARGET} was released as `v3.1.0`; deploy that tag, not `{ref}`.")
    assert not answer(ref, "5" * 40).is_approved


def test_deployment_of_a_released_commit_under_another_tag() -> None:
    """The tag that the gate made is named; of several the first by name."""
    found = answer("v3.1.0-hotfix")
    assert found == DeploymentAnswer(
        False, f"{TARGET} was released as `v3.1.0`; deploy that tag, not `v3.1.0-hotfix`."
    )
    assert answer("V3.1.0").is_approved is False


def test_deployment_to_an_environment_that_is_not_protected() -> None:
    """Anything may go there."""
    found = answer("main", environment="preview")
    assert found == DeploymentAnswer(True, "`preview` is not a protected environment of the policy.")
    assert not answer("main", environment="PRODUCTION").is_approved  # GitHub takes both for the same


@given(st.text(min_size=1, max_size=600), st.sampled_from(["production", "@team [x](http://y)"]))
def test_what_a_comment_names_is_inert(ref: str, environment: str) -> None:
    """GitHub shows the comment as Markdown: no mention, link or markup comes of a name; and it is short enough."""
    for sha in (TARGET, "5" * 40):
        found = answer(ref, sha, environment)
        assert (shown(found.comment).markup, shown(found.comment).alive) == ([], [])
        assert len(found.comment) <= 1024
