"""What a request costs by GitHub's count: reads and writes, and what notifies people."""

from __future__ import annotations

import json
import re

from graphql import GraphQLError

from .graphql.execute import describe, prepare
from .secondary_limits import Cost

READ_POINTS, WRITE_POINTS = 1, 5
_NOTIFYING_PATHS = re.compile(
    r"/repos/[^/]+/[^/]+/(?:issues|pulls|releases|(?:issues|pulls|commits)/[^/]+/comments"
    r"|pulls/\d+/(?:reviews|requested_reviewers))"
)
"""REST creations that notify people; GitHub gives no list, so this is ours."""
NOTIFYING_MUTATIONS = frozenset(
    {"addComment", "addPullRequestReview", "createIssue", "createPullRequest", "requestReviews"}
)


def cost_of(method: str, path: str, body: bytes) -> Cost:
    """The cost of a request by its method, path and body."""
    if path == "/graphql":
        mutations = _mutations(body)
        points = WRITE_POINTS if mutations else READ_POINTS
        return Cost("graphql", points, sum(name in NOTIFYING_MUTATIONS for name in mutations))
    if method in ("GET", "HEAD", "OPTIONS"):
        return Cost("rest", READ_POINTS)
    notifying = method == "POST" and _NOTIFYING_PATHS.fullmatch(path.rstrip("/")) is not None
    return Cost("rest", WRITE_POINTS, int(notifying))


def _mutations(body: bytes) -> tuple[str, ...]:
    """The mutation fields of a GraphQL request; none if it is not even one."""
    try:
        fields = json.loads(body)
        return describe(prepare(fields["query"])[0].document, fields.get("operationName"))[1]
    except (ValueError, TypeError, KeyError, GraphQLError):
        return ()
