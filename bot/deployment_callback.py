"""The address on which a deployment waits for its answer: called only if it is the configured API's own. Pure."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_RUN = re.compile(r"/actions/runs/([1-9][0-9]{0,17})/deployment_protection_rule", re.ASCII)
_PORTS = {"https": 443, "http": 80}


def callback_run(callback_url: str, api_url: str, repository: str) -> int | None:
    """The workflow run to answer for; None when the address is not the configured API's own.

    Scheme, host, port and path have to be exactly those of `POST /repos/{owner}/{repo}/actions/runs/{run_id}/
    deployment_protection_rule` below `api_url`, without user information, query or fragment, since the answer
    carries a token. Only the run's number is taken: the address that is called is put together anew.
    """
    try:
        given, own = urlsplit(callback_url), urlsplit(api_url)
        same_place = (given.scheme, given.hostname, given.port or _PORTS.get(given.scheme)) == (
            own.scheme,
            own.hostname,
            own.port or _PORTS.get(own.scheme),
        )
    except ValueError:  # no port at all
        return None
    if not same_place or any(mark in callback_url for mark in "@?#\\") or not callback_url.isprintable():
        return None
    root = f"{own.path.rstrip('/')}/repos/{repository}"
    path = given.path
    run = _RUN.fullmatch(path[len(root) :]) if path[: len(root)].lower() == root.lower() else None
    return None if run is None else int(run.group(1))
