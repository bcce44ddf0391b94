"""A release record is a statement in a DSSE envelope, signed with Ed25519: made here, and checked here, offline.

The envelope has exactly one form for one claim and one key (sorted keys, no blanks, one signature, one line end),
and only that form is accepted. So no byte of the file can be changed without being noticed, also where DSSE
itself does not look: white space, the order of fields, further fields, the key's ID, unused bits of base64.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import Error as EnvelopeError

from bot.records.claim import ReleaseClaim
from bot.records.keys import KeyRefusedError, SigningKey, trusted_keys
from bot.records.statement import PAYLOAD_TYPE, StatementError, canonical, claim_of, statement_of

MAXIMUM_BYTES = 1024 * 1024
"""A record is a few kilobytes; more is not read."""


class RecordRefused(Exception):  # noqa: N818 - named as what it says at the terminal
    """Why a record proves nothing about this tag, in one line."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What a valid record proves: that the holder of the key `key_id` signed this claim."""

    claim: ReleaseClaim
    key_id: str


def make_record(claim: ReleaseClaim, key: SigningKey) -> bytes:
    """The bytes of the record's file: always the same for the same claim and key. Raises StatementError."""
    envelope = Envelope(statement_of(claim), PAYLOAD_TYPE, {})
    envelope.sign(key.signer())
    return _serialised(envelope)


def verify_record(
    data: bytes, public_key_pem: bytes, *, tag: str, repository: str | None = None, commit_sha: str | None = None
) -> Proof:
    """What the record `data` proves about `tag`; raises RecordRefused with the one reason why it does not.

    `public_key_pem` may hold several keys (a service's earlier ones): the one that the record names must have
    signed it. `repository` is `owner/name`, in any case, or the whole address. None: not asked for.
    """
    envelope = _envelope(data)
    key_id = _signed_by(envelope, public_key_pem)
    try:
        claim = claim_of(envelope.payload)
    except StatementError as error:
        raise RecordRefused(str(error)) from None
    _compare("tag", claim.tag, tag)
    if repository is not None:
        known = claim.repository if "://" not in repository else f"{claim.server}/{claim.repository}"
        _compare("repository", known.lower(), repository.lower())
    if commit_sha is not None:
        _compare("commit", claim.commit_sha, commit_sha.lower())
    return Proof(claim, key_id)


def _envelope(data: bytes) -> Envelope:
    """The envelope, if the file is one of ours, byte for byte."""
    if len(data) > MAXIMUM_BYTES:
        raise RecordRefused(f"not a release record: larger than {MAXIMUM_BYTES} bytes")
    try:
        envelope = Envelope.from_dict(json.loads(data))
        written = _serialised(envelope)
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError, EnvelopeError):
        raise RecordRefused("not a release record: no DSSE envelope in JSON") from None
    if written != data:
        raise RecordRefused("the file was changed: it is not written as Trackgate writes records")
    if envelope.payload_type != PAYLOAD_TYPE:
        raise RecordRefused("the payload is not an in-toto statement")
    if len(envelope.signatures) != 1 or any(s.unrecognized_fields for s in envelope.signatures.values()):
        raise RecordRefused("the envelope does not have exactly one signature, and nothing else beside it")
    return envelope


def _signed_by(envelope: Envelope, public_key_pem: bytes) -> str:
    """The ID of the trusted key that signed."""
    try:
        keys = trusted_keys(public_key_pem)
    except KeyRefusedError as error:
        raise RecordRefused(f"public key: {error}") from None
    [key_id] = envelope.signatures
    if key_id not in keys:
        raise RecordRefused("signed with another key than the given one")
    try:
        envelope.verify([keys[key_id]], threshold=1)
    except EnvelopeError:
        raise RecordRefused("the signature is wrong: the record was changed, or is not from this key") from None
    return key_id


def _serialised(envelope: Envelope) -> bytes:
    return canonical(envelope.to_dict()) + b"\n"


def _compare(what: str, recorded: str, wanted: str) -> None:
    if recorded != wanted:
        raise RecordRefused(f"wrong {what}: the record is for {_shown(recorded)}, not for {_shown(wanted)}")


def _shown(text: str) -> str:
    """`text` in one line that says no more than it does: escaped, if it has what a terminal does not print."""
    return text if text.isprintable() else ascii(text)
