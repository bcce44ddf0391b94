"""Lists, permissions and merge groups, on the sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.core.model import Wanted
from bot.github_api.credentials import AppIdentity
from bot.github_api.errors import NotFound, Suspended
from bot.github_api.readings import InstalledApp, InstalledRepository

if TYPE_CHECKING:
    from sandbox import Pull
    from tests.support.hub import Hub


def test_who_we_are_and_where(hub: Hub) -> None:
    """Our identity, our installations and their repositories."""
    repository = hub.repository()
    installation_id = hub.client.installation_of(repository)
    assert hub.client.identity() == AppIdentity(hub.app.id, "trackgate")
    assert installation_id is not None
    assert InstalledApp(installation_id, "meta", is_suspended=False) in hub.client.installations()
    number = hub.github.as_user("sofia").call("GET", f"/repos/{repository}")["id"]
    listed = hub.installation(repository).repositories()
    assert InstalledRepository(number, repository, "main", is_archived=False) in listed
    assert hub.client.installation_of("meta/nowhere") is None


def test_open_pull_requests(hub: Hub) -> None:
    """The open ones, oldest first, over more than one page."""
    repository = hub.repository()
    author = hub.github.as_user("sofia")
    sha = author.push(repository, "b", {"qa/x.ts": "x\n"})
    for number in range(102):
        author.set_branch(repository, f"b{number}", sha)
    pulls = [author.open_pull_request(repository, branch=f"b{n}", title=f"No. {n}") for n in range(102)]
    author.close(pulls[3])
    author.draft(pulls[5])
    installation = hub.installation(repository)
    hub.client.requests.reset()
    found = installation.read_open_pull_requests(repository)
    assert hub.client.requests.counts().read == 2
    assert [one.number for one in found] == [pull.number for pull in pulls if pull is not pulls[3]]
    assert (found[0].head_sha, found[0].base_branch, found[0].author) == (pulls[0].head_sha, "main", "sofia")
    assert [one.title for one in found if one.is_draft] == ["No. 5"]
    with pytest.raises(NotFound):
        installation.read_open_pull_requests("meta/nowhere")


@pytest.mark.parametrize("role", ["read", "triage", "write", "maintain", "admin"])
def test_permissions_are_exact(hub: Hub, role: str) -> None:
    """Triage and maintain are told from read and write."""
    repository = hub.repository()
    hub.github.add_user(f"person-{role}")
    hub.github.import_repository(f"{repository}-{role}", files={"a": "b"}, collaborators={f"person-{role}": role})
    hub.github.install(hub.app, f"{repository}-{role}")
    installation = hub.installation(f"{repository}-{role}")
    assert installation.read_permission(f"{repository}-{role}", f"person-{role}") == role
    assert installation.read_permission(f"{repository}-{role}", "no-such-person") == "none"


def queued(hub: Hub, repository: str, *folders: str) -> list[Pull]:
    """Pull requests that stand in the queue of main, in this order."""
    pulls = [hub.open("sofia", repository, {f"{each}/new": "x\n"}, branch=each) for each in folders]
    for pull in pulls:
        hub.github.enqueue(pull, by="raj")
    return pulls


def test_a_merge_group(hub: Hub) -> None:
    """Its members, its own head's checks, our own runs apart, and the documents at that head."""
    repository = hub.repository()
    pulls = queued(hub, repository, "backend", "qa")
    head = hub.github.create_merge_group(repository, by="raj")
    hub.github.complete_check(repository, head, "track / backend")
    hub.github.complete_check(repository, head, "gate", app=hub.app)
    wanted = Wanted(documents=("docs/runbooks/operations.md",), folders=("backend/",))
    installation = hub.installation(repository)
    hub.client.requests.reset()
    group = installation.read_merge_group(repository, head, "main", wanted)
    assert group is not None
    assert hub.client.requests.counts().read == 1
    assert group.member_numbers == tuple(pull.number for pull in pulls)
    assert [entry.head_sha for entry in group.entries] == [pull.head_sha for pull in pulls]
    assert [run.name for run in group.check_runs] == ["track / backend"]
    assert [run.name for run in group.own_check_runs] == ["gate"]
    assert dict(group.documents) == {"docs/runbooks/operations.md": len("# Operations\n")}
    assert set(group.trees[head]) == {"", "backend/"}
    assert group.handles.pull_request_node_id is None
    assert group.unreadable == ()


def test_a_merge_group_with_many_checks(hub: Hub) -> None:
    """More than a hundred check runs on its head cost one more request, and all are read."""
    repository = hub.repository()
    queued(hub, repository, "backend")
    head = hub.github.create_merge_group(repository, by="raj")
    for number in range(120):
        hub.github.complete_check(repository, head, f"job {number}")
    installation = hub.installation(repository)
    hub.client.requests.reset()
    group = installation.read_merge_group(repository, head, "main", Wanted())
    assert group is not None
    assert hub.client.requests.counts().read == 2
    assert {run.name for run in group.check_runs} == {f"job {number}" for number in range(120)}


def test_a_merge_group_that_is_gone(hub: Hub) -> None:
    """A commit that nobody has gives None; a head that no entry of the queue has, no members."""
    repository = hub.repository()
    installation = hub.installation(repository)
    assert installation.read_merge_group(repository, "f" * 40, "main", Wanted()) is None
    (pull,) = queued(hub, repository, "backend")
    group = installation.read_merge_group(repository, pull.head_sha, "main", Wanted())
    assert group is not None
    assert group.member_numbers == ()


def test_what_the_app_may_not_read_closes_the_gate(hub: Hub) -> None:
    """Without the permission for checks a reading says so."""
    repository = hub.repository()
    pull = hub.open("sofia", repository, {"backend/new.py": "x\n"})
    hub.github.complete_check(repository, pull.head_sha, "track / backend")
    with hub.permissions(repository, without=("checks", "statuses")):
        assert "statusCheckRollup" in " ".join(hub.facts(pull).unreadable)


def test_an_installation_that_is_gone(hub: Hub) -> None:
    """No token is minted for it, and the error says that it is not there."""
    with pytest.raises(Suspended, match="mint an installation token"):
        hub.client.installation(999_999).repositories()


def test_an_uninstalled_app_reads_nothing(hub: Hub) -> None:
    """Its token is refused, no new one is minted, and the reading is an error and not an empty repository."""
    repository = "elsewhere/integration"
    hub.github.import_repository(repository, files={"a": "b"})
    record = hub.github.install(hub.app, repository)
    installation = hub.installation(repository)
    installation.repositories()
    hub.github.uninstall(record)
    with pytest.raises(Suspended, match="mint an installation token"):
        installation.repositories()
