"""The Ed25519 key that signs release records, and the public keys that a reader trusts.

A key's ID is the SHA-256 of its public half in DER (`openssl pkey -pubin -in key.pem -outform DER | sha256sum`).
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from securesystemslib.signer import CryptoSigner, SSlibKey  # type: ignore[attr-defined]

_BLOCK = re.compile(rb"-----BEGIN [A-Z0-9 ]+-----[^-]*-----END [A-Z0-9 ]+-----")


class KeyRefusedError(ValueError):
    """Why something is not a key of ours, in one line that holds nothing of it."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key with its public half. The private half is in no repr."""

    key_id: str
    public_pem: str
    _private: Ed25519PrivateKey = field(repr=False, compare=False)

    @classmethod
    def of(cls, private: Ed25519PrivateKey) -> SigningKey:
        """The signing key around a private key."""
        public = private.public_key()
        pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        return cls(key_id_of(public), pem, private)

    @classmethod
    def generate(cls) -> SigningKey:
        """A new key, from the operating system's randomness."""
        return cls.of(Ed25519PrivateKey.generate())

    @classmethod
    def from_pem(cls, pem: bytes) -> SigningKey:
        """A key from PEM text (PKCS 8). Raises KeyRefusedError."""
        try:
            private = load_pem_private_key(pem, password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise KeyRefusedError("not an unencrypted private key in PEM form") from None
        if not isinstance(private, Ed25519PrivateKey):
            raise KeyRefusedError("not an Ed25519 key")
        return cls.of(private)

    def private_pem(self) -> bytes:
        """The private key as PEM text (PKCS 8): for keeping it, never for showing it."""
        return self._private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def signer(self) -> CryptoSigner:
        """What securesystemslib signs with."""
        return CryptoSigner(self._private, SSlibKey.from_crypto(self._private.public_key(), self.key_id))


def key_id_of(public: Ed25519PublicKey) -> str:
    """The ID that names a key in records: SHA-256 of its DER form, hexadecimal."""
    return hashlib.sha256(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def trusted_keys(pem: bytes) -> dict[str, SSlibKey]:
    """The Ed25519 public keys of a PEM file, by their ID. Raises KeyRefusedError for anything else in it."""
    blocks = _BLOCK.findall(pem)
    if not blocks:
        raise KeyRefusedError("no public key in PEM form")
    keys = {}
    for block in blocks:
        if b"PRIVATE" in block.splitlines()[0]:
            raise KeyRefusedError("a private key; give the public one, and keep this one from others")
        try:
            public = load_pem_public_key(block)
        except (ValueError, UnsupportedAlgorithm):
            raise KeyRefusedError("not a public key in PEM form") from None
        if not isinstance(public, Ed25519PublicKey):
            raise KeyRefusedError("not an Ed25519 key")
        keys[key_id_of(public)] = SSlibKey.from_crypto(public, key_id_of(public))
    return keys
