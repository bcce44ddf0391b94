"""GitHub's published descriptions as fixtures. Absent: tests that need them are skipped, and in CI fail."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from graphql import GraphQLSchema

from sandbox import Sandbox
from tests.contract.documents import HOW_TO_FETCH, all_present, path_of
from tests.contract.examples import Example, valid_examples
from tests.contract.graphql import load_schema
from tests.contract.openapi import OpenApi
from tests.contract.webhooks import Webhooks
from tests.support.hub import Hub


@pytest.fixture(scope="session")
def contract_documents() -> None:
    """Skips without the documents; fails where they must be (CI or TRACKGATE_CONTRACT=1 is set)."""
    if all_present():
        return
    if os.environ.get("CI") or os.environ.get("TRACKGATE_CONTRACT") == "1":
        pytest.fail(HOW_TO_FETCH, pytrace=False)
    pytest.skip(HOW_TO_FETCH)


@pytest.fixture(scope="session")
def openapi(contract_documents: None) -> OpenApi:
    """GitHub's OpenAPI document."""
    return OpenApi.load(path_of("openapi"))


@pytest.fixture(scope="session")
def graphql_schema(contract_documents: None) -> GraphQLSchema:
    """GitHub's published GraphQL schema."""
    return load_schema(path_of("graphql"))


@pytest.fixture(scope="session")
def webhooks(contract_documents: None) -> Webhooks:
    """GitHub's published webhook schemas."""
    return Webhooks.load(path_of("webhooks"), path_of("openapi"))


@pytest.fixture(scope="session")
def valid_payloads(webhooks: Webhooks) -> list[Example]:
    """GitHub's valid example payloads; not to be changed."""
    return valid_examples(webhooks)


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    """A sandbox with our App on it, and our client."""
    key = generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()
    with Sandbox.start(tmp_path) as github:
        running = Hub(github, pem)
        with closing(running.client):
            yield running
