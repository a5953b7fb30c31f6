"""A thousand secrets sent through every door, and none in the logs, the metrics or the traces."""

import io
import json
import logging

import pytest
import structlog
from openai import AsyncOpenAI
from support.builders import FixedRetriever, ScriptedProvider, asked, chunk, context, pipeline, reply_json
from support.scripted_llm import Step, scripted_llm
from support.secrets_planted import KINDS, heart, planted

from pipeline.errors import SchemaError
from pipeline.models.breaker import CircuitBreaker
from pipeline.models.openai import ModelOptions, OpenAIProvider
from pipeline.models.retrying import RetryPolicy
from pipeline.safety.redaction import redacted

_SECRETS = planted(1000)


def test_there_are_enough_kinds() -> None:
    assert len(KINDS) >= 12
    assert len({secret for _, secret in _SECRETS}) == 1000


@pytest.mark.parametrize("kind", KINDS)
def test_a_secret_in_a_sentence_is_redacted(kind: str) -> None:
    for known, secret in _SECRETS:
        if known == kind:
            assert heart(secret) not in redacted(f"It failed with {secret}, sorry."), secret


@pytest.mark.parametrize("text", ["2026-11-24T12:00:00Z", "r-0123456789ab", "rag_answer_completed", "C0SUPPORT"])
def test_what_a_log_is_made_of_stays(text: str) -> None:
    assert redacted(text) == text


def test_a_secret_in_any_field_of_an_event_is_redacted(log: io.StringIO) -> None:
    logger = structlog.get_logger()
    for at, (kind, secret) in enumerate(_SECRETS):
        logger.warning("planted", words=secret, nested={"deep": [secret, {secret: 1}]}, error=SchemaError(secret))
        logger.info(secret, kind=kind)
        # A line that was written is not written again, so each is of another library.
        logging.getLogger(f"library{at}").error("it was %s", secret, exc_info=ValueError(secret))
    written = log.getvalue()
    assert written.count("\n") == 3000
    assert [secret for _, secret in _SECRETS if heart(secret) in written] == []


async def test_no_secret_of_a_question_a_document_or_a_reply_is_written(log: io.StringIO) -> None:
    traces = []
    for at, (_, secret) in enumerate(_SECRETS[:500]):
        provider = ScriptedProvider(reply_json(f"It is {secret} [1]", quote=secret), "{" + secret)
        desk = pipeline(provider, FixedRetriever([chunk("c1", f"The key is {secret} for now.")]))
        _, trace = await asked(desk, f"What is {secret}?", context(user_id=f"U{at}"))
        traces.append(trace.model_dump_json())
    written = log.getvalue() + "\n".join(traces)
    assert written.count("rag_answer_completed") == 500
    assert [secret for _, secret in _SECRETS if heart(secret) in written] == []


async def test_no_secret_of_a_providers_error_is_written(log: io.StringIO) -> None:
    told = [secret for _, secret in _SECRETS[500:]]
    steps = [
        Step(status=(400, 401, 429, 500)[at % 4], body=json.dumps({"error": {"message": s}}))
        for at, s in enumerate(told)
    ]
    options = ModelOptions(retry=RetryPolicy(1, 0.001, 0.002))
    async with (
        scripted_llm(*steps) as server,
        AsyncOpenAI(api_key="sk-proj-0123456789abcdef0123", base_url=server.url) as client,
    ):
        desk = pipeline(OpenAIProvider(client, "m", options, CircuitBreaker(10_000, 1.0)))
        traces = [(await asked(desk, f"How many, {at}?", context(user_id=f"U{at}")))[1] for at in range(len(told))]
    written = log.getvalue() + "".join(trace.model_dump_json() for trace in traces)
    assert "sk-proj-0123456789abcdef0123" not in written
    assert [secret for secret in told if heart(secret) in written] == []


async def test_no_secret_of_an_exception_is_written(log: io.StringIO) -> None:
    class Broken(FixedRetriever):
        def search(self, question: str, *_: object) -> None:  # type: ignore[override]
            raise RuntimeError(question)

    for _, secret in _SECRETS[:200]:
        await asked(pipeline(ScriptedProvider(reply_json()), Broken()), f"Why {secret}?", context(user_id=secret[:4]))
    written = log.getvalue()
    assert "pipeline_failed" in written
    assert [secret for _, secret in _SECRETS if heart(secret) in written] == []
