"""The page of a repository's releases: what it shows, that everything is escaped, and who may see it."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from bot.core.release_model import RowKind
from bot.foundation import WebServices
from bot.store.deployments import DeploymentState
from bot.store.installations import remember_installation
from bot.store.log import Entry, Kind, append
from tests.support import release_board as board
from tests.support.release_builders import NOW, SIGNED, TARGET, decide, row, sign_off, still_open
from tests.web.test_pages import HOSTILE, Page

PAGE = "/repositories/meta/integration/releases"


def squeezed(client: FlaskClient, path: str = PAGE) -> str:
    """The text of a page, on one line."""
    answer = client.get(path)
    assert answer.status_code == 200
    return " ".join(Page(answer.text).text.split())


def test_an_armed_release_with_its_whole_decision(client: FlaskClient, services: WebServices) -> None:
    """Title, next action and its owner; each row and each line in it with reason and age; commit and policy."""
    decision = decide(sign_offs=(sign_off("raj", "contract-freeze"),), open_pull_requests=(still_open(9, "qa/a"),))
    with services.database.transaction() as connection:
        board.keep_armed(connection, "v3.1.0")
        board.keep_decision(connection, decision)
    text = squeezed(client)
    assert decision.next_action is not None
    expected = [decision.title, f"{decision.next_action.owner} — {decision.next_action.action}", TARGET]
    for one in decision.rows:
        expected += [one.kind.value, one.reason, *(item.reason for item in one.items)]
        expected += [item.subject for item in one.items]
    for part in (*expected, "v3.1.0 armed", "armed by raj in #7", "follows the head of the release branch"):
        assert " ".join(part.replace("`", "").split()) in text, part
    assert SIGNED.strftime("%Y-%m-%d") in text, "the age of what is there"
    assert row(decision, RowKind.SIGN_OFFS).next_action is not None


def test_releases_come_in_the_order_of_who_waits(client: FlaskClient, services: WebServices) -> None:
    """What is armed comes first, then what was made, the newest first; a cancelled one is named as such."""
    with services.database.transaction() as connection:
        board.keep_released(connection, "v1.0.0", at=NOW.replace(year=2025))
        board.keep_cancelled(connection, "v2.0.0", at=NOW.replace(month=1))
        board.keep_released(connection, "v3.0.0", at=NOW)
        board.keep_armed(connection, "v2.5.0", at=NOW.replace(year=2024))
    text = squeezed(client)
    places = [text.index(name) for name in ("v2.5.0 armed", "v3.0.0 released", "v2.0.0 cancelled", "v1.0.0 rel")]
    assert places == sorted(places)
    assert text.count("not judged yet") == 1, "what is over waits for no evaluation"


def test_what_github_put_in_the_way_goes_first(client: FlaskClient, services: WebServices) -> None:
    """The gate is open and GitHub refused: the obstacle's owner acts next, not the gate's."""
    with services.database.transaction() as connection:
        release = board.keep_armed(connection, "v3.1.0")
        board.keep_decision(connection, decide())
        board.keep_obstacle(connection, release)
    text = squeezed(client)
    assert "GitHub said no: a ruleset does not let the App" in text
    assert "Next: a repository administrator — add the App, then recheck" in text


def test_a_made_release_asks_nobody_for_anything(client: FlaskClient, services: WebServices) -> None:
    """Its commit is the one that was judged, whatever was decided later about the tag."""
    with services.database.transaction() as connection:
        board.keep_released(connection, "v3.1.0")
        board.keep_decision(connection, decide(sign_offs=()))
    text = squeezed(client)
    assert f"at {TARGET}, armed by raj" in text
    assert "Next:" not in text
    assert "follows the head" not in text


def test_incidents_deployments_and_log(client: FlaskClient, services: WebServices) -> None:
    """Who pushed which tag and where that is told; each answer; the log without the merge gates' entries."""
    with services.database.transaction() as connection:
        board.keep_incident(connection, "v6.6.6")
        board.keep_incident(connection, "v7.7.7", actor=None)
        board.keep_deployment(connection, "v3.1.0", DeploymentState.APPROVED, 41)
        board.keep_deployment(connection, "main", DeploymentState.REJECTED, 42)
        board.keep_deployment(connection, "v3.2.0", DeploymentState.WAITING, 43)
        append(connection, Entry(Kind.COMMAND, "meta/integration", "v3.1.0", "obeyed", "raj: approve", NOW))
        append(
            connection, Entry(Kind.MERGE_GATE, "meta/integration", "#12", "success", "Open: docs", NOW, number=12)
        )
    text = squeezed(client)
    assert "v6.6.6 appeared eve eeeeeeeeeeee nothing reported in #31" in text
    assert "v7.7.7 appeared not known" in text
    for part in ("v3.1.0 7a467a467a46 41 approved", "main 7a467a467a46 42 rejected", "43 waiting"):
        assert part in text
    assert "command v3.1.0 obeyed raj: approve" in text
    assert "Open: docs" not in text


def test_nothing_yet(client: FlaskClient, services: WebServices) -> None:
    """A served repository has its page before its first release, which says how one is begun."""
    assert client.get(PAGE).status_code == 404
    with services.database.transaction() as connection:
        remember_installation(connection, 7, ["Meta/Integration"])
    text = squeezed(client)
    assert "/gate release <tag>" in text
    assert all(part in text for part in ("None was seen.", "None has asked.", "There is nothing yet."))
    assert client.get("/repositories/a%00b/c/releases").status_code == 404


def test_hostile_text_is_only_text(client: FlaskClient, services: WebServices) -> None:
    """Tags, people, branches, reasons and references full of markup appear as text and add no tag."""
    with services.database.transaction() as connection:
        board.keep_armed(connection, "v1", by="raj")
        board.keep_decision(connection, decide(tag="v1", open_pull_requests=(still_open(9, "qa/a"),)))
        board.keep_incident(connection, "v2")
        board.keep_deployment(connection, "v1", DeploymentState.APPROVED)
        append(connection, Entry(Kind.COMMAND, "meta/integration", "v1", "obeyed", "x", NOW))
    before = Page(client.get(PAGE).text).tags
    with services.database.transaction() as connection:
        for table in ("releases", "tag_incidents", "deployments"):
            connection.execute(f"DELETE FROM {table}")  # noqa: S608 - the names above
        release = board.keep_armed(connection, HOSTILE, by=HOSTILE)
        pull = still_open(9, "qa/a", because=HOSTILE)
        board.keep_decision(connection, decide(tag=HOSTILE, release_branch=HOSTILE, open_pull_requests=(pull,)))
        board.keep_incident(connection, HOSTILE, actor=HOSTILE)
        board.keep_deployment(connection, HOSTILE, DeploymentState.APPROVED)
        append(connection, Entry(Kind.COMMAND, "meta/integration", HOSTILE, "obeyed", HOSTILE, NOW))
    page = Page(client.get(PAGE).text)
    assert page.text.count("<script>alert(1)</script>") >= 8
    assert {"script", "b"}.isdisjoint(page.tags)
    assert set(page.tags) == set(before)
    assert "49" not in page.text.replace("2149", "")
    with services.database.transaction() as connection:
        board.keep_obstacle(connection, release, HOSTILE)
    page = Page(client.get(PAGE).text)
    assert {"script", "b"}.isdisjoint(page.tags)


def test_a_decision_of_another_shape_counts_as_none(client: FlaskClient, services: WebServices) -> None:
    """What an older or newer version logged does not break the page."""
    with services.database.transaction() as connection:
        board.keep_armed(connection, "v3.1.0")
        strange = {"repository": "meta/integration", "rows": "many"}
        append(
            connection,
            Entry(Kind.RELEASE_GATE, "meta/integration", "v3.1.0", "success", "x", NOW, content=strange),
        )
    assert "not judged yet" in squeezed(client)


def test_the_index_leads_here_and_links_lead_somewhere(client: FlaskClient, services: WebServices) -> None:
    """The index counts the releases of each repository; every link of the page is ours and works, or GitHub's."""
    with services.database.transaction() as connection:
        board.keep_released(connection, "v3.0.0")
        board.keep_armed(connection, "v3.1.0")
        board.keep_incident(connection, "v6.6.6")
        board.keep_deployment(connection, "main", DeploymentState.REJECTED)
    assert "meta/integration: 1 armed, 1 made" in squeezed(client, "/")
    assert PAGE in Page(client.get("/").text).links
    links = Page(client.get(PAGE).text).links
    root = "https://github.com/meta/integration"
    outside = {f"{root}/releases", f"{root}/issues/7", f"{root}/issues/31", f"{root}/actions/runs/41"}
    assert {link for link in links if not link.startswith("/")} == outside
    for link in links:
        if link.startswith("/"):
            with client.get(link) as answer:
                assert answer.status_code == 200, link


@pytest.mark.parametrize(
    ("headers", "peer"),
    [({"Host": "evil.example"}, "127.0.0.1"), ({"X-Forwarded-For": "127.0.0.1"}, "127.0.0.1"), ({}, "192.0.2.1")],
)
def test_others_see_no_page(
    client: FlaskClient, services: WebServices, headers: dict[str, str], peer: str
) -> None:
    """A foreign peer or Host, or anything that a proxy passed on: 403, known repository or not."""
    with services.database.transaction() as connection:
        board.keep_armed(connection, "v3.1.0")
    for path in (PAGE, "/repositories/nobody/nothing/releases"):
        assert client.get(path, headers=headers, environ_base={"REMOTE_ADDR": peer}).status_code == 403
