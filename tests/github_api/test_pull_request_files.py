"""Renames and copies: read by REST, and only then."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from bot.core.model import ChangeType
from bot.github_api.errors import Retryable
from bot.github_api.readings import PullRequestReading
from tests.support.pull_request_answers import HEAD, MORE, OTHER, answer, files, pull_request

if TYPE_CHECKING:
    from tests.github_api.conftest import Stage

    Read = Callable[..., tuple[Stage, PullRequestReading | None]]


def listed(path: str, status: str = "modified", previous: str | None = None, sha: str = HEAD) -> dict[str, Any]:
    """A file as REST lists it."""
    item = {"filename": path, "status": status, "contents_url": f"http://127.0.0.1/contents/x?ref={sha}"}
    return item if previous is None else {**item, "previous_filename": previous}


@pytest.mark.parametrize("change", ["RENAMED", "COPIED"])
def test_a_rename_is_read_by_rest(reading: Read, change: str) -> None:
    """One more request tells where it came from, and the first answer's list is left."""
    first = pull_request(files=files("qa/a.py", change=change))
    stage, found = reading(answer(first), [listed("qa/a.py", change.lower(), "backend/a.py")])
    assert found is not None
    (file,) = found.facts.files
    assert (file.path, file.change, file.previous_path) == ("qa/a.py", ChangeType(change), "backend/a.py")
    assert stage.client.requests.counts().read == 2


def test_a_rename_among_many_files_skips_the_other_graphql_pages(reading: Read) -> None:
    """250 files with a rename on the first page: one query and three REST pages."""
    first = pull_request(files=files("qa/a.py", change="RENAMED", info=MORE), changedFiles=250)
    pages = [[listed(f"qa/{number}.py") for number in range(100)]] * 2 + [[listed("qa/x.py")] * 50]
    stage, found = reading(answer(first), *pages)
    assert found is not None
    assert len(found.facts.files) == 250
    assert stage.client.requests.counts().read == 4


def test_rest_files_of_another_head_are_not_taken(reading: Read) -> None:
    """The list names its commit; another one than the query's means that the head moved."""
    first = pull_request(files=files("qa/a.py", change="RENAMED"))
    with pytest.raises(Retryable, match="moved"):
        reading(answer(first), [listed("qa/a.py", "renamed", "a.py", sha=OTHER)])
