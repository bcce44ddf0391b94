"""The files of releases: uploaded, downloaded, renamed, refused."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from sandbox import RequestRefusedError
from tests.sandbox.conftest import ROOT, Stage

PATH = f"{ROOT}/releases"
CONTENT = bytes(range(256)) * 100


@pytest.fixture
def release(stage: Stage) -> dict[str, Any]:
    """A published release."""
    return stage.person("alice").create_release(stage.repository, "v1")


def test_a_file_comes_back_as_it_went(stage: Stage, release: dict[str, Any]) -> None:
    """Byte for byte, with its size, media type and digest; it is listed and shown with its release."""
    alice, lina = stage.person("alice"), stage.person("lina")
    asset = alice.upload_asset(release, "record.dsse.json", CONTENT, "application/json")
    assert lina.download_asset(asset) == CONTENT
    shown = lina.call("GET", f"{PATH}/assets/{asset['id']}")
    assert (shown["name"], shown["size"], shown["content_type"]) == (
        "record.dsse.json",
        len(CONTENT),
        "application/json",
    )
    assert shown["digest"] == f"sha256:{hashlib.sha256(CONTENT).hexdigest()}"
    assert (asset["download_count"], shown["download_count"]) == (0, 1)
    assert lina.call("GET", f"{PATH}/{release['id']}/assets") == [shown]
    assert lina.call("GET", f"{PATH}/tags/v1")["assets"] == [shown]


def test_a_second_file_of_the_same_name(stage: Stage, release: dict[str, Any]) -> None:
    """It is refused, also after a lost answer; deleted, the name is free again."""
    alice = stage.person("alice")
    stage.github.faults.drop_answer(method="POST", path="/assets")
    with pytest.raises(RequestRefusedError, match="502"):
        alice.upload_asset(release, "record.json", b"1")
    with pytest.raises(RequestRefusedError, match="422") as failed:
        alice.upload_asset(release, "record.json", b"2")
    assert failed.value.body["errors"] == [{"resource": "ReleaseAsset", "code": "already_exists", "field": "name"}]
    (asset,) = alice.call("GET", f"{PATH}/{release['id']}/assets")
    assert alice.download_asset(asset) == b"1"
    alice.call("DELETE", f"{PATH}/assets/{asset['id']}")
    assert alice.download_asset(alice.upload_asset(release, "record.json", b"2")) == b"2"


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("a b.txt", "a.b.txt"),
        ("é/x", "default.x"),
        (".hidden", "default.hidden"),
        ("end..", "end"),
        ("v1+2~3@4_-", "v1+2~3@4_-"),
    ],
)
def test_odd_names_are_changed(stage: Stage, release: dict[str, Any], given: str, shown: str) -> None:
    """Special characters become dots, and no name begins or ends with one."""
    assert stage.person("alice").upload_asset(release, given, b"x")["name"] == shown


def test_who_may_upload(stage: Stage, release: dict[str, Any]) -> None:
    """The same tokens as everywhere: readers, nobody and an unknown token are refused; an App may."""
    path = f"{PATH}/{release['id']}/assets"
    kind = {"Content-Type": "text/plain"}
    for client, status in ((stage.person("lina"), 403), (stage.client("ghp_unknown"), 401), (stage.bot(), 201)):
        assert client.send_bytes("POST", path, b"x", {"name": "x"}, kind)[0] == status


def test_uploads_that_lack_something(stage: Stage, release: dict[str, Any]) -> None:
    """A name is needed, and a release that is there."""
    alice, kind = stage.person("alice"), {"Content-Type": "text/plain"}
    assert alice.send_bytes("POST", f"{PATH}/{release['id']}/assets", b"x", None, kind)[0] == 422
    assert alice.send_bytes("POST", f"{PATH}/9999/assets", b"x", {"name": "x"}, kind)[0] == 404


def test_files_of_a_draft_are_hidden(stage: Stage) -> None:
    """Who cannot see the draft cannot see its files."""
    alice = stage.person("alice")
    asset = alice.upload_asset(alice.create_release(stage.repository, "v2", draft=True), "x", b"x")
    assert alice.download_asset(asset) == b"x"
    with pytest.raises(RequestRefusedError, match="404"):
        stage.person("lina").download_asset(asset)


def test_a_file_is_renamed_and_labelled(stage: Stage, release: dict[str, Any]) -> None:
    """Its content stays; another file's name is taken."""
    alice = stage.person("alice")
    first, second = (alice.upload_asset(release, name, name.encode()) for name in ("a", "b"))
    path = f"{PATH}/assets/{first['id']}"
    changed = alice.call("PATCH", path, {"name": "c d", "label": "The record"})
    assert (changed["name"], changed["label"], alice.download_asset(changed)) == ("c.d", "The record", b"a")
    assert alice.send("PATCH", path, {"name": second["name"]})[0] == 422
