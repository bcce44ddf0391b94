"""What `trackgate plan` says of a change: the same decision that the gate would make of a pull request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bot.core.completeness import MAXIMUM_FILES
from tests.support.local_repository import LINES, LocalRepository

Plan = Callable[..., dict[str, Any]]
DOCUMENTS = (
    "docs/project/api-contract-changelog.md",
    "docs/project/integration-data-contract-matrix.md",
    "docs/runbooks/operations.md",
    "docs/runbooks/meta-app-review-validation.md",
)


def logins(answer: dict[str, Any]) -> list[tuple[str | None, str | None]]:
    """Who must approve, and for which track."""
    return [(reviewer["login"], reviewer["track"]) for reviewer in answer["reviewers"]]


def tracks(answer: dict[str, Any]) -> list[str]:
    """The touched tracks."""
    return [track["name"] for track in answer["tracks"]]


def test_change_of_one_track(plan: Plan, repository: LocalRepository) -> None:
    """Its owners, its check with the commands, and nobody else."""
    repository.commit({"backend/api.py": LINES + "more\n"})
    answer = plan()
    assert answer["code"] == 0
    assert answer["state"] == "in_progress"
    assert logins(answer) == [("sofia", "backend"), ("maya", "backend")]
    assert answer["tracks"][0]["check"] == {
        "name": "track / backend",
        "commands": ["ruff check backend && pytest -q backend"],
    }
    assert (answer["changed_files"], answer["changed_lines"]) == (1, 1)
    assert answer["paths"] == [
        {
            "path": "backend/api.py",
            "track": "backend",
            "pattern": "backend/",
            "reason": "longest match: prefix backend/",
        }
    ]


def test_rename_from_one_track_into_another_counts_at_both_paths(plan: Plan, repository: LocalRepository) -> None:
    """git finds the move, both tracks' owners must approve, and so must the cross-stream reviewer."""
    repository.git("mv", "backend/api.py", "dbt/api.sql")
    repository.commit()
    answer = plan()
    assert tracks(answer) == ["backend", "dbt"]
    assert logins(answer) == [("raj", None), ("sofia", "backend"), ("maya", "backend"), ("priya", "dbt")]
    assert answer["reviewers"][0]["because"] == "cross-stream reviewer: 2 tracks touched"
    assert {path["path"]: path["reason"] for path in answer["paths"]} == {
        "dbt/api.sql": "longest match: prefix dbt/",
        "backend/api.py": "renamed to dbt/api.sql; longest match: prefix backend/",
    }
    assert (answer["changed_files"], answer["changed_lines"]) == (1, 0)


def test_copied_file_counts_at_both_paths(plan: Plan, repository: LocalRepository) -> None:
    """A copy of a file that changes as well is found, and says where it came from."""
    repository.commit({"backend/api.py": LINES + "more\n", "dbt/api.sql": LINES})
    answer = plan()
    assert tracks(answer) == ["backend", "dbt"]
    assert answer["changed_files"] == 2


def test_path_outside_all_tracks_needs_the_cross_stream_reviewer(plan: Plan, repository: LocalRepository) -> None:
    """`infrastructure/airbyte-old/` is not the airbyte track, though it begins like it."""
    repository.commit({"infrastructure/airbyte-old/template.yml": "a\n"})
    answer = plan()
    assert (tracks(answer), logins(answer)) == ([], [("raj", None)])
    assert answer["reviewers"][0]["because"] == "cross-stream reviewer: 1 path outside all tracks"


def test_author_is_passed_over_with_the_story(plan: Plan, repository: LocalRepository) -> None:
    """Sofia's own backend change: Maya, and Raj in Sofia's place, since Maya has a slot already."""
    repository.commit({"backend/api.py": "new\n"})
    answer = plan("--author", "@SOFIA")
    assert answer["author"] == "SOFIA"
    assert logins(answer) == [("raj", "backend"), ("maya", "backend")]
    assert answer["reviewers"][0]["person"] == "sofia"
    assert answer["reviewers"][0]["passed_over"] == [
        "sofia is the author",
        "maya has a slot of this track already",
    ]
    assert answer["notes"] == []


def test_without_an_author_the_answer_says_so(plan: Plan, repository: LocalRepository) -> None:
    """Nobody is taken for the author by guessing."""
    repository.commit({"backend/api.py": "new\n"})
    assert plan()["notes"] == ["No --author was given, so nobody is passed over as the author."]


def test_nobody_left_to_approve_is_no(plan: Plan, repository: LocalRepository) -> None:
    """Everybody of the chain is away or the author: exit code 1, and the reason."""
    repository.git("checkout", "--quiet", "main")
    policy = (repository.folder / ".github/trackgate.yml").read_text(encoding="utf-8")
    away = "\n    away: {from: 2020-01-01, until: 2999-12-31}"
    for person in ("maya", "raj", "mira"):
        policy = policy.replace(f"login: {person}", f"login: {person}{away}")
    repository.commit({".github/trackgate.yml": policy})
    repository.branch("another")
    repository.commit({"backend/api.py": "new\n"})
    answer = plan("--author", "sofia")
    assert (answer["code"], answer["state"]) == (1, "failure")
    assert logins(answer) == [(None, "backend"), (None, "backend")], "sofia's slot, and maya's"
    assert answer["problems"][0]["reason"] == "nobody is left who may approve for sofia"


@pytest.mark.parametrize("kind", ["missing", "empty", "symlink"])
def test_required_documents_must_be_files_with_content_at_the_head(
    kind: str, plan: Plan, repository: LocalRepository
) -> None:
    """A document that is missing, empty or a symlink makes the answer no; the others are there."""
    repository.commit(dict.fromkeys(DOCUMENTS, "text\n"))
    assert plan()["code"] == 0
    document = repository.folder / DOCUMENTS[2]
    document.unlink()
    if kind == "empty":
        document.touch()
    if kind == "symlink":
        document.symlink_to("meta-app-review-validation.md")
    repository.commit()
    answer = plan()
    assert answer["code"] == 1
    found = {document["path"]: document["present"] for document in answer["tracks"][0]["documents"]}
    assert found == {path: path != DOCUMENTS[2] for path in DOCUMENTS}
    assert [problem["subject"] for problem in answer["problems"]] == [DOCUMENTS[2]]


def test_architecture_label_and_hold_label(plan: Plan, repository: LocalRepository) -> None:
    """Labels told by hand are judged as on GitHub: one needs Mira, the other blocks."""
    repository.commit({"backend/api.py": "new\n"})
    answer = plan("--label", "Architecture", "--label", "gate/hold")
    assert answer["code"] == 1
    assert ("mira", None) in logins(answer)
    assert [problem["kind"] for problem in answer["problems"]] == ["hold"]


def test_more_files_than_github_lists_is_no(plan: Plan, repository: LocalRepository) -> None:
    """3,001 files can't be judged; 3,000 can."""
    blob = repository.git("hash-object", "-w", "--stdin", stdin=b"x")
    entries = [f"100644 {blob}\tbackend/{number}\n" for number in range(MAXIMUM_FILES + 1)]
    repository.git("update-index", "--add", "--index-info", stdin="".join(entries[:-1]).encode())
    repository.git("commit", "--quiet", "--message=many")
    assert plan()["code"] == 0
    repository.git("update-index", "--add", "--index-info", stdin=entries[-1].encode())
    repository.git("commit", "--quiet", "--message=one more")
    answer = plan()
    assert (answer["code"], answer["changed_files"]) == (1, MAXIMUM_FILES + 1)
    assert answer["problems"][0]["next_action"]["action"].startswith("split it")


def test_only_what_the_head_changed_since_the_merge_base(plan: Plan, repository: LocalRepository) -> None:
    """What happened on the base branch in the meantime is not the pull request's."""
    repository.commit({"backend/api.py": "new\n"})
    repository.git("checkout", "--quiet", "main")
    repository.commit({"frontend/page.ts": "new\n"})
    repository.git("checkout", "--quiet", "feature")
    assert tracks(plan()) == ["backend"]
    repository.git("merge", "--quiet", "--no-edit", "main")
    assert tracks(plan()) == ["backend"], "a merge of the base branch into the head adds nothing"


def test_nothing_changed(plan: Plan) -> None:
    """The head is the base: said, not an error."""
    answer = plan("main", "main")
    assert answer["code"] == 0
    assert "Nothing changed between the merge base and the head." in answer["notes"]


@pytest.mark.parametrize("arguments", [("release/1",), ("main", "HEAD", "--base-branch", "release/1")])
def test_base_branch_that_is_not_gated(
    arguments: tuple[str, ...], plan: Plan, repository: LocalRepository
) -> None:
    """A pull request into another branch than the gated one is not judged; BASE or the option tells which."""
    repository.git("branch", "release/1", "main")
    repository.commit({"backend/api.py": "new\n"})
    answer = plan(*arguments)
    assert (answer["base_branch"], answer["in_scope"], answer["code"]) == ("release/1", False, 0)
    assert answer["title"].startswith("Not judged: base branch release/1 is not gated")
