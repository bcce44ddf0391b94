"""All that people can see of a sandbox, as plain JSON without what differs by chance between two equal runs.

Numbers of objects, node IDs, tokens, digests and times are left out. A commit goes by a name of its own
(`commit:…`, from its content, its message and its parents' content), since its SHA holds a time; in texts, too.
There, addresses on loopback and ISO times are replaced as well. So two runs of one story can be compared field by
field.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from .check_facts import latest_runs, latest_statuses, runs_of_commit
from .git.process import MissingObjectError
from .state import Account, CheckRun, Comment, Issue, PullRequest, Release, Repository, Review

if TYPE_CHECKING:
    from .world import World

JSON = dict[str, Any]
_HEX = re.compile(r"(?<![0-9a-zA-Z])[0-9a-f]{7,40}(?![0-9a-zA-Z])")
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d| UTC)?")
_LOOPBACK = re.compile(r"https?://(?:127\.0\.0\.1|localhost)(?::\d+)?")


def export(world: World, repositories: Sequence[str] | None = None) -> JSON:
    """The repositories (all, or those named) by `owner/name`. Hold the world's lock."""
    found = [one for one in world.repositories.values() if not one.deleted]
    wanted = None if repositories is None else {name.lower() for name in repositories}
    chosen = [one for one in found if wanted is None or one.full_name.lower() in wanted]
    return {one.full_name: _Exporter(one).repository() for one in sorted(chosen, key=lambda one: one.full_name)}


class _Exporter:
    """One repository, and the names that its commits go by."""

    def __init__(self, repository: Repository) -> None:
        self._of = repository
        self._names: dict[str, str] = {}
        commits = {*repository.git.references.values(), *repository.suites, *repository.statuses}
        for issue in repository.issues.values():
            if isinstance(issue, PullRequest):
                commits |= {issue.head_sha, issue.base_sha, *(review.commit_id for review in issue.reviews)}
        for oid in sorted(commits):
            self._names[oid] = self._name(oid)

    def _name(self, oid: str) -> str:
        git = self._of.git
        try:
            found = git.resolve_commit(oid)
            if found is None:
                return "none"
            commit = git.commit(found)
            parts = [commit.tree, commit.message, *(git.commit(parent).tree for parent in commit.parents)]
        except MissingObjectError:
            return "gone"
        return f"commit:{hashlib.sha256(chr(0).join(parts).encode()).hexdigest()[:12]}"

    def commit(self, oid: str | None) -> str | None:
        """A commit's name."""
        return None if oid is None else self._names.get(oid) or self._name(oid)

    def text(self, text: str | None) -> str | None:
        """A text with what differs by chance replaced."""
        if text is None:
            return None
        text = _TIME.sub("<time>", _LOOPBACK.sub("<address>", text))
        return _HEX.sub(self._named, text)

    def _named(self, match: re.Match[str]) -> str:
        found = {name for oid, name in self._names.items() if oid.startswith(match[0])}
        return found.pop() if len(found) == 1 else match[0]

    def repository(self) -> JSON:
        """All of it."""
        of, heads, tags = self._of, "refs/heads/", "refs/tags/"
        references = sorted(of.git.references.items())
        issues = sorted(of.issues.items())
        return {
            "branches": {n.removeprefix(heads): self.commit(oid) for n, oid in references if n.startswith(heads)},
            "tags": {n.removeprefix(tags): self._tag(oid) for n, oid in references if n.startswith(tags)},
            "pull_requests": {str(n): self._pull(one) for n, one in issues if isinstance(one, PullRequest)},
            "issues": {str(n): self._issue(one) for n, one in issues if not isinstance(one, PullRequest)},
            "commits": self._commits(),
            "releases": [self._release(one) for one in sorted(of.releases.values(), key=lambda one: one.tag_name)],
        }

    def _tag(self, oid: str) -> JSON:
        if self._of.git.kind_of(oid) != "tag":
            return {"commit": self.commit(oid), "message": None, "tagger": None}
        tag = self._of.git.tag(oid)
        return {"commit": self.commit(oid), "message": self.text(tag.message), "tagger": tag.tagger.name}

    def _issue(self, issue: Issue) -> JSON:
        return {
            "author": issue.author.login,
            "title": self.text(issue.title),
            "body": self.text(issue.body),
            "state": issue.state,
            "labels": sorted(label.name for label in issue.labels),
            "milestone": None if issue.milestone is None else issue.milestone.title,
            "comments": [self._comment(comment) for comment in issue.comments],
        }

    def _pull(self, pull: PullRequest) -> JSON:
        asked = (request.reviewer for request in pull.review_requests)
        return {
            **self._issue(pull),
            "draft": pull.draft,
            "merged": pull.merged,
            "base": pull.base_ref,
            "head": self.commit(pull.head_sha),
            "requested_reviewers": sorted(one.login if isinstance(one, Account) else one.slug for one in asked),
            "reviews": [self._review(review) for review in pull.reviews],
        }

    def _review(self, review: Review) -> JSON:
        commit = self.commit(review.commit_id)
        return {"author": review.author.login, "state": review.state, "body": review.body, "commit": commit}

    def _comment(self, comment: Comment) -> JSON:
        reactions = sorted(f"{one.account.login} {one.content}" for one in comment.reactions)
        return {"author": comment.author.login, "body": self.text(comment.body), "reactions": reactions}

    def _commits(self) -> JSON:
        """By commit: the newest check run of each name with the number of all, and the newest statuses."""
        shown: JSON = {}
        for oid in sorted({*self._of.suites, *self._of.statuses}):
            checks = self._checks(runs_of_commit(self._of, oid))
            found = latest_statuses(self._of, oid)
            statuses = {one.context: [one.creator.login, one.state, self.text(one.description)] for one in found}
            if checks or statuses:
                shown[str(self.commit(oid))] = {"checks": checks, "statuses": statuses}
        return dict(sorted(shown.items()))

    def _checks(self, runs: Iterable[CheckRun]) -> JSON:
        of_app: dict[str, list[CheckRun]] = {}
        for run in runs:
            of_app.setdefault(run.suite.app.slug, []).append(run)
        return {
            f"{slug}: {run.name}": {
                "status": run.status,
                "conclusion": run.conclusion,
                "title": self.text(run.title),
                "summary": self.text(run.summary),
                "text": self.text(run.text),
                "annotations": len(run.annotations),
                "details": self.text(run.details_url),
                "runs": sum(one.name == run.name for one in found),
            }
            for slug, found in sorted(of_app.items())
            for run in sorted(latest_runs(found), key=lambda one: one.name)
        }

    def _release(self, release: Release) -> JSON:
        return {
            "tag": release.tag_name,
            "author": release.author.login,
            "name": self.text(release.name),
            "body": self.text(release.body),
            "draft": release.draft,
            "prerelease": release.prerelease,
            "assets": sorted(asset.name for asset in release.assets),
        }
