"""What can go wrong between us and GitHub: one family, whose texts are safe to log and to show.

A text names what was asked and how GitHub answered. Whatever GitHub wrote itself goes through `plain_text`
first, so no token and no markup travels in an exception.
"""

# ruff: noqa: N818 - these are named for what happened; the family's name says that they are errors

from __future__ import annotations

import re

LONGEST_PLAIN_TEXT = 300
_SECRET = re.compile(r"\b(?:gh[a-z]_|github_pat_|eyJ)[A-Za-z0-9_.\-]+")
_MARKUP = re.compile(r"[<>&`@*\[\]\\|~#]")


def plain_text(text: object, longest: int = LONGEST_PLAIN_TEXT) -> str:
    """`text` as one harmless line: no control or direction characters, no markup, no token, no mention."""
    line = " ".join("".join(c if c.isprintable() else " " for c in str(text)[: 20 * longest]).split())
    line = _MARKUP.sub("", _SECRET.sub("(secret removed)", line))
    return line if len(line) <= longest else line[: longest - 1] + "…"


class GitHubError(Exception):
    """GitHub did not do what was asked. The base of the family; itself raised for answers nobody expects."""


class Retryable(GitHubError):
    """The same may well work later: a limit, an outage, a timeout, or facts that moved while they were read.

    `retry_after` is the least wait in seconds. After a write it is unknown whether GitHub did it: read again
    before writing again.
    """

    def __init__(self, message: str, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class LimitReached(Retryable):
    """One of GitHub's limits leaves no room now, by our own count or by GitHub's word: nothing was done.

    The same request is right again after `retry_after` seconds. It is no failure, so it uses up no attempt.
    """


class Suspended(GitHubError):
    """The installation is suspended or gone: nothing can be read or written until it is back."""


class NotFound(GitHubError):
    """There is no such thing, or the App may not see it (GitHub does not tell the two apart)."""


class Forbidden(GitHubError):
    """The App may not do this. `permission` is what GitHub asks for (`contents=write`), when it says so."""

    def __init__(self, message: str, permission: str | None = None) -> None:
        super().__init__(message)
        self.permission = permission


class BadCredentials(GitHubError):
    """GitHub refused the App's key or a token that was just renewed."""


class Refused(GitHubError):
    """GitHub understood and said no (a 4xx such as 422, or a GraphQL document it will not run)."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class AlreadyExists(Refused):
    """Something of this name is there already: a tag, a release of a tag, a file of a release."""


class RulesetRefused(Refused):
    """A rule of the repository or of its organisation forbids it, and the App is not among those it excepts."""


class Moved(GitHubError):
    """GitHub answered a write with a redirect, or a read with one that leads away from the configured API.

    Of a write nothing was done: it is safe to repeat it for the repository's present name. `repository`
    (`owner/name`) or `repository_id` is what GitHub named for it, if it named one of the configured API.
    """

    def __init__(self, message: str, repository: str | None = None, repository_id: int | None = None) -> None:
        super().__init__(message)
        self.repository = repository
        self.repository_id = repository_id
