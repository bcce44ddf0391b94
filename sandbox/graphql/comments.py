"""Resolvers of comments and reactions."""

from __future__ import annotations

from typing import Any

from ..payloads.issues import author_association, issue_page
from ..state import Account, Comment, Issue, PullRequest, Reaction, Repository
from .connections import Connection, connection
from .registry import Info, resolver, world_of

CONTENT = {
    "THUMBS_UP": "+1",
    "THUMBS_DOWN": "-1",
    "LAUGH": "laugh",
    "HOORAY": "hooray",
    "CONFUSED": "confused",
    "HEART": "heart",
    "ROCKET": "rocket",
    "EYES": "eyes",
}
CONTENT_NAMES = {content: name for name, content in CONTENT.items()}


@resolver("IssueComment", "authorAssociation")
def association(comment: Comment, _info: Info) -> str:
    return author_association(comment.issue.repository, comment.author.id)


@resolver("IssueComment", "lastEditedAt")
def last_edited(comment: Comment, _info: Info) -> Any:
    return comment.edited_at


@resolver("IssueComment", "includesCreatedEdit", "isMinimized")
def never(_comment: Comment, _info: Info) -> bool:
    return False


@resolver("IssueComment", "url")
def url(comment: Comment, info: Info) -> str:
    return f"{issue_page(world_of(info), comment.issue)}#issuecomment-{comment.id}"


@resolver("IssueComment", "pullRequest")
def pull_request(comment: Comment, _info: Info) -> Issue | None:
    return comment.issue if isinstance(comment.issue, PullRequest) else None


@resolver("IssueComment", "repository")
def repository(comment: Comment, _info: Info) -> Repository:
    return comment.issue.repository


@resolver("IssueComment", "reactions")
def reactions(comment: Comment, info: Info, **arguments: Any) -> Connection:
    wanted = arguments.get("content")
    found = [one for one in comment.reactions if wanted in (None, CONTENT_NAMES[one.content])]
    return connection(info, found, arguments)


@resolver("Reaction", "content")
def content(reaction: Reaction, _info: Info) -> str:
    return CONTENT_NAMES[reaction.content]


@resolver("Reaction", "user")
def user(reaction: Reaction, _info: Info) -> Account | None:
    return reaction.account if reaction.account.kind == "User" else None
