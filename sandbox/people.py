"""What a person does on GitHub, as HTTP requests with that person's token."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from .client import RequestRefusedError
from .conversing import Conversing
from .handles import Pull, name_of
from .releasing import Releasing
from .state import Repository

FileContent = str | bytes | None | tuple[str]
Files = Mapping[str, FileContent]
"""Path → text, bytes, None (removed), or `(old path,)` (moved from there)."""


class Person(Conversing, Releasing):
    """A GitHub user with a client. Every call is one or more real HTTP requests; refusals are raised."""

    def __init__(self, url: str, token: str, login: str, emails: Mapping[str, str]) -> None:
        super().__init__(url, token)
        self.login = login
        self._emails = emails

    # Pushing

    def push(
        self,
        repository: str | Repository,
        branch: str,
        files: Files | None = None,
        *,
        start: str | None = None,
        author: str | None = None,
        message: str = "Change",
        renames: Mapping[str, str] | None = None,
        copies: Mapping[str, str] | None = None,
        modes: Mapping[str, str] | None = None,
        force: bool = False,
    ) -> str:
        """Commit these files on a branch and push it; returns the new head SHA.

        A new branch starts at `start` (a branch or SHA), else at the default branch. `author` is another
        user's login. `renames` maps old to new paths, `copies` source to copy, `modes` path to octal mode.
        With `force` the branch is set anew from `start`.
        """
        name = name_of(repository)
        current = self._head(name, branch)
        if current is None or force:
            begin = start or self.call("GET", f"/repos/{name}")["default_branch"]
            parent = self._head(name, begin) or begin
        else:
            parent = current
        tree = self._tree(name, parent, files or {}, renames or {}, copies or {}, modes or {})
        commit: dict[str, Any] = {"message": message, "tree": tree, "parents": [parent]}
        if author is not None:
            commit["author"] = {"name": author, "email": self._emails[author]}
        sha = str(self.call("POST", f"/repos/{name}/git/commits", commit)["sha"])
        self.set_branch(name, branch, sha, force=force)
        return sha

    def set_branch(self, repository: str | Repository, branch: str, sha: str, *, force: bool = False) -> None:
        """Point a branch at a commit, creating it if needed."""
        name = name_of(repository)
        if self._head(name, branch) is None:
            body = {"ref": f"refs/heads/{branch}", "sha": sha}
            self.call("POST", f"/repos/{name}/git/refs", body)
        else:
            self.call("PATCH", f"/repos/{name}/git/refs/heads/{branch}", {"sha": sha, "force": force})

    def delete_branch(self, repository: str | Repository, branch: str) -> None:
        """Delete a branch."""
        self.call("DELETE", f"/repos/{name_of(repository)}/git/refs/heads/{branch}")

    def tag(self, repository: str | Repository, tag: str, sha: str, *, message: str | None = None) -> None:
        """Make a tag, as `create_tag` does."""
        self.create_tag(repository, tag, sha, message=message)

    def _head(self, name: str, branch: str) -> str | None:
        status, body, _ = self.send("GET", f"/repos/{name}/git/ref/heads/{branch}")
        if status == 200:
            return str(body["object"]["sha"])
        if status == 404:
            self.call("GET", f"/repos/{name}")
            return None
        raise RequestRefusedError(status, body)

    def _tree(
        self,
        name: str,
        parent: str,
        files: Files,
        renames: Mapping[str, str],
        copies: Mapping[str, str],
        modes: Mapping[str, str],
    ) -> str:
        moves = dict(renames) | {value[0]: path for path, value in files.items() if isinstance(value, tuple)}
        known = self._entries(name, parent) if moves or copies else {}
        items: list[dict[str, Any]] = [{"path": old, "mode": "100644", "sha": None} for old in moves]
        for old, new in [*moves.items(), *copies.items()]:
            items.append({"path": new, "mode": known[old]["mode"], "sha": known[old]["sha"]})
        for path, value in files.items():
            item: dict[str, Any] = {"path": path, "mode": modes.get(path, "100644"), "type": "blob"}
            if isinstance(value, str):
                item["content"] = value
            elif isinstance(value, bytes):
                item["sha"] = self._blob(name, value)
            elif value is None:
                item["sha"] = None
            else:
                continue
            items.append(item)
        body = {"base_tree": parent, "tree": items}
        return str(self.call("POST", f"/repos/{name}/git/trees", body)["sha"])

    def _entries(self, name: str, revision: str) -> dict[str, dict[str, Any]]:
        listed = self.call("GET", f"/repos/{name}/git/trees/{revision}", query={"recursive": "1"})
        return {entry["path"]: entry for entry in listed["tree"]}

    def _blob(self, name: str, content: bytes) -> str:
        body = {"content": base64.b64encode(content).decode(), "encoding": "base64"}
        return str(self.call("POST", f"/repos/{name}/git/blobs", body)["sha"])

    # Pull requests

    def open_pull_request(
        self,
        repository: str | Repository,
        *,
        base: str = "main",
        branch: str,
        files: Files | None = None,
        title: str = "A change",
        body: str | None = None,
        draft: bool = False,
        head_repository: str | Repository | None = None,
        author: str | None = None,
        message: str = "Change",
        renames: Mapping[str, str] | None = None,
        copies: Mapping[str, str] | None = None,
        modes: Mapping[str, str] | None = None,
    ) -> Pull:
        """Push a branch with these changes (none: it is there already) and open a pull request for it.

        `head_repository` is a fork to push to. The branch starts at `base`.
        """
        target = name_of(repository)
        source = target if head_repository is None else name_of(head_repository)
        if files or renames or copies:
            self.push(
                source,
                branch,
                files,
                start=base,
                author=author,
                message=message,
                renames=renames,
                copies=copies,
                modes=modes,
            )
        head = branch if source == target else f"{source.split('/')[0]}:{branch}"
        opened = {"title": title, "head": head, "base": base, "draft": draft}
        if body is not None:
            opened["body"] = body
        answer = self.call("POST", f"/repos/{target}/pulls", opened)
        return Pull(target, answer["number"], answer["node_id"], branch, base, answer["head"]["sha"])

    def read(self, pull: Pull) -> dict[str, Any]:
        """The pull request as REST shows it now."""
        answer: dict[str, Any] = self.call("GET", pull.path)
        return answer

    def retarget(self, pull: Pull, base: str) -> None:
        """Change the base branch."""
        self.call("PATCH", pull.path, {"base": base})

    def retitle(self, pull: Pull, title: str) -> None:
        """Change the title."""
        self.call("PATCH", pull.path, {"title": title})

    def close(self, pull: Pull) -> None:
        """Close without merging."""
        self.call("PATCH", pull.path, {"state": "closed"})

    def reopen(self, pull: Pull) -> None:
        """Reopen."""
        self.call("PATCH", pull.path, {"state": "open"})

    def draft(self, pull: Pull) -> None:
        """Turn into a draft."""
        self._mutate("convertPullRequestToDraft", pull)

    def ready(self, pull: Pull) -> None:
        """Declare ready for review."""
        self._mutate("markPullRequestReadyForReview", pull)

    def _mutate(self, mutation: str, pull: Pull) -> None:
        document = f"mutation($id: ID!) {{ {mutation}(input: {{pullRequestId: $id}}) {{ clientMutationId }} }}"
        self.graphql(document, {"id": pull.node_id})

    def merge(self, pull: Pull, method: str = "merge") -> str:
        """Merge with `merge`, `squash` or `rebase`; returns the SHA that the base branch is at then."""
        return str(self.call("PUT", f"{pull.path}/merge", {"merge_method": method})["sha"])

    # Reviews

    def review(self, pull: Pull, event: str, body: str = "", *, commit_id: str | None = None) -> dict[str, Any]:
        """Submit a review: APPROVE, REQUEST_CHANGES or COMMENT; returns it as REST shows it."""
        given = {"event": event, "body": body or ("" if event == "APPROVE" else "Please look again.")}
        if commit_id is not None:
            given["commit_id"] = commit_id
        answer: dict[str, Any] = self.call("POST", f"{pull.path}/reviews", given)
        return answer

    def dismiss(self, review: Mapping[str, Any], message: str = "No longer needed") -> None:
        """Dismiss a review, given as `review` returned it."""
        self.call(
            "PUT",
            f"{self.path_of(review['pull_request_url'])}/reviews/{review['id']}/dismissals",
            {"message": message},
        )

    def edit_review(self, review: Mapping[str, Any], body: str) -> None:
        """Change the text of one's own review."""
        self.call("PUT", f"{self.path_of(review['pull_request_url'])}/reviews/{review['id']}", {"body": body})

    def request_review(self, pull: Pull, *logins: str, teams: tuple[str, ...] = ()) -> None:
        """Ask people or teams to review."""
        body = {"reviewers": list(logins), "team_reviewers": list(teams)}
        self.call("POST", f"{pull.path}/requested_reviewers", body)

    def remove_review_request(self, pull: Pull, *logins: str) -> None:
        """Take back review requests."""
        self.call("DELETE", f"{pull.path}/requested_reviewers", {"reviewers": list(logins)})

    # Repositories

    def fork(self, repository: str | Repository) -> str:
        """Fork a repository; returns the fork's `owner/name`."""
        return str(self.call("POST", f"/repos/{name_of(repository)}/forks", {})["full_name"])

    def rename_repository(self, repository: str | Repository, name: str) -> str:
        """Rename a repository; returns its new `owner/name`."""
        return str(self.call("PATCH", f"/repos/{name_of(repository)}", {"name": name})["full_name"])

    def transfer_repository(self, repository: str | Repository, owner: str) -> str:
        """Give a repository to another account; returns its new `owner/name`."""
        return str(self.call("POST", f"/repos/{name_of(repository)}/transfer", {"new_owner": owner})["full_name"])

    def delete_repository(self, repository: str | Repository) -> None:
        """Delete a repository."""
        self.call("DELETE", f"/repos/{name_of(repository)}")
