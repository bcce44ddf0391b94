"""The files of releases. The sandbox takes uploads on its own host, at the address in `upload_url`."""

from __future__ import annotations

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from ..access import acting_account
from ..errors import Refusal, invalid, not_found
from ..operations import release_assets as operations
from ..payloads.releases import asset_json
from ..state import ReleaseAsset, Repository
from .common import answer, body, caller, find_repository, nothing, page_answer, text, world
from .releases import READING, WRITING, find_release

blueprint = Blueprint("release_assets", __name__)
ROOT = "/repos/<owner>/<name>/releases"
BINARY = "application/octet-stream"


@blueprint.get(f"{ROOT}/<int:number>/assets")
def list_assets(owner: str, name: str, number: int) -> ResponseReturnValue:
    release = find_release(find_repository(owner, name, READING), number)
    return page_answer(release.assets, lambda asset: asset_json(world(), asset))


@blueprint.post(f"{ROOT}/<int:number>/assets")
def upload(owner: str, name: str, number: int) -> ResponseReturnValue:
    release = find_release(find_repository(owner, name, WRITING, role="write"), number)
    wanted, content = request.args.get("name", ""), request.get_data()
    if not wanted:
        raise invalid("ReleaseAsset", "name", code="missing_field")
    if not request.content_type:
        raise Refusal("BAD_REQUEST", "Invalid Content-Type header")
    label, kind = request.args.get("label"), request.content_type
    asset = operations.attach(world(), release, acting_account(caller()), wanted, label, kind, content)
    return answer(asset_json(world(), asset), 201)


@blueprint.get(f"{ROOT}/assets/<int:number>")
def read(owner: str, name: str, number: int) -> ResponseReturnValue:
    """What the asset is; or, for who accepts application/octet-stream, its content."""
    asset = _find(find_repository(owner, name, READING), number)
    if BINARY in request.headers.get("Accept", ""):
        asset.download_count += 1
        return Response(asset.content, content_type=BINARY)
    return answer(asset_json(world(), asset))


@blueprint.patch(f"{ROOT}/assets/<int:number>")
def change(owner: str, name: str, number: int) -> ResponseReturnValue:
    asset = _find(find_repository(owner, name, WRITING, role="write"), number)
    fields = body()
    operations.change(world(), asset, text(fields, "name"), text(fields, "label"))
    return answer(asset_json(world(), asset))


@blueprint.delete(f"{ROOT}/assets/<int:number>")
def delete(owner: str, name: str, number: int) -> ResponseReturnValue:
    operations.detach(_find(find_repository(owner, name, WRITING, role="write"), number))
    return nothing()


def _find(repository: Repository, number: int) -> ReleaseAsset:
    for release in repository.releases.values():
        for asset in release.assets:
            if asset.id == number:
                find_release(repository, release.id)
                return asset
    raise not_found()
