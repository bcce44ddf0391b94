"""Sweeps: is each gate, and each release tag, what it should be? Events may be lost; a look costs little.

An evaluation that came to its end keeps a digest of what GitHub should show from then on. A sweep reads 50 pull
requests in one request, computes the same of each, and only what differs is evaluated. The tags of 50 repositories
are compared in one request in the same way.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from hashlib import sha256
from importlib.resources import files

from bot.core.glimpse import Glimpse, glimpse_digest, glimpse_of, watched_checks, with_written
from bot.core.policy import InvalidPolicy, LoadedPolicy
from bot.core.subjects import MergeGroupSubject, TagsSubject
from bot.github_api.glimpses_read import ListedPullRequest
from bot.github_api.readings import Outcome
from bot.judging import Judged
from bot.services import Services
from bot.store.database import DatabaseUnreachableError
from bot.store.holds import refusals_in
from bot.store.pull_requests import (
    KnownPullRequest,
    open_pull_requests,
    remember_pull_request,
    waiting_merge_groups,
)
from bot.store.queue import SWEEP_TAGS_JOB, job_for
from bot.store.sweeps import (
    KeptGlimpse,
    close_listed_no_more,
    forget_glimpses,
    glimpses_of,
    keep_glimpse,
    note_node_id,
    note_tags,
    tag_looks,
)
from bot.store.text import storable


def keep_what_should_be_seen(services: Services, judged: Judged, outcomes: Iterable[Outcome]) -> None:
    """An evaluation came to its end: keep how a list should show the pull request, all `outcomes` written.

    Where something could not be read nothing is kept, so that the next sweep tries again.
    """
    facts, file, kept = judged.facts, judged.reading.policy_file, None
    if not facts.unreadable:
        written = [outcome.effect for outcome in outcomes if outcome.refused is None]
        glimpse = glimpse_of(facts, None if file is None else file.oid, judged.reading.sibling_numbers)
        watched, folder = watched_checks(judged.policy), _folder_policy(services, facts.repository)
        digest = _digest(with_written(glimpse, written), watched, folder, facts.refused_requests)
        kept = KeptGlimpse(digest, watched, judged.decision.look_again_at)
    if kept == judged.memory.glimpse:
        return
    with services.database.transaction() as connection:
        if kept is None:
            forget_glimpses(connection, facts.repository, [facts.number])
        else:
            keep_glimpse(connection, facts.repository, facts.number, kept)


def forget_what_should_be_seen(services: Services, repository: str, number: int) -> None:
    """An evaluation failed: should it be given up, the next sweep begins it anew."""
    try:
        with services.database.transaction() as connection:
            forget_glimpses(connection, repository, [number])
    except DatabaseUnreachableError:
        return  # then the job itself is not done either, and comes again


def sweep_repository(services: Services, repository: str, installation_id: int) -> Sequence[int]:
    """The open pull requests that have to be evaluated (1 request for each 50 that are open, at least 1).

    Merge groups that may still wait are looked at as well.
    """
    with services.database.transaction() as connection:
        known = {one.number: one for one in open_pull_requests(connection, repository)}
        kept = glimpses_of(connection, repository)
        refused = refusals_in(connection, repository)
    listed = services.github.installation(installation_id).read_glimpses(repository)
    found = {one.glimpse.number: one for one in listed.pull_requests}
    now = services.clock()
    with services.database.transaction() as connection:
        note_node_id(connection, repository, listed.node_id, now)
        for number, one in found.items():
            seen = _seen(one, repository, installation_id, services)
            if number not in known or not _same(known[number], seen):
                remember_pull_request(connection, seen)
        close_listed_no_more(connection, repository, sorted({*known, *kept} - found.keys()))
        for head_sha, base_branch in waiting_merge_groups(connection, repository):
            job = job_for(MergeGroupSubject(repository, head_sha, base_branch), installation_id)
            services.queue.defer(connection, job)
    folder = _folder_policy(services, repository)
    return [
        number
        for number, one in found.items()
        if not _is_as_kept(
            one, kept.get(number), folder, refused.get((number, storable(one.glimpse.head_sha)), ()), now
        )
    ]


def sweep_tags(services: Services, installation_id: int) -> None:
    """Queue a look at the tags of each repository where something is not as the last look left it.

    1 request for each 50 repositories. One that cannot be compared is looked at each time.
    """
    with services.database.transaction() as connection:
        looks = tag_looks(connection, installation_id)
    known = [one.node_id for one in looks if one.node_id is not None]
    installation = services.github.installation(installation_id)
    digests = installation.read_tag_digests(known) if known else {}
    for one in looks:
        digest = None if one.node_id is None else digests.get(one.node_id)
        if digest is not None:
            digest = f"{digest} {_folder_policy(services, one.repository)}"
            if digest == one.digest:
                continue
        with services.database.transaction() as connection:
            note_tags(connection, {one.repository: digest})
            job = job_for(TagsSubject(one.repository), installation_id, priority=SWEEP_TAGS_JOB.priority)
            services.queue.defer(connection, job)


def _is_as_kept(
    one: ListedPullRequest, kept: KeptGlimpse | None, folder: str, refused: Iterable[str], now: datetime
) -> bool:
    if kept is None or not one.is_whole:
        return False
    if kept.look_again_at is not None and kept.look_again_at <= now:
        return False  # a job was queued for that moment; should it be lost, this is the next one
    return _digest(one.glimpse, kept.watched, folder, refused) == kept.digest


def _digest(glimpse: Glimpse, watched: Sequence[str], folder: str, refused: Iterable[str]) -> str:
    """By the rules of this version and, where the base branch has no policy of its own, by the folder's.

    `refused`: whom GitHub would not ask for a review. Who is forgotten there is to be asked again.
    """
    policy = "" if glimpse.policy_oid is not None else folder
    names = " ".join(sorted(login.lower() for login in refused))
    return glimpse_digest(glimpse, watched, f"{_rules_version()} {policy} {names}")


def _folder_policy(services: Services, repository: str) -> str:
    """What stands for the policy that the folder has for a repository."""
    match services.policies.in_folder(repository):
        case LoadedPolicy(digest=digest):
            return digest
        case InvalidPolicy() as invalid:
            return sha256(repr(invalid.problems).encode()).hexdigest()
        case _:
            return ""


@cache
def _rules_version() -> str:
    """A digest of the code that decides and of what it says: another version looks at each gate once more."""
    sources = sorted(
        (file.name, file.read_bytes()) for file in files("bot.core").iterdir() if file.name.endswith(".py")
    )
    return sha256(repr(sources).encode()).hexdigest()


def _seen(one: ListedPullRequest, repository: str, installation_id: int, services: Services) -> KnownPullRequest:
    glimpse = one.glimpse
    return KnownPullRequest(
        repository,
        glimpse.number,
        installation_id,
        glimpse.head_sha,
        glimpse.base_branch,
        is_open=True,
        is_draft=glimpse.is_draft,
        title=one.title,
        author=glimpse.author,
        head_seen_at=services.clock(),
    )


def _same(known: KnownPullRequest, seen: KnownPullRequest) -> bool:
    """Whether nothing else was seen than is known; when a head SHA was first seen does not count."""
    return replace(known, repository=seen.repository, head_seen_at=seen.head_seen_at) == seen
