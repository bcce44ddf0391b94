"""Changed evidence files are read at the head, on the sandbox and from answers that it would not give."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bot.core.effect import PostCheckRun
from bot.core.evidence_changes import MAXIMUM_SCANNED_FILES, ChangedBlob
from bot.core.finding import Annotation, AnnotationLevel
from bot.core.words import State
from bot.github_api.evidence_read import FILES_IN_A_REQUEST
from bot.github_api.mutations import LONGEST_MESSAGE, LONGEST_TITLE, mutation_for
from bot.github_api.readings import Handles
from tests.support.evidence_texts import FOLDER, STORY
from tests.support.scripted_http import Received, Reply

if TYPE_CHECKING:
    from tests.github_api.conftest import Stages
    from tests.support.hub import Hub

HEAD = "a" * 40
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4


def scripted(stages: Stages, paths: list[str], *commits: Any) -> tuple[tuple[ChangedBlob, ...], int]:
    """The files as read from a GitHub that answers with these commits in turn, and the requests that took."""
    left = iter(commits)

    def script(received: Received) -> Reply:
        return Reply(200, {"data": {"repository": {"object": next(left)}}})

    stage = stages.start(script)
    found = stage.client.installation(1).read_changed_evidence("meta/integration", HEAD, paths)
    assert next(left, None) is None, "an answer was not asked for"
    return found, stage.client.requests.counts().read


def test_evidence_of_a_pull_request(hub: Hub) -> None:
    """Text arrives as text, a picture as binary, and all in one request."""
    files = {f"{FOLDER}/20260219T193000Z.md": STORY, f"{FOLDER}/shot.png": PICTURE, f"{FOLDER}/empty.md": ""}
    repository = hub.repository()
    pull = hub.open("priya", repository, files)
    hub.read(pull)
    hub.client.requests.reset()
    paths = [*sorted(files), f"{FOLDER}/none.md"]
    found = hub.installation(repository).read_changed_evidence(repository, pull.head_sha, paths)
    by_name = {blob.path.rpartition("/")[2]: blob for blob in found}
    story, picture, empty = by_name["20260219T193000Z.md"], by_name["shot.png"], by_name["empty.md"]
    assert story.entry is not None
    assert (story.entry.content, story.entry.size, story.entry.mode) == (STORY.encode(), len(STORY), 0o100644)
    assert (story.is_binary, story.is_cut) == (False, False)
    assert picture.is_binary
    assert empty.entry is not None
    assert (empty.entry.size, empty.entry.content, empty.is_binary) == (0, b"", False)
    assert by_name["none.md"].entry is None
    assert hub.client.requests.counts().read == 2  # one to find the installation, one for the files


def test_long_text_is_known_to_be_cut(hub: Hub) -> None:
    """A text over 512 KB arrives with the mark that it is not whole."""
    path = f"{FOLDER}/log.txt"
    repository = hub.repository()
    pull = hub.open("priya", repository, {path: "all is well\n" * 60_000})
    (blob,) = hub.installation(repository).read_changed_evidence(repository, pull.head_sha, [path])
    assert blob.is_cut
    assert blob.entry is not None
    assert blob.entry.size == 720_000


def test_no_files_cost_no_request(stages: Stages) -> None:
    """Nothing to read, nothing asked."""
    assert scripted(stages, []) == ((), 0)


@pytest.mark.parametrize(
    ("count", "requests"), [(FILES_IN_A_REQUEST, 1), (FILES_IN_A_REQUEST + 1, 2), (600, 500 // FILES_IN_A_REQUEST)]
)
def test_many_files_in_few_requests(stages: Stages, count: int, requests: int) -> None:
    """Twenty-five files a request, and no more than are looked through."""
    paths = [f"{FOLDER}/{number:04}.txt" for number in range(count)]
    found, asked = scripted(stages, paths, *({} for _ in range(requests)))
    assert (len(found), asked) == (min(count, MAXIMUM_SCANNED_FILES), requests)
    assert [blob.path for blob in found] == paths[:MAXIMUM_SCANNED_FILES]


@pytest.mark.parametrize(
    ("answer", "is_there", "is_binary"),
    [
        (None, False, False),
        ({"e0": None}, False, False),
        ({"e0": {"mode": 0o160000, "oid": "b", "object": None}}, True, True),
        ({"e0": {"mode": 0o100644, "oid": "b", "object": None}}, True, False),
        ({"e0": {"mode": 0o040000, "oid": "b", "object": {}}}, True, False),
    ],
)
def test_files_that_github_does_not_show(stages: Stages, answer: Any, is_there: bool, is_binary: bool) -> None:
    """No commit, no such path, a sub-module, a file without contents, a folder: never taken for a clean text."""
    ((blob,), _) = scripted(stages, [f"{FOLDER}/x.md"], answer)
    assert (blob.entry is not None, blob.is_binary) == (is_there, is_binary)
    assert blob.entry is None or blob.entry.content is None


def test_annotations_go_with_the_check_run() -> None:
    """Path, line, level, title and message, within GitHub's limits; no key at all where there are none."""
    notes = (
        Annotation("docs/a.md", 3, AnnotationLevel.FAILURE, "t" * 300, "m" * 100_000),
        Annotation("docs/b.md", 1, AnnotationLevel.WARNING, "Evidence", "result: expected pass or fail."),
    )
    post = PostCheckRun("gate", HEAD, State.FAILURE, "t", "s", "digest", annotations=notes)
    first, second = mutation_for(post, Handles("R_1", None), "http://localhost:8000/").input["output"][
        "annotations"
    ]
    assert (len(first["title"]), len(first["message"].encode())) == (LONGEST_TITLE - 2, LONGEST_MESSAGE)
    assert second == {
        "path": "docs/b.md",
        "location": {"startLine": 1, "endLine": 1},
        "annotationLevel": "WARNING",
        "title": "Evidence",
        "message": "result: expected pass or fail.",
    }
    plain = PostCheckRun("gate", HEAD, State.FAILURE, "t", "s", "digest")
    assert "annotations" not in mutation_for(plain, Handles("R_1", None), "http://localhost:8000/").input["output"]
