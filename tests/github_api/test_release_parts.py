"""What a release's reading leaves to ask for: comparisons, paths, older commits, earlier heads; on the sandbox."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from bot.core.evidence_apps import MAXIMUM_LOOKED_AT
from bot.core.release_model import Comparison
from bot.github_api.pushes_read import NO_COMMIT
from bot.github_api.release_readings import PathList
from tests.support.scripted_http import Reply

if TYPE_CHECKING:
    from tests.github_api.conftest import Stages
    from tests.support.hub import Hub


def many(count: int, folder: str = "backend/many") -> dict[str, str]:
    """This many new files."""
    return {f"{folder}/{number:04}.py": f"x = {number}\n" for number in range(count)}


def test_nothing_or_something_changed_since_an_ancestor(hub: Hub) -> None:
    """Contents compared: both paths of a renamed file, and nothing for a change that was exactly reverted."""
    repository = hub.repository()
    raj = hub.github.as_user("raj")
    first = raj.push(repository, "main", {"README.md": "one\n"})
    second = raj.push(repository, "main", {"README.md": "two\n"}, renames={"backend/app/oauth.py": "qa/oauth.py"})
    third = raj.push(repository, "main", {"README.md": "one\n"}, renames={"qa/oauth.py": "backend/app/oauth.py"})
    installation = hub.at(repository)
    found = installation.read_comparison(repository, first, second)
    assert found.is_ancestor
    assert found.is_complete
    assert set(found.changed_paths) == {"README.md", "backend/app/oauth.py", "qa/oauth.py"}
    assert installation.read_comparison(repository, first, third) == Comparison(first, is_ancestor=True)
    assert installation.read_comparison(repository, third, third) == Comparison(third, is_ancestor=True)


def test_commits_that_are_no_ancestors(hub: Hub) -> None:
    """A later commit, one of another branch, an unknown one, and what is no full SHA."""
    repository = hub.repository()
    raj = hub.github.as_user("raj")
    first = raj.push(repository, "main", {"README.md": "one\n"})
    second = raj.push(repository, "main", {"README.md": "two\n"})
    aside = raj.push(repository, "aside", {"README.md": "three\n"}, start=first)
    installation = hub.at(repository)
    for commit in (second, aside, "0" * 40, first[:10], "../../x"):
        assert not installation.read_comparison(repository, commit, first).is_ancestor


def test_a_comparison_is_asked_for_once(hub: Hub) -> None:
    """It cannot change. That a commit is unknown can: it may be pushed yet."""
    repository = hub.repository()
    raj = hub.github.as_user("raj")
    first, second = (raj.push(repository, "main", {"README.md": text}) for text in ("one\n", "two\n"))
    installation = hub.at(repository)
    assert installation.read_comparison(repository, first, second) == installation.read_comparison(
        repository, first, second
    )
    assert hub.client.requests.counts().read == 1
    for _ in range(2):
        installation.read_comparison(repository, "0" * 40, second)
    assert hub.client.requests.counts().read == 3


def test_more_files_than_github_compares(hub: Hub) -> None:
    """299 are all there are; of 300 nobody knows."""
    repository = hub.repository()
    raj = hub.github.as_user("raj")
    base = raj.push(repository, "main", {"README.md": "one\n"})
    some = raj.push(repository, "some", many(299), start=base)
    more = raj.push(repository, "more", many(300), start=base)
    installation = hub.at(repository)
    assert installation.read_comparison(repository, base, some).is_complete
    found = installation.read_comparison(repository, base, more)
    assert (found.is_ancestor, found.is_complete, len(found.changed_paths)) == (True, False, 300)


def test_the_paths_of_a_commit(hub: Hub) -> None:
    """All of them over several pages, with the previous paths; asked for once."""
    repository = hub.repository()
    raj = hub.github.as_user("raj")
    sha = raj.push(repository, "main", many(120), renames={"backend/app/oauth.py": "qa/oauth.py"})
    installation = hub.at(repository)
    found = installation.read_commit_paths(repository, sha)
    assert set(found.paths) == {*many(120), "backend/app/oauth.py", "qa/oauth.py"}
    assert found.is_complete
    assert hub.client.requests.counts().read == 2
    assert installation.read_commit_paths(repository, sha) is found
    assert hub.client.requests.counts().read == 2


def test_older_commits_of_a_folder(hub: Hub) -> None:
    """Ten at a time, the newest first, each with its checks and the pull request that brought it; one request."""
    repository = hub.repository()
    raj = hub.github.as_user("raj")
    pushed = [raj.push(repository, "main", {"qa/x.ts": f"{number}\n"}) for number in range(11)]
    raj.push(repository, "main", {"README.md": "other\n"})
    pull = hub.open("sofia", repository, {"qa/y.ts": "x\n"}, branch="change")
    merged = raj.merge(pull, "squash")
    hub.github.complete_check(repository, pushed[-1], "track / qa")
    installation = hub.at(repository)
    found = installation.read_history(repository, "main", merged, "qa/")
    assert [commit.sha for commit in found] == [merged, *reversed(pushed[2:])]
    assert found[0].pull_request is not None
    assert found[0].pull_request.number == pull.number
    assert [len(commit.check_runs) for commit in found[:3]] == [0, 1, 0]
    assert hub.client.requests.counts().read == 1


def test_the_paths_of_open_pull_requests(hub: Hub) -> None:
    """One request for all; more only for one with a rename and one with more than a page of files."""
    repository = hub.repository()
    plain = hub.open("sofia", repository, {"qa/x.ts": "x\n"}, branch="plain")
    renamed = hub.open("sofia", repository, {}, branch="renamed", renames={"backend/app/oauth.py": "qa/oauth.py"})
    long = hub.open("sofia", repository, many(150), branch="long")
    installation = hub.at(repository)
    assert installation.read_pull_request_paths(repository, [plain.number, 999]) == {
        plain.number: PathList(("qa/x.ts",))
    }
    assert hub.client.requests.counts().read == 1
    found = installation.read_pull_request_paths(repository, [plain.number, renamed.number, long.number])
    assert set(found[renamed.number].paths) == {"backend/app/oauth.py", "qa/oauth.py"}
    assert set(found[long.number].paths) == set(many(150))
    assert all(one.is_complete for one in found.values())
    assert hub.client.requests.counts().read == 1 + 1 + 1 + 2
    assert installation.read_pull_request_paths(repository, []) == {}


def test_files_by_object_id(hub: Hub) -> None:
    """Texts, of a long one the beginning; None for what is binary, not UTF-8, or not there. 50 a request."""
    repository = hub.repository()
    raj = hub.github.as_user("raj")
    contents = [b"text \xc3\xa9\n", b"", b"\x00\x01", b"caf\xe9", b"x" * 600_000]
    contents += [f"{number}\n".encode() for number in range(50)]
    write_blob = hub.github.repository(repository).git.write_blob
    oids = [write_blob(content) for content in contents]
    raj.push(repository, "main", {"README.md": "x\n"})
    installation = hub.at(repository)
    found = installation.read_blobs(repository, [*oids, "0" * 40, oids[0]])
    assert [found[oid] for oid in oids[:4]] == [contents[0], b"", None, None]
    assert contents[4].startswith(found[oids[4]] or b"-")
    assert len(found[oids[4]] or b"") >= MAXIMUM_LOOKED_AT
    assert [found[oid] for oid in oids[5:]] == contents[5:]
    assert found["0" * 40] is None
    assert hub.client.requests.counts().read == 2
    assert installation.read_blobs(repository, []) == {}
    hub.github.behaviour.graphql_blob_text_limit = MAXIMUM_LOOKED_AT - 1
    assert installation.read_blobs(repository, [oids[4]]) == {oids[4]: None}


def test_one_file_whatever_its_bytes(hub: Hub) -> None:
    """Exact bytes for 1 request; None for what is not there."""
    repository = hub.repository()
    oid = hub.github.repository(repository).git.write_blob(b"caf\xe9\x00")
    installation = hub.at(repository)
    assert installation.read_blob(repository, oid) == b"caf\xe9\x00"
    assert installation.read_blob(repository, "0" * 40) is None
    assert hub.client.requests.counts().read == 2


def test_where_a_branch_stood(hub: Hub) -> None:
    """Before, between and after pushes and merges; in the second of a push both heads, since nobody can tell."""
    repository = hub.repository()
    github, raj = hub.github, hub.github.as_user("raj")
    moments, heads = [], []
    for number in range(3):
        github.clock.advance(100)
        heads.append(raj.push(repository, "main", {"README.md": f"{number}\n"}))
        moments.append(github.clock.now())
    github.clock.advance(100)
    pull = hub.open("sofia", repository, {"qa/x.ts": "x\n"}, branch="change")
    merged = raj.merge(pull)
    installation = hub.at(repository)
    assert installation.heads_at(repository, "main", moments[1]) == (heads[0], heads[1])
    for later in (timedelta(seconds=50), timedelta(seconds=2, microseconds=7)):
        assert installation.heads_at(repository, "main", moments[1] + later) == (heads[1],)
    assert installation.heads_at(repository, "main", moments[2] + timedelta(seconds=50)) == (heads[2],)
    assert installation.heads_at(repository, "main", datetime.now(UTC) + timedelta(days=1)) == (merged,)


def test_where_a_branch_stood_before_it_was_there(hub: Hub) -> None:
    """At no commit, to which nothing can be bound; of a branch without any push nothing is known."""
    repository = hub.repository()
    hub.github.clock.advance(100)
    made_at = hub.github.clock.now()
    sha = hub.github.as_user("raj").push(repository, "late", {"README.md": "x\n"})
    installation = hub.at(repository)
    assert installation.heads_at(repository, "late", made_at - timedelta(seconds=50)) == (NO_COMMIT,)
    assert installation.heads_at(repository, "late", made_at + timedelta(seconds=50)) == (sha,)
    assert installation.heads_at(repository, "nowhere", made_at) == ()


def test_pushes_are_followed_from_page_to_page(stages: Stages) -> None:
    """By the cursor alone of the address that GitHub names; after ten pages nobody knows where it stood."""
    moment = datetime(2026, 2, 19, 12, 0, tzinfo=UTC)

    def push(number: int, minutes: int) -> dict[str, str]:
        at = (moment + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")
        return {"before": f"{number - 1:040x}", "after": f"{number:040x}", "timestamp": at}

    link = {"Link": '<https://evil.example/activity?after=cur%2B1&x=1>; rel="next", <https://x>; rel="first"'}
    answers = iter([Reply(200, [push(9, 20), push(8, 10)], link), Reply(200, [push(7, -10), push(6, -20)], link)])
    stage = stages.start(lambda _: next(answers))
    found = stage.client.installation(1).heads_at("meta/integration", "main", moment)
    assert found == (f"{7:040x}",)
    first, second = (parse_qs(r.path.partition("?")[2]) for r in stage.server.requests[1:])
    assert (first["ref"], first["direction"], first.get("after")) == (["refs/heads/main"], ["desc"], None)
    assert second["after"] == ["cur+1"]
    stage = stages.start(lambda _: Reply(200, [push(9, 20)], link))
    assert stage.client.installation(1).heads_at("meta/integration", "main", moment) == (NO_COMMIT,)
    assert stage.client.requests.counts().read == 10
