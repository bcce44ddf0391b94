"""Traces for OpenTelemetry, if somebody wants them: one for each delivery, through all processes.

Off, and nothing of OpenTelemetry loaded, unless OTEL_EXPORTER_OTLP_ENDPOINT is set; everything else is told by
OpenTelemetry's own variables (its specification, "OTLP Exporter Configuration"). A delivery's GUID makes the
trace's ID, so the web process and whichever worker evaluates add to one trace without telling each other anything.
"""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING
from uuid import UUID

from bot.settings import SettingError

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Tracer

_tracer: Tracer | None = None


def set_up_tracing(environment: Mapping[str, str], process: str) -> None:
    """Send traces as the `environment` says, under the service name `trackgate-PROCESS` if it gives no other.

    Does nothing unless it names an endpoint. Raises SettingError when the packages for it are missing.
    """
    endpoint = environment.get("OTEL_EXPORTER_OTLP_ENDPOINT", "").strip()
    if not endpoint:
        return
    if not endpoint.startswith(("http://", "https://")):
        raise SettingError("OTEL_EXPORTER_OTLP_ENDPOINT: must be an http or https address")
    if importlib.util.find_spec("opentelemetry.exporter") is None:
        raise SettingError("OTEL_EXPORTER_OTLP_ENDPOINT: needs the packages of requirements/tracing.txt")
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    named = {} if environment.get("OTEL_SERVICE_NAME") else {"service.name": f"trackgate-{process}"}
    provider = TracerProvider(resource=Resource.create(named))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace_with(provider)


def trace_with(provider: TracerProvider | None) -> None:
    """Give spans to `provider` from now on; None turns tracing off."""
    global _tracer
    _tracer = None if provider is None else provider.get_tracer("trackgate")


@contextmanager
def span(name: str, delivery: UUID | None = None, **attributes: str | int | float | bool | None) -> Iterator[None]:
    """Time a block as a span, below the one around it, else in the trace of `delivery`.

    An exception makes it a failed one, which names the exception's type and no more: texts may hold anything.
    """
    if _tracer is None:
        yield
        return
    from opentelemetry import trace
    from opentelemetry.trace import Status, StatusCode

    given = {key: value for key, value in attributes.items() if value is not None}
    if delivery is not None:
        given["github.delivery"] = str(delivery)
    with _tracer.start_as_current_span(
        name,
        _trace_of(delivery),
        attributes=given,
        record_exception=False,
        set_status_on_exception=False,
    ):
        try:
            yield
        except BaseException as error:
            trace.get_current_span().set_status(Status(StatusCode.ERROR, type(error).__name__))
            raise


def add_span(name: str, seconds: float, **attributes: str | int | None) -> None:
    """A span that has just ended and took `seconds`, below the one around it."""
    if _tracer is None:
        return
    ended = time.time_ns()
    given = {key: value for key, value in attributes.items() if value is not None}
    _tracer.start_span(name, start_time=ended - int(seconds * 1e9), attributes=given).end(ended)


def trace_id_of(delivery: UUID) -> int:
    """The ID of a delivery's trace: the two halves of its GUID, the second one first.

    Samplers go by an ID's last 64 bits. In a GUID those begin with the same two bits always, so that a sampler
    would take all deliveries or none; its first half changes from one to the next.
    """
    return (delivery.int & (2**64 - 1)) << 64 | delivery.int >> 64


def _trace_of(delivery: UUID | None) -> Context | None:
    from opentelemetry import trace

    if delivery is None or delivery.int == 0 or trace.get_current_span().get_span_context().is_valid:
        return None
    # A parent that nobody has ever seen: it only names the trace. A span's ID must not be zero.
    flags = trace.TraceFlags(trace.TraceFlags.SAMPLED)
    span_id = (delivery.int & (2**64 - 1)) or 1
    parent = trace.SpanContext(trace_id_of(delivery), span_id, is_remote=True, trace_flags=flags)
    return trace.set_span_in_context(trace.NonRecordingSpan(parent))
