"""Traces: off unless wanted; one for each delivery, through web and worker; never a secret or a text in them."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from uuid import UUID, uuid1, uuid4

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import TraceIdRatioBased

from bot import tracing
from bot.settings import SettingError
from bot.tracing import add_span, set_up_tracing, span, trace_with

GUID = UUID("72d3162e-cc78-11e3-81ab-4c9367dc0958")


@pytest.fixture
def exporter() -> Iterator[InMemorySpanExporter]:
    """Where the spans of the test end up."""
    memory = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(memory))
    trace_with(provider)
    yield memory
    trace_with(None)


def by_name(exporter: InMemorySpanExporter) -> dict[str, ReadableSpan]:
    """The spans that have ended."""
    return {one.name: one for one in exporter.get_finished_spans()}


def test_a_delivery_is_one_trace_in_all_processes(exporter: InMemorySpanExporter) -> None:
    """Its GUID makes the trace's ID; what happens inside hangs below."""
    with span("delivery", GUID, event="push"):
        pass
    with span("evaluate", GUID, subject="pull_request:meta/a#1"), span("inner"):
        add_span("GitHub: read a pull request", 0.05, status=200, nothing=None)
    found = by_name(exporter)
    assert {one.context.trace_id for one in found.values() if one.context} == {
        int("81ab4c9367dc095872d3162ecc7811e3", 16)
    }
    evaluate, inner, request = found["evaluate"], found["inner"], found["GitHub: read a pull request"]
    assert inner.parent is not None
    assert evaluate.context is not None
    assert inner.parent.span_id == evaluate.context.span_id
    assert dict(evaluate.attributes or {}) == {"subject": "pull_request:meta/a#1", "github.delivery": str(GUID)}
    assert dict(request.attributes or {}) == {"status": 200}
    assert request.end_time is not None
    assert request.start_time is not None
    assert abs(request.end_time - request.start_time - 50_000_000) < 1_000


def test_without_a_delivery_there_is_a_trace_of_its_own(exporter: InMemorySpanExporter) -> None:
    """A sweep belongs to nothing that GitHub sent."""
    with span("sweep"):
        pass
    only = by_name(exporter)["sweep"]
    assert only.parent is None


def test_a_failure_names_its_type_and_no_text(exporter: InMemorySpanExporter) -> None:
    """An exception's text may hold what others wrote."""
    with suppress(ValueError), span("evaluate", GUID):
        raise ValueError("ghs_secret")
    only = by_name(exporter)["evaluate"]
    assert not only.status.is_ok
    assert only.status.description == "ValueError"
    assert "ghs_secret" not in only.to_json()


def test_off_unless_wanted() -> None:
    """Without an endpoint nothing of OpenTelemetry is even loaded."""
    program = (
        "import sys\nfrom bot.tracing import set_up_tracing, span, add_span\nset_up_tracing({}, 'web')\n"
        "with span('x'): add_span('y', 0.1)\n"
        "print([name for name in sys.modules if name.startswith('opentelemetry')])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"


def test_wanted_without_the_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    """One line says which variable asks for what is not installed."""
    monkeypatch.setattr(tracing.importlib.util, "find_spec", lambda _name: None)  # type: ignore[attr-defined]
    with pytest.raises(SettingError, match=r"^OTEL_EXPORTER_OTLP_ENDPOINT: needs .*tracing\.txt"):
        set_up_tracing({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"}, "web")


def test_sent_to_the_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    """A collector that listens gets the spans, under the process's name."""
    bodies: list[bytes] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Collector) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", address)  # the exporter reads it by itself
        given: list[TracerProvider | None] = []
        keep = trace_with
        monkeypatch.setattr(tracing, "trace_with", lambda provider: (given.append(provider), keep(provider)))
        try:
            set_up_tracing({"OTEL_EXPORTER_OTLP_ENDPOINT": address}, "worker")
            with span("evaluate", GUID):
                pass
            provider = given[0]
            assert provider is not None
            provider.shutdown()  # sends what is still held
        finally:
            keep(None)
            server.shutdown()
    assert len(bodies) == 1
    assert b"trackgate-worker" in bodies[0]
    assert GUID.bytes[8:] + GUID.bytes[:8] in bodies[0]


@pytest.mark.parametrize("guid", [uuid1, uuid4])
def test_a_sampler_takes_its_share_of_the_deliveries(guid: Callable[[], UUID]) -> None:
    """`traceidratio` goes by the trace's ID: about every second delivery, whichever way GUIDs are made."""
    memory = InMemorySpanExporter()
    provider = TracerProvider(sampler=TraceIdRatioBased(0.5))
    provider.add_span_processor(SimpleSpanProcessor(memory))
    trace_with(provider)
    try:
        for number in range(400):
            made = guid()
            with span("evaluate", UUID(int=(made.int + (number * 0x9E3779B9 << 96)) % 2**128)):
                pass
    finally:
        trace_with(None)
    assert 120 < len(memory.get_finished_spans()) < 280


def test_an_address_that_is_none() -> None:
    """One line names the variable."""
    with pytest.raises(SettingError, match=r"^OTEL_EXPORTER_OTLP_ENDPOINT: must be an http"):
        set_up_tracing({"OTEL_EXPORTER_OTLP_ENDPOINT": "not-a-url"}, "web")
