"""The key that signs this service's release records: the one of the environment, else one kept in the database."""

from __future__ import annotations

from datetime import datetime

from pydantic import SecretStr

from bot.records.keys import SigningKey
from bot.store.database import Connection
from bot.store.signing_keys import StoredKey, key_kept_here, public_keys, remember_key


def signing_key(connection: Connection, given: SecretStr | None, now: datetime) -> SigningKey:
    """The key to sign with; every process with the same database and settings gets the same one.

    `given` is `Settings.signing_key_pem`. Without it a key is made the first time that anybody needs one. Either
    way its public half is listed from then on. Raises KeyRefusedError when a key was damaged in the database.
    """
    if given is not None:
        key = SigningKey.from_pem(given.get_secret_value().encode())
        remember_key(connection, StoredKey(key.key_id, key.public_pem, None), now)
        return key
    kept = key_kept_here(connection, _new_key, now)
    return SigningKey.from_pem(kept.private_key or b"")


def published_keys(connection: Connection, given: SecretStr | None, now: datetime) -> str:
    """The PEM text of all public keys: the one that signs now, then earlier ones, whose records stay valid."""
    current = signing_key(connection, given, now)
    earlier = [pem for key_id, pem in public_keys(connection) if key_id != current.key_id]
    return "".join([current.public_pem, *earlier])


def _new_key() -> StoredKey:
    key = SigningKey.generate()
    return StoredKey(key.key_id, key.public_pem, key.private_pem())
