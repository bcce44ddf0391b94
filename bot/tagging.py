"""From an open gate to a tag, exactly once: tag object → head read again → reference → release → record → done.

The release's row is the lock and the plan. Each step looks before it acts and can be repeated: after a crash or a
lost answer the next attempt finds what is there and goes on. What was signed is what was judged.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.core.commands import Verb
from bot.core.effects import decision_digest
from bot.core.release_model import ExistingTag, ReleaseDecision
from bot.core.release_render import RECORD_FILE, release_notes, tag_message
from bot.core.words import State
from bot.github_api.client import Installation
from bot.github_api.errors import AlreadyExists, Forbidden, GitHubError, NotFound, Refused, RulesetRefused
from bot.github_api.release_readings import Release as GitHubRelease
from bot.github_api.release_readings import Tagger
from bot.records.claim import ReleaseClaim, server_of
from bot.records.record import make_record
from bot.release_reading import JudgedRelease
from bot.services import Services
from bot.store import log
from bot.store.commands import waiting_release_commands
from bot.store.log import Entry, Kind
from bot.store.releases import (
    Obstacle,
    Plan,
    Release,
    drop_plan,
    finish,
    keep_plan,
    note_release_id,
    note_tag_object,
    release_of,
    set_obstacle,
)
from bot.store.sign_offs import sign_offs_of

ADMINISTRATOR = "a repository administrator"


@dataclass(frozen=True, slots=True)
class Tagged:
    """The tag is there, with its release and record; `conclude` ends it once that is shown."""

    release: Release


@dataclass(frozen=True, slots=True)
class LookAgain:
    """What was judged no longer holds (the branch moved, the tag is there): judge again."""


@dataclass(frozen=True, slots=True)
class Hindered:
    """GitHub said no; the release stays armed."""

    obstacle: Obstacle


Outcome = Tagged | LookAgain | Hindered


def tag_release(
    services: Services, installation: Installation, release: Release, judged: JudgedRelease
) -> Outcome:
    """Carry out an open gate. Raises Retryable when it is unknown what was done: the next attempt finds out."""
    planned = _plan(services, release, judged.decision)
    return LookAgain() if planned is None else _carry_out(services, installation, planned, judged)


def go_on(services: Services, installation: Installation, release: Release, judged: JudgedRelease) -> Outcome:
    """Go on with a plan that was begun: with its tag on GitHub it is finished, without it is judged again."""
    tag = judged.facts.existing_tag
    if release.tag_object_sha is None or tag is None or tag.object_sha != release.tag_object_sha:
        _drop(services, release)
        return LookAgain()
    return _finish(services, installation, release, judged.decision)


def _plan(services: Services, release: Release, decision: ReleaseDecision) -> Release | None:
    """Keep what was judged, signed, before anything is written on GitHub; None when the row says otherwise."""
    key, now, settings = services.signing_key(), services.clock(), services.settings
    evidence = decision.evidence
    if evidence is None:
        raise AssertionError("an open gate has evidence")
    digest = decision_digest(decision)
    with services.database.transaction() as connection:
        logged = log.append(
            connection,
            Entry(
                Kind.TAGGING,
                decision.repository,
                release.tag,
                decision.state,
                f"The gate of {release.tag} is open at {decision.target_sha}",
                now,
                digest=digest,
                policy_digest=decision.policy_digest,
                head_sha=decision.target_sha,
            ),
        )
        claim = ReleaseClaim(
            repository=decision.repository,
            tag=release.tag,
            commit_sha=decision.target_sha,
            policy_source=decision.policy_source,
            policy_digest=decision.policy_digest,
            decision_digest=digest,
            evidence_path=evidence.path,
            evidence_oid=evidence.oid,
            sign_offs=decision.sign_offs,
            overrides=decision.overrides,
            log_head=logged.hash,
            verified_at=now,
            verifier=settings.public_url,
            server=server_of(settings.github_api_url),
        )
        plan = Plan(decision.target_sha, decision.policy_digest, digest, make_record(claim, key), now)
        if not keep_plan(connection, release, plan):
            return None
        return release_of(connection, release.repository, release.tag)


def _carry_out(services: Services, installation: Installation, release: Release, judged: JudgedRelease) -> Outcome:
    decision, plan = judged.decision, release.plan
    if plan is None:
        raise AssertionError("a release that is being tagged has a plan")
    repository, tag = decision.repository, release.tag
    identity = services.github.identity()
    tagger = Tagger(f"{identity.slug}[bot]", f"{identity.slug}[bot]@users.noreply.github.com", plan.tagger_at)
    try:
        tag_object = installation.create_tag_object(
            repository, tag, tag_message(decision), plan.judged_sha, tagger
        )
        with services.database.transaction() as connection:
            note_tag_object(connection, release, tag_object)
            release = release_of(connection, repository, tag) or release
        if not _still_holds(services, installation, release, judged):
            _drop(services, release)
            return LookAgain()
        installation.create_tag_reference(repository, tag, tag_object)
    except AlreadyExists:
        # Behind a lost answer it may be our own; somebody else's is judged like any other tag that is there.
        if not _is_ours(installation.read_tag(repository, tag), tag_object):
            _drop(services, release)
            return LookAgain()
    except (Forbidden, Refused, NotFound) as error:
        return _hindered(services, release, _obstacle_of(error))
    return _finish(services, installation, release, decision)


def _still_holds(services: Services, installation: Installation, release: Release, judged: JudgedRelease) -> bool:
    """Read the head again, in the same step as the tag is made: is the judged commit still the one to tag?

    Nor may a sign-off have ended meanwhile, or a command wait that takes something back.
    """
    facts = judged.facts
    head = installation.read_branch_head(facts.repository, facts.release_branch)
    if head != facts.head_sha and (
        release.target is None
        or head is None
        or not installation.read_comparison(facts.repository, facts.target_sha, head).is_ancestor
    ):
        return False
    # Last, so that nothing that came while GitHub was asked is overlooked.
    with services.database.transaction() as connection:
        waiting = waiting_release_commands(connection, facts.repository)
        if any(one.verb in (Verb.REVOKE, Verb.CANCEL) for one in waiting):
            return False
        return sign_offs_of(connection, facts.repository) == facts.sign_offs


def _is_ours(tag: ExistingTag | None, tag_object_sha: str) -> bool:
    return tag is not None and tag.object_sha == tag_object_sha


def _finish(
    services: Services, installation: Installation, release: Release, decision: ReleaseDecision
) -> Outcome:
    """The tag is on GitHub: its release, the record with it, and then the row is done."""
    try:
        published = _publish(services, installation, release, decision)
    except (Forbidden, Refused, NotFound) as error:
        # The tag stands and has a record, which the row keeps: only the release on GitHub is missing yet.
        return _hindered(services, release, _obstacle_of(error), keep=True)
    with services.database.transaction() as connection:
        note_release_id(connection, release, published.release_id)
        done = release_of(connection, release.repository, release.tag)
    return Tagged(done or release)


def conclude(services: Services, release: Release) -> None:
    """Everything is on GitHub and shown there: the row is done.

    Not before it is shown, since a row that is done is never looked at again.
    """
    plan, now = release.plan, services.clock()
    if plan is None:
        raise AssertionError("a release that is being tagged has a plan")
    with services.database.transaction() as connection:
        if not finish(connection, release, now):
            return
        log.append(
            connection,
            Entry(
                Kind.TAGGING,
                release.repository,
                release.tag,
                State.SUCCESS,
                f"Released {release.tag}",
                now,
                digest=plan.decision_digest,
                policy_digest=plan.policy_digest,
                head_sha=plan.judged_sha,
                content={"tag_object_sha": release.tag_object_sha or "", "release_id": release.release_id},
            ),
        )


def _publish(
    services: Services, installation: Installation, release: Release, decision: ReleaseDecision
) -> GitHubRelease:
    """Draft, record, publish: in that order, since a published release may be immutable."""
    repository, tag, plan = decision.repository, release.tag, release.plan
    if plan is None:
        raise AssertionError("a release that is being tagged has a plan")
    found = installation.find_release(repository, tag)
    if found is not None and not found.is_own:
        # Somebody published one between the tag and ours: it goes back to draft, as with any unauthorised one.
        installation.update_release(repository, found.release_id, draft=True)
        found = installation.find_release(repository, tag)
    notes = release_notes(decision, plan.tagger_at)
    if found is None:
        found = installation.create_release(repository, tag, title=tag, body=notes, draft=True)
    elif found.is_draft and found.body != notes:  # of an earlier plan, for another commit
        found = installation.update_release(repository, found.release_id, title=tag, body=notes)
    with services.database.transaction() as connection:
        note_release_id(connection, release, found.release_id)
    installation.put_asset(repository, found.release_id, RECORD_FILE, plan.record, "application/json")
    return installation.update_release(repository, found.release_id, draft=False) if found.is_draft else found


def _drop(services: Services, release: Release) -> None:
    with services.database.transaction() as connection:
        drop_plan(connection, release)


def _hindered(services: Services, release: Release, obstacle: Obstacle, *, keep: bool = False) -> Hindered:
    with services.database.transaction() as connection:
        if not keep:
            drop_plan(connection, release)
        now = release_of(connection, release.repository, release.tag) or release
        set_obstacle(connection, now, obstacle)
    return Hindered(obstacle)


def _obstacle_of(error: GitHubError) -> Obstacle:
    """GitHub's refusal as the next action of somebody who can change it."""
    if isinstance(error, RulesetRefused):
        action = "add the Trackgate App to the bypass list of the tag ruleset, then comment /gate recheck"
        return Obstacle(f"a ruleset does not let the App make this tag: {error}", ADMINISTRATOR, action)
    if isinstance(error, Forbidden):
        if error.permission is not None and "workflows" in error.permission:
            action = (
                "give the App the permission workflows: write and accept it for this installation, "
                "then comment /gate recheck"
            )
            reason = "the App may not tag a commit whose workflow files are not those of any branch"
            return Obstacle(reason, "an owner of the organisation", action)
        needed = error.permission or "contents=write"
        return Obstacle(
            f"the App lacks a permission ({needed})",
            "an owner of the organisation",
            "give the App that permission, then comment /gate recheck",
        )
    return Obstacle(str(error), ADMINISTRATOR, "see why GitHub refuses it, then comment /gate recheck")
