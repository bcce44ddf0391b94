"""What a person does with tags and releases, as HTTP requests with that person's token."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .client import Client, RequestRefusedError
from .git.wire import ZERO, Command, parse_advertisement, parse_report, push_request
from .handles import name_of
from .state import Repository


class PushRefusedError(Exception):
    """git refused references of a push; `refused` says why, by full name. The others went through."""

    def __init__(self, refused: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {why}" for name, why in refused.items()))
        self.refused = dict(refused)


class Releasing(Client):
    """Tags, releases and rulesets."""

    def create_tag(self, repository: str | Repository, tag: str, sha: str, *, message: str | None = None) -> str:
        """Make a tag by the REST API, an annotated one if there is a message; returns what its reference holds."""
        oid = self._tag_object(repository, tag, sha, message)
        self.call("POST", f"{_root(repository)}/git/refs", {"ref": f"refs/tags/{tag}", "sha": oid})
        return oid

    def move_tag(self, repository: str | Repository, tag: str, sha: str, *, message: str | None = None) -> str:
        """Move a tag by force to another commit; returns what its reference holds then."""
        oid = self._tag_object(repository, tag, sha, message)
        self.call("PATCH", f"{_root(repository)}/git/refs/tags/{tag}", {"sha": oid, "force": True})
        return oid

    def delete_tag(self, repository: str | Repository, tag: str) -> None:
        """Delete a tag by the REST API."""
        self.call("DELETE", f"{_root(repository)}/git/refs/tags/{tag}")

    def push_tags(
        self,
        repository: str | Repository,
        tags: Mapping[str, str | None],
        *,
        message: str | None = None,
        atomic: bool = False,
    ) -> None:
        """Push tags in one `git push`: made, moved by force or (None) deleted, to each a commit.

        They are annotated if there is a message. Raises PushRefusedError when the server refuses any of them.
        """
        updates = {
            f"refs/tags/{tag}": None if sha is None else self._tag_object(repository, tag, sha, message)
            for tag, sha in tags.items()
        }
        self.push_references(repository, updates, atomic=atomic)

    def push_references(
        self, repository: str | Repository, updates: Mapping[str, str | None], *, atomic: bool = False
    ) -> None:
        """Push objects that are there already to references by their full names (None: delete) in one push."""
        path = f"/{name_of(repository)}.git"
        known = parse_advertisement(
            self._git("GET", f"{path}/info/refs", None, {"service": "git-receive-pack"}),
        )
        commands = [Command(known.get(name, ZERO), oid or ZERO, name) for name, oid in updates.items()]
        answer = self._git("POST", f"{path}/git-receive-pack", push_request(commands, atomic=atomic))
        refused = {name: why for name, why in parse_report(answer).items() if why is not None}
        if refused:
            raise PushRefusedError(refused)

    def _git(self, method: str, path: str, data: bytes | None, query: Mapping[str, str] | None = None) -> bytes:
        headers = {"Accept": "*/*"} | ({} if data is None else {"Content-Type": "application/x-git-request"})
        status, answer, _ = self.send_bytes(method, path, data, query, headers)
        if status >= 400 or not isinstance(answer, bytes):
            raise RequestRefusedError(status, answer)
        return answer

    def _tag_object(self, repository: str | Repository, tag: str, sha: str, message: str | None) -> str:
        if message is None:
            return sha
        body = {"tag": tag, "message": message, "object": sha, "type": "commit"}
        return str(self.call("POST", f"{_root(repository)}/git/tags", body)["sha"])

    # Releases

    def create_release(self, repository: str | Repository, tag: str, **fields: Any) -> dict[str, Any]:
        """Make a release, published unless `draft`; returns it as REST shows it."""
        answer: dict[str, Any] = self.call("POST", f"{_root(repository)}/releases", {"tag_name": tag, **fields})
        return answer

    def edit_release(self, release: Mapping[str, Any], **fields: Any) -> dict[str, Any]:
        """Change a release, given as any of these calls returned it."""
        answer: dict[str, Any] = self.call("PATCH", self._path_of(release["url"]), fields)
        return answer

    def delete_release(self, release: Mapping[str, Any]) -> None:
        """Delete a release; its tag stays."""
        self.call("DELETE", self._path_of(release["url"]))

    def upload_asset(
        self, release: Mapping[str, Any], name: str, content: bytes, kind: str = "application/octet-stream"
    ) -> dict[str, Any]:
        """Attach a file to a release; returns the asset."""
        path = self._path_of(release["upload_url"]).partition("{")[0]
        status, answer, _ = self.send_bytes("POST", path, content, {"name": name}, {"Content-Type": kind})
        if status >= 400:
            raise RequestRefusedError(status, answer)
        found: dict[str, Any] = answer
        return found

    def download_asset(self, asset: Mapping[str, Any]) -> bytes:
        """The content of an asset."""
        headers = {"Accept": "application/octet-stream"}
        status, answer, _ = self.send_bytes("GET", self._path_of(asset["url"]), None, None, headers)
        if status >= 400:
            raise RequestRefusedError(status, answer)
        return answer or b""

    # Rulesets

    def create_ruleset(self, repository: str | Repository, ruleset: Mapping[str, Any]) -> dict[str, Any]:
        """Make a ruleset of this body; takes an administrator."""
        answer: dict[str, Any] = self.call("POST", f"{_root(repository)}/rulesets", dict(ruleset))
        return answer

    def edit_ruleset(self, repository: str | Repository, number: int, **fields: Any) -> dict[str, Any]:
        """Change parts of a ruleset."""
        answer: dict[str, Any] = self.call("PUT", f"{_root(repository)}/rulesets/{number}", fields)
        return answer

    def delete_ruleset(self, repository: str | Repository, number: int) -> None:
        """Delete a ruleset."""
        self.call("DELETE", f"{_root(repository)}/rulesets/{number}")

    def _path_of(self, url: str) -> str:
        return url.removeprefix(self.url)


def _root(repository: str | Repository) -> str:
    return f"/repos/{name_of(repository)}"
