"""What the bot's GitHub client says over HTTP is what GitHub's own descriptions allow."""

from __future__ import annotations

import json
from urllib.parse import parse_qs

import pytest
from graphql import GraphQLSchema

from bot.core.model import AddComment, Effect, PostCheckRun, RequestReview, State
from sandbox import Exchange, GraphQLExchange
from tests.contract.graphql import check_document
from tests.contract.openapi import OpenApi
from tests.support.hub import WANTED, Hub

pytestmark = pytest.mark.contract


def everything(hub: Hub) -> None:
    """Each kind of request that the client can send."""
    policy = {".github/trackgate.yml": b"\xff not text"}
    repository = hub.repository(policy)
    pull = hub.open("sofia", repository, {}, renames={"backend/app/oauth.py": "qa/oauth.py"})
    hub.github.enqueue(pull, by="raj")
    group = hub.github.create_merge_group(repository, by="raj")
    installation = hub.installation(repository)
    hub.client.installations()
    installation.repositories()
    installation.read_permission(repository, "sofia")
    installation.read_open_pull_requests(repository)
    installation.read_merge_group(repository, group, "main", WANTED)
    effects: tuple[Effect, ...] = (
        PostCheckRun("gate", pull.head_sha, State.SUCCESS, "title", "summary", "digest"),
        RequestReview("maya"),
        AddComment("text"),
    )
    installation.write(hub.read(pull).handles, effects, "http://localhost:8000/")


def problems_of(openapi: OpenApi, exchange: Exchange) -> list[str]:
    """How a REST request departs from the OpenAPI document; the sandbox's answers have tests of their own."""
    query = {name: values[-1] for name, values in parse_qs(exchange.query).items()}
    body = json.loads(exchange.body) if exchange.body else None
    return openapi.check_request(exchange.method, exchange.path, query, body)


def test_every_rest_request_conforms(hub: Hub, openapi: OpenApi) -> None:
    """Paths, queries and bodies are documented ones, and a rename and a blob are among them."""
    seen: list[Exchange] = []
    hub.github.observe(lambda exchange: seen.append(exchange))
    everything(hub)
    ours = [each for each in seen if dict(each.headers).get("User-Agent") == "trackgate"]
    rest = [each for each in ours if each.path != "/graphql"]
    assert {each.path.split("/")[-1] for each in rest} >= {"app", "access_tokens", "files", "permission"}
    assert any("/git/blobs/" in each.path for each in rest)
    assert [problem for each in rest for problem in problems_of(openapi, each)] == []


def test_every_graphql_document_conforms(hub: Hub, graphql_schema: GraphQLSchema) -> None:
    """The documents as they were sent, with the variables as they were sent."""
    seen: list[GraphQLExchange] = []
    hub.github.observe_graphql(lambda exchange: seen.append(exchange))
    everything(hub)
    names = {"ReadPullRequest", "ReadMergeGroup", "ReadOpenPullRequests", "Write"}
    ours = [each for each in seen if any(f" {name}(" in each.document for name in names)]
    assert {name for name in names if any(f" {name}(" in each.document for each in ours)} == names
    assert [p for each in ours for p in check_document(graphql_schema, each.document, each.variables)] == []
