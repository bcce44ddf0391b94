"""Merging pull requests: with a merge commit, as one squashed commit, or each commit made again on the base."""

from __future__ import annotations

from ..errors import Refusal, unprocessable
from ..git.objects import Signature
from ..state import Account, PullRequest
from ..world import World
from .pull_following import mark_merged
from .pushes import update_reference

METHODS = ("merge", "squash", "rebase")


def merge(
    world: World,
    pull: PullRequest,
    sender: Account,
    method: str,
    *,
    title: str | None = None,
    message: str | None = None,
    sha: str | None = None,
) -> str:
    """Merge in one of `METHODS`; returns the commit that the base branch is at then.

    The base branch moves once, whatever the method; all new commits are remembered as the pull request's own.
    """
    _refuse(pull, method, sha)
    git = pull.repository.git
    base = git.references[f"refs/heads/{pull.base_ref}"]
    signature = Signature(sender.name or sender.login, sender.email, world.clock.now())
    if method == "rebase":
        landed = _replay(pull, base, signature)
    elif method == "squash":
        landed = (_squash(pull, base, signature, title, message),)
    else:
        landed = (_merge_commit(pull, base, signature, title, message),)
    pull.base_sha = base
    pull.landed = landed
    mark_merged(world, pull, sender, landed[-1])
    update_reference(world, pull.repository, sender, f"refs/heads/{pull.base_ref}", landed[-1])
    return landed[-1]


def _refuse(pull: PullRequest, method: str, sha: str | None) -> None:
    if method not in METHODS:
        raise unprocessable(f"Invalid request.\n\n{method:.40} is not a member of {list(METHODS)}.")
    if pull.state != "open":
        raise Refusal("NOT_ALLOWED", "Pull Request is not mergeable")
    if sha is not None and sha != pull.head_sha:
        raise Refusal("CONFLICT", "Head branch was modified. Review and try the merge again.")
    if pull.draft:
        raise Refusal("NOT_ALLOWED", "Pull Request is still a draft")


def _merged_tree(pull: PullRequest, base: str) -> str:
    tree = pull.repository.git.merged_tree(base, pull.head_sha)
    if tree is None:
        raise Refusal("NOT_ALLOWED", "Pull Request is not mergeable")
    return tree


def _merge_commit(
    pull: PullRequest, base: str, signature: Signature, title: str | None, message: str | None
) -> str:
    subject = title or f"Merge pull request #{pull.number} from {pull.head_owner.login}/{pull.head_ref}"
    text = f"{subject}\n\n{message or pull.title}"
    parents = [base, pull.head_sha]
    return pull.repository.git.write_commit(_merged_tree(pull, base), parents, signature, signature, text)


def _squash(pull: PullRequest, base: str, signature: Signature, title: str | None, message: str | None) -> str:
    """One commit with all changes, by the pull request's author; a single commit's own words are kept."""
    git, author = pull.repository.git, pull.author
    texts = [git.commit(oid).message for oid in git.commits_between(base, pull.head_sha)]
    if len(texts) == 1:
        subject, _, rest = texts[0].partition("\n")
    else:
        subject, rest = pull.title, "\n\n".join(f"* {text}" for text in texts)
    text = f"{title or f'{subject} (#{pull.number})'}\n\n{rest.strip() if message is None else message}".rstrip()
    written = Signature(author.name or author.login, author.email, signature.date)
    return git.write_commit(_merged_tree(pull, base), [base], written, signature, text)


def _replay(pull: PullRequest, base: str, signature: Signature) -> tuple[str, ...]:
    """Each commit made again, with its author and words and a new committer.

    As with `git rebase`, merges are left out, and so is a change that the base has already.
    """
    git = pull.repository.git
    made: list[str] = []
    for oid in git.commits_between(base, pull.head_sha):
        commit = git.commit(oid)
        if len(commit.parents) > 1:
            continue
        onto = made[-1] if made else base
        tree = git.replayed_tree(oid, onto)
        if tree is None:
            raise Refusal("NOT_ALLOWED", "This branch can't be rebased")
        was_empty = git.commit(commit.parents[0]).tree == commit.tree
        if tree != git.commit(onto).tree or was_empty:
            made.append(git.write_commit(tree, [onto], commit.author, signature, commit.message))
    if not made:
        raise Refusal("NOT_ALLOWED", "This branch can't be rebased")
    return tuple(made)
