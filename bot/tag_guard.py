"""The tag guard: no release tag but through the gate.

By event, and by a sweep, since GitHub sends no event when many tags are pushed at once.

What is wrong is kept first, then put right, then told in one issue. Each step looks before it acts, so that a
crash in between doubles nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from bot.core.policy import InvalidPolicy
from bot.core.policy_model import Policy
from bot.core.release_tags import is_release_tag
from bot.core.tag_render import incident_issue, incident_marker
from bot.core.tags import IncidentKind, Remedy, TagIncident, TagKind, guard_tags
from bot.core.words import State
from bot.github_api.client import Installation
from bot.github_api.errors import AlreadyExists, Forbidden, NotFound, Refused
from bot.github_api.tags_read import GuardReading
from bot.services import Services
from bot.store import log
from bot.store.log import Entry, Kind
from bot.store.releases import released
from bot.store.tags import (
    StoredIncident,
    baseline_patterns,
    keep_incidents,
    known_tags,
    note_issue,
    note_undone,
    take_baseline,
    widen_baseline,
)
from bot.store.valid_policies import keep_valid_policy, last_valid_policy
from bot.tag_actors import actors_of

_WILDCARD = re.compile(r"[*?\[]")


@dataclass(frozen=True)
class Guard:
    """One look at the release tags of one repository."""

    services: Services
    installation: Installation
    repository: str
    delivery: UUID | None

    def work(self) -> bool:
        """Put right what is wrong, and tell of it; whether anything was found. 1 request when nothing is."""
        reading = self.installation.read_guarded(self.repository)
        policy = None if reading is None else self._policy(reading)
        if reading is None or policy is None:
            return False
        incidents = self._judge(policy, self._present(policy, reading))
        for stored, incident in self._keep(incidents):
            self._handle(stored, incident)
        return bool(incidents)

    def _policy(self, reading: GuardReading) -> Policy | None:
        """The policy in force; while that is broken, the last valid one, so that tags stay guarded."""
        in_force = self.services.policies.in_force(self.repository, reading.policy_file)
        with self.services.database.transaction() as connection:
            if not reading.policy_is_readable or isinstance(in_force, InvalidPolicy):
                in_force = last_valid_policy(connection, self.repository)
            elif in_force is not None:
                keep_valid_policy(connection, self.repository, in_force)
        return None if in_force is None else in_force.policy

    def _present(self, policy: Policy, reading: GuardReading) -> dict[str, str]:
        """The tags to guard: name → object SHA. Of very many tags, 1 request for each beginning of a pattern.

        A released tag that no pattern leads to any more is among them: it stays protected.
        """
        beginnings = {_WILDCARD.split(pattern, maxsplit=1)[0] for pattern in policy.release.tags}
        beginnings |= {name for name in self._made() if not name.startswith(tuple(beginnings))}
        if reading.tags is not None:
            return {name: sha for name, sha in reading.tags.items() if name.startswith(tuple(beginnings))}
        needed = [
            one for one in beginnings if not any(one != other and one.startswith(other) for other in beginnings)
        ]
        found: dict[str, str] = {}
        for beginning in sorted(needed):
            found |= self.installation.read_tags(self.repository, beginning)
        return found

    def _made(self) -> tuple[str, ...]:
        """The names of the tags that the gate made."""
        with self.services.database.transaction() as connection:
            return tuple(released(connection, self.repository))

    def _judge(self, policy: Policy, present: Mapping[str, str]) -> tuple[TagIncident, ...]:
        """What is wrong. At the first look of all nothing is: what is there is the baseline."""
        now, patterns = self.services.clock(), policy.release.tags
        with self.services.database.transaction() as connection:
            if take_baseline(connection, self.repository, present, now, patterns):
                return ()
            before = baseline_patterns(connection, self.repository)
            if not set(patterns) <= set(before):
                new = {name: sha for name, sha in present.items() if not _named_by(before, name, policy)}
                # All patterns that ever were: what came while one was away did not come through the gate.
                widen_baseline(connection, self.repository, new, {*before, *patterns})
            known = known_tags(connection, self.repository) or {}
        # A baseline tag that the patterns do not lead to was not read, and is not missed.
        read = {
            name: tag
            for name, tag in known.items()
            if name in present or tag.kind is not TagKind.BASELINE or is_release_tag(name, policy)
        }
        return guard_tags(read, present, policy)

    def _keep(self, incidents: tuple[TagIncident, ...]) -> list[tuple[StoredIncident, TagIncident]]:
        now = self.services.clock()
        with self.services.database.transaction() as connection:
            actors = actors_of(connection, self.repository, incidents, now) if incidents else {}
            lasting = keep_incidents(connection, self.repository, incidents, now, actors)
        by_key = {(one.name, one.kind, one.seen_sha, one.right_sha): one for one in incidents}
        found = []
        for stored in lasting:
            key = (stored.name, stored.kind, stored.seen_sha, stored.right_sha)
            present = by_key.get(key)
            if stored.issue_number is None:
                found.append((stored, present or _as_undone(stored)))
            elif present is not None and present.remedy is not Remedy.REPORT:
                found.append((stored, present))  # told already, but GitHub did not let us undo it: it may by now
        return found

    def _handle(self, stored: StoredIncident, incident: TagIncident) -> None:
        """Undo one incident, and open its issue if it has none."""
        failure: str | None = None
        if not stored.is_undone and incident.remedy is not Remedy.REPORT:
            try:
                self._undo(incident)
            except (Refused, Forbidden) as error:
                failure = str(error)
            else:
                self._log(stored, incident, "undone")
                with self.services.database.transaction() as connection:
                    note_undone(connection, stored)
        if stored.issue_number is None:
            self._tell(stored, incident, failure)

    def _undo(self, incident: TagIncident) -> None:
        """Put one tag right. Raises Refused or Forbidden when GitHub does not let us."""
        tag = self.installation.read_tag(self.repository, incident.name)
        if (tag.object_sha if tag is not None else None) != incident.seen_sha:
            return  # it moved on since: the next look sees where to
        if incident.remedy is Remedy.DELETE:
            self._back_to_draft(incident.name)
            try:
                self.installation.delete_tag_reference(self.repository, incident.name)
            except NotFound:
                return
        elif incident.right_sha is not None:
            self._restore(incident, incident.right_sha)

    def _back_to_draft(self, tag: str) -> None:
        """A GitHub release that somebody made of the tag; never deleted. First, as it may go with its tag."""
        release = self.installation.find_release(self.repository, tag)
        if release is not None and not release.is_draft:
            self.installation.update_release(self.repository, release.release_id, draft=True)

    def _restore(self, incident: TagIncident, right_sha: str) -> None:
        try:
            if incident.kind is IncidentKind.DELETED:
                self.installation.create_tag_reference(self.repository, incident.name, right_sha)
            else:
                self.installation.move_tag_reference(self.repository, incident.name, right_sha)
        except (AlreadyExists, NotFound):
            return  # it moved on since: the next look sees where to
        # GitHub makes a draft of a release whose tag is deleted.
        release = self.installation.find_release(self.repository, incident.name)
        if release is not None and release.is_draft and release.is_own:
            self.installation.update_release(self.repository, release.release_id, draft=False)

    def _tell(self, stored: StoredIncident, incident: TagIncident, failure: str | None) -> None:
        """One issue for the incident; one that a lost answer hid is found again by its marker."""
        marker = incident_marker(stored.id)
        issue = self.installation.find_own_issue(self.repository, marker, stored.found_at)
        if issue is None:
            title, body = incident_issue(incident, stored.id, stored.actor, failure)
            try:
                issue = self.installation.create_issue(self.repository, title, body)
            except (NotFound, Refused, Forbidden):
                issue = None  # issues are switched off: the log has it
        if issue is None:
            self._log(stored, incident, "could not be reported in an issue")
            return
        self._log(stored, incident, f"reported in #{issue.number}")
        with self.services.database.transaction() as connection:
            note_issue(connection, stored, issue.number, self.services.clock())

    def _log(self, stored: StoredIncident, incident: TagIncident, what: str) -> None:
        with self.services.database.transaction() as connection:
            log.append(
                connection,
                Entry(
                    Kind.TAG_GUARD,
                    self.repository,
                    incident.name,
                    State.FAILURE,
                    f"{incident.name} {incident.kind.value}: {what}",
                    self.services.clock(),
                    head_sha=incident.seen_sha or "",
                    delivery_guid=self.delivery,
                    content={
                        "kind": incident.kind.value,
                        "remedy": incident.remedy.value,
                        "seen_sha": incident.seen_sha,
                        "right_sha": incident.right_sha,
                        "actor": stored.actor,
                    },
                ),
            )


def _named_by(patterns: tuple[str, ...], name: str, policy: Policy) -> bool:
    """Whether other patterns than the policy's own call this a release tag."""
    release = policy.release.model_copy(update={"tags": patterns})
    return is_release_tag(name, policy.model_copy(update={"release": release}))


def _as_undone(stored: StoredIncident) -> TagIncident:
    """An incident that was undone before its issue could be opened, as it was found."""
    remedy = Remedy.DELETE if stored.right_sha is None else Remedy.RESTORE
    return TagIncident(stored.name, stored.kind, remedy, stored.seen_sha, stored.right_sha)
