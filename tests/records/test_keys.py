"""The keys of release records: read, kept, named, and never shown."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from bot.records.keys import KeyRefusedError, SigningKey, trusted_keys

KEY = SigningKey.generate()
OTHER_KIND = ec.generate_private_key(ec.SECP256R1())


def test_keys_survive_being_kept() -> None:
    """A key that is written and read again is the same key, and its public half is known by the same ID."""
    assert SigningKey.from_pem(KEY.private_pem()) == KEY
    assert set(trusted_keys(KEY.public_pem.encode())) == {KEY.key_id}


def test_no_secret_is_shown() -> None:
    """Neither a key's repr nor the refusal of a key file repeats any of it."""
    body = KEY.private_pem().splitlines()[1].decode()
    assert body not in repr(KEY)
    broken = b"-----BEGIN PRIVATE KEY-----\n" + body[:20].encode() + b"\n-----END PRIVATE KEY-----\n"
    for read in (lambda: SigningKey.from_pem(broken), lambda: trusted_keys(KEY.private_pem())):
        with pytest.raises(KeyRefusedError) as caught:
            read()
        assert body[:20] not in str(caught.value)
        assert caught.value.__cause__ is None


def test_keys_of_another_kind_are_refused() -> None:
    """An elliptic curve key of another family neither signs nor is trusted, although its PEM is in order."""
    private = OTHER_KIND.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = OTHER_KIND.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    for read in (lambda: SigningKey.from_pem(private), lambda: trusted_keys(public)):
        with pytest.raises(KeyRefusedError, match="not an Ed25519 key"):
            read()


@given(st.binary(max_size=300))
def test_a_file_of_anything_is_refused(data: bytes) -> None:
    """What is no key is told in one line, whatever it is."""
    with pytest.raises(KeyRefusedError) as caught:
        trusted_keys(data)
    assert "\n" not in str(caught.value)


def test_every_key_has_its_own_name() -> None:
    """Two keys never share an ID."""
    assert SigningKey.generate().key_id != SigningKey.generate().key_id
