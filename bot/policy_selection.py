"""Which policy is in force for a pull request: the base branch's own file, else the folder's. Never the head's."""

from __future__ import annotations

from threading import Lock

from bot.core.merge_gate import wanted_facts
from bot.core.model import Wanted
from bot.core.policy import InvalidPolicy, LoadedPolicy, load_policy
from bot.github_api.readings import POLICY_PATH, PolicyFile
from bot.policy_files import PolicyFiles

PolicyInForce = LoadedPolicy | InvalidPolicy | None
"""None: no policy names this repository, so nothing of it is gated."""

MAXIMUM_REMEMBERED = 1000
"""Repositories whose own policy is remembered; forgetting one costs a request, nothing else."""


class PolicySelection:
    """Selects policies for one process. Remembers each repository's own file to know what to read next time."""

    def __init__(self, files: PolicyFiles) -> None:
        self._files = files
        self._own: dict[str, tuple[str, PolicyInForce]] = {}
        self._lock = Lock()

    def wanted(self, repository: str) -> Wanted:
        """What to read, by the policy that is probably in force: the answer brings the real one along."""
        return wanted_by(self.expected(repository))

    def expected(self, repository: str) -> PolicyInForce:
        """The policy that is probably in force: the one that was when the repository was last read."""
        remembered = self._own.get(repository.lower())
        return remembered[1] if remembered else self._files.for_repository(repository)

    def in_folder(self, repository: str) -> PolicyInForce:
        """The policy that holds where the base branch has none of its own."""
        return self._files.for_repository(repository)

    def in_force(self, repository: str, own: PolicyFile | None) -> PolicyInForce:
        """The policy in force, given the file on the base branch as it was read (None: there is none)."""
        key = repository.lower()
        if own is None:
            with self._lock:
                self._own.pop(key, None)
            return self._files.for_repository(repository)
        remembered = self._own.get(key)
        if remembered is not None and remembered[0] == own.oid:
            return remembered[1]
        loaded: PolicyInForce
        try:
            loaded = load_policy(own.text, POLICY_PATH)
        except InvalidPolicy as invalid:
            loaded = invalid
        with self._lock:
            while len(self._own) >= MAXIMUM_REMEMBERED:
                self._own.pop(next(iter(self._own)))
            self._own[key] = (own.oid, loaded)
        return loaded


def wanted_by(policy: PolicyInForce) -> Wanted:
    """What a policy needs read; nothing for a missing or invalid one."""
    return wanted_facts(policy.policy) if isinstance(policy, LoadedPolicy) else Wanted()
