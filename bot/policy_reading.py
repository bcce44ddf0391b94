"""The policy in force by a repository's default branch, where nothing else of it has to be read."""

from __future__ import annotations

from bot.core.policy import LoadedPolicy
from bot.github_api.client import Installation
from bot.github_api.release_readings import ReleaseReadingPlan
from bot.policy_selection import PolicyInForce
from bot.services import Services


def read_policy_in_force(services: Services, installation: Installation, repository: str) -> PolicyInForce:
    """Valid, invalid, or None: no policy names the repository, or it does not exist (1 request)."""
    reading = installation.read_release(repository, ReleaseReadingPlan())
    return None if reading is None else services.policies.in_force(repository, reading.policy_file)


def read_valid_policy(services: Services, installation: Installation, repository: str) -> LoadedPolicy | None:
    """The same where only a valid policy is of use; None for any other."""
    in_force = read_policy_in_force(services, installation, repository)
    return in_force if isinstance(in_force, LoadedPolicy) else None
