"""Installation tokens and the App's identity, kept for all processes: GitHub is asked once for each.

A token is a secret of an hour. It is kept encrypted (AES-256-GCM) with a key that is derived from the App's
private key: who reads the database alone, or a backup of it, reads no token; who has that key can mint tokens.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import timedelta

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from bot.github_api.credentials import AppIdentity, InstallationToken
from bot.store.database import Connection, Database
from bot.store.text import storable

NONCE_BYTES = 12
"""Of random, for each token anew, as AES-GCM wants it (NIST SP 800-38D); far fewer than 2^32 are ever made."""
IDENTITY_LASTS = timedelta(days=1)
_PURPOSE = b"trackgate: installation tokens, AES-256-GCM, 1"


class KeptCredentials:
    """The credentials that all processes on one database share. Threads share it.

    `private_key` is the App's, as PEM text. Raises DatabaseUnreachableError when the database does not answer.
    """

    def __init__(self, database: Database, private_key: str) -> None:
        self._database = database
        self._cipher = AESGCM(_derived_key(private_key))

    def token(
        self,
        installation_id: int,
        is_good: Callable[[InstallationToken], bool],
        mint: Callable[[], InstallationToken],
    ) -> InstallationToken:
        """The kept token if `is_good`, else what `mint` gives. One mint at a time; others wait for its token."""
        with self._database.transaction() as connection:
            kept = self._read(connection, installation_id)
        if kept is not None and is_good(kept):
            return kept
        with self._database.transaction() as connection:
            key = f"mint:{installation_id}"
            connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [key])
            kept = self._read(connection, installation_id)
            if kept is not None and is_good(kept):
                return kept
            minted = mint()
            connection.execute(
                """
                INSERT INTO installation_tokens (installation_id, sealed, renew_at) VALUES (%s, %s, %s)
                ON CONFLICT (installation_id) DO UPDATE
                    SET sealed = excluded.sealed, renew_at = excluded.renew_at
                """,
                [installation_id, self._seal(installation_id, minted.text), minted.renew_at],
            )
            return minted

    def identity(self, issuer: str, ask: Callable[[], AppIdentity]) -> AppIdentity:
        """Who `issuer` is, as GitHub said within the last day, or as `ask` says now."""
        with self._database.transaction() as connection:
            row = connection.execute(
                "SELECT app_id, slug FROM github_identities WHERE issuer = %s AND asked_at > now() - %s",
                [issuer, IDENTITY_LASTS],
            ).fetchone()
        if row is not None:
            return AppIdentity(*row)
        identity = ask()
        with self._database.transaction() as connection:
            connection.execute(
                """
                INSERT INTO github_identities (issuer, app_id, slug, asked_at) VALUES (%s, %s, %s, now())
                ON CONFLICT (issuer) DO UPDATE
                    SET app_id = excluded.app_id, slug = excluded.slug, asked_at = excluded.asked_at
                """,
                [issuer, identity.app_id, storable(identity.slug)],
            )
        return identity

    def _read(self, connection: Connection, installation_id: int) -> InstallationToken | None:
        row = connection.execute(
            "SELECT sealed, renew_at FROM installation_tokens WHERE installation_id = %s", [installation_id]
        ).fetchone()
        if row is None:
            return None
        sealed, renew_at = row
        try:
            text = self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _bound_to(installation_id))
        except (InvalidTag, ValueError):  # sealed with the key before this one, or not by us
            return None
        return InstallationToken(text.decode(), renew_at)

    def _seal(self, installation_id: int, token: str) -> bytes:
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, token.encode(), _bound_to(installation_id))


def _bound_to(installation_id: int) -> bytes:
    """What is authenticated beside the token: a row cannot be put in another installation's place."""
    return f"installation:{installation_id}".encode()


def _derived_key(private_key: str) -> bytes:
    """32 bytes from the private key (HKDF, RFC 5869), the same however its PEM text is written."""
    key = load_pem_private_key(private_key.encode(), password=None)
    material = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return HKDF(SHA256(), length=32, salt=None, info=_PURPOSE).derive(material)
