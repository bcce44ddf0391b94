"""Comments on issues and pull requests, and reactions to them."""

from __future__ import annotations

from ..errors import invalid, not_found
from ..payloads.issues import REACTIONS, comment_json, issue_json
from ..state import Account, App, Comment, Issue, Reaction
from ..world import World

BODY_LIMIT = 65_536


def _check_body(body: object) -> str:
    if not isinstance(body, str) or not body.strip():
        raise invalid("IssueComment", "body", code="missing_field")
    if len(body) > BODY_LIMIT:
        message = f"Body is too long (maximum is {BODY_LIMIT} characters)"
        raise invalid("IssueComment", "data", message, code="unprocessable")
    return body


def add_comment(world: World, issue: Issue, author: Account, body: object, app: App | None) -> Comment:
    """Comment on an issue or pull request."""
    text = _check_body(body)
    now = world.clock.now()
    comment = Comment(
        id=world.next_id(), issue=issue, author=author, body=text, created_at=now, updated_at=now, app=app
    )
    issue.comments.append(comment)
    issue.repository.comments[comment.id] = world.register(comment)
    issue.updated_at = now
    _fire(world, comment, author, "created")
    return comment


def edit_comment(world: World, comment: Comment, sender: Account, body: object) -> None:
    """Change a comment's text."""
    text = _check_body(body)
    changes = {"body": {"from": comment.body}}
    comment.body = text
    comment.updated_at = comment.edited_at = world.clock.now()
    _fire(world, comment, sender, "edited", changes=changes)


def delete_comment(world: World, comment: Comment, sender: Account) -> None:
    """Delete a comment."""
    comment.issue.comments.remove(comment)
    del comment.issue.repository.comments[comment.id]
    world.nodes.pop(comment.node_id, None)
    _fire(world, comment, sender, "deleted")


def _fire(world: World, comment: Comment, sender: Account, action: str, **extra: object) -> None:
    body = {"issue": issue_json(world, comment.issue), "comment": comment_json(world, comment), **extra}
    world.dispatcher.fire("issue_comment", action, comment.issue.repository, sender, body)


def add_reaction(world: World, comment: Comment, account: Account, content: object) -> tuple[Reaction, bool]:
    """React to a comment; returns the reaction and whether it is new."""
    if content not in REACTIONS:
        raise invalid("Reaction", "content", "content is not included in the list")
    for reaction in comment.reactions:
        if reaction.account is account and reaction.content == content:
            return reaction, False
    reaction = Reaction(id=world.next_id(), account=account, content=str(content), created_at=world.clock.now())
    comment.reactions.append(world.register(reaction))
    return reaction, True


def remove_reaction(comment: Comment, account: Account, content: str) -> Reaction:
    """Take back one's own reaction."""
    for reaction in comment.reactions:
        if reaction.account is account and reaction.content == content:
            comment.reactions.remove(reaction)
            return reaction
    raise not_found("Could not find that reaction.")
