"""The GraphQL validators catch invalid documents, oversize pages, wrong answers and schemas that are no subset."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import GraphQLSchema, build_schema

from tests.contract.graphql import check_document
from tests.contract.graphql_response import check_response
from tests.contract.graphql_subset import subset_problems

pytestmark = pytest.mark.contract

QUERY = """
query Gate($owner: String!, $name: String!, $number: Int!, $page: Int = 100, $title: Boolean!) {
  repository(owner: $owner, name: $name) {
    pullRequest(number: $number) {
      state createdAt url title @include(if: $title)
      author { __typename ...Who }
      reviewRequests(first: $page) {
        nodes { requestedReviewer { ... on User { login id } ... on Team { slug } } }
      }
    }
  }
}
fragment Who on Actor { login }
"""
VARIABLES = {"owner": "meta", "name": "integration", "number": 7, "title": False}


def answer(**pull_request: Any) -> dict[str, Any]:
    """A right answer to QUERY, with some members of the pull request replaced."""
    right = {
        "state": "OPEN",
        "createdAt": "2026-02-19T14:30:00Z",
        "url": "http://127.0.0.1:1/meta/integration/pull/7",
        "author": {"__typename": "User", "login": "sofia"},
        "reviewRequests": {"nodes": [{"requestedReviewer": {"slug": "backend"}}, {"requestedReviewer": None}]},
    }
    return {"data": {"repository": {"pullRequest": {**right, **pull_request}}}}


def test_a_right_document_and_answer_have_no_problem(graphql_schema: GraphQLSchema) -> None:
    """Variables, defaults, directives, fragments, interfaces and unions are understood."""
    assert check_document(graphql_schema, QUERY, VARIABLES) == []
    assert check_response(graphql_schema, QUERY, answer(), VARIABLES) == []
    titled = {**VARIABLES, "title": True}
    assert check_response(graphql_schema, QUERY, answer(title="x"), titled) == []


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("createdAt", "openedAt", "Cannot query field 'openedAt'"),
        ("number: $number", "id: $number", "Unknown argument 'id'"),
        ("$number: Int!", "$number: String!", "Variable '$number' of type 'String!'"),
        ("...Who", "...Whom", "Unknown fragment 'Whom'"),
        ("state createdAt", "state { x } createdAt", "must not have a selection"),
        ("{ login id }", "{ login id slug }", "Cannot query field 'slug' on type 'User'"),
        ("fragment Who", "fragment", "syntax:"),
        ("first: $page", "before: null, last: 1, first: $page", "has 2"),
        ("first: $page", "last: null", "never used"),
        ("= 100", "= 101", "a page of 101"),
    ],
)
def test_a_document_that_github_would_refuse_is_found(
    graphql_schema: GraphQLSchema, old: str, new: str, expected: str
) -> None:
    """Faults of the schema's kind, and those of GitHub's page limits."""
    assert old in QUERY
    problems = check_document(graphql_schema, QUERY.replace(old, new), VARIABLES)
    assert any(expected in problem for problem in problems), problems


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({**VARIABLES, "number": "7"}, "Int cannot represent"),
        ({**VARIABLES, "page": 0}, "a page of 0"),
        ({**VARIABLES, "branch": "main"}, "$branch is not declared"),
        ({"owner": "meta"}, "Variable '$name' has invalid value"),
    ],
)
def test_wrong_variables_are_found(
    graphql_schema: GraphQLSchema, variables: dict[str, Any], expected: str
) -> None:
    """Missing, mistyped and undeclared variables, and page sizes that arrive in one."""
    problems = check_document(graphql_schema, QUERY, variables)
    assert any(expected in problem for problem in problems), problems


def test_an_unbounded_page_is_found(graphql_schema: GraphQLSchema) -> None:
    """The schema calls `first` and `last` optional; GitHub insists on one."""
    unbounded = '{ repository(owner: "o", name: "n") { labels { totalCount } } }'
    [problem] = check_document(graphql_schema, unbounded, {})
    assert problem == "labels: needs one of `first` and `last`, has 0"


def test_too_many_nodes_are_found(graphql_schema: GraphQLSchema) -> None:
    """Nested full pages multiply, through fragments as well."""
    nested = """{ repository(owner: "o", name: "n") { pullRequests(first: 100) { nodes { ...P } } } }
        fragment P on PullRequest { reviews(first: 100) { nodes { comments(first: 100) { totalCount } } } }"""
    [problem] = check_document(graphql_schema, nested, {})
    assert "1010100 nodes" in problem
    assert check_document(graphql_schema, nested.replace("reviews(first: 100)", "reviews(first: 40)"), {}) == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"state": "open"}, "'open' is no PullRequestState"),
        ({"state": None}, "null, but the type is PullRequestState!"),
        ({"createdAt": "2026-02-19T14:30:00+00:00"}, "is no DateTime"),
        ({"createdAt": "2026-13-19T14:30:00Z"}, "is no DateTime"),
        ({"url": 7}, "is no URI"),
        ({"title": "was skipped"}, "title: was not asked for"),
        ({"author": {"__typename": "User"}}, "author.login: is missing"),
        ({"author": {"__typename": "Team", "login": "x"}}, "'Team' is no Actor"),
        ({"author": "sofia"}, "instead of an object"),
        ({"reviewRequests": {"nodes": {}}}, "instead of a list"),
        ({"reviewRequests": {"nodes": [{"requestedReviewer": {"slug": 1}}]}}, "is no String"),
        ({"reviewRequests": {"nodes": [{"requestedReviewer": {"login": "x"}}]}}, "is missing"),
        ({"reviewRequests": {"nodes": [None] * 101}}, "101 items on a page of 100"),
    ],
)
def test_an_answer_that_the_schema_does_not_allow_is_found(
    graphql_schema: GraphQLSchema, change: dict[str, Any], expected: str
) -> None:
    """Types, enumerations, nullability, missing and unasked members, wrong union members, long pages."""
    problems = check_response(graphql_schema, QUERY, answer(**change), VARIABLES)
    assert any(expected in problem for problem in problems), problems


def test_errors_belong_to_nulls(graphql_schema: GraphQLSchema) -> None:
    """A failed field is null; errors have a message; an answer has data or errors."""
    query = '{ user(login: "nobody") { id } }'
    error = {"type": "NOT_FOUND", "path": ["user"], "message": "Could not resolve to a User."}
    assert check_response(graphql_schema, query, {"data": {"user": None}, "errors": [error]}) == []
    assert check_response(graphql_schema, query, {"data": {"user": {"id": "U"}}, "errors": [error]}) != []
    assert check_response(graphql_schema, query, {"data": {"user": None}, "errors": [{}]}) != []
    assert check_response(graphql_schema, query, {"data": {"user": None}, "errors": []}) != []
    assert check_response(graphql_schema, query, {}) == ["neither data nor errors"]


SUBSET = """
type Query { repository(owner: String!, name: String!, followRenames: Boolean = true): Repository }
type Repository implements Node { id: ID! nameWithOwner: String! visibility: RepositoryVisibility! }
interface Node { id: ID! }
enum RepositoryVisibility { PUBLIC PRIVATE }
union RequestedReviewer = User | Team
type User implements Node { id: ID! login: String! }
type Team implements Node { id: ID! slug: String! }
type Mutation { addComment(input: AddCommentInput!): AddCommentPayload }
input AddCommentInput { subjectId: ID! body: String! clientMutationId: String }
type AddCommentPayload { clientMutationId: String }
"""


def test_a_subset_is_accepted(graphql_schema: GraphQLSchema) -> None:
    """A cut of GitHub's schema, and the whole of it, are subsets of it."""
    assert subset_problems(build_schema(SUBSET), graphql_schema) == []
    assert subset_problems(graphql_schema, graphql_schema) == []


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("nameWithOwner: String!", "fullName: String!", "Repository.fullName does not exist"),
        ("nameWithOwner: String!", "nameWithOwner: String", "is String instead of String!"),
        ("owner: String!, ", "", "Query.repository(owner) is required and left out"),
        ("owner: String!", "owner: ID!", "(owner) is ID! instead of String!"),
        ("= true", "= false", "defaults to false instead of true"),
        ("followRenames", "follow", "(follow) does not exist"),
        ("PRIVATE", "SECRET", "RepositoryVisibility.SECRET does not exist"),
        ("= User | Team", "= User | Team | Repository", "has member Repository"),
        ("type Team", "type Bot implements Actor { login: String! } interface Actor { login: String! } type Team",
         None),
        ("AddCommentPayload {", "AddCommentPayload { id: ID!", "AddCommentPayload.id does not exist"),
        (" body: String!", "", "AddCommentInput(body) is required and left out"),
        ("clientMutationId: String }\ntype", "to: String }\ntype", "AddCommentInput(to) does not exist"),
        ("enum RepositoryVisibility { PUBLIC PRIVATE }", "scalar RepositoryVisibility", "a GraphQLEnumType"),
        ("type Team implements Node {", "interface Gated { id: ID! } type Team implements Node & Gated {",
         "type Gated does not exist"),
        ("type User implements Node {", "directive @gate on FIELD type User implements Node {", "@gate"),
    ],
)  # fmt: skip
def test_what_is_no_subset_is_found(
    graphql_schema: GraphQLSchema, old: str, new: str, expected: str | None
) -> None:
    """Each way in which a schema can promise what GitHub's does not, and one change that is fine."""
    assert old in SUBSET
    problems = subset_problems(build_schema(SUBSET.replace(old, new)), graphql_schema)
    assert problems == [] if expected is None else any(expected in line for line in problems), problems
