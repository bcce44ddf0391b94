"""The story's chapters about pull requests, reviews, issues, comments and the merge queue."""

from __future__ import annotations

from sandbox import Pull
from tests.contract.sandbox_stage import NAME, ROOT, Stage


def tell(stage: Stage) -> Pull:
    """All chapters of this file; returns a pull request that stays open."""
    pull = pull_requests(stage)
    states(stage)
    reviews(stage, pull)
    review_requests(stage, pull)
    issues(stage, pull)
    comments(stage, pull)
    from_a_fork(stage)
    merging(stage)
    merge_queue(stage)
    return pull


def pull_requests(stage: Stage) -> Pull:
    """Opened with changes of every kind, listed, edited, retargeted and pushed to."""
    maya = stage.person("maya")
    pull = stage.open(
        "maya",
        "every/kind",
        files={
            "backend/new.py": "x = 1\n",
            "README.md": None,
            "docs/logo.png": b"\0" * 300,
            "run.sh": "#!/bin/sh\ntrue\n",
        },
        renames={"backend/app/oauth.py": "qa/oauth.py"},
        copies={'docs/a b/ünï "quoted".md': "docs/copy.md"},
        modes={"run.sh": "100644"},
        body="With a body",
    )
    for path in ("", "/files", "/commits", "/reviews", "/requested_reviewers"):
        maya.call("GET", pull.path + path)
    maya.call("GET", f"{pull.path}/files", query={"per_page": "2", "page": "2"})
    maya.call("GET", f"{ROOT}/pulls")
    narrow = {"state": "all", "base": "main", "head": "meta:every/kind", "sort": "updated", "direction": "asc"}
    assert len(maya.call("GET", f"{ROOT}/pulls", query=narrow)) == 1
    maya.call("GET", f"{ROOT}/commits/{pull.head_sha}/pulls")
    maya.call("PATCH", pull.path, {"title": "Better", "body": "Longer"})
    maya.push(NAME, "other-base", {"z.txt": "z\n"})
    maya.retarget(pull, "other-base")
    maya.retarget(pull, "main")
    maya.push(NAME, pull.branch, {"backend/newer.py": "y = 1\n"})
    return pull


def states(stage: Stage) -> None:
    """Drafts, ready ones, closed and reopened ones; one whose branch is deleted; one of a bot."""
    raj = stage.person("raj")
    pull = stage.open("raj", "draft", draft=True)
    raj.ready(pull)
    raj.draft(pull)
    raj.ready(pull)
    raj.close(pull)
    raj.read(pull)
    raj.reopen(pull)
    raj.delete_branch(NAME, "draft")
    raj.read(pull)
    raj.push(NAME, "from-a-bot", {"bot.txt": "bot\n"})
    opened = {"title": "Of a bot", "head": "from-a-bot", "base": "main"}
    number = stage.bot.call("POST", f"{ROOT}/pulls", opened)["number"]
    stage.bot.call("GET", f"{ROOT}/pulls/{number}")
    raj.call("PATCH", f"{ROOT}/issues/{number}", {"state": "closed"})


def reviews(stage: Stage, pull: Pull) -> None:
    """Approved, refused, commented, by the author and by an App; edited and dismissed."""
    raj = stage.person("raj")
    review = raj.review(pull, "APPROVE")
    raj.review(pull, "COMMENT", "Only a thought", commit_id=pull.head_sha)
    raj.review(pull, "REQUEST_CHANGES", "No")
    raj.edit_review(review, "Yes, and why")
    stage.person("sofia").dismiss(review)
    raj.call("GET", f"{pull.path}/reviews/{review['id']}")
    stage.person("maya").review(pull, "COMMENT", "My own")
    stage.bot.call("POST", f"{pull.path}/reviews", {"event": "APPROVE", "body": "Machine says yes"})
    for query in ({}, {"per_page": "1", "page": "2"}):
        raj.call("GET", f"{pull.path}/reviews", query=query)


def review_requests(stage: Stage, pull: Pull) -> None:
    """People and teams asked, and no longer asked."""
    maya = stage.person("maya")
    maya.request_review(pull, "sofia", "priya", teams=("leads",))
    maya.call("GET", f"{pull.path}/requested_reviewers")
    maya.read(pull)
    both = {"reviewers": ["priya"], "team_reviewers": ["leads"]}
    maya.call("DELETE", f"{pull.path}/requested_reviewers", both)
    stage.bot.call("POST", f"{pull.path}/requested_reviewers", {"reviewers": ["priya"]})


def issues(stage: Stage, pull: Pull) -> None:
    """Issues, labels and milestones, on issues and on pull requests."""
    raj = stage.person("raj")
    issue = raj.call("POST", f"{ROOT}/issues", {"title": "An issue", "body": "Why"})
    path = f"{ROOT}/issues/{issue['number']}"
    raj.call("POST", f"{ROOT}/labels", {"name": "gate/hold", "color": "ff0000", "description": "Blocks"})
    raj.call("GET", f"{ROOT}/labels/gate%2Fhold")
    raj.call("GET", f"{ROOT}/labels")
    first = raj.call("POST", f"{ROOT}/milestones", {"title": "v1.0.0", "description": "One"})["number"]
    second = raj.call("POST", f"{ROOT}/milestones", {"title": "v2.0.0"})["number"]
    raj.call("GET", f"{ROOT}/milestones", query={"state": "all"})
    for thing in (path, pull.issue_path):
        raj.call("POST", f"{thing}/labels", {"labels": ["gate/hold", "a new one"]})
        raj.call("GET", f"{thing}/labels")
        raj.call("DELETE", f"{thing}/labels/gate%2Fhold")
        for number in (first, second, None, second):
            raj.call("PATCH", thing, {"milestone": number})
        raj.call("GET", thing)
    stage.person("priya").call("POST", f"{pull.issue_path}/labels", {"labels": ["architecture"]})
    raj.call("PATCH", path, {"title": "Another title", "body": "Because", "state": "closed"})
    raj.call("PATCH", path, {"state": "open"})
    raj.call("PATCH", path, {"state": "closed", "state_reason": "not_planned", "labels": ["a new one"]})
    bot_issue = {"title": "Of a bot", "labels": ["gate/hold"], "milestone": first}
    stage.bot.call("POST", f"{ROOT}/issues", bot_issue)
    raj.call("GET", f"{ROOT}/issues")
    narrow = {"creator": "raj", "milestone": "*", "sort": "updated", "direction": "asc", "state": "all"}
    raj.call("GET", f"{ROOT}/issues", query={**narrow, "since": "2026-02-19T00:00:00Z"})
    raj.call("GET", f"{ROOT}/issues", query={"state": "all", "labels": "a new one", "per_page": "1"})


def comments(stage: Stage, pull: Pull) -> None:
    """Comments of people and Apps on pull requests and issues, edited and deleted, with every reaction."""
    raj, bot = stage.person("raj"), stage.bot
    comment = raj.comment(pull, "/gate status")
    path = f"{ROOT}/issues/comments/{comment['id']}"
    raj.edit_comment(comment, "/gate help")
    raj.call("GET", path)
    for content in ("+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes"):
        bot.call("POST", f"{path}/reactions", {"content": content})
    assert bot.send("POST", f"{path}/reactions", {"content": "eyes"})[0] == 200
    mine = raj.call("POST", f"{path}/reactions", {"content": "heart"})
    raj.call("GET", f"{path}/reactions")
    raj.call("GET", f"{path}/reactions", query={"content": "heart"})
    raj.call("DELETE", f"{path}/reactions/{mine['id']}")
    bot.call("POST", f"{pull.issue_path}/comments", {"body": "An answer"})
    raj.comments(pull)
    raj.delete_comment(raj.comment(pull, "To be deleted"))
    issue = raj.open_issue(NAME, "To be discussed", labels=("a new one",))
    raj.edit_comment(raj.comment(issue, "On an issue"), "On an issue, better said")
    raj.delete_comment(raj.comment(issue, "To be deleted, too"))
    raj.comments(issue)
    raj.call("GET", f"{ROOT}/issues/comments")
    newest = {"sort": "updated", "direction": "desc", "since": "2026-02-19T00:00:00Z", "per_page": "2"}
    raj.call("GET", f"{ROOT}/issues/comments", query=newest)


def from_a_fork(stage: Stage) -> None:
    """A pull request of somebody without access, whose fork is then deleted."""
    omar = stage.person("omar")
    fork = omar.fork(NAME)
    pull = stage.open("omar", "from-a-fork", head_repository=fork)
    omar.read(pull)
    stage.github.complete_check(NAME, pull.head_sha, "track / backend")
    stage.person("raj").review(pull, "APPROVE")
    omar.delete_repository(fork)
    omar.read(pull)
    omar.comment(pull, "Where is it?")
    stage.person("raj").label(pull, "orphan")


def merging(stage: Stage) -> None:
    """Merged by the button, and by a push of its commits to the base branch."""
    raj = stage.person("raj")
    pull = stage.open("raj", "to-merge")
    given = {"commit_title": "Merge", "commit_message": "it", "sha": pull.head_sha, "merge_method": "merge"}
    raj.call("PUT", f"{pull.path}/merge", given)
    raj.call("GET", f"{pull.path}/merge")
    raj.read(pull)
    raj.call("GET", f"{ROOT}/commits/{pull.head_sha}/pulls")
    raj.call("GET", f"{ROOT}/commits/main")
    for method in ("squash", "rebase"):
        other = stage.open("raj", f"to-{method}", files={f"{method}.txt": "m\n"})
        landed = raj.merge(other, method)
        for sha in (landed, other.head_sha):
            raj.call("GET", f"{ROOT}/commits/{sha}/pulls")
    pushed = stage.open("raj", "to-push", files={"pushed.txt": "p\n"})
    raj.set_branch(NAME, "main", pushed.head_sha)
    raj.call("GET", f"{ROOT}/pulls", query={"state": "closed"})


def merge_queue(stage: Stage) -> None:
    """A queue, a merge group of two, given up and built again; one pull request taken out."""
    github = stage.github
    for number in range(2):
        pull = stage.open("raj", f"queued-{number}", files={f"queued-{number}.txt": "q\n"})
        github.enqueue(pull, by="raj")
    github.create_merge_group(NAME, by="raj")
    github.destroy_merge_group(NAME, by="raj", reason="invalidated")
    github.dequeue(pull, by="raj", reason="MANUAL")
    head = github.create_merge_group(NAME, by="raj")
    stage.person("raj").call("GET", f"{ROOT}/commits/{head}")
