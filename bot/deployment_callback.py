"""The address on which a deployment waits for its answer: called only if it is the configured API's own. Pure."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_PORTS = {"https": 443, "http": 80}
_RUN = "/actions/runs/([1-9][0-9]{0,17})/deployment_protection_rule"


def callback_run(callback_url: str, api_url: str, repository: str) -> int | None:
    """The workflow run to answer for; None when the address is not the configured API's own.

    It has to be, from its first character to its last, that of `POST /repos/{owner}/{repo}/actions/runs/{run_id}/
    deployment_protection_rule` below `api_url`, since the answer carries a token. It is held against what is
    expected and not taken apart, so nothing depends on how an odd one would be read; the case of scheme, host
    and repository does not matter. Only the run's number is taken: the address that is called is made anew.
    """
    own = urlsplit(api_url)
    usual = f":{_PORTS[own.scheme]}"
    host = own.netloc.removesuffix(usual)
    port = f"(?:{usual})?" if own.port in (None, _PORTS[own.scheme]) else ""
    place = f"(?i:{own.scheme}://{re.escape(host)})" + port
    path = f"{re.escape(own.path.rstrip('/'))}/repos/(?i:{re.escape(repository)})"
    found = re.fullmatch(place + path + _RUN, callback_url, re.ASCII)
    return None if found is None else int(found.group(1))


def callback_path(repository: str, run_id: int) -> str:
    """The path to answer on, below the API's root: GitHub's own, put together from parts that were checked."""
    return f"/repos/{repository}/actions/runs/{run_id}/deployment_protection_rule"
