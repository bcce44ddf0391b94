"""Whether a webhook was signed with our secret (GitHub, "Validating webhook deliveries"). Pure."""

from __future__ import annotations

import hmac
import re

PREFIX = "sha256="
_FORM = re.compile(r"sha256=[0-9a-f]{64}")


def sign(secret: bytes, body: bytes) -> str:
    """The X-Hub-Signature-256 of `body`: `sha256=` and the hexadecimal HMAC of the raw bytes."""
    return PREFIX + hmac.digest(secret, body, "sha256").hex()


def may_be_signature(text: str) -> bool:
    """Whether `text` has the form of a signature, of whatever it may be."""
    return _FORM.fullmatch(text) is not None


def is_signed(secret: bytes, body: bytes, signature: str) -> bool:
    """Whether `signature` (the header's value) is that of `body`; compared in constant time."""
    return hmac.compare_digest(sign(secret, body).encode(), signature.encode("utf-8", "replace"))
