"""The policy file of the base branch: its exact bytes, or a closed gate."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from bot.github_api.readings import PolicyFile, PullRequestReading
from tests.support.pull_request_answers import answer, pull_request

if TYPE_CHECKING:
    from tests.github_api.conftest import Stage

    Read = Callable[..., tuple[Stage, PullRequestReading | None]]


def policy(text: str | None, size: int, mode: int = 0o100644, truncated: bool = False) -> dict[str, Any]:
    """A pull request whose base branch has a policy file."""
    blob = {"byteSize": size, "isBinary": text is None, "isTruncated": truncated, "text": text}
    entry = {"mode": mode, "oid": "blob1", "object": blob}
    return pull_request(baseRef={"target": {"policy": entry}})


def raw(data: bytes) -> dict[str, Any]:
    """A blob as REST gives it."""
    return {"content": base64.encodebytes(data).decode(), "encoding": "base64", "sha": "blob1"}


def test_a_policy_file_comes_with_the_answer(reading: Read) -> None:
    """No more requests; its bytes are exact."""
    stage, found = reading(answer(policy("name: é\n", 9)))
    assert found is not None
    assert found.policy_file == PolicyFile("name: é\n".encode(), "blob1")
    assert stage.client.requests.counts().read == 1


@pytest.mark.parametrize(
    ("text", "truncated", "data"),
    [("x" * 500, True, b"x" * 600), (None, False, b"\x00\x01"), ("caf\xe9", False, b"caf\xe9")],
    ids=["truncated", "binary", "recoded"],
)
def test_a_policy_file_that_graphql_does_not_give_whole(
    reading: Read, text: str | None, truncated: bool, data: bytes
) -> None:
    """One more request fetches the blob's own bytes."""
    stage, found = reading(answer(policy(text, len(data), truncated=truncated)), raw(data))
    assert found is not None
    assert found.policy_file == PolicyFile(data, "blob1")
    assert stage.client.requests.counts().read == 2


def test_a_huge_policy_file_is_not_fetched(reading: Read) -> None:
    """Its beginning is long enough to be refused, and the gate stays closed."""
    _, found = reading(answer(policy("x" * 512_000, 5_000_000, truncated=True)))
    assert found is not None
    assert found.policy_file is not None
    assert len(found.policy_file.text) == 512_000
    assert found.facts.unreadable == (".github/trackgate.yml has 5000000 bytes",)


@pytest.mark.parametrize("mode", [0o120000, 0o040000, 0o160000])
def test_a_policy_that_is_no_regular_file_closes_the_gate(reading: Read, mode: int) -> None:
    """A symbolic link in its place does not make the repository's other policy apply."""
    _, found = reading(answer(policy("../elsewhere", 12, mode=mode)))
    assert found is not None
    assert found.policy_file is None
    assert found.facts.unreadable == (".github/trackgate.yml is not a regular file",)
