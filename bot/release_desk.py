"""The release desk of one repository: its commands, and every release that is armed. One at a time.

Whatever happened, the whole desk is worked off anew: commands first, then each release that is armed or being
tagged is read, judged, shown, and tagged if its gate is open.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

import structlog
from pydantic import TypeAdapter

from bot.core.effects import decision_digest
from bot.core.model import NextAction
from bot.core.policy_model import Policy
from bot.core.release_model import ReleaseDecision, ReleaseFacts
from bot.core.release_render import Obstacle as ShownObstacle
from bot.core.release_render import ReleaseStatus, gone_comment
from bot.core.subjects import ReleasesSubject
from bot.core.words import State
from bot.github_api.client import Installation
from bot.github_api.errors import GitHubError
from bot.policy_reading import read_valid_policy
from bot.release_memory import recall
from bot.release_reading import JudgedRelease, ReadRelease, judge_release, read_release
from bot.release_report import show_check, show_comment, show_report
from bot.services import Services
from bot.store import log
from bot.store.log import Entry, Kind
from bot.store.queue import job_for
from bot.store.releases import (
    Obstacle,
    Plan,
    Release,
    ReleaseState,
    active_releases,
    release_of,
    released,
    set_obstacle,
)
from bot.tagging import Hindered, LookAgain, Tagged, conclude, go_on, tag_release

MOST_LOOKS = 3
"""Times that one release is judged in a row while the branch moves on; then the queue tries again later."""

_log = structlog.stdlib.get_logger(__name__)
_DECISION = TypeAdapter(ReleaseDecision)
_FACTS = TypeAdapter(ReleaseFacts)


@dataclass
class Desk:
    """One look at the desk of one repository. What was read for a release is kept for the length of the look."""

    services: Services
    installation: Installation
    repository: str
    delivery: UUID | None
    moments: list[datetime] = field(default_factory=list)
    _read: dict[tuple[str | None, str | None, int], ReadRelease] = field(default_factory=dict)

    def judge(
        self, tag: str | None, target: str | None, issue: int, *, again: bool = False
    ) -> JudgedRelease | None:
        """Judge one release, whose report stands on `issue`; it is read once for each look, or `again`."""
        key = (tag, target, issue)
        read = None if again else self._read.get(key)
        if read is None or not self._asked_for_comments(read, tag):
            read = read_release(self.services, self.installation, self.repository, tag, target, issue)
            if read is None:
                return None
            self._read[key] = read
        return judge_release(self.services, self.installation, read)

    def _asked_for_comments(self, read: ReadRelease, tag: str | None) -> bool:
        """Whether the reading tells of every comment that a sign-off stands on: one may be deleted by now."""
        return set(recall(self.services, self.repository, tag).comments) <= set(read.plan.comments)

    def advance_all(self) -> None:
        """Every release that is armed or being tagged, in the order they were armed.

        One that cannot be brought on does not stop the others; what kept it is raised after them.
        """
        with self.services.database.transaction() as connection:
            releases = active_releases(connection, self.repository)
        failures: list[GitHubError] = []
        for release in releases:
            try:
                self.advance(release)
            except GitHubError as error:
                _log.warning("release not brought on", tag=release.tag, exc_info=error)
                failures.append(error)
        if failures:
            raise failures[0]

    def advance(self, release: Release) -> None:
        """Judge one release, tag it if its gate is open, and show where it stands."""
        for look in range(MOST_LOOKS):
            # What was begun is finished as it was judged, wherever the branch is by now.
            target = release.target if release.plan is None else release.plan.judged_sha
            judged = self.judge(release.tag, target, release.issue_number, again=look > 0)
            if judged is None:
                self.show_gone(release)
                return
            if release.plan is None:
                self.record(judged)
            else:
                judged = replace(judged, decision=self._kept(release, release.plan) or judged.decision)
            outcome = self._act(release, judged)
            if isinstance(outcome, Tagged):
                self.show(judged, outcome.release, replace(status_of(outcome.release), is_released=True))
                conclude(self.services, outcome.release)
                return
            release = self._now(release)
            if outcome is None or isinstance(outcome, Hindered):
                self.show(judged, release, status_of(release))
                if judged.decision.look_again_at is not None:
                    self.moments.append(judged.decision.look_again_at)
                return
        self.moments.append(self.services.clock())

    def _act(self, release: Release, judged: JudgedRelease) -> Tagged | LookAgain | Hindered | None:
        """Go on with what was begun, begin what is open; None: the gate is closed."""
        if release.state is ReleaseState.TAGGING:
            return go_on(self.services, self.installation, release, judged)
        if judged.decision.state is not State.SUCCESS:
            self._clear(release)
            return None
        return tag_release(self.services, self.installation, release, judged)

    def _clear(self, release: Release) -> None:
        """The gate is closed: what GitHub said when it was open is of no use to anybody now."""
        if release.obstacle is not None:
            with self.services.database.transaction() as connection:
                set_obstacle(connection, release, None)

    def _now(self, release: Release) -> Release:
        with self.services.database.transaction() as connection:
            return release_of(connection, self.repository, release.tag) or release

    def show(self, judged: JudgedRelease, release: Release, status: ReleaseStatus) -> None:
        """Show where a release stands: in its comment, and by `gate/release` on its target.

        A commit has one such check run. Once a release was made of the commit it says so for ever; of several that
        wait for it, the one that was armed first has it.
        """
        if status.is_released or self._owner_of(judged) in (None, release.tag):
            show_check(self.services, self.installation, judged, status)
        show_report(self.services, self.installation, judged, status, release.tag, release.issue_number)

    def _owner_of(self, judged: JudgedRelease) -> str | None:
        """The tag whose state `gate/release` shows on the target, if any has a claim to it."""
        sha, head = judged.decision.target_sha, judged.facts.head_sha
        with self.services.database.transaction() as connection:
            made = (tag for tag, (commit, _) in released(connection, self.repository).items() if commit == sha)
            waiting = active_releases(connection, self.repository)
        at_sha = (one.tag for one in waiting if sha == (one.plan.judged_sha if one.plan else one.target or head))
        return next(made, None) or next(at_sha, None)

    def show_gone(self, release: Release) -> None:
        """There is nothing to judge: say so in the release's comment, and who can change that."""
        what = f"The commit {release.target}" if release.target is not None else "The release branch"
        obstacle = Obstacle(f"{what} does not exist", "the release leads", "restore it, or cancel this release")
        with self.services.database.transaction() as connection:
            set_obstacle(connection, release, obstacle)
        body = gone_comment(release.tag, what, is_cancelled=release.state is ReleaseState.CANCELLED)
        show_comment(self.services, self.installation, self.repository, release.tag, release.issue_number, body)

    def policy(self) -> Policy | None:
        """The policy in force, where there is nothing to judge; None while it is invalid (1 request)."""
        loaded = read_valid_policy(self.services, self.installation, self.repository)
        return None if loaded is None else loaded.policy

    def record(self, judged: JudgedRelease) -> None:
        """Keep the decision in the log, with its facts, unless it is the one that was kept last."""
        decision = judged.decision
        digest, subject = decision_digest(decision), decision.tag or decision.release_branch
        with self.services.database.transaction() as connection:
            newest = log.entries(connection, self.repository, kinds=[Kind.RELEASE_GATE], subject=subject, limit=1)
            if newest and (newest[0].digest, newest[0].head_sha) == (digest, decision.target_sha):
                return
            log.append(
                connection,
                Entry(
                    Kind.RELEASE_GATE,
                    self.repository,
                    subject,
                    decision.state,
                    decision.title,
                    self.services.clock(),
                    digest=digest,
                    policy_digest=decision.policy_digest,
                    head_sha=decision.target_sha,
                    delivery_guid=self.delivery,
                    content=_DECISION.dump_python(decision, mode="json"),
                    facts=_FACTS.dump_python(judged.facts, mode="json"),
                ),
            )

    def _kept(self, release: Release, plan: Plan) -> ReleaseDecision | None:
        """The decision that a plan carries out: what is shown of it is what was judged and signed."""
        with self.services.database.transaction() as connection:
            entries = log.entries(connection, self.repository, kinds=[Kind.RELEASE_GATE], subject=release.tag)
        found = (one.content for one in entries if one.digest == plan.decision_digest)
        content = next(found, None)
        return None if content is None else _DECISION.validate_python(content, strict=False)

    def defer_next_look(self, installation_id: int) -> None:
        """When time alone may open or close a release, the desk is looked at again."""
        if not self.moments:
            return
        job = job_for(ReleasesSubject(self.repository), installation_id)
        with self.services.database.transaction() as connection:
            self.services.queue.defer_later(connection, job, min(self.moments), now=self.services.clock())


def status_of(release: Release) -> ReleaseStatus:
    """Where a release stands, for its comment and its check run."""
    obstacle = release.obstacle
    return ReleaseStatus(
        armed_by=release.armed_by,
        follows_head=release.target is None,
        is_released=release.state is ReleaseState.RELEASED,
        is_cancelled=release.state is ReleaseState.CANCELLED,
        obstacle=None
        if obstacle is None
        else ShownObstacle(obstacle.text, NextAction(obstacle.owner, obstacle.action)),
    )
