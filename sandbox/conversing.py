"""What a person says and sorts on GitHub: issues, comments, labels and milestones, of pull requests too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from .client import Client
from .handles import Thread, name_of
from .state import Repository


class Conversing(Client):
    """The part of `Person` about issues and comments. A `Thread` is an issue or a pull request."""

    def open_issue(
        self,
        repository: str | Repository,
        title: str,
        body: str | None = None,
        *,
        labels: Sequence[str] = (),
    ) -> Thread:
        """Open an issue; labels need write access, as anywhere on GitHub."""
        given: dict[str, Any] = {"title": title}
        if body is not None:
            given["body"] = body
        if labels:
            given["labels"] = list(labels)
        name = name_of(repository)
        made = self.call("POST", f"/repos/{name}/issues", given)
        return Thread(name, made["number"], made["node_id"])

    def read_issue(self, thread: Thread) -> dict[str, Any]:
        """The issue, or the pull request seen as one, as REST shows it now."""
        answer: dict[str, Any] = self.call("GET", thread.issue_path)
        return answer

    def close_issue(self, thread: Thread) -> None:
        """Close an issue."""
        self.call("PATCH", thread.issue_path, {"state": "closed"})

    def reopen_issue(self, thread: Thread) -> None:
        """Reopen an issue."""
        self.call("PATCH", thread.issue_path, {"state": "open"})

    def comment(self, thread: Thread, body: str) -> dict[str, Any]:
        """Comment on an issue or pull request; returns the comment as REST shows it."""
        answer: dict[str, Any] = self.call("POST", f"{thread.issue_path}/comments", {"body": body})
        return answer

    def edit_comment(self, comment: Mapping[str, Any], body: str) -> None:
        """Change a comment, given as `comment` returned it."""
        self.call("PATCH", self.path_of(comment["url"]), {"body": body})

    def delete_comment(self, comment: Mapping[str, Any]) -> None:
        """Delete a comment."""
        self.call("DELETE", self.path_of(comment["url"]))

    def comments(self, thread: Thread) -> list[dict[str, Any]]:
        """All comments of an issue or pull request."""
        return self.everything(f"{thread.issue_path}/comments")

    def label(self, thread: Thread, *labels: str) -> None:
        """Add labels; unknown ones come into being."""
        self.call("POST", f"{thread.issue_path}/labels", {"labels": list(labels)})

    def unlabel(self, thread: Thread, label: str) -> None:
        """Take a label off."""
        self.call("DELETE", f"{thread.issue_path}/labels/{quote(label, safe='')}")

    def set_milestone(self, thread: Thread, title: str | None) -> None:
        """Put it into the milestone of this title, made if there is none; None takes it out of its milestone."""
        number = None if title is None else self._milestone(thread.repository, title)
        self.call("PATCH", thread.issue_path, {"milestone": number})

    def _milestone(self, repository: str, title: str) -> int:
        root = f"/repos/{repository}/milestones"
        for known in self.everything(root, {"state": "all"}):
            if known["title"] == title:
                return int(known["number"])
        return int(self.call("POST", root, {"title": title})["number"])

    def path_of(self, url: str) -> str:
        """The path of an address that the sandbox gave."""
        return url.removeprefix(self.url)
