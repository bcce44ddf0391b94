"""Signatures of webhooks."""

import pytest

from bot.github_api.signatures import is_signed, sign

SECRET = b"It's a Secret to Everybody"
BODY = b"Hello, World!"
DIGEST = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"


def test_githubs_own_vector() -> None:
    """The example of GitHub's documentation."""
    assert sign(SECRET, BODY) == f"sha256={DIGEST}"
    assert is_signed(SECRET, BODY, f"sha256={DIGEST}")


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "sha256=",
        DIGEST,
        f"sha1={DIGEST}",
        f"sha256={DIGEST[:-1]}8",
        f"sha256={DIGEST.upper()}",
        "sha256=\ud800é",
    ],
)
def test_anything_else_is_refused(signature: str) -> None:
    """No signature, a cut one, one of another kind, or text that is none at all."""
    assert not is_signed(SECRET, BODY, signature)


def test_other_secret_or_body() -> None:
    """One byte more in the body, or another secret, and the signature is wrong."""
    assert not is_signed(SECRET, BODY + b" ", f"sha256={DIGEST}")
    assert not is_signed(SECRET + b" ", BODY, f"sha256={DIGEST}")
