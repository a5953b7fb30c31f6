from support.secrets_planted import heart, planted

from bot.telemetry.metrics import Metrics
from pipeline.types import FindingCode, Trace


def _trace(**fields: object) -> Trace:
    base = {"request_id": "r-1", "tenant_id": "T1", "user_id": "U1", "channel_id": "C1", "route": "slack"}
    return Trace.model_validate({**base, "outcome": "answered", "verdict": "OK", **fields})


def test_a_request_is_counted_with_its_time_tokens_and_cost() -> None:
    metrics = Metrics(routes=("slack", "teams", "cli"))
    metrics.observe(
        _trace(
            total_ms=1200.0, stage_ms={"generate": 900.0}, llm_provider="openai", attempts=2, input_tokens=100,
            output_tokens=20, cost_usd=0.5, fallback_used="extractive", findings=(FindingCode.LEAK, FindingCode.LEAK),
            form="written", verdicts=("supported", "supported", "not_stated"), judge_tokens=30,
        )
    )  # fmt: skip
    told = metrics.exposition(3, {"openai": True}).decode()
    for line in (
        'citedesk_requests_total{outcome="answered",route="slack",verdict="OK"} 1.0',
        'citedesk_stage_seconds_count{stage="generate"} 1.0',
        "citedesk_request_seconds_sum 1.2",
        'citedesk_model_attempts_total{provider="openai"} 2.0',
        'citedesk_model_tokens_total{direction="input",provider="openai"} 100.0',
        'citedesk_model_cost_usd_total{provider="openai"} 0.5',
        'citedesk_fallbacks_total{kind="extractive"} 1.0',
        'citedesk_findings_total{code="LEAK"} 1.0',
        'citedesk_answers_total{form="written"} 1.0',
        'citedesk_judge_verdicts_total{verdict="supported"} 2.0',
        'citedesk_judge_verdicts_total{verdict="not_stated"} 1.0',
        "citedesk_judge_tokens_total 30.0",
        "citedesk_requests_in_flight 3.0",
        'citedesk_circuit_open{provider="openai"} 1.0',
    ):
        assert line in told


def test_labels_stay_few_whoever_asks_and_hold_no_id_or_secret() -> None:
    metrics = Metrics(routes=("slack", "teams", "cli"))
    for at, (_, secret) in enumerate(planted(1000)):
        metrics.observe(_trace(user_id=secret, tenant_id=f"T{at}", channel_id=secret, route=f"route-{at}"))
    told = metrics.exposition(0, {}).decode()
    assert told.count("citedesk_requests_total{") == 1
    assert [secret for _, secret in planted(1000) if heart(secret) in told] == []
