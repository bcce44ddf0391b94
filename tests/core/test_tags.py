"""The tag guard: what stands, what is undone, what is only told."""

from __future__ import annotations

import pytest

from bot.core.policy import LoadedPolicy
from bot.core.tags import IncidentKind, KnownTag, Remedy, TagIncident, TagKind, guard_tags
from tests.support.builders import policy
from tests.support.release_builders import OTHER, TARGET

APPEARED, MOVED, DELETED = IncidentKind.APPEARED, IncidentKind.MOVED, IncidentKind.DELETED
KINDS = list(TagKind)


def guard(
    present: dict[str, str], *known: KnownTag, loaded: LoadedPolicy | None = None
) -> tuple[TagIncident, ...]:
    """What the guard finds among the tags of the shipped policy."""
    return guard_tags({one.name: one for one in known}, present, (loaded or policy()).policy)


def tag(kind: TagKind = TagKind.RELEASED, name: str = "v3.1.0") -> KnownTag:
    """A tag that the guard knows, at TARGET."""
    return KnownTag(name, TARGET, kind)


REPORTING = {"release": {"on_unauthorised_tag": "report"}}


@pytest.mark.parametrize("kind", KINDS)
def test_a_tag_as_the_guard_knows_it(kind: TagKind) -> None:
    """Nothing happened."""
    assert guard({"v3.1.0": TARGET}, tag(kind)) == ()


def test_a_tag_that_appeared() -> None:
    """It did not come through the gate: it is removed, or told where the policy says so."""
    assert guard({"v9": OTHER}) == (TagIncident("v9", APPEARED, Remedy.DELETE, OTHER, None),)
    assert guard({"v9": OTHER}, loaded=policy(REPORTING)) == (
        TagIncident("v9", APPEARED, Remedy.REPORT, OTHER, None),
    )


@pytest.mark.parametrize("name", ["nightly", "V9", "releases/v9", "v9/x"])
def test_a_tag_that_is_no_release_tag(name: str) -> None:
    """The policy's patterns say which tags are guarded."""
    assert guard({name: OTHER}) == ()


def test_four_tags_pushed_at_once() -> None:
    """GitHub sends no event for them; the sweep finds each, by name."""
    found = guard({"v4": OTHER, "v2": OTHER, "v3": OTHER, "v1": OTHER, "v3.1.0": TARGET}, tag())
    assert [(one.name, one.kind) for one in found] == [(name, APPEARED) for name in ("v1", "v2", "v3", "v4")]


def test_moved_tag() -> None:
    """A released tag is put back where the gate made it."""
    assert guard({"v3.1.0": OTHER}, tag()) == (TagIncident("v3.1.0", MOVED, Remedy.RESTORE, OTHER, TARGET),)


def test_deleted_release_tag() -> None:
    """A released tag is made again."""
    assert guard({}, tag()) == (TagIncident("v3.1.0", DELETED, Remedy.RESTORE, None, TARGET),)


@pytest.mark.parametrize("present", [{}, {"v3.1.0": OTHER}])
def test_released_tag_where_the_policy_only_reports(present: dict[str, str]) -> None:
    """Then nothing is undone by the guard."""
    (found,) = guard(present, tag(), loaded=policy(REPORTING))
    assert (found.remedy, found.right_sha, found.is_baseline) == (Remedy.REPORT, TARGET, False)


def test_baseline_tag_moved() -> None:
    """What was there before the App is never touched, but told."""
    expected = TagIncident("v3.1.0", MOVED, Remedy.REPORT, OTHER, TARGET, is_baseline=True)
    assert guard({"v3.1.0": OTHER}, tag(TagKind.BASELINE)) == (expected,)


def test_baseline_tag_deleted() -> None:
    """What was there before the App is never touched, but told."""
    expected = TagIncident("v3.1.0", DELETED, Remedy.REPORT, None, TARGET, is_baseline=True)
    assert guard({}, tag(TagKind.BASELINE)) == (expected,)


def test_a_tag_that_the_gate_is_making() -> None:
    """It may not be there yet; at another object than planned it is not the gate's."""
    assert guard({}, tag(TagKind.PLANNED)) == ()
    assert guard({"v3.1.0": OTHER}, tag(TagKind.PLANNED)) == (
        TagIncident("v3.1.0", APPEARED, Remedy.DELETE, OTHER, None),
    )


def test_a_released_tag_whose_pattern_the_policy_dropped() -> None:
    """A changed policy takes no released tag out of its protection."""
    changed = policy({"release": {"tags": ["release-*"]}})
    assert guard({"v3.1.0": OTHER}, tag(), loaded=changed) == (
        TagIncident("v3.1.0", MOVED, Remedy.RESTORE, OTHER, TARGET),
    )
    assert guard({"v9": OTHER}, loaded=changed) == ()
