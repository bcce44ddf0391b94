"""Fetching with the real npm client, from a small package registry on loopback."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import shutil
import tarfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.contract.documents import Document, all_present, pinned
from tests.contract.fetch import FetchError, fetch, main, missing

pytestmark = [
    pytest.mark.contract,
    pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed"),
]

CONTENT = b'{"openapi": "3.0.3"}'


@dataclass
class Registry:
    """What the loopback registry serves, and which archives it was asked for."""

    url: str = ""
    archives: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def publish(self, key: str, content: bytes = CONTENT) -> Document:
        """Serve a package of one file, and return its pin."""
        stream = io.BytesIO()
        with tarfile.open(fileobj=stream, mode="w:gz") as archive:
            manifest = json.dumps({"name": f"@pinned/{key}", "version": "1.0.0"}).encode()
            for name, data in (("package/package.json", manifest), ("package/generated/a.json", content)):
                member = tarfile.TarInfo(name)
                member.size = len(data)
                archive.addfile(member, io.BytesIO(data))
        self.archives[key] = stream.getvalue()
        return Document(key, f"@pinned/{key}", "1.0.0", _integrity(self.archives[key]), "generated/a.json")


def _integrity(data: bytes) -> str:
    return "sha512-" + base64.b64encode(hashlib.sha512(data).digest()).decode()


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry]:
    """A registry on loopback that npm is configured to use, with a cache of its own."""
    served = Registry()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            key = self.path.replace("%2f", "/").rpartition("/")[2].removesuffix(".tgz")
            if key not in served.archives:
                self.send_error(404)
                return
            body = served.archives[key]
            if self.path.endswith(".tgz"):
                served.asked.append(key)
            else:
                dist = {"tarball": f"{served.url}/{key}.tgz", "integrity": _integrity(body)}
                version = {"name": f"@pinned/{key}", "version": "1.0.0", "dist": dist}
                listing = {"name": f"@pinned/{key}", "dist-tags": {}, "versions": {"1.0.0": version}}
                body = json.dumps(listing).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        served.url = f"http://127.0.0.1:{server.server_address[1]}"
        monkeypatch.setenv("npm_config_registry", served.url)
        monkeypatch.setenv("npm_config_cache", str(tmp_path / "npm-cache"))
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield served
        server.shutdown()
        thread.join()


def test_a_fetch_brings_every_document_and_a_second_one_asks_nothing(registry: Registry, tmp_path: Path) -> None:
    """The wanted file of each package lies at its place; repeating the fetch costs no request."""
    documents = [registry.publish("rest"), registry.publish("webhooks", b"[]")]
    assert fetch(tmp_path / "to", documents) == documents
    assert [document.path(tmp_path / "to").read_bytes() for document in documents] == [CONTENT, b"[]"]
    registry.asked.clear()
    assert fetch(tmp_path / "to", documents) == []
    assert registry.asked == []


def test_an_archive_without_the_pinned_digest_is_not_kept(registry: Registry, tmp_path: Path) -> None:
    """What the registry calls intact is refused when it is not what was pinned; good neighbours stay."""
    good, exchanged = registry.publish("rest"), registry.publish("webhooks")
    registry.publish("webhooks", b'{"changed": true}')
    with pytest.raises(FetchError, match=r"@pinned/webhooks@1\.0\.0 does not have the pinned digest"):
        fetch(tmp_path / "to", [good, exchanged])
    assert missing(tmp_path / "to", [good, exchanged]) == [exchanged]


def test_what_a_killed_fetch_left_is_cleaned_up(registry: Registry, tmp_path: Path) -> None:
    """Half a fetch never counts as fetched, and the next one removes it."""
    document = registry.publish("rest")
    leftover = tmp_path / "to" / "unfinished-x"
    leftover.mkdir(parents=True)
    (leftover / "half.tgz").write_bytes(b"\x1f\x8b")
    document.path(tmp_path / "to").parent.mkdir()
    fetch(tmp_path / "to", [document])
    assert document.path(tmp_path / "to").read_bytes() == CONTENT
    assert not leftover.exists()


def test_a_new_pin_does_not_meet_the_old_file(registry: Registry, tmp_path: Path) -> None:
    """The same version with another digest is another document."""
    old = registry.publish("rest")
    fetch(tmp_path / "to", [old])
    new = registry.publish("rest", b"{}")
    assert missing(tmp_path / "to", [new]) == [new]


def test_a_package_without_the_file_is_an_error(registry: Registry, tmp_path: Path) -> None:
    """A pin that names a file which the package lacks says so."""
    document = replace(registry.publish("rest"), file="generated/b.json")
    with pytest.raises(FetchError, match=r"has no file generated/b\.json"):
        fetch(tmp_path / "to", [document])


def test_two_fetches_at_once_fetch_once(registry: Registry, tmp_path: Path) -> None:
    """The second waits for the first, and finds the work done."""
    document = registry.publish("rest")
    fetched: list[list[Document]] = []
    threads = [
        threading.Thread(target=lambda: fetched.append(fetch(tmp_path / "to", [document]))) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(fetched, key=len) == [[], [document]]
    assert registry.asked == ["rest"]


@pytest.mark.parametrize("hindrance", ["no npm", "no such package"])
def test_what_hinders_is_said_in_one_line(
    registry: Registry,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    hindrance: str,
) -> None:
    """Without npm, or the package where npm looks, the command ends with 1 and one line, and leaves no file."""
    if hindrance == "no npm":
        monkeypatch.setenv("PATH", str(tmp_path))
    assert main([str(tmp_path / "to")]) == 1
    [line] = capsys.readouterr().err.splitlines()
    assert ("npm is not installed" in line) if hindrance == "no npm" else ("E404" in line)
    assert registry.url not in line
    assert not all_present(tmp_path / "to")
    assert {path.name for path in (tmp_path / "to").iterdir()} == {"lock"}


def test_pins_are_complete() -> None:
    """Every document is pinned by an exact version and a sha512 digest."""
    for document in pinned():
        assert document.version.replace(".", "").isdigit()
        algorithm, _, digest = document.integrity.partition("-")
        assert algorithm == "sha512"
        assert len(base64.b64decode(digest, validate=True)) == 64
