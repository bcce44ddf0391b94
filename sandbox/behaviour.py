"""Switches for what GitHub's documents leave open, and for limits a test wants to change.

Each default is the best knowledge there is; where real GitHub turns out to differ, one line changes here.
"""

from __future__ import annotations

from dataclasses import dataclass

from .errors import Kind


@dataclass(slots=True)
class Behaviour:
    """How this sandbox answers where GitHub's own documentation is silent."""

    hook_target_type: str = "integration"
    """`X-GitHub-Hook-Installation-Target-Type` of an App's deliveries."""
    default_api_version: str = "2022-11-28"
    """The REST version of a request without `X-GitHub-Api-Version`."""
    renamed_write_status: int = 307
    """The redirect for writes to a renamed repository (reads get 301)."""
    transfer_told_to_old_owner: bool = False
    """Whether an installation hears that its repository was transferred away; the new owner's hears it anyway."""
    apps_receive_own_events: bool = True
    """An App is told of what it did itself (sender type `Bot`)."""
    public_repositories_readable_by_any_token: bool = True
    """An installation token reads public repositories that its App is not installed on."""
    push_after_is_tag_object: bool = True
    """`after` in the push event of an annotated tag is the tag object's SHA, not the commit's."""
    maximum_requested_reviewers: int = 15
    """Users per review request; undocumented, seen in practice."""
    too_many_reviewers_message: str = "A maximum of 15 reviewers can be requested."
    """The text of that refusal is not known."""
    review_request_error_type: str = "UNPROCESSABLE"
    """`type` of GraphQL's error for a reviewer who cannot be asked."""
    request_again_is_no_operation: bool = True
    """Asking someone who is asked already changes nothing and sends no event."""
    commented_review_keeps_opinion: bool = True
    """A review of state COMMENTED leaves the person's earlier opinion standing."""
    completed_check_run_reopens: bool = False
    """Whether setting a completed check run back to in_progress takes effect; GitHub is unreliable here."""
    completed_on_creation_sends_both: bool = True
    """A check run that is created completed sends `created` and `completed`."""
    graphql_bot_login_has_suffix: bool = False
    """Whether `Bot.login` ends in `[bot]` in GraphQL; in REST and webhooks it always does."""
    graphql_labels_are_alternatives: bool = True
    """Whether GraphQL's `labels` lists what has one of them; REST lists what has all."""
    deployment_review_refusal: Kind = "UNPROCESSABLE"
    """How an App's word is refused on a deployment that does not wait for it; only success is documented."""
    creator_names_of_bots: tuple[str, ...] = ("{slug}[bot]", "app/{slug}")
    """What a list's `creator` (GraphQL's `createdBy`) may call the bot of an App."""
    graphql_check_runs_default_type: str = "LATEST"
    """Which check runs `CheckSuite.checkRuns` lists without a `checkType` filter."""
    auto_create_check_suites: bool = True
    """Each push to a branch makes an empty suite for every installed App with checks:write."""
    mergeable_known_at_once: bool = True
    """False: the first read of a new head answers `null` or `UNKNOWN`, the next one knows."""
    base_sha_follows_base_branch: bool = False
    """Whether a pull request's base SHA moves with the base branch, or only when its head or base changes."""
    deleted_fork_nulls_head_repository: bool = True
    """A deleted head repository makes `head.repo` null."""
    graphql_files_total_is_true_count: bool = True
    """`files.totalCount` counts all changed files, although only 3,000 are listed."""
    maximum_changed_files: int = 3000
    """Files listed for one pull request."""
    webhook_connections: int = 1
    """How many webhooks are sent at the same time; with more than one their order is anybody's guess."""
    throttled_deliveries: int = 1_000
    """Deliveries waiting, beyond which a further one counts as throttled; the real number is not known."""
    deliveries_kept_days: float = 3.0
    """How long the log of deliveries is kept: three days on github.com, seven on an enterprise server."""
    latency: float = 0.0
    """Seconds that every answer takes at least; other requests are answered meanwhile."""
    rate_limit: int = 5000
    """Requests an hour for each installation and each person, for REST and for GraphQL."""
    rate_limit_enforced: bool = False
    """Whether requests beyond `rate_limit` are refused; the headers count in any case."""
    rate_limit_status: int = 403
    """How REST refuses those: 403 or 429. GraphQL answers 200 with an error of type RATE_LIMITED."""
    secondary_limits_enforced: bool = False
    """Whether an installation beyond one of the limits below is refused for a while. They are watched always."""
    rest_points: int = 900
    graphql_points: int = 2000
    """Points a minute: a read has 1, a write 5."""
    creations_a_minute: int = 80
    creations_an_hour: int = 500
    """Requests that make content which notifies people."""
    each_mutation_creates: bool = False
    """Whether each mutation of a GraphQL document counts as a creation, or the request once; not documented."""
    concurrent_requests: int = 100
    """Requests at the same time, REST and GraphQL together."""
    secondary_limit_seconds: float = 60.0
    """How long everything is refused then."""
    secondary_limit_status: int = 403
    """How REST refuses it: 403 or 429."""
    secondary_limit_graphql_status: int = 403
    """How GraphQL refuses it: 403, or 200 with an error."""
    secondary_limit_says_when: bool = True
    """Whether that answer has a Retry-After."""
    silent_tags_per_push: int = 3
    """A push of more tags than this sends no `push`, `create` or `delete` events for them."""
    rule_violation_kind: Kind = "UNPROCESSABLE"
    """How REST refuses what a ruleset forbids; only the update of a branch was seen, with 422."""
    rule_violation_message: str = "Repository rule violations found\n\n{reasons}"
    """The message of that refusal; `Reference update failed` was seen, too."""
    exempt_bypass_works_for_apps: bool = True
    """Whether `bypass_mode: exempt` lets an App past a ruleset of tags."""
    release_without_workflows_kind: Kind = "NOT_FOUND"
    """How a release is refused that would tag other workflow files without `workflows: write`, or FORBIDDEN."""
    draft_release_sends_created: bool = True
    """Saving a draft sends `release` `created`; publishing it does not send it again."""
    deleted_tag_drafts_release: bool = True
    """Deleting a tag turns its published release into a draft; the tag's return does not publish it again."""
    deleted_tag_sends_unpublished: bool = False
    """Whether that sends `release` `unpublished`."""
    immutable_releases: bool = False
    """Releases published from now on are immutable: their tags can neither move nor go, nor be made again."""
    graphql_blob_text_limit: int = 512_000
    """Bytes after which `Blob.text` is truncated."""
