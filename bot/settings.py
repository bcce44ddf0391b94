"""The environment, read once into frozen settings.

Only this module knows the names of the variables (they are described in the README).
Every wrong or missing value raises `SettingError`, whose text is one line that names the variable and never
repeats a secret.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict
from pydantic import SecretStr

DEFAULT_API_URL = "https://api.github.com"
DEFAULT_PORT = 8000
DEFAULT_METRICS_HOST = "127.0.0.1"
DEFAULT_RETENTION_DAYS = 14
LEAST_RETENTION_DAYS = 8
"""GitHub can deliver a GUID again for 3 days, Enterprise Server for 7: until then it must be known here."""
POSTGRES_SCHEMES = ("postgres", "postgresql")


class SettingError(ValueError):
    """A variable is missing or wrong. The text is one line, names the variable, and holds no secret."""


@dataclass(frozen=True)
class Settings:
    """What one process was told. `database_url` may hold a password, so it is never part of the repr.

    `github_app_id` and `private_key_pem` are both set or both None; None means: no real GitHub App.
    `count_limits`: keep below github.com's limits by a count of our own; to those of what notifies people counts
    each request, or (`each_mutation_counts`) each mutation in it.
    `database_url` is None when the embedded PostgreSQL is to be used, `signing_key_pem` when release records are
    signed with a key that is made once and kept in the database. `metrics_port` is where a worker shows what it
    counted, None: nowhere.
    """

    webhook_secret: SecretStr
    github_app_id: str | None = None
    private_key_pem: SecretStr | None = None
    github_api_url: str = DEFAULT_API_URL
    github_graphql_url: str = f"{DEFAULT_API_URL}/graphql"
    count_limits: bool = True
    each_mutation_counts: bool = False
    database_url: str | None = field(default=None, repr=False)
    policy_dir: Path = Path("policies")
    port: int = DEFAULT_PORT
    public_url: str = f"http://localhost:{DEFAULT_PORT}"
    signing_key_pem: SecretStr | None = None
    retention_days: int = DEFAULT_RETENTION_DAYS
    metrics_host: str = DEFAULT_METRICS_HOST
    metrics_port: int | None = None


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Settings from `environment` (usually `os.environ`). Raises SettingError; reads no file but a key.

    A variable that is set to nothing counts as missing.
    """
    values = _given(environment)
    app_id = _app_id(values)
    key_text, key_path = values.get("GITHUB_APP_PRIVATE_KEY"), values.get("GITHUB_APP_PRIVATE_KEY_FILE")
    key_kind = "an RSA key, which GitHub App keys are"
    private_key_pem = _private_key("GITHUB_APP_PRIVATE_KEY", key_text, key_path, RSAPrivateKey, key_kind)
    if app_id is None and private_key_pem is not None:
        raise SettingError("GITHUB_APP_ID: missing, although a private key is set")
    if app_id is not None and private_key_pem is None:
        raise SettingError("GITHUB_APP_PRIVATE_KEY: missing, although GITHUB_APP_ID is set")
    if "GITHUB_WEBHOOK_SECRET" not in values:
        raise SettingError("GITHUB_WEBHOOK_SECRET: missing; it must be the secret of the App's webhook")
    api_url = _web_address("GITHUB_API_URL", values.get("GITHUB_API_URL", DEFAULT_API_URL))
    port = _port("PORT", values.get("PORT", str(DEFAULT_PORT)))
    return Settings(
        webhook_secret=SecretStr(environment["GITHUB_WEBHOOK_SECRET"]),  # it may end in a space
        github_app_id=app_id,
        private_key_pem=private_key_pem,
        github_api_url=api_url,
        github_graphql_url=graphql_url(api_url),
        count_limits=_count_limits(values, api_url),
        each_mutation_counts=_one_of(
            "GITHUB_CREATIONS", values.get("GITHUB_CREATIONS", "requests"), "mutations", "requests"
        ),
        database_url=_database_url(values),
        policy_dir=_policy_dir(values),
        port=port,
        public_url=_web_address("PUBLIC_URL", values.get("PUBLIC_URL", f"http://localhost:{port}")),
        signing_key_pem=_signing_key(values),
        retention_days=_retention_days(values),
        metrics_host=values.get("METRICS_HOST", DEFAULT_METRICS_HOST),
        metrics_port=_port("METRICS_PORT", values["METRICS_PORT"]) if "METRICS_PORT" in values else None,
    )


def read_database_url(environment: Mapping[str, str]) -> str:
    """DATABASE_URL, and no look at any other variable. Raises SettingError when it is missing or wrong."""
    return require_database(_database_url(_given(environment)))


def missing_of_the_service(environment: Mapping[str, str]) -> tuple[str, ...]:
    """The variables of a whole service that are not set; a key's file counts as the key."""
    values = _given(environment)
    if "GITHUB_APP_PRIVATE_KEY_FILE" in values:
        values.setdefault("GITHUB_APP_PRIVATE_KEY", "")
    needed = ("GITHUB_APP_ID", "GITHUB_APP_PRIVATE_KEY", "GITHUB_WEBHOOK_SECRET", "DATABASE_URL")
    return tuple(name for name in needed if name not in values)


def require_database(url: str | None) -> str:
    """The address, for whatever has no PostgreSQL of its own. Raises SettingError."""
    if url is None:
        raise SettingError("DATABASE_URL: missing; only `trackgate serve` brings its own PostgreSQL")
    return url


def check_metrics_folder(environment: Mapping[str, str]) -> None:
    """Raise SettingError when the folder for metrics is none, or can't be written to.

    To be called before `bot.metrics` is imported: the library opens its files there when the first counter is
    made, and looks at the variable by itself.
    """
    folder = environment.get("PROMETHEUS_MULTIPROC_DIR")
    if folder is not None and not (Path(folder).is_dir() and os.access(folder, os.W_OK | os.X_OK)):
        raise SettingError("PROMETHEUS_MULTIPROC_DIR: is not a folder that can be written to")


def read_signing_key(environment: Mapping[str, str]) -> SecretStr | None:
    """The key for release records as PEM text, if one is given; looks at nothing else. Raises SettingError."""
    return _signing_key(_given(environment))


def _given(environment: Mapping[str, str]) -> dict[str, str]:
    """What is set to something: hosts and shells often leave a variable empty."""
    return {name: value.strip() for name, value in environment.items() if value.strip()}


def graphql_url(api_url: str) -> str:
    """The GraphQL address for a REST root (GitHub Enterprise Server keeps them side by side under `/api`)."""
    root = api_url.rstrip("/")
    if root.endswith("/api/v3"):
        return root.removesuffix("/v3") + "/graphql"
    return root + "/graphql"


def _count_limits(values: Mapping[str, str], api_url: str) -> bool:
    """Whether to keep below github.com's limits: GitHub Enterprise Server has none unless its owner wants some."""
    default = "none" if api_url.endswith("/api/v3") else "github.com"
    return _one_of("GITHUB_LIMITS", values.get("GITHUB_LIMITS", default), "github.com", "none")


def _app_id(values: Mapping[str, str]) -> str | None:
    """An App ID (digits) or a client ID (such as `Iv1.0a1b`): GitHub takes both as the issuer of a token."""
    text = values.get("GITHUB_APP_ID")
    if text is not None and re.fullmatch(r"[A-Za-z0-9._-]+", text) is None:
        raise SettingError("GITHUB_APP_ID: must be the App's ID (a number) or its client ID")
    return text


def _signing_key(values: Mapping[str, str]) -> SecretStr | None:
    """The key for release records as PEM text, when one is given."""
    text, path = values.get("RELEASE_SIGNING_KEY"), values.get("RELEASE_SIGNING_KEY_FILE")
    return _private_key("RELEASE_SIGNING_KEY", text, path, Ed25519PrivateKey, "an Ed25519 key")


def _private_key(name: str, text: str | None, path: str | None, kind: type, words: str) -> SecretStr | None:
    """A private key as PEM text, checked to be of its kind: from the variable `name`, or that of `name`_FILE."""
    if text is not None and path is not None:
        raise SettingError(f"{name}: set together with {name}_FILE; set one")
    if path is not None:
        name = f"{name}_FILE"
        text = _read_text(name, Path(path))
    if text is None:
        return None
    # Hosts that keep variables on one line hold the PEM's line ends as a backslash and an n.
    pem = text.replace("\\r", "").replace("\\n", "\n").strip() + "\n"
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        # Not chained: the parser's own text may quote what it read.
        raise SettingError(f"{name}: not an unencrypted private key in PEM form") from None
    if not isinstance(key, kind):
        raise SettingError(f"{name}: not {words}")
    return SecretStr(pem)


def _read_text(name: str, path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except OSError as error:
        raise SettingError(f"{name}: cannot read the file: {error.strerror or 'unknown error'}") from None
    except UnicodeDecodeError:
        raise SettingError(f"{name}: the file is not text") from None


def _port(name: str, text: str) -> int:
    if not _is_port(text):
        raise SettingError(f"{name}: must be a whole number from 1 to 65535")
    return int(text)


def _one_of(name: str, text: str, yes: str, no: str) -> bool:
    """True for one word, False for the other; nothing else will do."""
    if text not in (yes, no):
        raise SettingError(f"{name}: must be {yes} or {no}")
    return text == yes


def _retention_days(values: Mapping[str, str]) -> int:
    text = values.get("RETENTION_DAYS", str(DEFAULT_RETENTION_DAYS))
    if not (text.isascii() and text.isdigit() and len(text) <= 4 and int(text) >= LEAST_RETENTION_DAYS):
        raise SettingError(f"RETENTION_DAYS: must be a whole number from {LEAST_RETENTION_DAYS} to 9999")
    return int(text)


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 5 and 0 < int(text) < 65536


def _web_address(name: str, text: str) -> str:
    """An http or https address without user, query or fragment; a trailing slash is taken off."""
    try:
        parts = urlsplit(text)
        valid = (
            parts.scheme in ("http", "https")
            and bool(parts.hostname)
            and parts.username is None
            and not parts.query
            and not parts.fragment
            and (parts.port is None or parts.port > 0)
            and not any(character.isspace() for character in text)
        )
    except ValueError:  # a port that is no number, an open bracket
        valid = False
    if not valid:
        raise SettingError(f"{name}: must be an http or https address without user, query or fragment")
    return text.rstrip("/")


def _database_url(values: Mapping[str, str]) -> str | None:
    text = values.get("DATABASE_URL")
    if text is None:
        return None
    try:
        scheme = urlsplit(text).scheme
        parameters = conninfo_to_dict(text)
    except (ValueError, ProgrammingError):
        scheme, parameters = "", {}  # libpq's own text may repeat the address, password and all
    if scheme not in POSTGRES_SCHEMES:
        raise SettingError("DATABASE_URL: must be a valid postgresql:// address")
    ports = str(parameters.get("port") or "")  # with several hosts one for each, and nothing for the usual one
    if not all(_is_port(port) for port in ports.split(",") if port):
        raise SettingError("DATABASE_URL: its port must be a whole number from 1 to 65535")
    return text


def _policy_dir(values: Mapping[str, str]) -> Path:
    path = Path(values.get("POLICY_DIR", "policies"))
    if not path.is_dir():
        raise SettingError("POLICY_DIR: is not a folder")
    return path
