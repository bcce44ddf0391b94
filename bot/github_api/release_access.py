"""What an installation can do for releases: the part of `client.Installation` that the release gate needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.core.release_model import Comparison, ExistingTag, TrackCommit
from bot.github_api import (
    blobs_read,
    comparison_read,
    conversations,
    deployments,
    pushes_read,
    references,
    release_read,
    releases,
    rulesets_read,
    track_commits,
)
from bot.github_api.cache import Kept
from bot.github_api.credentials import AppIdentity
from bot.github_api.release_readings import (
    Asset,
    Comment,
    Issue,
    PathList,
    Release,
    ReleaseReading,
    ReleaseReadingPlan,
    Tagger,
)
from bot.github_api.session import Session

KEPT_COMPARISONS = 4_096
KEPT_COMMITS = 1_024


class ReleaseAccess:
    """Reads and writes with one installation's token. Each write is sent once; for errors see `errors.py`."""

    def __init__(self, session: Session, identity: Callable[[], AppIdentity]) -> None:
        self._session = session
        self._identity = identity
        self._comparisons: comparison_read.Comparisons = Kept(KEPT_COMPARISONS)
        self._commit_paths: comparison_read.CommitPaths = Kept(KEPT_COMMITS)

    # --- what a release is judged on ---

    def read_release(self, repository: str, plan: ReleaseReadingPlan) -> ReleaseReading | None:
        """All that the release gate needs of one target; None: no such repository. 1 request in the usual case."""
        return release_read.read_release(self._session, self._identity().app_id, repository, plan)

    def read_comparison(self, repository: str, commit_sha: str, target_sha: str) -> Comparison:
        """What changed from a commit to the target. 1 request, none if it was asked before."""
        return comparison_read.read_comparison(
            self._session, self._comparisons, repository, commit_sha, target_sha
        )

    def read_commit_paths(self, repository: str, commit_sha: str) -> PathList:
        """The paths that a commit changed (1 request for each 100 of at most 3,000; none if asked before)."""
        return comparison_read.read_commit_paths(self._session, self._commit_paths, repository, commit_sha)

    def read_history(
        self, repository: str, release_branch: str, commit_sha: str, folder: str
    ) -> tuple[TrackCommit, ...]:
        """The last ten commits that touched a folder, from a commit back, newest first (1 request)."""
        return track_commits.read_history(self._session, repository, release_branch, commit_sha, folder)

    def read_blobs(self, repository: str, oids: Sequence[str]) -> dict[str, bytes | None]:
        """Texts by object ID, or their beginnings; None where GraphQL gives less (1 request for each 50)."""
        return blobs_read.read_blobs(self._session, repository, oids)

    def read_blob(self, repository: str, oid: str) -> bytes | None:
        """The bytes of one file by its object ID, text or not; None when GitHub does not give it (1 request)."""
        return blobs_read.read_blob(self._session, repository, oid)

    def read_pull_request_paths(self, repository: str, numbers: Sequence[int]) -> dict[int, PathList]:
        """The paths that open pull requests change (1 request for 20, more only for long ones and renames)."""
        return blobs_read.read_pull_request_paths(self._session, repository, numbers)

    def heads_at(self, repository: str, branch: str, moment: datetime) -> tuple[str, ...]:
        """The SHAs a branch stood at within the second of `moment`, oldest first (`pushes_read.read_heads_at`).

        Somebody who wrote something in that second can have looked at no later one than the first for sure.
        """
        return pushes_read.read_heads_at(self._session, repository, branch, moment)

    # --- branches and tags ---

    def read_branch_head(self, repository: str, branch: str) -> str | None:
        """The SHA a branch is at now (1 request)."""
        return references.read_branch_head(self._session, repository, branch)

    def read_tag(self, repository: str, tag: str) -> ExistingTag | None:
        """A tag and the commit behind it (1 request, 1 more for each annotated tag on the way)."""
        return references.read_tag(self._session, repository, tag)

    def read_tags(self, repository: str, prefix: str) -> dict[str, str]:
        """The tags whose names begin with `prefix`, with the SHA of the object they point to (1 request)."""
        return references.read_tags(self._session, repository, prefix)

    def create_tag_object(self, repository: str, tag: str, message: str, commit_sha: str, tagger: Tagger) -> str:
        """Make an annotated tag's object, to which nothing points yet; its SHA."""
        return references.create_tag_object(self._session, repository, tag, message, commit_sha, tagger)

    def create_tag_reference(self, repository: str, tag: str, object_sha: str) -> None:
        """Make a tag. Raises AlreadyExists, RulesetRefused, or Forbidden with the permission that is missing."""
        references.create_tag(self._session, repository, tag, object_sha)

    def move_tag_reference(self, repository: str, tag: str, object_sha: str) -> None:
        """Move a tag, by force. Raises NotFound when it is not there, RulesetRefused."""
        references.move_tag(self._session, repository, tag, object_sha)

    def delete_tag_reference(self, repository: str, tag: str) -> None:
        """Delete a tag. Raises NotFound when it is not there, RulesetRefused."""
        references.delete_tag(self._session, repository, tag)

    # --- GitHub releases ---

    def find_release(self, repository: str, tag: str) -> Release | None:
        """The published release of a tag, else our own draft for it (1 request; drafts cost more)."""
        return releases.find_release(self._session, self._identity().slug, repository, tag)

    def create_release(self, repository: str, tag: str, *, title: str, body: str, draft: bool) -> Release:
        """Make a release. Raises AlreadyExists when one is published for the tag."""
        slug = self._identity().slug
        return releases.create_release(self._session, slug, repository, tag, title=title, body=body, draft=draft)

    def update_release(
        self,
        repository: str,
        release_id: int,
        *,
        draft: bool | None = None,
        title: str | None = None,
        body: str | None = None,
    ) -> Release:
        """Publish a release, take it back to a draft, or change its text. What is None stays."""
        slug = self._identity().slug
        return releases.update_release(
            self._session, slug, repository, release_id, draft=draft, title=title, body=body
        )

    def read_assets(self, repository: str, release_id: int) -> tuple[Asset, ...]:
        """The files of a release (1 request for each 100)."""
        return releases.read_assets(self._session, repository, release_id)

    def put_asset(self, repository: str, release_id: int, name: str, content: bytes, media_type: str) -> Asset:
        """Make a release have this file; nothing is sent when it has it (1 request, 1 or 2 more to send it)."""
        return releases.put_asset(self._session, repository, release_id, name, content, media_type)

    # --- comments, issues, deployments, rulesets ---

    def read_issue(self, repository: str, number: int) -> Issue | None:
        """An issue or pull request, with its node ID (1 request)."""
        return conversations.read_issue(self._session, repository, number)

    def find_own_comment(self, repository: str, number: int, marker: str) -> Comment | None:
        """Our oldest comment with `marker` in it (1 request for each 100 comments)."""
        slug = self._identity().slug
        return conversations.find_own_comment(self._session, slug, repository, number, marker)

    def add_comment(self, subject_node_id: str, body: str) -> Comment:
        """Comment on an issue or pull request."""
        return conversations.add_comment(self._session, subject_node_id, body)

    def update_comment(self, node_id: str, body: str) -> Comment:
        """Change a comment. Raises NotFound when it was deleted."""
        return conversations.update_comment(self._session, node_id, body)

    def find_own_issue(self, repository: str, marker: str, since: datetime) -> Issue | None:
        """Our oldest issue with `marker` in it that was opened at `since` or later (1 request for each 100)."""
        return conversations.find_own_issue(self._session, self._identity().slug, repository, marker, since)

    def create_issue(self, repository: str, title: str, body: str, labels: Sequence[str] = ()) -> Issue:
        """Open an issue."""
        return conversations.create_issue(self._session, repository, title, body, labels)

    def close_issue(self, repository: str, number: int) -> Issue:
        """Close an issue."""
        return conversations.close_issue(self._session, repository, number)

    def answer_deployment(self, path: str, environment: str, *, is_approved: bool, comment: str) -> None:
        """Approve or reject a waiting deployment; `path` is `bot.deployment_callback`'s."""
        deployments.answer_deployment(self._session, path, environment, is_approved=is_approved, comment=comment)

    def read_rulesets(self, repository: str) -> tuple[Mapping[str, Any], ...]:
        """The rulesets on tags, as GitHub gives them (1 request, and 1 for each)."""
        return rulesets_read.read_rulesets(self._session, repository)
