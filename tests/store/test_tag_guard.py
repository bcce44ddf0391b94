"""What the tag guard remembers: the baseline, incidents until they are over, deployments, a report's comment."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from bot.core.subjects import DeploymentSubject, ReleasesSubject
from bot.core.tags import IncidentKind, KnownTag, Remedy, TagIncident, TagKind
from bot.store.database import Connection, Database
from bot.store.deliveries import KeptBody, Outcome, StoredDelivery, recent_payloads, store_deliveries
from bot.store.deployments import (
    Deployment,
    DeploymentState,
    deployment_of,
    note_deployment_answered,
    store_deployment,
    waiting_deployments,
)
from bot.store.locks import desk_lock
from bot.store.queue import job_for
from bot.store.releases import Plan, arm, finish, keep_plan, note_release_id, note_tag_object, release_of
from bot.store.report_comments import ReportComment, note_gone, note_shown, report_comment
from bot.store.tags import (
    StoredIncident,
    baseline_patterns,
    incidents_of,
    keep_incidents,
    known_tags,
    note_issue,
    note_undone,
    take_baseline,
    widen_baseline,
)
from tests.support.builders import NOW

REPOSITORY = "meta/integration"
LATER = NOW + timedelta(minutes=1)
ROGUE = TagIncident("v6.6.6", IncidentKind.APPEARED, Remedy.DELETE, "6" * 40, None)
MOVED_BASELINE = TagIncident("v1.0.0", IncidentKind.MOVED, Remedy.REPORT, "7" * 40, "1" * 40, is_baseline=True)
DEPLOYMENT = Deployment(
    REPOSITORY, 11, "production", "refs/tags/v3.1.0", "c" * 40, "/repos/x/callback", NOW, uuid4()
)


def test_baseline_is_taken_once(connection: Connection) -> None:
    """The tags of the first look are the baseline, be there none; later looks change nothing."""
    assert known_tags(connection, REPOSITORY) is None
    assert take_baseline(connection, "Meta/Integration", {"v1.0.0": "1" * 40}, NOW)
    assert not take_baseline(connection, REPOSITORY, {"v2.0.0": "2" * 40}, LATER)
    assert known_tags(connection, REPOSITORY) == {"v1.0.0": KnownTag("v1.0.0", "1" * 40, TagKind.BASELINE)}
    assert take_baseline(connection, "meta/other", {}, NOW)
    assert known_tags(connection, "META/other") == {}


def test_a_policy_that_names_more_tags_widens_the_baseline(connection: Connection) -> None:
    """Tags that nobody guarded before join the baseline as they are; those in it stay as they were."""
    assert baseline_patterns(connection, REPOSITORY) == ()
    take_baseline(connection, REPOSITORY, {"v1.0.0": "1" * 40}, NOW, ["v*"])
    assert baseline_patterns(connection, "Meta/Integration") == ("v*",)
    widen_baseline(connection, "Meta/Integration", {"v1.0.0": "9" * 40, "r2": "2" * 40}, ["v*", "r*"])
    assert baseline_patterns(connection, REPOSITORY) == ("r*", "v*")
    known = known_tags(connection, REPOSITORY) or {}
    assert {name: one.object_sha for name, one in known.items()} == {"v1.0.0": "1" * 40, "r2": "2" * 40}


def test_who_did_it_is_read_from_deliveries(connection: Connection) -> None:
    """The bodies of a repository's recent deliveries of some events, the newest first, and no others."""
    for minute, (event, repository) in enumerate(
        [("push", REPOSITORY), ("create", REPOSITORY), ("delete", "meta/other"), ("status", REPOSITORY)]
    ):
        moment = NOW + timedelta(minutes=minute)
        body = KeptBody.of(event.encode())
        one = StoredDelivery(uuid4(), event, None, 7, repository, moment, body, Outcome.NOTHING, "recorded")
        assert store_deliveries(connection, [one])
    asked = ["push", "create", "delete"]
    assert recent_payloads(connection, "Meta/Integration", asked, NOW) == [b"create", b"push"]
    assert recent_payloads(connection, REPOSITORY, asked, LATER) == [b"create"]
    assert recent_payloads(connection, REPOSITORY, asked, NOW, limit=1) == [b"create"]


def test_one_desk_at_a_time(database: Database) -> None:
    """Of eight at the desk of one repository only one is inside at any moment; another repository's is free."""
    inside: list[int] = []
    most = []

    def work(number: int) -> None:
        with desk_lock(database, REPOSITORY if number % 2 else REPOSITORY.upper()):
            inside.append(number)
            most.append(len(inside))
            with database.transaction() as connection:
                connection.execute("SELECT 1")
            inside.remove(number)

    with desk_lock(database, "meta/other"), ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(8)))
    assert most == [1] * 8


def test_jobs_of_releases_and_deployments() -> None:
    """One job at a time for the releases of a repository, and for one run's wish for one environment."""
    releases = job_for(ReleasesSubject("Meta/Integration"), 7)
    assert (releases.task, releases.key) == ("evaluate_releases", f"releases:{REPOSITORY}")
    deployment = job_for(DeploymentSubject("Meta/Integration", 11, "production"), 7, priority=3)
    assert (deployment.key, deployment.priority) == (f"deployment:{REPOSITORY}:11:production", 3)
    assert deployment.arguments == {
        "repository": REPOSITORY,
        "installation_id": 7,
        "delivery": None,
        "run_id": 11,
        "environment": "production",
    }


def test_tags_of_the_gate_are_known_from_their_objects_on(connection: Connection) -> None:
    """A tag is planned from its object on and released at the end; an armed one is not known."""
    take_baseline(connection, REPOSITORY, {}, NOW)
    arm(connection, REPOSITORY, "v3.1.0", target=None, by="raj", issue_number=7, now=NOW)
    kinds = []
    for step in (
        lambda release: keep_plan(connection, release, Plan("c" * 40, "p", "d", b"r", NOW)),
        lambda release: note_tag_object(connection, release, "d" * 40),
        lambda release: note_release_id(connection, release, 9),
        lambda release: finish(connection, release, NOW),
    ):
        release = release_of(connection, REPOSITORY, "v3.1.0")
        assert step(release)
        kinds.append([(one.object_sha, one.kind) for one in (known_tags(connection, REPOSITORY) or {}).values()])
    planned = [("d" * 40, TagKind.PLANNED)]
    assert kinds == [[], planned, planned, [("d" * 40, TagKind.RELEASED)]]


def only(incidents: list[StoredIncident]) -> StoredIncident:
    """The one incident there is."""
    (incident,) = incidents
    return incident


def test_an_undone_incident_is_over_with_its_issue(connection: Connection) -> None:
    """Found by event and sweep it is one; undone and told of, the same tag again is another incident."""
    first = only(keep_incidents(connection, "Meta/Integration", [ROGUE], NOW))
    assert (first.name, first.kind, first.seen_sha, first.right_sha) == ("v6.6.6", "appeared", "6" * 40, None)
    again = only(keep_incidents(connection, REPOSITORY, [ROGUE], LATER, {"v6.6.6": "eve\x00"}))
    assert again == replace(first, actor="eve\ufffd")
    assert note_undone(connection, again)
    assert not note_undone(connection, again)
    assert only(keep_incidents(connection, REPOSITORY, [], LATER)) == replace(again, is_undone=True)
    assert note_issue(connection, again, 40, LATER)
    assert not note_issue(connection, again, 41, LATER)
    assert incidents_of(connection, REPOSITORY) == []
    assert only(keep_incidents(connection, REPOSITORY, [ROGUE], LATER)).id > first.id


def test_a_tag_that_is_back_before_its_issue_is_undone_again(connection: Connection) -> None:
    """Undone, pushed again, and not yet told of: one incident, which has to be undone once more."""
    first = only(keep_incidents(connection, REPOSITORY, [ROGUE], NOW))
    note_undone(connection, first)
    assert only(keep_incidents(connection, REPOSITORY, [ROGUE], LATER)) == first


def test_baseline_tag_moved(connection: Connection) -> None:
    """What is left as it is gets one issue however many sweeps find it, and another when it happens again."""
    first = only(keep_incidents(connection, REPOSITORY, [MOVED_BASELINE], NOW))
    assert note_issue(connection, first, 40, NOW)
    for _ in range(3):
        reported = only(keep_incidents(connection, REPOSITORY, [MOVED_BASELINE], LATER))
        assert reported == replace(first, issue_number=40)
    assert keep_incidents(connection, REPOSITORY, [], LATER) == []
    second = only(keep_incidents(connection, REPOSITORY, [MOVED_BASELINE], LATER))
    assert (second.id > first.id, second.issue_number) == (True, None)


def test_incidents_differ_by_all_they_say(connection: Connection) -> None:
    """Another name, kind, place or repository is another incident."""
    several = [
        ROGUE,
        replace(ROGUE, name="v6.6.7"),
        replace(ROGUE, seen_sha="5" * 40),
        replace(ROGUE, kind=IncidentKind.MOVED, right_sha="1" * 40),
        replace(ROGUE, kind=IncidentKind.DELETED, seen_sha=None, right_sha="6" * 40),
    ]
    assert len(keep_incidents(connection, REPOSITORY, several, NOW)) == len(several)
    assert len(keep_incidents(connection, "meta/other", several, NOW)) == len(several)
    assert len(keep_incidents(connection, REPOSITORY, several, NOW)) == len(several)


def test_two_sweeps_at_once_keep_one_incident(database: Database) -> None:
    """Of two processes that find the same at the same moment both see the one incident."""
    barrier = threading.Barrier(2)

    def sweep(_: int) -> list[int]:
        with database.transaction() as connection:
            barrier.wait(20)
            return [one.id for one in keep_incidents(connection, REPOSITORY, [ROGUE], NOW)]

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(sweep, range(2))
    assert first == second


def test_a_deployment_is_answered_once(connection: Connection) -> None:
    """The same delivery again asks nothing new; a run that asks again is to be answered again."""
    assert store_deployment(connection, replace(DEPLOYMENT, repository="Meta/Integration"))
    assert not store_deployment(connection, DEPLOYMENT)
    assert deployment_of(connection, "META/integration", 11, "production") == DEPLOYMENT
    assert waiting_deployments(connection, REPOSITORY) == [DEPLOYMENT]
    assert note_deployment_answered(connection, DEPLOYMENT, DeploymentState.REJECTED, LATER)
    assert not note_deployment_answered(connection, DEPLOYMENT, DeploymentState.APPROVED, LATER)
    rejected = replace(DEPLOYMENT, state=DeploymentState.REJECTED, answered_at=LATER)
    assert deployment_of(connection, REPOSITORY, 11, "production") == rejected
    assert not store_deployment(connection, DEPLOYMENT)
    anew = replace(DEPLOYMENT, delivery_guid=uuid4(), requested_at=LATER, sha="e" * 40)
    assert store_deployment(connection, anew)
    assert not note_deployment_answered(connection, DEPLOYMENT, DeploymentState.APPROVED, LATER)
    assert waiting_deployments(connection, REPOSITORY) == [anew]
    assert deployment_of(connection, REPOSITORY, 11, "staging") is None
    assert waiting_deployments(connection, "meta/other") == []


def test_one_comment_for_a_tag_wherever_it_is_asked_for(connection: Connection) -> None:
    """A tag's comment stays where it was first intended; noted once it is there, and no more when deleted."""
    intended = report_comment(connection, "Meta/Integration", "v3.1.0", 7)
    assert intended == ReportComment(REPOSITORY, "v3.1.0", 7, is_new=True)
    intended = replace(intended, is_new=False)
    assert report_comment(connection, REPOSITORY, "v3.1.0", 8) == intended
    note_shown(connection, intended, "IC_1", "digest")
    there = replace(intended, comment_node_id="IC_1", digest="digest")
    assert report_comment(connection, REPOSITORY, "v3.1.0", 8) == there
    note_gone(connection, replace(there, comment_node_id="IC_0"))
    assert report_comment(connection, REPOSITORY, "v3.1.0", 7) == there
    note_gone(connection, there)
    assert report_comment(connection, REPOSITORY, "v3.1.0", 7) == intended


@pytest.mark.parametrize("tag", ["", "v3.1.0"])
def test_one_comment_for_each_issue_without_a_tag(database: Database, tag: str) -> None:
    """Eight reports at once in two issues: one comment for a tag, one for each issue without one."""
    barrier = threading.Barrier(8)

    def report(number: int) -> ReportComment:
        with database.transaction() as connection:
            barrier.wait(20)
            return report_comment(connection, REPOSITORY, tag, number % 2)

    with ThreadPoolExecutor(8) as pool:
        comments = list(pool.map(report, range(8)))
    expected = 1 if tag else 2
    assert sum(one.is_new for one in comments) == expected
    assert len({replace(one, is_new=False) for one in comments}) == expected
