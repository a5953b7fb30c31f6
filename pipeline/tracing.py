"""Optional OpenTelemetry spans: one per stage and one per model request, named by the GenAI conventions.

Without the package `opentelemetry-api`, or without a tracer provider, nothing is recorded. Attributes are ids,
names and numbers. https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

try:
    from opentelemetry import trace
except ImportError:  # pragma: no cover - the extra `otel` is not installed
    trace = None  # type: ignore[assignment]

Attribute = str | int | float
_SCOPE = "citedesk"


@contextmanager
def span(
    name: str, attributes: Mapping[str, Attribute], *, to_a_server: bool = False
) -> Iterator[Callable[[str, Attribute], None]]:
    """Record the body as a span; yield the function that sets further attributes on it."""
    if trace is None:  # pragma: no cover - as above
        yield lambda _name, _value: None
        return
    kind = trace.SpanKind.CLIENT if to_a_server else trace.SpanKind.INTERNAL
    # An exception's text may repeat what was asked, so only its type is recorded.
    with trace.get_tracer(_SCOPE).start_as_current_span(
        name, kind=kind, attributes=dict(attributes), record_exception=False, set_status_on_exception=False
    ) as current:
        try:
            yield current.set_attribute
        except Exception as error:
            current.set_attribute("error.type", type(error).__name__)
            current.set_status(trace.StatusCode.ERROR)
            raise
