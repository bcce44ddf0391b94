"""What one release record says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from bot.core.model import Override
from bot.core.release_model import SignOff

GITHUB = "https://github.com"


@dataclass(frozen=True, slots=True)
class ReleaseClaim:
    """The release gate was open for one commit, and the tag was made on it.

    `policy_digest` and `decision_digest` are SHA-256 in hexadecimal, `log_head` is the newest hash of the decision
    log's chain, `evidence_oid` Git's object ID of the evidence file. `sign_offs` and `overrides` are those that
    counted. Times are aware; in the record they are in UTC. `verifier` is the service's public address, `server`
    that of the GitHub where the repository lies.
    """

    repository: str
    tag: str
    commit_sha: str
    policy_source: str
    policy_digest: str
    decision_digest: str
    evidence_path: str
    evidence_oid: str
    sign_offs: tuple[SignOff, ...]
    overrides: tuple[Override, ...]
    log_head: str
    verified_at: datetime
    verifier: str
    server: str = GITHUB

    @property
    def resource_uri(self) -> str:
        """The tag as a URI, in the form that pip and SPDX have for things in git."""
        return f"git+{self.server}/{self.repository}@refs/tags/{quote(self.tag)}"

    @property
    def evidence_uri(self) -> str:
        """The evidence file at the released commit."""
        return f"git+{self.server}/{self.repository}@{self.commit_sha}#{quote(self.evidence_path)}"


def server_of(api_url: str) -> str:
    """Where people see the repositories of a REST root: `https://api.github.com` → `https://github.com`.

    On GitHub Enterprise Server the REST root is `<server>/api/v3`; any other root is its own server.
    """
    return GITHUB if api_url == "https://api.github.com" else api_url.removesuffix("/api/v3")
