"""What the sandbox remembers: plain records of accounts, Apps, repositories and everything inside them.

Files, commits and branches are not here: git keeps them (`sandbox.git`). All access happens under `World.lock`.
"""

from .accounts import Account, AccountKind, App, Installation, Team
from .checks import CheckRun, CheckSuite, CommitStatus
from .deployments import Deployment, Environment, Gate, ProtectionRule, Report
from .issues import Comment, Issue, Label, Milestone, Reaction
from .pulls import MergeQueueEntry, PullRequest, Review, ReviewRequest
from .releases import Release, ReleaseAsset
from .repositories import Repository
from .rulesets import Activity, Ruleset, RuleSuite

__all__ = [
    "Account",
    "AccountKind",
    "Activity",
    "App",
    "CheckRun",
    "CheckSuite",
    "Comment",
    "CommitStatus",
    "Deployment",
    "Environment",
    "Gate",
    "Installation",
    "Issue",
    "Label",
    "MergeQueueEntry",
    "Milestone",
    "ProtectionRule",
    "PullRequest",
    "Reaction",
    "Release",
    "ReleaseAsset",
    "Report",
    "Repository",
    "Review",
    "ReviewRequest",
    "RuleSuite",
    "Ruleset",
    "Team",
]
