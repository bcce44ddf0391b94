"""Deliveries as GitHub would send them: its own examples, varied, rightly signed, each with a GUID of its own."""

from __future__ import annotations

import hashlib
import itertools
import json
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from bot.github_api.signatures import sign

KINDS = (
    ("pull_request", "synchronize"),
    ("check_run", "completed"),
    ("pull_request_review", "submitted"),
    ("check_run", "created"),
    ("pull_request", "opened"),
    ("issue_comment", "created"),
    ("pull_request", "labeled"),
    ("check_suite", "completed"),
)
"""Event and action, in the proportions of a busy repository; 8 to 27 KB each."""

EXAMPLES = "examples-*/index.json"
_CONTRACT = Path(__file__).resolve().parents[1] / ".contract"
_NAMESPACE = uuid.UUID("5a0f3f0e-6c1b-4f5e-9d5d-0e8f4b8f3c11")


class NoExamplesError(Exception):
    """GitHub's published examples are not there: `make contract-documents` fetches them."""


def published_examples(folder: Path = _CONTRACT) -> dict[tuple[str, str], dict[str, Any]]:
    """The first published example of each event and action. Raises NoExamplesError."""
    files = sorted(folder.glob(EXAMPLES))
    if not files:
        raise NoExamplesError("no examples of GitHub's webhooks: run `make contract-documents`")
    entries = json.loads(files[-1].read_bytes())
    return {
        (entry["name"], payload.get("action", "")): payload
        for entry in entries
        for payload in reversed(entry["examples"])
    }


def payloads(pull_requests: int, repositories: int = 1, installation: int = 7) -> Iterator[tuple[str, bytes]]:
    """Endless (event, body), about this many pull requests (each in one of the repositories), in KINDS' mix."""
    examples = published_examples()
    for place in itertools.count():
        event, action = KINDS[place % len(KINDS)]
        # Another step than the kinds' own, so that each pull request meets each kind.
        number = (place + place // len(KINDS)) % pull_requests + 1
        payload = _about(
            examples[event, action], number, f"component-{number % repositories}", installation, place
        )
        yield event, json.dumps(payload, separators=(",", ":"), ensure_ascii=False).encode()


def requests(
    secret: str,
    host: str,
    bodies: Iterator[tuple[str, bytes]],
    count: int,
    *,
    path: str = "/webhooks/github",
    run: str = "",
) -> list[bytes]:
    """`count` whole HTTP/1.1 requests with GitHub's headers. The same `run` gives the same GUIDs."""
    name: Callable[[int], uuid.UUID] = (
        (lambda place: uuid.uuid5(_NAMESPACE, f"{run}/{place}")) if run else (lambda _: uuid.uuid4())
    )
    return [
        request_of(secret, host, path, event, body, name(place))
        for place, (event, body) in enumerate(itertools.islice(bodies, count))
    ]


def request_of(secret: str, host: str, path: str, event: str, body: bytes, guid: uuid.UUID) -> bytes:
    """One whole request: `body` with GitHub's headers, rightly signed."""
    lines = (
        f"POST {path} HTTP/1.1",
        f"Host: {host}",
        "User-Agent: GitHub-Hookshot/2f30a7e",
        "Accept: */*",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        f"X-GitHub-Delivery: {guid}",
        f"X-GitHub-Event: {event}",
        "X-GitHub-Hook-ID: 292430182",
        "X-GitHub-Hook-Installation-Target-ID: 4242",
        "X-GitHub-Hook-Installation-Target-Type: integration",
        f"X-Hub-Signature-256: {sign(secret.encode(), body)}",
    )
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def _about(example: dict[str, Any], number: int, name: str, installation: int, place: int) -> dict[str, Any]:
    """`example`, made to be about pull request `number` of one of our repositories."""
    head = hashlib.sha1(f"{name}#{number}".encode(), usedforsecurity=False).hexdigest()
    repository = {**example["repository"], "name": name, "full_name": f"meta/{name}"}
    changed: dict[str, Any] = {**example, "repository": repository, "installation": {"id": installation}}
    if "pull_request" in example:
        pull_request = example["pull_request"]
        changed["pull_request"] = {
            **pull_request,
            "number": number,
            "head": {**pull_request["head"], "sha": head},
            "updated_at": f"2026-02-19T{place // 3600 % 24:02}:{place // 60 % 60:02}:{place % 60:02}Z",
        }
        if "number" in example:
            changed["number"] = number
    for check in ("check_run", "check_suite"):
        if check in example:
            changed[check] = {**example[check], "head_sha": head, "pull_requests": []}
    if "issue" in example:
        changed["issue"] = {**example["issue"], "number": number, "pull_request": {}}
    return changed
