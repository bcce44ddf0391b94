"""Where files are sent: by the configuration alone, and with the token to no other host."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from bot.github_api.client import GitHubClient
from bot.github_api.errors import AlreadyExists, GitHubError, Moved, NotFound, Refused, Retryable, RulesetRefused
from bot.github_api.transport import uploads_root
from tests.github_api.conftest import NOW
from tests.support.scripted_http import Received, Reply, scripted_server

if TYPE_CHECKING:
    from tests.github_api.conftest import Stages

ASSET = {"id": 1, "name": "r.json", "size": 2, "state": "uploaded", "digest": None}


@pytest.mark.parametrize(
    ("api", "uploads"),
    [
        ("https://api.github.com", "https://uploads.github.com"),
        ("https://git.example.com/api/v3", "https://git.example.com/api/uploads"),
        ("http://127.0.0.1:8765", "http://127.0.0.1:8765"),
        ("https://api.github.com.evil.example", "https://api.github.com.evil.example"),
        ("http://api.github.com", "http://api.github.com"),
    ],
)
def test_where_files_are_sent(api: str, uploads: str) -> None:
    """github.com has a host for it, a server of one's own a path; anything else is its own."""
    assert uploads_root(api) == uploads


def test_a_file_goes_where_the_configuration_says(key_pem: str) -> None:
    """Not to `upload_url`, which an answer says; with its bytes, its type and the token."""

    def script(received: Received) -> Reply:
        if received.path.endswith("/access_tokens"):
            return Reply(201, {"token": "ghs_secret", "expires_at": "2026-02-19T13:00:00Z"})
        if received.method == "GET":
            return Reply(200, [])
        return Reply(201, {**ASSET, "upload_url": "http://127.0.0.1:1/evil"})

    with scripted_server(script) as server:
        client = GitHubClient(f"{server.url}/api/v3", f"{server.url}/api/graphql", "77", key_pem, lambda: NOW)
        client.installation(1).put_asset("meta/integration", 7, "a b&c.json", b"\x00\xff", "application/json")
        client.close()
    sent = server.requests[-1]
    path = "/api/uploads/repos/meta/integration/releases/7/assets?name=a+b%26c.json"
    assert (sent.method, sent.path, sent.body) == ("POST", path, b"\x00\xff")
    assert (sent.headers["content-type"], sent.headers["authorization"]) == (
        "application/json",
        "token ghs_secret",
    )


def test_a_redirected_upload_is_refused(stages: Stages) -> None:
    """The file and the token stay here."""
    answers = iter([Reply(200, []), Reply(307, b"", {"Location": "http://127.0.0.1:1/evil"})])
    stage = stages.start(lambda _: next(answers))
    with pytest.raises(Moved):
        stage.client.installation(1).put_asset("meta/integration", 7, "r.json", b"{}", "application/json")
    assert len(stage.server.requests) == 3


def test_a_broken_upload_is_replaced(stages: Stages) -> None:
    """What GitHub kept of it has the name and is no file."""
    broken = {**ASSET, "state": "open"}
    answers = iter([Reply(200, [broken]), Reply(204), Reply(201, ASSET)])
    stage = stages.start(lambda _: next(answers))
    found = stage.client.installation(1).put_asset("meta/integration", 7, "r.json", b"{}", "application/json")
    assert found.is_uploaded
    assert [(r.method, r.path.split("?")[0]) for r in stage.server.requests[1:]] == [
        ("GET", "/repos/meta/integration/releases/7/assets"),
        ("DELETE", "/repos/meta/integration/releases/assets/1"),
        ("POST", "/repos/meta/integration/releases/7/assets"),
    ]


def said(message: str, *errors: Any) -> dict[str, Any]:
    """The body of a refusal."""
    return {"message": message, "errors": list(errors)} if errors else {"message": message}


RULES = "Repository rule violations found\n\nCannot create ref due to creations being restricted."
HOOK = {"resource": "Release", "code": "custom", "field": "pre_receive", "message": f"pre_receive {RULES}\n\n"}


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (422, said("Reference already exists"), AlreadyExists),
        (422, said("Validation Failed", {"resource": "Release", "code": "already_exists"}), AlreadyExists),
        (422, said(RULES), RulesetRefused),
        (422, said("Validation Failed", HOOK), RulesetRefused),
        (422, said("Reference does not exist"), NotFound),
        (422, said("Reference update failed"), Refused),
        (422, said("Validation Failed", "a text"), Refused),
        (409, said("Git Repository is empty."), Refused),
        (422, {"message": None, "errors": "one text"}, Refused),
        (422, [], Refused),
        (500, said("Reference already exists"), Retryable),
    ],
)
def test_what_a_refusal_means(stages: Stages, status: int, body: Any, error: type[GitHubError]) -> None:
    """Told by GitHub's words, and by those of each of its errors."""
    stage = stages.start(lambda _: Reply(status, body))
    with pytest.raises(GitHubError) as raised:
        stage.client.installation(1).create_tag_reference("meta/integration", "v1", "a" * 40)
    assert type(raised.value) is error
    assert len(stage.server.requests) == 2
    assert json.loads(stage.server.requests[1].body) == {"ref": "refs/tags/v1", "sha": "a" * 40}


def test_a_refusal_s_words_carry_no_secret_and_no_markup(stages: Stages) -> None:
    """Those of its errors are GitHub's too."""
    error = {"message": "ghs_abcdefghijklmnop <b>@team</b>\nsecond"}
    stage = stages.start(lambda _: Reply(422, said("Validation Failed", error)))
    with pytest.raises(Refused) as raised:
        stage.client.installation(1).create_tag_reference("meta/integration", "v1", "a" * 40)
    assert str(raised.value) == "make a tag: 422 Validation Failed; (secret removed) bteam/b second"
