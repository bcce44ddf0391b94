"""Logs: JSON lines with the delivery's GUID, and without secrets."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from bot.logs import log_context, set_up_logs

TOKEN = "ghs_" + "A1b2" * 10
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiIxIn0.c2lnbmF0dXJl"


@pytest.fixture(autouse=True)
def _restored_logging() -> Iterator[None]:
    """Put the process's logging back as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    """What was logged."""
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_line_has_the_delivery(capsys: pytest.CaptureFixture[str]) -> None:
    """What is logged while a delivery is handled carries its GUID, from structlog and from libraries alike."""
    set_up_logs()
    with log_context(delivery="guid-1"):
        structlog.stdlib.get_logger("ours").info("stored", jobs=("a",))
        logging.getLogger("library").warning("slow %s", "query")
    ours, library = lines(capsys)
    assert (ours["event"], ours["delivery"], ours["jobs"], ours["level"]) == ("stored", "guid-1", ["a"], "info")
    assert (library["event"], library["delivery"]) == ("slow query", "guid-1")


@pytest.mark.parametrize(
    "secret",
    [
        TOKEN,
        JWT,
        "github_pat_" + "A1b2" * 10,
        "my-webhook-secret",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIabc\n-----END RSA PRIVATE KEY-----",
    ],
)
def test_secret_is_hidden_wherever_it_is(capsys: pytest.CaptureFixture[str], secret: str) -> None:
    """In the message, a value, a nested value, an object's repr or a traceback: never the secret."""
    set_up_logs(["my-webhook-secret"])
    log = structlog.stdlib.get_logger("ours")
    log.info(f"got {secret}", value=secret, nested={"a": [{secret: secret}]}, error=ValueError(secret))
    try:
        raise RuntimeError(f"bad {secret}")
    except RuntimeError:
        log.exception("failed")
    text = capsys.readouterr().err
    assert len(text.splitlines()) == 2
    for part in secret.split("\n"):
        assert part not in text
    assert "RuntimeError" in text


def test_password_of_an_address_is_hidden(capsys: pytest.CaptureFixture[str]) -> None:
    """An address keeps its host, and loses its user and password."""
    set_up_logs()
    logging.getLogger("library").warning("cannot reach postgresql://me:pass-word@db.example/x")
    (line,) = lines(capsys)
    assert line["event"] == "cannot reach postgresql://[hidden]@db.example/x"
