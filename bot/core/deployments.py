"""Custom deployment protection: a protected environment takes only a released tag's commit, under that tag."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from bot.core.policy_model import Policy

_RUN = re.compile(r"/actions/runs/([1-9][0-9]{0,18})/deployment_protection_rule", re.ASCII)
_TAG_REFERENCE = "refs/tags/"


@dataclass(frozen=True, slots=True)
class DeploymentAnswer:
    """Whether the deployment may go on, and the comment that says why (plain text, at most 1,024 characters)."""

    is_approved: bool
    comment: str


def judge_deployment(
    environment: str, ref: str, sha: str, released: Mapping[str, str], policy: Policy
) -> DeploymentAnswer:
    """`ref` and `sha` are the deployment's own; `released` maps each released tag to its commit.

    The tag's name is judged as well as the commit: a workflow acts by the name it runs for, and only that name
    went through the gate.
    """
    if environment not in policy.release.protected_environments:
        return DeploymentAnswer(True, f"{environment} is not a protected environment of the policy.")
    tag = ref.removeprefix(_TAG_REFERENCE)
    commit = released.get(tag)
    if commit == sha:
        return DeploymentAnswer(True, f"{tag} was released by the gate at {sha}.")
    if commit is not None:
        return DeploymentAnswer(False, f"{tag} was released at {commit}; this deployment is of {sha}.")
    others = sorted(name for name, one in released.items() if one == sha)
    if others:
        return DeploymentAnswer(False, f"{sha} was released as {others[0]}; deploy that tag, not {tag}.")
    return DeploymentAnswer(
        False, f"{tag} is no released tag. Comment `/gate release <tag>`, and deploy the tag once it is made."
    )


def callback_path(callback_url: str, api_url: str, repository: str) -> str | None:
    """The path to answer on, below the API's root; None when the address is not the configured API's own.

    Scheme, host, port and path have to be exactly those of `POST /repos/{owner}/{repo}/actions/runs/{run_id}/
    deployment_protection_rule` below `api_url`, without user information, query or fragment: an answer carries a
    token. The path is put together anew from its parts, so that nothing of the given one is passed on.
    """
    try:
        given, own = urlsplit(callback_url), urlsplit(api_url)
        ports = given.port, own.port
    except ValueError:
        return None
    if (given.scheme, given.hostname) != (own.scheme, own.hostname) or _port(given.scheme, ports[0]) != _port(
        own.scheme, ports[1]
    ):
        return None
    if "@" in given.netloc or "?" in callback_url or "#" in callback_url:
        return None
    root = f"{own.path.rstrip('/')}/repos/{repository}"
    if given.path[: len(root)].lower() != root.lower():
        return None
    run = _RUN.fullmatch(given.path[len(root) :])
    return None if run is None else f"/repos/{repository}/actions/runs/{run.group(1)}/deployment_protection_rule"


def _port(scheme: str, port: int | None) -> int | None:
    return port if port is not None else {"https": 443, "http": 80}.get(scheme)
