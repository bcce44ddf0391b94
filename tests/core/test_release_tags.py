"""Which names can be tags, held against Git itself, and which of them a policy calls release tags."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.core.release_tags import MAXIMUM_TAG, is_release_tag, tag_fault
from tests.support.builders import policy
from tests.support.examples import examples

NAMES = st.lists(
    st.sampled_from([*"v1./-@~^:?*[\\ {}_+#!$&'()|<>\x7f\x01", "..", "@{", ".lock", "é", "lock"]),
    min_size=1,
    max_size=6,
).map("".join)


def git_accepts(tag: str) -> bool:
    """What Git says of the reference that the tag would be."""
    asked = ["git", "check-ref-format", f"refs/tags/{tag}"]
    return subprocess.run(asked, check=False, capture_output=True).returncode == 0


@given(NAMES)
@settings(max_examples=examples(150), deadline=None)
@example("v3.1.0")
@example("qa/v1.lock/x")
@example("a/.b")
@example("@")
@example("v1@{0}")
def test_a_tags_name_is_one_that_git_accepts(tag: str) -> None:
    """The same answer as Git's, but for a leading hyphen, which `git tag` refuses on its own."""
    assert (tag_fault(tag) is None) == (git_accepts(tag) and not tag.startswith("-"))


FORBIDDEN = "has none of `~^:?*[\\`, no blank, no `..`, `//` or `@{`, no `-` or `/` first, no `/` or `.` last"


@pytest.mark.parametrize(
    ("tag", "fault"),
    [
        ("", "has 1 to 200 bytes"),
        ("v" * (MAXIMUM_TAG + 1), "has 1 to 200 bytes"),
        ("é" * MAXIMUM_TAG, "has 1 to 200 bytes"),
        ("v1\u202e0", "has visible characters only"),
        ("v1\u200b", "has visible characters only"),
        ("v1\ud800", "has visible characters only"),
        ("v1\n", "has visible characters only"),
        *((tag, FORBIDDEN) for tag in ("/v1", "-v1", "v1/", "v1.", "a b", "v1..2", "a//b", "v1^0", "v@{1}")),
        ("a/b.lock", "has no part that starts with `.` or ends with `.lock`"),
        ("refs/tags/v1", "is written without `refs/tags/`"),
        ("HEAD", "is not `HEAD`"),
    ],
)
def test_what_is_wrong_with_a_name(tag: str, fault: str) -> None:
    """Said in words that repeat nothing of the name, stricter than Git where a reader could be deceived."""
    assert tag_fault(tag) == fault


def test_the_longest_name() -> None:
    """The limit counts bytes, and is itself within it."""
    assert tag_fault("v" * MAXIMUM_TAG) is None


@pytest.mark.parametrize(
    ("patterns", "tag", "is_one"),
    [
        (["v*"], "v3.1.0", True),
        (["v*"], "v", True),
        (["v*"], "V3.1.0", False),
        (["v*"], "qa/v3.1.0", False),
        (["v*"], "v3/beta", False),
        (["*/v*"], "qa/v3", True),
        (["*/v*"], "v3", False),
        (["v[0-9]*"], "v3", True),
        (["v[0-9]*"], "vx", False),
        (["release-?", "v*"], "release-1", True),
        (["release-?", "v*"], "release-12", False),
    ],
)
def test_release_tags_of_a_policy(patterns: list[str], tag: str, is_one: bool) -> None:
    """Case counts, and `*` stops at a `/`, as in the rulesets of GitHub."""
    assert is_release_tag(tag, policy({"release": {"tags": patterns}}).policy) == is_one
