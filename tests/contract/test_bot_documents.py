"""Every GraphQL document that the bot reads with is one that GitHub would run."""

from __future__ import annotations

from importlib.resources import files

import pytest
from graphql import GraphQLSchema

from bot.core.model import Wanted
from bot.github_api.queries import DOCUMENTS, FRAGMENTS, compose
from tests.contract.graphql import check_document

pytestmark = pytest.mark.contract

WANTED = {
    "nothing": Wanted(),
    "one of each": Wanted(logins=("sofia",), documents=("docs/runbooks/operations.md",), folders=("backend/",)),
    "a large policy": Wanted(
        logins=tuple(f"person-{number}" for number in range(100)),
        documents=tuple(f"docs/{number}.md" for number in range(50)),
        folders=tuple(f"track-{number}/" for number in range(50)),
    ),
}
PAGES = ("Files", "Labels", "Reviews", "Contexts", "Siblings", "Comments", "Pulls", "Versions")
PARTS = ("Branch", "Tag", "Evidence", "Issue")
VARIABLES = {
    "owner": "meta",
    "name": "integration",
    "number": 7,
    "policyPath": ".github/trackgate.yml",
    "sha": "a" * 40,
    "headSha": "a" * 40,
    "branch": "main",
    "baseRef": "refs/heads/main",
    "branchRef": "refs/heads/main",
    "tagRef": "refs/tags/v1",
    "target": "a" * 40,
    "evidence": "docs/project/evidence",
    "comments": ["IC_1"],
    "ids": [f"R_{number}" for number in range(50)],
    "issue": 7,
    **{f"at{place}": True for place in ("Default", "Branch", "Target")},
    **{f"with{page}": True for page in (*PAGES, *PARTS)},
}


@pytest.mark.parametrize("wanted", WANTED.values(), ids=WANTED)
@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_is_valid_and_within_the_limits(
    graphql_schema: GraphQLSchema, name: str, wanted: Wanted
) -> None:
    """Fields, types, variables, page sizes and node count, with what a policy adds to the text."""
    document = compose(name, wanted)
    fixed = {key: value for key, value in VARIABLES.items() if f"${key}:" in document.text}
    assert check_document(graphql_schema, document.text, {**fixed, **document.variables}) == []


def test_every_file_of_queries_is_a_document_or_the_shared_fragments() -> None:
    """No query file escapes the check above."""
    names = {item.name for item in files("bot.github_api.queries").iterdir() if item.name.endswith(".graphql")}
    assert names == {f"{name}.graphql" for name in (*DOCUMENTS, *FRAGMENTS)}
