"""The environment: what is understood, and that each error is one line that names its variable."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from bot.settings import SettingError, graphql_url, read_settings

SECRET = "hunter22-hunter22"


def as_pem(key: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey) -> str:
    """A private key as GitHub gives one out."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


@pytest.fixture(scope="module")
def pem() -> str:
    """An App's key."""
    return as_pem(rsa.generate_private_key(public_exponent=65537, key_size=2048))


@pytest.fixture
def least(tmp_path: Path) -> dict[str, str]:
    """The smallest environment that is enough."""
    return {"GITHUB_WEBHOOK_SECRET": SECRET, "POLICY_DIR": str(tmp_path)}


def test_defaults(least: Mapping[str, str], tmp_path: Path) -> None:
    """Everything but the secret has a default; PUBLIC_URL follows PORT; what is empty counts as missing."""
    settings = read_settings({**least, "DATABASE_URL": "", "PORT": " ", "GITHUB_APP_ID": ""})
    assert settings.webhook_secret.get_secret_value() == SECRET
    assert (settings.github_app_id, settings.private_key_pem, settings.database_url) == (None, None, None)
    assert settings.github_api_url == "https://api.github.com"
    assert settings.github_graphql_url == "https://api.github.com/graphql"
    assert (settings.port, settings.public_url) == (8000, "http://localhost:8000")
    assert settings.policy_dir == tmp_path
    assert read_settings({**least, "PORT": "9000"}).public_url == "http://localhost:9000"


@pytest.mark.parametrize(
    ("rest", "graphql"),
    [
        ("https://api.github.com", "https://api.github.com/graphql"),
        ("https://git.example/api/v3", "https://git.example/api/graphql"),
        ("https://git.example/api/v3/", "https://git.example/api/graphql"),
        ("http://127.0.0.1:5000", "http://127.0.0.1:5000/graphql"),
        ("http://127.0.0.1:5000/github", "http://127.0.0.1:5000/github/graphql"),
    ],
)
def test_graphql_address(rest: str, graphql: str) -> None:
    """GraphQL is derived from the REST root, on GitHub Enterprise Server beside it."""
    assert graphql_url(rest) == graphql


@pytest.mark.parametrize(
    ("given", "counts"),
    [
        ({}, True),
        ({"GITHUB_API_URL": "https://git.example/api/v3"}, False),
        ({"GITHUB_API_URL": "https://git.example/api/v3", "GITHUB_LIMITS": "github.com"}, True),
        ({"GITHUB_LIMITS": "none"}, False),
    ],
)
def test_limits_are_counted_where_github_has_them(
    least: Mapping[str, str], given: Mapping[str, str], counts: bool
) -> None:
    """On github.com and whatever is like it, but not on an Enterprise Server, unless one is told otherwise."""
    assert read_settings({**least, **given}).count_limits == counts


def test_what_counts_as_a_creation(least: Mapping[str, str]) -> None:
    """Requests, or each mutation in them."""
    assert not read_settings(least).each_mutation_counts
    assert read_settings({**least, "GITHUB_CREATIONS": "mutations"}).each_mutation_counts


def test_private_key_in_every_form(least: Mapping[str, str], pem: str, tmp_path: Path) -> None:
    """PEM with line ends, with `\\n` on one line, or in a file: the same key."""
    file = tmp_path / "app.pem"
    file.write_text(pem)
    forms = (
        {"GITHUB_APP_PRIVATE_KEY": pem},
        {"GITHUB_APP_PRIVATE_KEY": pem.replace("\n", "\\n")},
        {"GITHUB_APP_PRIVATE_KEY": pem.replace("\n", "\\r\\n")},
        {"GITHUB_APP_PRIVATE_KEY_FILE": str(file)},
    )
    for form in forms:
        settings = read_settings({**least, "GITHUB_APP_ID": "Iv1.abc", **form})
        assert settings.private_key_pem is not None
        assert settings.private_key_pem.get_secret_value() == pem


def test_no_secret_is_shown(least: Mapping[str, str], pem: str) -> None:
    """Neither the repr of settings nor an error repeats a secret."""
    url = "postgresql://me:pass-word@db.example/x"
    settings = read_settings({**least, "GITHUB_APP_ID": "1", "GITHUB_APP_PRIVATE_KEY": pem, "DATABASE_URL": url})
    for secret in (SECRET, "pass-word", pem.splitlines()[1]):
        assert secret not in repr(settings)
        assert secret not in str(settings)
    broken = "\n".join([pem.splitlines()[0], "c2VjcmV0" * 8, pem.splitlines()[-1]])
    with pytest.raises(SettingError) as caught:
        read_settings({**least, "GITHUB_APP_ID": "1", "GITHUB_APP_PRIVATE_KEY": broken})
    assert "c2VjcmV0" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"GITHUB_WEBHOOK_SECRET": ""}, "GITHUB_WEBHOOK_SECRET"),
        ({"GITHUB_WEBHOOK_SECRET": "  "}, "GITHUB_WEBHOOK_SECRET"),
        ({"GITHUB_APP_ID": "1"}, "GITHUB_APP_PRIVATE_KEY"),
        ({"GITHUB_APP_ID": "a b"}, "GITHUB_APP_ID"),
        ({"GITHUB_APP_ID": "12\n34"}, "GITHUB_APP_ID"),
        ({"GITHUB_APP_ID": "١٢"}, "GITHUB_APP_ID"),
        ({"GITHUB_APP_ID": "a/../b"}, "GITHUB_APP_ID"),
        ({"GITHUB_APP_ID": "1", "GITHUB_APP_PRIVATE_KEY": "no key"}, "GITHUB_APP_PRIVATE_KEY"),
        ({"GITHUB_APP_ID": "1", "GITHUB_APP_PRIVATE_KEY_FILE": "/nowhere/x"}, "GITHUB_APP_PRIVATE_KEY_FILE"),
        ({"GITHUB_APP_PRIVATE_KEY": "a", "GITHUB_APP_PRIVATE_KEY_FILE": "b"}, "GITHUB_APP_PRIVATE_KEY"),
        ({"GITHUB_API_URL": "api.github.com"}, "GITHUB_API_URL"),
        ({"GITHUB_API_URL": "https://user@api.github.com"}, "GITHUB_API_URL"),
        ({"GITHUB_API_URL": "https://api.github.com:x"}, "GITHUB_API_URL"),
        ({"PUBLIC_URL": "ftp://gate.example"}, "PUBLIC_URL"),
        ({"PUBLIC_URL": "https://gate.example/?a=b"}, "PUBLIC_URL"),
        ({"PUBLIC_URL": "https://[gate"}, "PUBLIC_URL"),
        ({"GITHUB_LIMITS": "some"}, "GITHUB_LIMITS"),
        ({"GITHUB_CREATIONS": "all"}, "GITHUB_CREATIONS"),
        ({"RETENTION_DAYS": "7"}, "RETENTION_DAYS"),
        ({"RETENTION_DAYS": "two weeks"}, "RETENTION_DAYS"),
        ({"RETENTION_DAYS": "100000"}, "RETENTION_DAYS"),
        ({"DATABASE_URL": "mysql://x/y"}, "DATABASE_URL"),
        ({"METRICS_PORT": "0"}, "METRICS_PORT"),
        ({"DATABASE_URL": "postgresql//x"}, "DATABASE_URL"),
        ({"DATABASE_URL": "postgresql://me:hun%ter22@db.example/x"}, "DATABASE_URL"),
        ({"DATABASE_URL": "postgresql://db.example/x?colour=red"}, "DATABASE_URL"),
        ({"DATABASE_URL": "postgresql://me:hunter22@db.example:54a/x"}, "DATABASE_URL"),
        ({"DATABASE_URL": "postgresql://me:hunter22@db.example:65536/x"}, "DATABASE_URL"),
        ({"POLICY_DIR": "/nowhere"}, "POLICY_DIR"),
        ({"PORT": "0"}, "PORT"),
        ({"PORT": "65536"}, "PORT"),
        ({"PORT": "8000.0"}, "PORT"),
        ({"PORT": "٨٠"}, "PORT"),
    ],
)
def test_wrong_value_is_one_line_that_names_it(
    least: Mapping[str, str], changes: Mapping[str, str], name: str
) -> None:
    """Each wrong or missing value stops with one line that starts with the variable's name."""
    with pytest.raises(SettingError) as caught:
        read_settings({**least, **changes})
    assert str(caught.value).startswith(f"{name}: ")
    assert "\n" not in str(caught.value)
    assert "ter22" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("app_id", ["1", "123456", "Iv1.8a61f9b3a7aba766", "Iv23liUcLkJ2_a-b"])
def test_app_ids(least: Mapping[str, str], pem: str, app_id: str) -> None:
    """An App's number and every form of client ID is taken as it is; white space around it is not part of it."""
    settings = read_settings({**least, "GITHUB_APP_ID": f" {app_id}\n", "GITHUB_APP_PRIVATE_KEY": pem})
    assert settings.github_app_id == app_id


@pytest.mark.parametrize(
    "url",
    [
        "postgres://db.example/x",
        "postgresql://me@[::1]:5433/x?sslmode=require",
        "postgresql:///x?host=/run/postgres",
        "postgresql://one.example:5433,two.example/x",
    ],
)
def test_database_addresses(least: Mapping[str, str], url: str) -> None:
    """Every form of address that PostgreSQL's own library takes: IPv6, a socket's folder, several hosts."""
    assert read_settings({**least, "DATABASE_URL": url}).database_url == url


def test_signing_key_in_every_form(least: Mapping[str, str], tmp_path: Path) -> None:
    """The key of release records is read like the App's: as text, on one line, or from a file; never shown."""
    pem = as_pem(ed25519.Ed25519PrivateKey.generate())
    file = tmp_path / "signing.pem"
    file.write_text(pem)
    forms = ({"RELEASE_SIGNING_KEY": pem}, {"RELEASE_SIGNING_KEY": pem.replace("\n", "\\n")},
             {"RELEASE_SIGNING_KEY_FILE": str(file)})  # fmt: skip
    for form in forms:
        settings = read_settings({**least, **form})
        assert settings.signing_key_pem is not None
        assert settings.signing_key_pem.get_secret_value() == pem
        assert pem.splitlines()[1] not in repr(settings)
    assert read_settings(least).signing_key_pem is None


def test_signing_key_of_another_kind(least: Mapping[str, str], pem: str) -> None:
    """Records are signed with Ed25519 only: an App's RSA key in that place stops the start."""
    with pytest.raises(SettingError, match=r"^RELEASE_SIGNING_KEY: not an Ed25519 key$"):
        read_settings({**least, "RELEASE_SIGNING_KEY": pem})
    with pytest.raises(SettingError, match=r"^RELEASE_SIGNING_KEY: set together"):
        read_settings({**least, "RELEASE_SIGNING_KEY": pem, "RELEASE_SIGNING_KEY_FILE": "x"})
    with pytest.raises(SettingError, match=r"^RELEASE_SIGNING_KEY_FILE: cannot read"):
        read_settings({**least, "RELEASE_SIGNING_KEY_FILE": "/nowhere/x"})


def test_key_of_another_kind(least: Mapping[str, str]) -> None:
    """A private key that no GitHub App has is refused at the start, not at the first request."""
    key = as_pem(ed25519.Ed25519PrivateKey.generate())
    with pytest.raises(SettingError, match="RSA"):
        read_settings({**least, "GITHUB_APP_ID": "1", "GITHUB_APP_PRIVATE_KEY": key})


def test_key_without_an_app(least: Mapping[str, str], pem: str) -> None:
    """A key alone is a forgotten App ID."""
    with pytest.raises(SettingError, match=r"^GITHUB_APP_ID: missing"):
        read_settings({**least, "GITHUB_APP_PRIVATE_KEY": pem})
