"""Which policy `trackgate plan` judges by: the one told, else the one that would be in force on GitHub."""

from __future__ import annotations

from pathlib import Path

from bot.core.policy import MAXIMUM_POLICY_BYTES, InvalidPolicy, LoadedPolicy, load_policy
from bot.git_repository import GitRepository
from bot.policy_files import PolicyFiles

OWN_POLICY = ".github/trackgate.yml"
"""Where a repository keeps its own policy; read on the base, never on the head."""


class NoPolicyError(Exception):
    """No policy can be chosen, with what to do about it, in one line."""


def choose_policy(
    repository: GitRepository, base: str, name: str | None, told: Path | None, policy_dir: Path
) -> LoadedPolicy:
    """The policy for a pull request of `name` (owner/name) into the commit `base`.

    `told` is `--policy` and wins: a file, or a folder to search by `name`. Otherwise the base's own policy, then
    `policy_dir`. Raises InvalidPolicy or NoPolicyError.
    """
    if told is not None:
        return _in_folder(told, name) if told.is_dir() else load_policy(read_policy(told), str(told))
    own = repository.contents(base, OWN_POLICY)
    if own is not None:
        return load_policy(own, f"{OWN_POLICY} at {base[:7]}")
    if not policy_dir.is_dir():
        raise NoPolicyError(
            f"no {OWN_POLICY} at {base[:7]}, and POLICY_DIR ({policy_dir}) is not a folder; give --policy FILE"
        )
    return _in_folder(policy_dir, name)


def read_policy(file: Path) -> bytes:
    """The bytes of a policy file, or enough of them to see that it is too large. Raises NoPolicyError."""
    try:
        with file.open("rb") as opened:
            return opened.read(4 * MAXIMUM_POLICY_BYTES)
    except OSError as error:
        raise NoPolicyError(f"{file}: cannot be read: {error.strerror}") from None


def _in_folder(folder: Path, name: str | None) -> LoadedPolicy:
    """By the repository's name as the service chooses; without a name only when there is no choice."""
    if name is not None:
        found = PolicyFiles(folder).for_repository(name)
        if isinstance(found, InvalidPolicy):
            raise found
        if found is None:
            raise NoPolicyError(f"no policy in {folder} is for {name}; give --policy FILE")
        return found
    files = sorted(file for suffix in ("*.yml", "*.yaml") for file in folder.glob(suffix))
    if len(files) != 1:
        names = ", ".join(file.name for file in files) or "none"
        raise NoPolicyError(
            f"no remote `origin` tells the repository's name, and {folder} has not just one policy ({names}); "
            "give --policy FILE"
        )
    return load_policy(read_policy(files[0]), str(files[0]))
