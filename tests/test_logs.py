"""Logs: JSON lines with the delivery's GUID, and without secrets."""

import io
import json
import logging
import math
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from bot.logs import lines_held, log_context, set_up_logs, write_held_lines

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


@pytest.mark.parametrize(
    "secret",
    [
        "back\\slash",
        "new\nline",
        "a\ttab",
        "both ' and \"",
        "del\x7fete",
        "h\N{LATIN SMALL LETTER E WITH ACUTE}t",
        "x\x85y",
    ],
)
def test_secret_is_hidden_in_whatever_form(capsys: pytest.CaptureFixture[str], secret: str) -> None:
    """As Python shows it, its bytes, or JSON: what has to be escaped there gives nothing away."""
    secret = f"key{secret}key"
    set_up_logs([secret])
    log = structlog.stdlib.get_logger("ours")
    for value in (secret, secret.encode(), ValueError(secret), Path(secret), [secret], json.dumps({"a": secret})):
        log.info("x", value=value)
    log.info("%r and %r", secret, {secret: secret.encode()})
    text = capsys.readouterr().err
    assert len(text.splitlines()) == 7
    assert all("[hidden]" in line for line in text.splitlines())
    assert "key" not in text


def test_what_cannot_be_shown_stops_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """Each line is JSON, whatever was logged: NaN, odd keys, a list within itself, a broken repr."""

    class Broken:
        def __repr__(self) -> str:
            raise RuntimeError

    itself: list[object] = []
    itself.append(itself)
    set_up_logs()
    log = structlog.stdlib.get_logger("ours")
    values = (math.nan, [math.inf, "\N{SNOWMAN}"], {("a", 1): 2}, itself, Broken(), 10**6000, b"\xff")
    for value in values:
        log.info("x", value=value)
    assert len(lines(capsys)) == len(values)


def test_a_log_that_nobody_reads_stops_only_who_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Others go on, and whoever holds its lines does; what was said meanwhile is written later, in its order."""
    stuck = StuckStream()
    monkeypatch.setattr(sys, "stderr", stuck)
    set_up_logs()
    log = structlog.stdlib.get_logger("ours")
    writer = threading.Thread(target=log.info, args=("first",))
    writer.start()
    assert stuck.is_reached.wait(20)
    log.info("second")
    with lines_held():
        log.info("third")
    write_held_lines()
    stuck.goes_on.set()
    writer.join(20)
    assert [json.loads(line)["event"] for line in stuck.text.splitlines()] == ["first", "second", "third"]


class StuckStream(io.StringIO):
    """Takes nothing until it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.is_reached, self.goes_on, self.text = threading.Event(), threading.Event(), ""

    def write(self, text: str) -> int:
        """Wait, and keep it."""
        self.is_reached.set()
        assert self.goes_on.wait(20)
        self.text += text
        return len(text)
