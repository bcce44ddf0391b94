"""Tokens and the App's identity, shared by processes through the database."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import count
from threading import Barrier

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from bot.github_api.budget import Budget
from bot.github_api.credentials import AppIdentity, InstallationToken
from bot.github_api.errors import Suspended
from bot.github_api.limits import REST, Cost, Said
from bot.store.database import Database
from bot.store.limits import SharedLimiter
from bot.store.retention import prune
from bot.store.tokens import KeptCredentials

NOW = datetime(2026, 2, 19, 12, 0, tzinfo=UTC)


def pem(form: PrivateFormat = PrivateFormat.TraditionalOpenSSL) -> str:
    """A new key."""
    return generate_private_key(65537, 2048).private_bytes(Encoding.PEM, form, NoEncryption()).decode()


KEY = pem()


class Mint:
    """Makes tokens, and counts them."""

    def __init__(self) -> None:
        self._numbers = count(1)
        self.minted = 0

    def __call__(self) -> InstallationToken:
        """Another token."""
        self.minted = next(self._numbers)
        return InstallationToken(f"ghs_secret{self.minted}", NOW + timedelta(minutes=55))


def is_good(token: InstallationToken) -> bool:
    """As of NOW."""
    return token.renew_at > NOW


def never(_: InstallationToken) -> bool:
    """Every token was refused."""
    return False


def test_one_mint_for_all_processes(database: Database) -> None:
    """Eight at the same moment, each with credentials of its own, get the one token that is minted."""
    mint, start = Mint(), Barrier(8)

    def work(_: int) -> str:
        start.wait(10)
        return KeptCredentials(database, KEY).token(1, is_good, mint).text

    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(work, range(8))) == {"ghs_secret1"}
    assert mint.minted == 1


def test_a_refused_token_is_replaced_for_all(database: Database) -> None:
    """Who was refused gets a new one; who was refused with the same old one finds it there."""
    mint = Mint()
    one, other = KeptCredentials(database, KEY), KeptCredentials(database, KEY)
    first = one.token(1, is_good, mint)

    def is_another(token: InstallationToken) -> bool:
        return token.text != first.text

    assert one.token(1, is_another, mint).text == "ghs_secret2"
    assert other.token(1, is_another, mint).text == "ghs_secret2"
    assert mint.minted == 2


def test_an_old_token_is_not_given_out(database: Database) -> None:
    """One whose time has come is minted anew; the time it was kept with is the one it comes back with."""
    mint = Mint()
    kept = KeptCredentials(database, KEY)
    assert kept.token(1, is_good, mint).renew_at == NOW + timedelta(minutes=55)
    later = NOW + timedelta(minutes=56)
    kept.token(1, lambda token: token.renew_at > later, mint)
    assert mint.minted == 2


def test_no_token_is_kept_in_clear(database: Database) -> None:
    """The row shows neither the token nor the same bytes twice."""
    rows = set()
    for _ in range(2):
        KeptCredentials(database, KEY).token(1, never, lambda: InstallationToken("ghs_secret", NOW))
        with database.transaction() as connection:
            [(sealed,)] = connection.execute("SELECT sealed FROM installation_tokens").fetchall()
        assert b"ghs_" not in sealed
        rows.add(sealed)
    assert len(rows) == 2


@pytest.mark.parametrize("damage", ["other key", "other installation", "nonsense"])
def test_what_cannot_be_read_is_minted_anew(database: Database, damage: str) -> None:
    """A changed App key, a row put in another's place, and damaged bytes are no token, and no error."""
    mint = Mint()
    KeptCredentials(database, KEY).token(1, is_good, mint)
    with database.transaction() as connection:
        if damage == "other installation":
            connection.execute("UPDATE installation_tokens SET installation_id = 2")
        if damage == "nonsense":
            connection.execute("UPDATE installation_tokens SET sealed = 'x'")
    kept = KeptCredentials(database, pem() if damage == "other key" else KEY)
    number = 2 if damage == "other installation" else 1
    assert kept.token(number, is_good, mint).text == "ghs_secret2"


def test_a_failed_mint_keeps_nothing(database: Database) -> None:
    """The error comes out, and the next one may mint."""

    def refuse() -> InstallationToken:
        raise Suspended("mint an installation token: 403 This installation has been suspended")

    kept = KeptCredentials(database, KEY)
    with pytest.raises(Suspended):
        kept.token(1, is_good, refuse)
    assert kept.token(1, is_good, Mint()).text == "ghs_secret1"


def test_a_token_shows_itself_nowhere() -> None:
    """Its text is no part of how it is shown."""
    assert "ghs_secret" not in repr(InstallationToken("ghs_secret", NOW))


def test_the_identity_is_asked_once_a_day(database: Database) -> None:
    """Another process finds it; another App, and another day, ask again."""
    asked = []

    def ask() -> AppIdentity:
        asked.append(1)
        return AppIdentity(77, "trackgate")

    for issuer in ("77", "77", "Iv1.0a1b"):
        assert KeptCredentials(database, KEY).identity(issuer, ask) == AppIdentity(77, "trackgate")
    assert len(asked) == 2
    with database.transaction() as connection:
        connection.execute("UPDATE github_identities SET asked_at = asked_at - interval '25 hours'")
    KeptCredentials(database, KEY).identity("77", ask)
    assert len(asked) == 3


def test_what_nobody_uses_any_more_goes(database: Database, database_url: str) -> None:
    """Tokens and counts of installations that were not heard of for weeks are deleted; those in use stay."""
    kept = KeptCredentials(database, KEY)
    kept.token(1, is_good, lambda: InstallationToken("ghs_old", NOW))
    kept.token(2, is_good, lambda: InstallationToken("ghs_new", NOW + timedelta(minutes=30)))
    with closing(SharedLimiter(database_url)) as limiter:
        for number, resets_in in ((1, 0.0), (2, 3600.0)):
            permit = limiter.acquire(Cost(f"installation:{number}", REST))
            limiter.settle(permit, Said(Budget(REST, 5000, 4999, 1, NOW), resets_in))
    with database.transaction() as connection:
        [(soon,)] = connection.execute("SELECT clock_timestamp()").fetchall()
    prune(database, NOW + timedelta(minutes=1))
    with database.transaction() as connection:
        assert connection.execute("SELECT installation_id FROM installation_tokens").fetchall() == [(2,)]
    prune(database, soon)
    with database.transaction() as connection:
        assert connection.execute("SELECT account FROM github_accounts").fetchall() == [("installation:2",)]
