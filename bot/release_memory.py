"""What only our store knows of a release: sign-offs, overrides, and what was tagged already."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from bot.core.model import Override
from bot.core.release_model import ExistingTag, SignOff
from bot.services import Services
from bot.store.overrides import standing_overrides
from bot.store.releases import ReleaseState, release_of
from bot.store.sign_offs import COMMENT_DELETED, comments_of_sign_offs, end_by_comment, sign_offs_of


@dataclass(frozen=True, slots=True)
class Remembered:
    """As it was at one moment. `comments` are those that gave the standing sign-offs: node ID → comment ID."""

    sign_offs: tuple[SignOff, ...]
    comments: Mapping[str, int]
    overrides: tuple[Override, ...]
    recorded_commit: str | None
    planned_object: str | None = None
    planned_commit: str | None = None

    def recorded(self, tag: ExistingTag | None) -> str | None:
        """The commit of our record for a tag: of one that is released, or whose planned object is on GitHub."""
        is_planned = tag is not None and self.planned_object == tag.object_sha
        return self.planned_commit if is_planned else self.recorded_commit


def recall(services: Services, repository: str, tag: str | None) -> Remembered:
    """What is known for a report (`tag` None) or for one tag."""
    with services.database.transaction() as connection:
        release = None if tag is None else release_of(connection, repository, tag)
        plan = None if release is None else release.plan
        remembered = Remembered(
            sign_offs_of(connection, repository),
            comments_of_sign_offs(connection, repository),
            standing_overrides(connection, repository, services.clock()),
            None,
        )
    if release is None or plan is None:
        return remembered
    if release.state is ReleaseState.RELEASED:
        return replace(remembered, recorded_commit=plan.judged_sha)
    return replace(remembered, planned_object=release.tag_object_sha, planned_commit=plan.judged_sha)


def without_comments(
    services: Services, repository: str, remembered: Remembered, gone: Collection[str]
) -> Remembered:
    """The same, once every sign-off whose comment is gone on GitHub has ended: no event is needed for that."""
    comment_ids = [comment_id for node_id, comment_id in remembered.comments.items() if node_id in gone]
    if not comment_ids:
        return remembered
    with services.database.transaction() as connection:
        for comment_id in comment_ids:
            end_by_comment(connection, repository, comment_id, services.clock(), COMMENT_DELETED)
        return replace(remembered, sign_offs=sign_offs_of(connection, repository))
