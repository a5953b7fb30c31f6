"""Export spans to an OpenTelemetry collector if one is configured. Needs the extra `otel`."""

import os
from collections.abc import Callable

from index.errors import SettingsError

_ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"


def start_tracing() -> Callable[[], None]:
    """Start the export to OTEL_EXPORTER_OTLP_ENDPOINT; do nothing if it is not set. Return the function that stops it.

    Raises SettingsError if the extra is not installed.
    """
    if not os.environ.get(_ENDPOINT):
        return lambda: None
    try:
        from opentelemetry import trace  # noqa: PLC0415 - an extra
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
    except ImportError:
        raise SettingsError(f"{_ENDPOINT} is set, but tracing is not installed: pip install 'citedesk[otel]'") from None

    provider = TracerProvider(resource=Resource.create({"service.name": "citedesk"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    return provider.shutdown
