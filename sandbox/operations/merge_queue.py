"""The merge queue: pull requests in line, and the merge groups that are built from them."""

from __future__ import annotations

from ..errors import unprocessable
from ..git.objects import Signature
from ..payloads.commits import head_commit_json
from ..state import Account, MergeQueueEntry, PullRequest, Repository
from ..world import World
from .pull_following import fire_pull
from .pushes import delete_reference, update_reference


def enqueue(world: World, pull: PullRequest, enqueuer: Account) -> MergeQueueEntry:
    """Put a pull request at the end of its base branch's queue."""
    queue = pull.repository.queues.setdefault(pull.base_ref, [])
    entry = MergeQueueEntry(id=world.next_id(), pull=pull, enqueuer=enqueuer, enqueued_at=world.clock.now())
    queue.append(world.register(entry))
    fire_pull(world, pull, enqueuer, "enqueued")
    return entry


def dequeue(world: World, pull: PullRequest, sender: Account, reason: str) -> None:
    """Take a pull request out of the queue."""
    queue = pull.repository.queues.get(pull.base_ref, [])
    pull.repository.queues[pull.base_ref] = [entry for entry in queue if entry.pull is not pull]
    fire_pull(world, pull, sender, "dequeued", reason=reason)


def create_group(world: World, repository: Repository, branch: str, sender: Account) -> str:
    """Build one merge group of every entry that waits, and ask for its checks; returns its head SHA.

    The group's head merges the entries one after the other onto the branch, each with its own commit.
    """
    entries = repository.queues.get(branch, [])
    if not entries:
        raise unprocessable("The merge queue is empty")
    git = repository.git
    base = head = git.references[f"refs/heads/{branch}"]
    signature = Signature(sender.name or sender.login, sender.email, world.clock.now())
    for entry in entries:
        tree = git.merged_tree(head, entry.pull.head_sha)
        if tree is None:
            raise unprocessable(f"#{entry.pull.number} does not merge")
        entry.base_sha = head
        message = f"Merge pull request #{entry.pull.number} from {entry.pull.head_ref}"
        head = git.write_commit(tree, [head, entry.pull.head_sha], signature, signature, message)
        entry.head_sha = head
    name = group_reference(branch, entries[-1].pull.number, base)
    update_reference(world, repository, sender, name, head)
    _fire(world, repository, sender, "checks_requested", name, branch, base, head)
    return head


def destroy_group(world: World, repository: Repository, branch: str, sender: Account, reason: str) -> None:
    """Give up a branch's merge group: `merged`, `invalidated` or `dequeued`."""
    prefix = f"refs/heads/gh-readonly-queue/{branch}/"
    for name, head in list(repository.git.references.items()):
        if name.startswith(prefix):
            base = name.rpartition("-")[2]
            _fire(world, repository, sender, "destroyed", name, branch, base, head, reason=reason)
            delete_reference(world, repository, sender, name)
    for entry in repository.queues.get(branch, []):
        entry.head_sha = entry.base_sha = None
    if reason != "invalidated":
        repository.queues[branch] = []


def group_reference(branch: str, number: int, base: str) -> str:
    """The name GitHub gives a merge group's branch."""
    return f"refs/heads/gh-readonly-queue/{branch}/pr-{number}-{base}"


def _fire(
    world: World,
    repository: Repository,
    sender: Account,
    action: str,
    name: str,
    branch: str,
    base: str,
    head: str,
    **extra: object,
) -> None:
    group = {
        "head_sha": head,
        "head_ref": name,
        "base_ref": f"refs/heads/{branch}",
        "base_sha": base,
        "head_commit": head_commit_json(repository, head),
    }
    world.dispatcher.fire("merge_group", action, repository, sender, {"merge_group": group, **extra})
