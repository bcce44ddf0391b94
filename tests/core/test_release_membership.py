"""Which open pull requests belong to a release."""

from __future__ import annotations

from typing import Any

import pytest

from bot.core.release_membership import belongs_because
from tests.support.builders import policy


def because(
    milestone: str | None = None, *labels: str, tag: str | None = "v3.1.0", edits: dict[str, Any] | None = None
) -> str | None:
    """Why a pull request belongs to the release, by the shipped policy."""
    return belongs_because(milestone, labels, tag, policy({"release": edits or {}}).policy)


@pytest.mark.parametrize("title", ["v3.1.0", "V3.1.0"])
def test_by_its_milestone(title: str) -> None:
    """Titled like the tag, in any case."""
    assert because(title) == f"milestone {title}"


@pytest.mark.parametrize("label", ["release:v3.1.0", "Release:V3.1.0"])
def test_by_its_label(label: str) -> None:
    """Whichever of its labels it is, in any case."""
    assert because(None, "bug", label) == f"label {label}"


def test_the_milestone_is_named_first() -> None:
    """One reason is enough."""
    assert because("v3.1.0", "release:v3.1.0") == "milestone v3.1.0"
    assert because("v9", "release:v3.1.0") == "label release:v3.1.0"


@pytest.mark.parametrize(
    ("milestone", "labels"),
    [
        (None, ()),
        ("v3.1", ("release:v3.1.1", "v3.1.0")),
        ("release:v3.1.0", ("release v3.1.0",)),
        ("v3.1.0 ", ("release:v3.1.0 x", "xrelease:v3.1.0")),
        ("", ("",)),
    ],
)
def test_of_another_release_or_none(milestone: str | None, labels: tuple[str, ...]) -> None:
    """Only the very name."""
    assert because(milestone, *labels) is None


def test_without_a_tag_any_release_counts() -> None:
    """A report about the head waits for what belongs to any release; names that are no tag's belong to none."""
    assert because("v9", tag=None) == "milestone v9"
    assert because(None, "RELEASE:v9", tag=None) == "label RELEASE:v9"
    for title, label in (("next", "release:next"), ("", "release:"), ("V9", "v9"), ("a/v9", "xrelease:v9")):
        assert because(title, label, tag=None) is None


def test_patterns_of_the_policy() -> None:
    """What stands around the tag belongs to the name; what the policy leaves out names nothing."""
    edits = {"milestone": "Release <tag> (Meta)", "label": None}
    assert because("release V3.1.0 (meta)", edits=edits) == "milestone release V3.1.0 (meta)"
    assert because("Release v9 (Meta)", tag=None, edits=edits) == "milestone Release v9 (Meta)"
    for title in ("Release (Meta)", "Release  (Meta)", "Release v9", "v9 (Meta)", "Release v9 (Meta) x"):
        assert because(title, "release:v9", tag=None, edits=edits) is None
    assert because("v3.1.0", "release:v3.1.0", edits={"milestone": None, "label": None}) is None


def test_a_pattern_longer_than_the_text() -> None:
    """What stands before and behind the tag may not overlap."""
    edits = {"milestone": "vvv<tag>vvv", "tags": ["*"]}
    assert because("vvvv", tag=None, edits=edits) is None
    assert because("vvvvvv", tag=None, edits=edits) is None
    assert because("vvvxvvv", tag=None, edits=edits) == "milestone vvvxvvv"
