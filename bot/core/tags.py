"""The tag guard: which release tags stand as the gate left them, and what to do about those that do not.

Tags that were there when the App first saw the repository are the baseline: reported when they change, and never
touched. A released tag that was moved or deleted is restored. Anything else that bears a release tag's name did
not come through the gate.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.core.policy_model import Policy
from bot.core.release_tags import is_release_tag


class TagKind(StrEnum):
    """How a tag came to be known. `planned` is one that the gate is making at this moment."""

    BASELINE = "baseline"
    RELEASED = "released"
    PLANNED = "planned"


class IncidentKind(StrEnum):
    """What happened to a tag outside the gate."""

    APPEARED = "appeared"
    MOVED = "moved"
    DELETED = "deleted"


class Remedy(StrEnum):
    """What the guard does. `report` leaves the tag as it is."""

    DELETE = "delete"
    RESTORE = "restore"
    REPORT = "report"


@dataclass(frozen=True, slots=True)
class KnownTag:
    """A tag that may be there, with the object that it points to."""

    name: str
    object_sha: str
    kind: TagKind


@dataclass(frozen=True, slots=True)
class TagIncident:
    """One tag that is not as it should be.

    `seen_sha` is what it points to (None: it is gone), `right_sha` what it should (None: it should not be there).
    """

    name: str
    kind: IncidentKind
    remedy: Remedy
    seen_sha: str | None
    right_sha: str | None
    is_baseline: bool = False


def guard_tags(
    known: Mapping[str, KnownTag], present: Mapping[str, str], policy: Policy
) -> tuple[TagIncident, ...]:
    """Compare the tags that are `present` (name → object SHA) with the `known` ones; by name.

    Only names that the policy calls release tags count, and those the guard knows: a policy that was changed
    since takes no released tag out of its protection.
    """
    return tuple(
        incident for name in sorted({*known, *present}) for incident in _judge(name, known, present, policy)
    )


def _judge(
    name: str, known: Mapping[str, KnownTag], present: Mapping[str, str], policy: Policy
) -> Iterator[TagIncident]:
    right, seen = known.get(name), present.get(name)
    if right is None:
        if is_release_tag(name, policy):
            remedy = Remedy(policy.release.on_unauthorised_tag)
            yield TagIncident(name, IncidentKind.APPEARED, remedy, seen, None)
    elif seen is None:
        if right.kind is not TagKind.PLANNED:  # the gate may be about to make it
            yield _changed(right, IncidentKind.DELETED, None, policy)
    elif seen != right.object_sha:
        if right.kind is TagKind.PLANNED:
            remedy = Remedy(policy.release.on_unauthorised_tag)
            yield TagIncident(name, IncidentKind.APPEARED, remedy, seen, None)
        else:
            yield _changed(right, IncidentKind.MOVED, seen, policy)


def _changed(right: KnownTag, kind: IncidentKind, seen: str | None, policy: Policy) -> TagIncident:
    is_baseline = right.kind is TagKind.BASELINE
    untouched = is_baseline or policy.release.on_unauthorised_tag == "report"
    remedy = Remedy.REPORT if untouched else Remedy.RESTORE
    return TagIncident(right.name, kind, remedy, seen, right.object_sha, is_baseline)
