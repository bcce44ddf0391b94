"""The whole service at work: whatever it says to GitHub is what GitHub describes, and so is what it is told."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from graphql import GraphQLSchema, OperationDefinitionNode, parse

from sandbox import Exchange
from tests.contract.exemptions import real
from tests.contract.graphql import check_document
from tests.contract.openapi import OpenApi
from tests.contract.recorder import Recorder, graphql_problems, request_of, rest_problems
from tests.contract.webhooks import Webhooks
from tests.support.world import World

pytestmark = pytest.mark.contract

BACKEND = {"backend/app/oauth.py": "SCOPES = ()\n"}
DBT = {"dbt/models/a.sql": "select 1\n"}
READS = {"ReadPullRequest", "ReadMergeGroup", "ReadOpenPullRequests"}
MUTATIONS = {
    "addComment",
    "addReaction",
    "createCheckRun",
    "removeLabelsFromLabelable",
    "requestReviews",
    "updateCheckRun",
}


@pytest.fixture(scope="module")
def said(contract_documents: None, world: World) -> Iterator[Recorder]:
    """What was said while people worked as they do, and the service with them."""
    recorder = Recorder.of(world.github)
    opened_and_merged(world)
    commands_and_labels(world)
    renamed_and_large(world)
    changed_in_every_way(world)
    merge_group(world)
    refused(world)
    world.settle()
    recorder.stop()
    return recorder


def opened_and_merged(world: World) -> None:
    """A draft gets ready, its owners review, a check and a status come in; it is merged."""
    repository = world.repository()
    pull = world.open("omar", repository, BACKEND, draft=True)
    world.settle()
    world.as_user("omar").ready(pull)
    world.as_user("sofia").review(pull, "REQUEST_CHANGES", body="Why?")
    review = world.as_user("maya").review(pull, "REQUEST_CHANGES", body="No")
    world.settle()
    world.as_user("sofia").review(pull, "APPROVE")
    world.as_user("raj").dismiss(review)
    world.settle()
    world.as_user("maya").review(pull, "APPROVE")
    world.github.status(repository, pull.head_sha, "track / backend")
    world.check(repository, pull.head_sha, "track / backend", "failure")
    world.check(repository, pull.head_sha, "track / backend", "success")
    assert world.shown(repository, pull.head_sha).state == "success"
    world.as_user("omar").merge(pull)


def commands_and_labels(world: World) -> None:
    """Every command, a typo, and the label that holds."""
    repository = world.repository()
    pull = world.open("omar", repository, DBT)
    raj = world.as_user("raj")
    for text in (
        "/gate hold wait @meta/everyone",
        "/gate unhold",
        "/gate status\n/gate help",
        "/gate recheck",
        "/gate reassign @priya @lina",
        "/gate stauts",
    ):
        raj.comment(pull, text)
    world.settle()
    raj.label(pull, "gate/hold")
    assert world.shown(repository, pull.head_sha).state == "failure"
    raj.comment(pull, "/gate unhold")
    assert world.shown(repository, pull.head_sha).state == "in_progress"


def renamed_and_large(world: World) -> None:
    """Renames, odd names and more than one page of files."""
    repository = world.repository()
    world.open("omar", repository, {}, renames={"backend/app/oauth.py": "qa/o a\u00fcth's.py"})
    world.open("omar", repository, {f"dbt/models/m{number}.sql": "select 1\n" for number in range(101)})
    world.settle()


def changed_in_every_way(world: World) -> None:
    """Pushed to, retargeted, closed and opened again; the policy changes, breaks and is repaired."""
    repository = world.repository()
    world.branch(repository, "playground")
    omar, raj = world.as_user("omar"), world.as_user("raj")
    pull = world.open("omar", repository, DBT)
    omar.push(repository, pull.branch, {"docs/a.md": "a\n"})
    omar.retarget(pull, "playground")
    omar.retarget(pull, "main")
    omar.close(pull)
    omar.reopen(pull)
    for owner in ("prya", "priya"):
        changed = world.shipped_policy().replace("owners: [priya]", f"owners: [{owner}]")
        raj.push(repository, "main", {".github/trackgate.yml": changed})
        world.settle()
    fork = omar.fork(repository)
    world.open("omar", repository, DBT, head_repository=fork, branch="of-a-fork")
    omar.delete_repository(fork)


def merge_group(world: World) -> None:
    """A pull request goes through the merge queue."""
    repository = world.repository()
    pull = world.open("omar", repository, DBT)
    world.as_user("priya").review(pull, "APPROVE")
    world.check(repository, pull.head_sha, "track / dbt", "success")
    world.settle()
    world.github.enqueue(pull, by="raj")
    head = world.github.create_merge_group(repository, by="raj")
    world.settle()
    world.check(repository, head, "track / dbt", "success")
    assert world.shown(repository, head).state == "success"
    world.github.destroy_merge_group(repository, by="raj", reason="merged")


def refused(world: World) -> None:
    """An owner who cannot be asked, and somebody who may only read giving a command."""
    rights = {**dict.fromkeys(("raj", "mira", "sofia", "priya", "lina"), "write"), "omar": "read"}
    repository = world.repository(collaborators=rights)
    pull = world.open("sofia", repository, BACKEND)
    world.settle()
    world.as_user("omar").comment(pull, "/gate hold because")
    world.settle()


def of_the_service(said: Recorder) -> list[Exchange]:
    """The REST requests that the service sent."""
    return [one for one in said.rest if dict(one.headers).get("User-Agent") == "trackgate"]


def test_every_rest_request_of_the_service_conforms(said: Recorder, openapi: OpenApi) -> None:
    """Also those that were refused; tokens, pages of files and permissions are among them."""
    ours = of_the_service(said)
    assert real(problem for one in ours for problem in openapi.check_request(*request_of(one))) == []
    assert {one.path.rpartition("/")[2] for one in ours} >= {"access_tokens", "files", "permission"}


def test_every_answer_conforms(said: Recorder, openapi: OpenApi) -> None:
    """Whatever the sandbox answered, to the service and to people."""
    assert real(problem for one in said.rest for problem in rest_problems(openapi, one)) == []


def test_every_graphql_document_is_valid(said: Recorder, graphql_schema: GraphQLSchema) -> None:
    """As they were sent, with the variables that were sent; the reads, and each mutation that can be composed."""
    found = [p for one in said.graphql for p in check_document(graphql_schema, one.document, one.variables)]
    assert found == []
    names, fields = set(), set()
    for one in said.graphql:
        for node in parse(one.document).definitions:
            if isinstance(node, OperationDefinitionNode) and node.name is not None:
                names.add(node.name.value)
                fields |= {field.name.value for field in node.selection_set.selections if hasattr(field, "name")}
    assert names >= {*READS, "Write"}
    assert fields >= MUTATIONS


def test_every_graphql_answer_is_consistent(said: Recorder, graphql_schema: GraphQLSchema) -> None:
    """Types, nullability, enums and page sizes are the published schema's."""
    assert real(p for one in said.graphql for p in graphql_problems(graphql_schema, one)) == []
    assert any("errors" in one.response for one in said.graphql)


def test_every_webhook_conforms(said: Recorder, webhooks: Webhooks) -> None:
    """What the service was told is what GitHub would have told it."""
    assert real(p for one in said.webhooks for p in webhooks.check_webhook(one.event, one.payload)) == []
    assert {one.event for one in said.webhooks} >= {"pull_request", "merge_group", "check_run", "status", "push"}
