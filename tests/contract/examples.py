"""GitHub's example payloads (`@octokit/webhooks-examples`), as far as GitHub's own schemas accept them.

Of the 329 published examples 276 are valid: most of the others were recorded before their event gained a
member that is required today (`repository.is_template` and its like).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.contract.documents import path_of
from tests.contract.webhooks import Webhooks

VALID_EXAMPLES = 276


@dataclass(frozen=True)
class Example:
    """One published payload. `name` is unique: event.action-number."""

    name: str
    event: str
    payload: dict[str, Any]


def all_examples(path: Path) -> Iterator[Example]:
    """Every published example, valid or not, in the order of publication."""
    for entry in json.loads(path.read_bytes()):
        for number, payload in enumerate(entry["examples"]):
            label = ".".join(part for part in (entry["name"], payload.get("action")) if part)
            yield Example(f"{label}-{number}", entry["name"], payload)


def valid_examples(webhooks: Webhooks) -> list[Example]:
    """The examples that conform to GitHub's schemas; raises MissingDocumentError without the documents."""
    return [
        example
        for example in all_examples(path_of("examples"))
        if not webhooks.check_webhook(example.event, example.payload)
    ]
