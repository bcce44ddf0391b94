"""What the release desk answers to commands, where the reaction does not say enough. Markdown."""

from __future__ import annotations

from dataclasses import dataclass

from bot.core import release_authority as ask
from bot.core.inert import code, inert
from bot.store.releases import Release, ReleaseState


@dataclass(frozen=True, slots=True)
class Ruling:
    """What became of one command; `answer` is Markdown to reply with, if the reaction does not say enough."""

    obeyed: bool
    answer: str | None = None


HEAD_NOT_KNOWN = Ruling(
    False, "It cannot be told any more where the release branch was when you wrote that; please comment it again."
)


TAKEN_BACK = Ruling(False, "This was taken back by a later comment, which came here first.")


def armed_before(release: Release, target: str | None, target_sha: str) -> Ruling:
    """The answer to arming a release that is armed, being tagged, or made already."""
    if release.state is ReleaseState.RELEASED and release.plan is not None:
        same = release.plan.judged_sha == target_sha or target is None
        text = f"{code(release.tag)} was released already, at {code(release.plan.judged_sha)}."
        return Ruling(same, text if same else f"{text} It cannot be made again at {code(target_sha)}.")
    if release.target == target:
        return Ruling(True, f"{code(release.tag)} is armed already, by {inert(release.armed_by)}.")
    there = code(release.target) if release.target is not None else "the head of the branch"
    return Ruling(
        False,
        f"{code(release.tag)} is armed already, by {inert(release.armed_by)}, for {there}. "
        f"To change that: {code(f'/gate cancel {release.tag}')} first.",
    )


def cannot_cancel(tag: str, release: Release | None) -> str:
    """Why a release cannot be cancelled."""
    if release is None or release.state is ReleaseState.CANCELLED:
        return f"{code(tag)} is not armed."
    if release.state is ReleaseState.RELEASED:
        return f"{code(tag)} was released already; a release cannot be cancelled."
    return f"{code(tag)} is being tagged at this moment."


def nothing_to_judge(request: ask.Request) -> Ruling:
    """The answer where the commit that was named, or the release branch itself, does not exist."""
    at = request.at if isinstance(request, ask.Report | ask.Arm) else None
    if at is None:
        return Ruling(False, "The release branch does not exist. **Next:** the release leads: restore it.")
    return Ruling(
        False,
        f"There is no commit {code(at)} here. **Next:** a release lead: name a commit of the release branch.",
    )
