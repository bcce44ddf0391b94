"""Every field of the sandbox's schema is answered for a real object of its type."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import (
    GraphQLField,
    GraphQLObjectType,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)

from sandbox.graphql.execute import build
from sandbox.identifiers import PREFIXES
from tests.sandbox.conftest import Stage

SCHEMA = build()
ARGUMENTS = {
    "number": "1",
    "name": '"x"',
    "slug": '"backend"',
    "qualifiedName": '"main"',
    "refPrefix": '"refs/heads/"',
    "path": '"README.md"',
    "owner": '"meta"',
    "login": '"maya"',
    "id": '"U_x"',
    "ids": '["U_x"]',
    "expression": '"main"',
}
ROOTS = ("Query", "Mutation")
ASKED_FOR_NOTHING = {
    # The number that the arguments above name is a pull request.
    ("Repository", "issue"),
}


def selection(field: GraphQLField) -> str:
    """What to ask of a field: nothing more of a value, the type's name of an object."""
    kind = get_named_type(field.type)
    if is_leaf_type(kind):
        return ""
    if kind.name.endswith("Connection"):
        return " {totalCount pageInfo {hasNextPage hasPreviousPage startCursor endCursor} nodes {__typename}}"
    return " {__typename}"


def call(name: str, field: GraphQLField) -> str:
    """A field with the arguments it needs."""
    given = [
        f"{each}: {ARGUMENTS[each]}" for each, argument in field.args.items() if is_required_argument(argument)
    ]
    if "first" in field.args:
        given.append("first: 2")
    if "expression" in field.args:
        given.append(f"expression: {ARGUMENTS['expression']}")
    return f"{name}({', '.join(given)})" if given else name


def everything_of(kind: str) -> str:
    """All fields of a type."""
    owner = SCHEMA.type_map[kind]
    assert isinstance(owner, GraphQLObjectType)
    asked = [
        f"{call(name, field)}{selection(field)}"
        for name, field in owner.fields.items()
        if (kind, name) not in ASKED_FOR_NOTHING
    ]
    return " ".join(asked)


NODES = [
    name
    for name, kind in SCHEMA.type_map.items()
    if isinstance(kind, GraphQLObjectType) and any(each.name == "Node" for each in kind.interfaces)
]
NEVER_MADE = {"Mannequin"}
"""Types that GitHub has and the sandbox never makes."""
GITS_OWN = {
    "Blob",
    "Commit",
    "MergeQueue",
    "PullRequestCommit",
    "Ref",
    "Status",
    "StatusCheckRollup",
    "Tag",
    "Tree",
}
"""Types of objects that have no record of their own."""


def rich_stage(stage: Stage) -> dict[str, str]:
    """One object of every type with a node ID, by type."""
    github, repository = stage.github, stage.repository
    pull = stage.open()
    stage.person("outsider").call("POST", "/repos/meta/integration/issues", {"title": "An issue"})
    alice, sofia = stage.person("alice"), stage.person("sofia")
    github.add_team("meta", "backend", ["maya"], {"meta/integration": "write"})
    alice.label(pull, "one")
    milestone = sofia.call("POST", "/repos/meta/integration/milestones", {"title": "v1"})
    sofia.call("PATCH", pull.issue_path, {"milestone": milestone["number"]})
    stage.person("maya").review(pull, "APPROVE")
    sofia.request_review(pull, "lina", teams=("backend",))
    comment = alice.comment(pull, "hello")
    alice.call("POST", f"/repos/meta/integration/issues/comments/{comment['id']}/reactions", {"content": "eyes"})
    github.complete_check(repository, pull.head_sha, "track / backend")
    github.status(repository, pull.head_sha, "ci")
    github.enqueue(pull, by="sofia")
    github.create_merge_group(repository, by="sofia")
    alice.tag(repository, "v1", pull.head_sha, message="One")
    return {identifier.partition("_")[0]: identifier for identifier in github.world.nodes}


GIT = """
{
  repository(owner: "meta", name: "integration") {
    ref(qualifiedName: "main") { %(Ref)s }
    tag: ref(qualifiedName: "refs/tags/v1") { target { ... on Tag { %(Tag)s } } }
    head: object(expression: "feature") { ... on Commit { %(Commit)s
      author { %(GitActor)s }
      file(path: "README.md") { %(TreeEntry)s }
      statusCheckRollup { %(StatusCheckRollup)s }
      status { %(Status)s }
    } }
    folder: object(expression: "main:docs") { ... on Tree { %(Tree)s } }
    blob: object(expression: "main:README.md") { ... on Blob { %(Blob)s } }
    mergeQueue(branch: "main") { %(MergeQueue)s page: entries(first: 1) { edges { cursor node { __typename } } } }
    collaborators(first: 1) { edges { %(RepositoryCollaboratorEdge)s } }
    pullRequest(number: 1) {
      files(first: 1) { nodes { %(PullRequestChangedFile)s } }
      commits(last: 1) { nodes { %(PullRequestCommit)s } }
      reviewRequests(first: 1) { nodes { %(ReviewRequest)s } }
    }
  }
  rateLimit { %(RateLimit)s }
}
"""


def test_every_field_of_every_node(stage: Stage) -> None:
    """No field of an object that has a record fails, whatever type it has."""
    known = rich_stage(stage)
    for kind in sorted(set(NODES) - NEVER_MADE - GITS_OWN):
        document = f"query($id: ID!) {{node(id: $id) {{... on {kind} {{{everything_of(kind)}}}}}}}"
        sent = {"query": document, "variables": {"id": known[PREFIXES[kind]]}}
        answer = stage.bot().send("POST", "/graphql", sent)[1]
        assert "errors" not in answer, (kind, answer["errors"])
        assert answer["data"]["node"], kind


def test_every_field_of_gits_own_objects(stage: Stage) -> None:
    """Commits, trees, blobs, tags, references, summaries, queues and files have all of their fields."""
    rich_stage(stage)
    named = [part.partition(")s")[0] for part in GIT.split("%(")[1:]]
    document = GIT % {name: everything_of(name) for name in named}
    answer = stage.bot().send("POST", "/graphql", {"query": document})[1]
    assert "errors" not in answer, answer["errors"]
    assert set(named) >= GITS_OWN


@pytest.mark.parametrize("root", ROOTS)
def test_every_root_field_has_a_resolver(root: str) -> None:
    """Nothing at the top is left to chance."""
    owner: Any = SCHEMA.type_map[root]
    assert [name for name, field in owner.fields.items() if field.resolve is None] == []
