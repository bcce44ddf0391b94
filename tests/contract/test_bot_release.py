"""What the bot says over HTTP for releases is what GitHub's own descriptions allow."""

from __future__ import annotations

import json
from datetime import timedelta
from urllib.parse import parse_qs

import pytest
from graphql import GraphQLSchema

from bot.core.model import Wanted
from bot.github_api.queries import compose, part
from bot.github_api.release_nodes import track_histories
from bot.github_api.release_readings import ReleaseReadingPlan, Tagger
from sandbox import Exchange, GraphQLExchange
from tests.contract.graphql import check_document
from tests.contract.openapi import OpenApi
from tests.contract.test_bot_documents import VARIABLES
from tests.support.hub import Hub

pytestmark = pytest.mark.contract

EVIDENCE = "docs/project/evidence"
RULESET = {
    "name": "others",
    "target": "tag",
    "enforcement": "active",
    "conditions": {"ref_name": {"include": ["refs/tags/x*"], "exclude": []}},
    "rules": [{"type": "creation"}],
}
# Of each REST request that the client can send for a release, verb and the end of the path.
REST = {
    ("GET", "activity"), ("GET", "compare"), ("GET", "commits"), ("GET", "ref"), ("GET", "tags"),
    ("GET", "matching-refs"), ("POST", "tags"), ("POST", "refs"), ("PATCH", "refs"), ("DELETE", "refs"),
    ("GET", "releases"), ("POST", "releases"), ("PATCH", "releases"), ("GET", "assets"), ("POST", "assets"),
    ("DELETE", "assets"), ("GET", "issues"), ("POST", "issues"), ("PATCH", "issues"), ("GET", "rulesets"),
    ("POST", "deployment_protection_rule"), ("GET", "app"), ("GET", "installations"),
}  # fmt: skip


def read_everything(hub: Hub, repository: str) -> None:
    """Each read for a release, so that each kind of further request occurs."""
    raj = hub.github.as_user("raj")
    first = raj.push(repository, "main", {f"{EVIDENCE}/2026-02-18.md": "first\n"})
    head = raj.push(repository, "main", {f"{EVIDENCE}/2026-02-18.md": "second\n"})
    pull = hub.open("sofia", repository, {}, renames={"backend/app/oauth.py": "qa/oauth.py"})
    comment = raj.comment(pull, "/gate approve")
    tracks = {"backend": ("backend/", "qa/"), "all": ("",)}
    ids = (comment["node_id"],) * 101
    plan = ReleaseReadingPlan("main", head[:8], "v1", tracks, EVIDENCE, ("README.md",), ids)
    installation = hub.installation(repository)
    found = installation.read_release(repository, plan)
    assert found is not None
    installation.read_release(repository, ReleaseReadingPlan())
    installation.read_history(repository, "main", head, EVIDENCE)
    installation.read_blobs(repository, [version.oid for version in found.earlier_evidence])
    installation.read_pull_request_paths(repository, [pull.number])
    installation.read_comparison(repository, first, head)
    installation.read_commit_paths(repository, head)
    installation.heads_at(repository, "main", hub.github.clock.now())
    installation.read_rulesets(repository)
    hub.client.app_grants()
    hub.client.installation_grants(hub.client.installation_of(repository) or 0)


def write_everything(hub: Hub, repository: str) -> None:
    """Each write for a release, and the reads that go with them."""
    installation, now = hub.installation(repository), hub.github.clock.now()
    head = installation.read_branch_head(repository, "main")
    assert head is not None
    made = installation.create_tag_object(repository, "v1", "Release", head, Tagger("T", "t@example.com", now))
    installation.create_tag_reference(repository, "v1", made)
    installation.read_tag(repository, "v1")
    installation.read_tags(repository, "v")
    installation.find_release(repository, "v1")
    release = installation.create_release(repository, "v1", title="v1", body="Notes", draft=True)
    for content in (b"{}", b"[]"):
        installation.put_asset(repository, release.release_id, "r.json", content, "application/json")
    installation.update_release(repository, release.release_id, draft=False)
    installation.move_tag_reference(repository, "v1", head)
    installation.delete_tag_reference(repository, "v1")
    issue = installation.create_issue(repository, "Undone", "Text", ["trackgate"])
    installation.read_issue(repository, issue.number)
    installation.find_own_issue(repository, "Text", now - timedelta(days=1))
    comment = installation.add_comment(issue.node_id, "marker")
    installation.find_own_comment(repository, issue.number, "marker")
    installation.update_comment(comment.node_id, "other")
    installation.close_issue(repository, issue.number)
    hub.github.protect_environment(repository, "production", hub.app)
    run = hub.github.request_deployment(repository, "production", "main", app=hub.app).run_id
    path = f"/repos/{repository}/actions/runs/{run}/deployment_protection_rule"
    installation.answer_deployment(path, "production", is_approved=True, comment="Released")


def everything(hub: Hub) -> None:
    """All of it, on a repository with a ruleset."""
    repository = hub.repository()
    hub.administrator().create_ruleset(repository, RULESET)
    read_everything(hub, repository)
    write_everything(hub, repository)


def problems_of(openapi: OpenApi, exchange: Exchange) -> list[str]:
    """How a REST request departs from the OpenAPI document."""
    query = {name: values[-1] for name, values in parse_qs(exchange.query).items()}
    body = json.loads(exchange.body) if exchange.body and "/assets" not in exchange.path else None
    return openapi.check_request(exchange.method, exchange.path, query, body)


def test_every_rest_request_for_a_release_conforms(hub: Hub, openapi: OpenApi) -> None:
    """Paths, queries and bodies are documented ones, and each kind is among them."""
    seen: list[Exchange] = []
    hub.github.observe(lambda exchange: seen.append(exchange))
    everything(hub)
    ours = [each for each in seen if dict(each.headers).get("User-Agent") == "trackgate"]
    rest = [each for each in ours if each.path != "/graphql"]
    sent = {(each.method, step) for each in rest for step in each.path.split("/")}
    assert sent >= REST
    assert [problem for each in rest for problem in problems_of(openapi, each)] == []


def test_every_graphql_document_for_a_release_conforms(hub: Hub, graphql_schema: GraphQLSchema) -> None:
    """The documents as they were sent, with the variables as they were sent."""
    seen: list[GraphQLExchange] = []
    hub.github.observe_graphql(lambda exchange: seen.append(exchange))
    everything(hub)
    names = {"ReadRelease", "ReadReleasePages", "ReadHistory", "ReadBlobs", "ReadPullRequestPaths"}
    names |= {"ReadConversation", "Write"}
    ours = [each for each in seen if any(f" {name}(" in each.document for name in names)]
    assert {name for name in names if any(f" {name}(" in each.document for each in ours)} == names
    assert [p for each in ours for p in check_document(graphql_schema, each.document, each.variables)] == []


def test_a_release_of_a_large_policy_is_within_the_limits(graphql_schema: GraphQLSchema) -> None:
    """Fifty tracks of six folders each: fewer nodes than GitHub gives, counting what is not included as well."""
    tracks = [[f"track-{track}/{folder}/" for folder in range(6)] for track in range(50)]
    wanted = Wanted(documents=tuple(f"docs/{number}.md" for number in range(50)))
    document = compose("release", wanted, (track_histories(tracks),))
    fixed = {key: value for key, value in VARIABLES.items() if f"${key}:" in document.text}
    assert check_document(graphql_schema, document.text, {**fixed, **document.variables}) == []


@pytest.mark.parametrize(
    ("name", "fragment", "kind", "values"),
    [
        ("blobs", "WantedBlobs", "GitObjectID!", tuple(f"{number:040x}" for number in range(50))),
        ("pull_request_paths", "WantedPaths", "Int!", tuple(range(1, 21))),
    ],
)
def test_aliases_for_many_things_are_within_the_limits(
    graphql_schema: GraphQLSchema, name: str, fragment: str, kind: str, values: tuple[str | int, ...]
) -> None:
    """As many as one query is ever asked for."""
    selections = {
        "WantedBlobs": "object(oid: ${alias}) {{ ... on Blob {{ byteSize isTruncated text }} }}",
        "WantedPaths": "pullRequest(number: ${alias}) {{ files(first: 100) {{ ...FilePage }} }}",
    }
    generated = part(fragment, "Repository", "x", values, selections[fragment], kind=kind)
    document = compose(name, parts=(generated,))
    variables = {"owner": "meta", "name": "integration", **document.variables}
    assert check_document(graphql_schema, document.text, variables) == []
