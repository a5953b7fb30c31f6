import sys
from collections.abc import Iterator

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from support.builders import ScriptedProvider, asked, context, pipeline, reply

from bot.telemetry.tracing import start_tracing
from index.errors import SettingsError
from pipeline.tracing import span


@pytest.fixture(scope="module")
def exporter() -> InMemorySpanExporter:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    return exporter


@pytest.fixture
def spans(exporter: InMemorySpanExporter) -> Iterator[InMemorySpanExporter]:
    exporter.clear()
    yield exporter
    exporter.clear()


async def test_each_stage_is_a_span_with_the_request_id_and_no_text(spans: InMemorySpanExporter) -> None:
    await asked(pipeline(ScriptedProvider(reply("good.json"))), "How many Zaphods?", context())
    found = spans.get_finished_spans()
    assert {"citedesk.retrieve", "citedesk.generate", "citedesk.verify"} <= {one.name for one in found}
    assert all(one.attributes == {"citedesk.request_id": "r-1"} for one in found)
    assert "Zaphod" not in "".join(one.to_json() for one in found)


def test_an_exception_is_recorded_by_its_type_alone(spans: InMemorySpanExporter) -> None:
    with pytest.raises(ValueError, match="Zaphod"), span("chat m", {}, to_a_server=True):
        raise ValueError("Zaphod")
    (one,) = spans.get_finished_spans()
    assert one.attributes == {"error.type": "ValueError"}
    assert one.kind is trace.SpanKind.CLIENT
    assert "Zaphod" not in one.to_json()


def test_without_a_collector_no_exporter_is_set_up(
    monkeypatch: pytest.MonkeyPatch, spans: InMemorySpanExporter
) -> None:
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)
    before = trace.get_tracer_provider()
    end = start_tracing()
    assert trace.get_tracer_provider() is before
    end()
    with span("after", {}):
        pass
    # Ending it ended nobody else's exporter.
    assert [one.name for one in spans.get_finished_spans()] == ["after"]


def test_a_collector_without_the_extra_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    for name in [name for name in sys.modules if name.split(".")[0] == "opentelemetry"]:
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(SettingsError, match=r"citedesk\[otel\]"):
        start_tracing()
