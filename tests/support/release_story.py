"""What people do for a release, in a world of the end-to-end tests: merge, validate, sign off, command."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt

from bot.core.inert import ZERO_WIDTH
from bot.core.release_render import comment_marker
from bot.core.subjects import ReleasesSubject, TagsSubject
from bot.store.queue import job_for
from demo.evidence import evidence, evidence_path
from demo.source import TRACK_CHANGES
from sandbox.client import Client
from sandbox.payloads.repositories import short_repository_json
from tests.support.world import World

REPLY_MARK = re.compile(r"^<!-- trackgate reply \d+\.\d+ -->\n", re.MULTILINE)
"""The hidden line by which the App finds a reply of its own again."""


def unescaped(markdown: str) -> str:
    """Markdown without the backslashes and unseen characters that keep words from GitHub inert."""
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", markdown.replace(ZERO_WIDTH, ""))


@dataclass
class ReleaseStory:
    """One repository on its way to a release. `desk` is the issue that the leads comment on."""

    world: World
    repository: str
    tag: str = "v3.1.0"
    branch: str = "main"
    desk: Any = field(init=False)

    def __post_init__(self) -> None:
        """The leads open an issue for the release."""
        self.desk = self.world.as_user("raj").open_issue(self.repository, f"Release {self.tag}")

    @property
    def head(self) -> str:
        """Where the release branch is."""
        return str(self.world.get(f"/repos/{self.repository}/git/ref/heads/{self.branch}")["object"]["sha"])

    def say(self, login: str, text: str, thread: Any = None) -> Any:
        """Comment on the release's issue, and wait until that has been dealt with."""
        comment = self.world.as_user(login).comment(self.desk if thread is None else thread, text)
        self.world.settle()
        return comment

    def merge_track(self, track: str, *, checked: bool = True, method: str = "merge", author: str = "omar") -> Any:
        """Open a pull request that changes one track, check its head if asked to, and merge it."""
        pull = self.world.open(author, self.repository, TRACK_CHANGES[track], title=f"Work on {track}")
        if checked and track != "docs":
            self.world.check(self.repository, pull.head_sha, f"track / {track}", "success")
        self.world.as_user("raj").merge(pull, method)
        return pull

    def commit(self, login: str, path: str, text: str | None) -> str:
        """Push one file straight to the release branch; returns the new head."""
        self.world.as_user(login).push(self.repository, self.branch, {path: text}, message=f"Change {path}")
        return self.head

    def commit_evidence(self, commit: str | None = None, **how: Any) -> str:
        """Validate and commit the evidence; returns the path."""
        now = how.pop("performed_at", datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=5))
        path = evidence_path(now)
        self.commit("priya", path, evidence(commit or self.head, how.pop("tag", self.tag), now, **how))
        return path

    def confirm(self) -> None:
        """Raj and Mira confirm both statements."""
        self.say("raj", "/gate approve")
        self.say("mira", "/gate approve")

    def make_ready(self) -> str:
        """Everything but the command: all tracks merged, evidence, sign-offs. Returns the head."""
        for track in TRACK_CHANGES:
            self.merge_track(track)
        self.commit_evidence()
        self.confirm()
        return self.head

    def prepare(self) -> str:
        """Evidence and both people's sign-offs; no track was touched since the scope date. Returns the head."""
        self.commit_evidence()
        self.confirm()
        return self.head

    def shown_reports(self, tag: str | None = "", thread: Any = None) -> list[str]:
        """The App's comments with the marker of this tag (None: of a report without one), oldest first."""
        marker = comment_marker(self.tag if tag == "" else tag)
        number = (self.desk if thread is None else thread).number
        return [unescaped(body) for body in self.world.comments(self.repository, number) if marker in body]

    def report(self, tag: str | None = "") -> str:
        """The App's one comment on the release, which must be one; `tag` None: the one of reports."""
        (shown,) = self.shown_reports(tag)
        return shown

    def replies(self, thread: Any = None) -> list[str]:
        """What the App wrote beside its comment on the release, oldest first."""
        number = (self.desk if thread is None else thread).number
        bodies = [REPLY_MARK.sub("", body) for body in self.world.comments(self.repository, number)]
        return [unescaped(body) for body in bodies if "<!--" not in body]

    def reactions(self, comment: Any) -> list[str]:
        """The reactions to a comment, oldest first."""
        return self.world.reactions(self.repository, comment)

    def redeliver(self, event: str, action: str, text: str = "") -> None:
        """GitHub delivers the repository's first delivery of this event with `text` in it once more."""
        github, app = self.world.github, self.world.app
        found = [
            one
            for one in github.deliveries(app)
            if (one.event, one.action) == (event, action)
            and f'"{self.repository}"'.encode() in one.payload
            and text.encode() in one.payload
        ]
        now = github.clock.now()
        claims = {"iss": str(app.id), "iat": now, "exp": now + timedelta(minutes=5)}
        client = Client(github.url, jwt.encode(claims, app.private_key_pem, "RS256"))
        client.call("POST", f"/app/hook/deliveries/{found[-1].id}/attempts")
        client.disconnect()
        self.world.settle()

    def swap(self, first: Callable[[], object], second: Callable[[], object]) -> None:
        """Do the one and then the other, of which GitHub tells the other way round."""
        webhooks = self.world.github.webhooks
        webhooks.pause()
        first()
        late = webhooks.resume(drop=True)
        second()
        self.world.settle()
        for delivery in late:
            webhooks.queue(delivery)
        self.world.settle()

    def later(self) -> None:
        """Time passes: what failed is tried again."""
        self.world.later(self.repository)

    def sweep_tags(self) -> None:
        """Look at the repository's tags, as the sweep does every minute."""
        self.defer_guard()
        self.world.settle()

    def defer_guard(self) -> None:
        """Let the tags be looked at, without waiting for it."""
        self.world.defer(job_for(TagsSubject(self.repository), self._installation().id))

    def sweep(self) -> None:
        """Look at the repository's armed releases, as the sweep does every ten minutes."""
        self.world.defer(job_for(ReleasesSubject(self.repository), self._installation().id))
        self.world.settle()

    def grant(self, **permissions: str) -> None:
        """An owner accepts more permissions of the App; GitHub tells the App."""
        github, installation = self.world.github, self._installation()
        with github.world.lock:
            installation.permissions.update(permissions)
            listed = [short_repository_json(github.repository(self.repository))]
            github.world.dispatcher.fire_installation(
                "installation",
                "new_permissions_accepted",
                installation,
                installation.account,
                {"repositories": listed},
            )
        self.world.settle()

    def administrator(self) -> Any:
        """An owner of the organisation, who is in no matrix."""
        github = self.world.github
        if github.world.find_account("olga") is None:
            github.add_user("olga")
            github.make_owner("meta", "olga")
        return github.as_user("olga")

    def other_app(self) -> Any:
        """Another App that may make check runs, installed on the repository."""
        github = self.world.github
        known = next((app for app in github.world.apps.values() if app.slug == "other"), None)
        key = self.world.app.private_key_pem
        app = known or github.register_app("other", permissions={"checks": "write"}, private_key_pem=key)
        github.install(app, self.repository)
        return app

    def _installation(self) -> Any:
        github = self.world.github
        found = github.world.installation_on(self.world.app, github.repository(self.repository))
        assert found is not None
        return found

    def incidents(self) -> list[dict[str, Any]]:
        """The App's own issues, oldest first."""
        found = self.world.get(f"/repos/{self.repository}/issues?state=all&per_page=100")
        return sorted((one for one in found if one["user"]["type"] == "Bot"), key=lambda one: one["number"])

    def is_finished(self, head: str) -> None:
        """Exactly one tag on `head`, one published release with one record, one comment, one green check run."""
        assert self.tagged_commit() == head
        (release,) = self.releases()
        assert (release["tag_name"], release["draft"]) == (self.tag, False)
        assert [asset["name"] for asset in release["assets"]] == ["trackgate-release-record.json"]
        assert head in release["body"]
        assert f"is tagged at `{head}`" in self.report()
        shown = self.world.gate(self.repository, head, "gate/release")
        assert shown is not None
        assert (shown.state, shown.title) == ("success", f"Released: {self.tag}")
        assert self.incidents() == []

    def tags(self) -> dict[str, str]:
        """All tags: name → SHA of the object."""
        found = self.world.get(f"/repos/{self.repository}/git/matching-refs/tags/")
        return {one["ref"].removeprefix("refs/tags/"): one["object"]["sha"] for one in found}

    def tagged_commit(self, tag: str | None = None) -> str | None:
        """The commit behind a tag; None when there is none."""
        sha = self.tags().get(tag or self.tag)
        if sha is None:
            return None
        return str(self.world.get(f"/repos/{self.repository}/git/tags/{sha}")["object"]["sha"])

    def releases(self) -> list[dict[str, Any]]:
        """The GitHub releases, drafts too."""
        return list(self.world.get(f"/repos/{self.repository}/releases?per_page=100"))
