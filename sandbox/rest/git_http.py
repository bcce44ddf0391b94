"""git over HTTP: `git clone`, `git fetch` and `git push` of a repository's `clone_url` work for real.

Not part of the REST API. A token is given as the password, with any name.
"""

from __future__ import annotations

import gzip

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from ..access import acting_account
from ..errors import Refusal, not_found
from ..git.process import serve_fetch
from ..git.wire import MalformedPushError, advertisement, parse_push, report
from ..operations.git_push import receive
from ..state import Repository
from .common import caller, find_repository, world

blueprint = Blueprint("git_http", __name__)
ROOT = "/<owner>/<name>.git"
FETCHING, PUSHING = "git-upload-pack", "git-receive-pack"


@blueprint.get(f"{ROOT}/info/refs")
def references(owner: str, name: str) -> ResponseReturnValue:
    service = request.args.get("service")
    if service not in (FETCHING, PUSHING):
        raise not_found()
    repository = _find(owner, name, service)
    kind = f"application/x-{service}-advertisement"
    if service == PUSHING:
        return Response(advertisement(repository.git.references), content_type=kind)
    arguments = ("--advertise-refs", "--http-backend-info-refs")
    body = serve_fetch(repository.git.directory, b"", request.headers.get("Git-Protocol", ""), *arguments)
    if "version=2" not in request.headers.get("Git-Protocol", ""):
        body = b"001e# service=git-upload-pack\n0000" + body
    return Response(body, content_type=kind)


@blueprint.post(f"{ROOT}/{FETCHING}")
def fetch(owner: str, name: str) -> ResponseReturnValue:
    repository = _find(owner, name, FETCHING)
    body = serve_fetch(repository.git.directory, _data(), request.headers.get("Git-Protocol", ""))
    return Response(body, content_type=f"application/x-{FETCHING}-result")


@blueprint.post(f"{ROOT}/{PUSHING}")
def push(owner: str, name: str) -> ResponseReturnValue:
    repository = _find(owner, name, PUSHING)
    try:
        given = parse_push(_data())
    except MalformedPushError:
        raise Refusal("BAD_REQUEST", "Not a push") from None
    outcome = receive(world(), repository, caller(), acting_account(caller()), given)
    body = report(given, outcome.refused, outcome.notes)
    return Response(body, content_type=f"application/x-{PUSHING}-result")


def _find(owner: str, name: str, service: str) -> Repository:
    """The repository; who sends no token and needs one is asked for it, as git expects."""
    try:
        if service == PUSHING:
            return find_repository(owner, name, "contents=write", role="write")
        return find_repository(owner, name, "contents=read")
    except Refusal as refusal:
        if caller().kind != "anonymous":
            raise
        challenge = {"WWW-Authenticate": 'Basic realm="GitHub"'}
        raise Refusal("UNAUTHENTICATED", refusal.message, headers=challenge) from None


def _data() -> bytes:
    data = request.get_data()
    return gzip.decompress(data) if request.headers.get("Content-Encoding") == "gzip" else data
