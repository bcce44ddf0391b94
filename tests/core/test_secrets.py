"""What looks like a secret is found by its line and kind, never repeated, and plain evidence is left alone.

The tokens here are made up, and put together from parts, so that no scan of this repository takes them for real.
"""

from __future__ import annotations

import random
import time
from base64 import urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.finding import SECRET, SECRET_NAME, Finding
from bot.core.secrets import MAXIMUM_FINDINGS, find_secret_names, find_secrets, redacted
from tests.support.evidence_texts import STORY

HEX = "0123456789abcdef" * 2
MIXED = "a1B2c3D4" * 10
JWT = ".".join(
    urlsafe_b64encode(part).decode().rstrip("=") for part in (b'{"alg":"RS256"}', b'{"sub":"1234"}', b"signature")
)
APP_SECRET, CLIENT_SECRET = "app_" + "secret", "client " + "secret"

SECRETS = {
    "Meta user token": ("EAAB" + MIXED, "a Meta access token"),
    "Meta token in an address": (
        f"https://graph.example/me?access_token=EAAG{MIXED}&limit=1",
        "a Meta access token",
    ),
    "Instagram token": ("IGQW" + MIXED, "an Instagram or Threads access token"),
    "Threads token": ("THAA" + MIXED, "an Instagram or Threads access token"),
    "Meta app token": ("1029384756|" + "AbC-dEf_0123456789ghIjkLmn0", "a Meta app access token"),
    "Meta app token with its secret": (f"102938475612345|{HEX}", "a Meta app access token"),
    "Meta app token in an address": (f"input_token=102938475612345%7C{HEX}", "a Meta app access token"),
    "app secret": (f"{APP_SECRET}: {HEX}", "an app secret"),
    "app secret in quotes": (f'"{APP_SECRET}": "{HEX}"', "an app secret"),
    "app secret, shouted": (f"{APP_SECRET.upper()}={HEX.upper()}", "an app secret"),
    "client secret in prose": (f"The {CLIENT_SECRET} of staging is `{HEX}`.", "an app secret"),
    "client secret in a table": (f"| {CLIENT_SECRET} |\n|---|\n| {HEX} |", "an app secret"),
    "proof": (f"appsecret_proof={HEX}{HEX}", "an app secret"),
    "Meta token in a path": ("https://graph.example/v19.0/EAAB" + MIXED, "a Meta access token"),
    "Meta token in an encoded address": (f"debug?input_token%3DEAAB{MIXED}", "a Meta access token"),
    "Meta token behind an escape": (f"'one\\nEAAB{MIXED}'", "a Meta access token"),
    "Meta token behind a long escape": (f"x\\u003dEAAB{MIXED}", "a Meta access token"),
    "Instagram token in an encoded address": (f"x%3dIGQW{MIXED}", "an Instagram or Threads access token"),
    "a secret in a row": (f"| Secret | `{HEX}` |", "a secret value"),
    "a secret": (f"secret: {HEX}", "a secret value"),
    "a token": (f"TOKEN={HEX.upper()}", "a secret value"),
    "a token in an encoded address": (f"token%3D{HEX}%26", "a secret value"),
    "a long secret": (f'"webhook_secret": "{HEX}{HEX}"', "a secret value"),
    "GitHub token": ("ghp_" + "a1B2" * 9, "a GitHub token"),
    "GitHub installation token": ("ghs_" + "a1B2" * 9, "a GitHub token"),
    "long GitHub installation token": (f"ghs_12345_{JWT}", "a GitHub token"),
    "fine-grained GitHub token": ("github_pat_" + MIXED, "a GitHub token"),
    "private key": ("-----BEGIN RSA PRIVATE " + "KEY-----", "a private key"),
    "encrypted private key": ("-----BEGIN ENCRYPTED PRIVATE " + "KEY-----", "a private key"),
    "bearer token": (f"Authorization: Bearer {MIXED}", "a secret value"),
    "password": ("pass" + "word: `hunter2hunter2hunter2`", "a secret value"),
    "token of a web page": (f"id_token {JWT}", "a secret (JSON Web Token)"),
    "AWS": ("AK" + "IAABCDEFGH12345678", "a secret (AWS Access Key)"),
    "Slack": ("xox" + "b-1234567890-abcdefghij", "a secret (Slack Token)"),
    "Slack, shouted": ("XOX" + "B-1234567890-ABCDEFGHIJ", "a secret (Slack Token)"),
    "GitLab": ("glpat" + "-abcdefghij0123456789", "a secret (GitLab Token)"),
    "address with a password": ("https://user:" + "word@host.example/", "a secret (Basic Auth Credentials)"),
    "Stripe": ("sk_live_" + "a1B2" * 6, "a secret (Stripe Access Key)"),
}


@pytest.mark.parametrize("name", SECRETS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_secrets_are_found(name: str, encoding: str) -> None:
    """On its line, at its kind, at the beginning of a text and in the middle of one, in UTF-16 as well."""
    secret, kind = SECRETS[name]
    more = secret.count("\n")
    expected = f"no secret; here is what looks like {kind}"
    assert find_secrets(secret.encode(encoding), "e.md") == (Finding("e.md", 1 + more, SECRET, expected),)
    text = f"{STORY}\nSee {secret}\nand more."
    line = STORY.count("\n") + 2 + more
    assert find_secrets(text.encode(encoding), "e.md") == (Finding("e.md", line, SECRET, expected),)


PLAIN = {
    "the story": STORY,
    "a commit": "Validated 4f0c4f0c4f0c4f0c4f0c4f0c4f0c4f0c4f0c4f0c against app 102938475612345.",
    "a compact table": f"|app|commit|scenario|\n|-|-|-|\n|102938475612345|{'4f0c' * 10}|oauth-missing-scope-more|",
    "a digest": f"md5 {HEX}, sha256 {HEX}{HEX}, blob sha {'0123456789' * 4}",
    "a commit beside a word for a secret": f"token: {'4f0c' * 10}, secret | {'a1b2c3d4' * 5} |",
    "words for secrets": f"Secret: rotated. Token = none. App ID of the secret: 102938475612345, md5 {HEX}",
    "a number beside a word for a secret": f"token: {'1234567890' * 3}12",
    "a long line of base64": f"{'Ab1+' * 20}/EAAB{'a1B2' * 20}",
    "links": "[run](https://github.com/meta/v3/actions/runs/123456789012/job/9876543210) ![s](shot-1.png)",
    "words": "access_token: <redacted>; password: see-the-vault-entry-42; api_key = `***`; secret of 2026-02-18",
    "paths": "client_secret: docs/runbooks/meta-app-secret-rotation.md",
    "a picture": "data:image/jpeg;base64,/9j//EALUQAAIBAwMCBAMFBQQEAAABfQECAwAEEQUSITFB",
    "an identifier": "trace 550e8400-e29b-41d4-a716-446655440000 at 2026-02-19T14:30:00-05:00",
    "a log": "14:30:02 GET /v19.0/oauth/access_token 200 rate-limit-429 x-fb-trace-id: Ab3dEf6hIj9",
    "a command": "git checkout 4f0c4f0c && make test TOKEN=$META_TOKEN",
    "an address": "http://localhost:8000/callback?code=***&state=xyz, mail raj@example.org",
    "e.a.a.": "EAA and EAAB are how tokens begin; ghp_ and ghs_ are others; eyJ as well.",
}


@pytest.mark.parametrize("name", PLAIN)
def test_plain_evidence_is_left_alone(name: str) -> None:
    """Commits, App IDs, digests, links, log lines and words about secrets are none."""
    assert find_secrets(PLAIN[name].encode(), "e.md") == ()


def test_each_line_once() -> None:
    """Of several secrets on a line one finding is told, which names each kind once, in their order."""
    token, other, slack = "EAAB" + MIXED, "ghp_" + "a1B2" * 9, "xox" + "b-1234567890-abcdefghij"
    text = f"{token} {token} {other}\n\n{APP_SECRET}={HEX}, {token}\n{slack}, {other}, {token}, {other}\n"
    assert [(one.line, one.expected) for one in find_secrets(text.encode(), "e.md")] == [
        (1, "no secret; here is what looks like a Meta access token and a GitHub token"),
        (3, "no secret; here is what looks like an app secret and a Meta access token"),
        (
            4,
            "no secret; here is what looks like a secret (Slack Token), a GitHub token and a Meta access token",
        ),
    ]


def test_a_secret_of_several_kinds_is_named_once() -> None:
    """What fits several shapes, whole or in part, is one secret: by the kind that says most."""
    token = f"ghs_12345_{JWT}"
    text = f"access_token: {token}\nAuthorization: Bearer {JWT} and {token}"
    assert [one.expected.partition("like ")[2] for one in find_secrets(text.encode(), "e.md")] == [
        "a GitHub token",
        "a secret value and a GitHub token",
    ]


TOKEN = "ghp_" + "a1B2" * 9
IN_NAMES = {
    f"docs/{TOKEN}.md": f"docs/{SECRET_NAME}.md",
    f"docs/{TOKEN}.png": f"docs/{SECRET_NAME}",
    f"{TOKEN}/x.md": f"{SECRET_NAME}/x.md",
    f"docs/{APP_SECRET}/{HEX}.md": f"{SECRET_NAME}.md",
}


@pytest.mark.parametrize("path", IN_NAMES)
def test_a_secret_in_a_path(path: str) -> None:
    """A finding, and the name that looks like it is not repeated, nor the path when no name alone does."""
    assert redacted(path) == IN_NAMES[path]
    (found,) = find_secret_names(path)
    assert (found.path, found.line, found.key) == (IN_NAMES[path], 1, SECRET)
    assert found.expected.startswith("no secret in its name; it is what looks like a")


def test_a_path_without_a_secret() -> None:
    """Told as it is."""
    path = f"docs/{'4f0c' * 10}/20260219T193000Z.md"
    assert (redacted(path), find_secret_names(path)) == (path, ())


def test_many_lines_are_summed_up() -> None:
    """A file full of secrets is told of its first lines, and of how many more there are."""
    found = find_secrets(f"ghp_{'a1B2' * 9}\n".encode() * 200, "e.md")
    assert len(found) == MAXIMUM_FINDINGS + 1
    assert (found[-1].line, found[-1].expected) == (51, "no secrets; 150 more lines look like having some")


def test_a_token_that_is_nested_too_deeply() -> None:
    """A web token whose parts nobody could read is one all the same, and does not stop the search."""
    header = urlsafe_b64encode(b'{"a":' * 20_000).decode().rstrip("=")
    found = find_secrets(f"{header}.{header}.x\n".encode(), "e.md")
    assert [one.line for one in found] == [1]


HOSTILE = {
    "slashes": "/",
    "starts of tokens": " EAA",
    "paths": "a/EAA",
    "words for tokens": "token=",
    "starts of web tokens": "eyJhbGci.",
    "starts of keys": "sk-",
    "starts of addresses": "://a:b",
    "words for secrets": "app secret ",
    "words and digits": "app_secret 0123456789abcdef0123456789abcde ",
    "app tokens": "1234567890|a1",
    "repetitions": "glagent-",
    "quotes": "aws key '",
    "lines": "\n",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_takes_linear_time(name: str) -> None:
    """Half a megabyte of what makes other engines go back and forth is searched in well under two seconds."""
    content = (HOSTILE[name] * (512 * 1024 // len(HOSTILE[name]) + 1)).encode()
    began = time.process_time()
    find_secrets(content, "e.md")
    assert time.process_time() - began < 2.0


@given(st.binary(max_size=2000))
def test_any_bytes_are_answered(content: bytes) -> None:
    """Whatever the bytes: findings on lines that are there."""
    for finding in find_secrets(content, "e.md"):
        assert 1 <= finding.line <= content.count(b"\n") + 1


@given(before=st.binary(max_size=200), after=st.binary(max_size=200), name=st.sampled_from(sorted(SECRETS)))
def test_a_secret_is_found_in_any_surroundings(before: bytes, after: bytes, name: str) -> None:
    """On a line of its own no other text hides a secret, and no finding repeats any of it."""
    secret = SECRETS[name][0].encode()
    found = find_secrets(before + b"\n" + secret + b"\n" + after, "e.md")
    line = before.count(b"\n") + 2 + secret.count(b"\n")
    assert line in [finding.line for finding in found]
    assert SECRETS[name][0][-12:] not in repr(found)


def test_random_text_is_left_alone() -> None:
    """A megabyte of random letters and digits has at most a chance hit."""
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789  \n"
    text = "".join(random.Random(3).choices(letters, k=1_000_000))  # noqa: S311 - no secret is made of it
    assert len(find_secrets(text.encode(), "e.md")) <= 1
