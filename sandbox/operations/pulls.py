"""Pull requests: opened, edited, closed, reopened, drafted. `merging` merges them."""

from __future__ import annotations

from ..errors import Refusal, invalid, unprocessable
from ..state import Account, PullRequest, Repository
from ..world import World
from .pull_following import close, fire_pull, keep_head


def next_number(repository: Repository) -> int:
    """The next free number for an issue or pull request."""
    return max(repository.issues, default=0) + 1


def open_pull(
    world: World,
    repository: Repository,
    author: Account,
    head_repository: Repository,
    head_ref: str,
    base_ref: str,
    title: str,
    body: str | None,
    draft: bool,
) -> PullRequest:
    """Open a pull request; refuses missing branches, nothing to merge, and a second one for the same head."""
    head_sha = head_repository.git.references.get(f"refs/heads/{head_ref}")
    base_sha = repository.git.references.get(f"refs/heads/{base_ref}")
    if head_sha is None:
        raise invalid("PullRequest", "head", code="invalid")
    if base_sha is None:
        raise invalid("PullRequest", "base", code="invalid")
    _refuse_second(repository, head_repository, head_ref, base_ref)
    now = world.clock.now()
    pull = PullRequest(
        id=world.next_id(),
        pull_id=world.next_id(),
        repository=repository,
        number=next_number(repository),
        author=author,
        title=title,
        body=body,
        created_at=now,
        updated_at=now,
        head_repository=head_repository,
        head_owner=head_repository.owner,
        head_ref=head_ref,
        head_sha=head_sha,
        base_ref=base_ref,
        base_sha=base_sha,
        draft=draft,
    )
    keep_head(pull)
    if repository.git.contains(base_sha, head_sha):
        repository.git.delete_reference(f"refs/pull/{pull.number}/head")
        message = f"No commits between {base_ref} and {head_ref}"
        raise Refusal(
            "UNPROCESSABLE",
            "Validation Failed",
            errors=[{"resource": "PullRequest", "code": "custom", "message": message}],
        )
    repository.issues[pull.number] = world.register(pull)
    fire_pull(world, pull, author, "opened")
    return pull


def _refuse_second(repository: Repository, head: Repository, head_ref: str, base_ref: str) -> None:
    for pull in repository.pulls:
        same = pull.head_repository is head and pull.head_ref == head_ref and pull.base_ref == base_ref
        if same and pull.state == "open":
            label = f"{head.owner.login}:{head_ref}"
            raise Refusal(
                "UNPROCESSABLE",
                "Validation Failed",
                errors=[
                    {
                        "resource": "PullRequest",
                        "code": "custom",
                        "message": f"A pull request already exists for {label}.",
                    }
                ],
            )


def edit_pull(
    world: World,
    pull: PullRequest,
    sender: Account,
    *,
    title: str | None = None,
    body: str | None = None,
    base: str | None = None,
) -> None:
    """Change title, body or base; one `edited` event says what they were before."""
    changes: dict[str, object] = {}
    if title is not None and title != pull.title:
        changes["title"] = {"from": pull.title}
        pull.title = title
    if body is not None and body != pull.body:
        changes["body"] = {"from": pull.body or ""}
        pull.body = body
    if base is not None and base != pull.base_ref:
        changes["base"] = _change_base(pull, base)
    if changes:
        pull.updated_at = world.clock.now()
        fire_pull(world, pull, sender, "edited", changes=changes)


def _change_base(pull: PullRequest, base: str) -> dict[str, dict[str, str]]:
    sha = pull.repository.git.references.get(f"refs/heads/{base}")
    if sha is None:
        raise Refusal(
            "UNPROCESSABLE",
            "Validation Failed",
            errors=[
                {
                    "resource": "PullRequest",
                    "code": "invalid",
                    "field": "base",
                    "message": f"Proposed base branch '{base}' was not found",
                }
            ],
        )
    if pull.state != "open":
        raise unprocessable("Validation Failed", "Cannot change the base branch of a closed pull request.")
    change = {"ref": {"from": pull.base_ref}, "sha": {"from": pull.base_sha}}
    pull.base_ref, pull.base_sha = base, sha
    return change


def set_state(world: World, pull: PullRequest, sender: Account, state: str) -> None:
    """Close or reopen."""
    if state == pull.state:
        return
    if state == "closed":
        close(world, pull, sender)
        return
    source = pull.head_repository
    head = None if source is None else source.git.references.get(f"refs/heads/{pull.head_ref}")
    if pull.merged or head is None:
        raise Refusal(
            "UNPROCESSABLE",
            "Validation Failed",
            errors=[
                {
                    "resource": "PullRequest",
                    "code": "invalid",
                    "field": "state",
                    "message": "state cannot be changed.",
                }
            ],
        )
    pull.state, pull.closed_at, pull.head_sha = "open", None, head
    pull.updated_at = world.clock.now()
    keep_head(pull)
    fire_pull(world, pull, sender, "reopened")


def set_draft(world: World, pull: PullRequest, sender: Account, draft: bool) -> None:
    """Turn into a draft, or declare ready for review."""
    if draft == pull.draft:
        return
    pull.draft = draft
    pull.updated_at = world.clock.now()
    fire_pull(world, pull, sender, "converted_to_draft" if draft else "ready_for_review")
