"""`citedesk doctor` asks each model server one real question, and says what to set."""

import json
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from support.certificates import self_signed

from bot.cli.model_check import model_checks
from bot.settings import load_settings
from bot.surfaces.product import Diagnosis
from index.errors import SettingsError

_REPLY = {
    "status": "answered",
    "answer": "The trial ends after 21 days [1].",
    "confidence": "high",
    "citations": [
        {"marker": 1, "chunk_id": "a1b2c3d4e5f6", "quote": "The trial of the Harbour plan ends after 21 days."}
    ],
}
Answer = Callable[[web.Request, dict[str, Any]], web.StreamResponse | None]


def _completion(text: str | None, finish: str = "stop", **message: Any) -> web.Response:  # noqa: ANN401
    said = {"role": "assistant", "content": text, **message}
    return web.json_response({"choices": [{"index": 0, "message": said, "finish_reason": finish}]})


def _error(status: int, message: str, **fields: Any) -> web.Response:  # noqa: ANN401
    return web.json_response({"error": {"message": message, **fields}}, status=status)


@dataclass
class Server:
    """Where a server listens, and the requests for completions that it got."""

    url: str = ""
    requests: list[dict[str, Any]] = field(default_factory=list)


@asynccontextmanager
async def _serving(
    path: str = "/v1",
    refuse: Answer = lambda *_: None,
    models: list[str] | None = None,
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[Server]:
    """Serve completions below `path`; `refuse` answers instead where it returns something."""
    server = Server()

    async def chat(request: web.Request) -> web.StreamResponse:
        body = await request.json()
        server.requests.append(body)
        return refuse(request, body) or _completion(json.dumps(_REPLY))

    async def listed(_: web.Request) -> web.Response:
        return web.json_response({"object": "list", "data": [{"id": name} for name in models or []]})

    app = web.Application()
    app.router.add_post(f"{path}/chat/completions", chat)
    if models is not None:
        app.router.add_get(f"{path}/models", listed)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
    server.url = f"{'https' if tls else 'http'}://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield server
    finally:
        await runner.cleanup()


async def _checked(url: str, **llm: Any) -> Diagnosis:  # noqa: ANN401 - settings
    options: Mapping[str, Any] = {
        "provider": "openai", "base_url": url, "model": "m", "backoff_base_s": 0.001, "backoff_cap_s": 0.002,
    }  # fmt: skip
    (found,) = await model_checks(load_settings(llm={**options, **llm}, limits={"request_deadline_s": 5}))
    return found


@pytest.mark.parametrize(
    ("model", "models"),
    [
        ("llama3.2", ["llama3.2:latest"]),
        ("gemini-3.8-flash", ["models/gemini-3.8-flash"]),
        ("local", ["/srv/models/local.gguf"]),
        ("anything", None),
    ],
    ids=["Ollama", "Gemini", "llama.cpp", "no list of models"],
)
async def test_a_model_that_answers_is_good_however_the_server_lists_it(model: str, models: list[str] | None) -> None:
    async with _serving(models=models) as server:
        found = await _checked(f"{server.url}/v1", model=model)
    assert found.ok
    assert found.words.startswith(f"{model} answered in 0.")
    assert found.words.endswith("sent: JSON schema, temperature 0.0, max_tokens")
    assert len(server.requests) == 1


async def test_a_model_that_is_not_there_is_named_with_those_that_are() -> None:
    def refuse(_: web.Request, body: dict[str, Any]) -> web.Response | None:
        return None if body["model"] == "llama3.2:latest" else _error(404, f"model {body['model']!r} not found")

    async with _serving(refuse=refuse, models=["llama3.2:latest", "qwen3:4b"]) as server:
        found = await _checked(f"{server.url}/v1", model="llama3", key_header="x-key")
    assert not found.ok
    assert found.words == (
        "llama3: the model refused the request (status 404); the server has llama3.2:latest: set CITEDESK_LLM__MODEL"
    )


async def test_azure_is_asked_at_its_deployment_with_its_version_and_key() -> None:
    path = "/openai/deployments/d1"

    def refuse(request: web.Request, _: dict[str, Any]) -> web.Response | None:
        if request.query.get("api-version") != "2026-05-01":
            return _error(404, "Resource not found", code="404")
        return None if request.headers.get("api-key") == "k" else _error(401, "Access denied", code="401")

    async with _serving(path, refuse) as server:
        url = f"{server.url}{path}?api-version=2026-05-01"
        good = await _checked(url, api_key="k", key_header="api-key")
        bad = await _checked(url, api_key="k")
    assert good.ok
    assert not bad.ok
    assert bad.words.endswith("with CITEDESK_LLM__KEY_HEADER=api-key it answers: set that")


async def test_a_base_url_without_v1_is_told_which_one_answers() -> None:
    async with _serving() as server:
        found = await _checked(server.url)
    assert not found.ok
    assert found.words.endswith(f"{server.url}/v1 answers: set OPENAI_BASE_URL to that")


def test_a_base_url_with_the_endpoint_is_refused_with_one_line() -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(llm={"base_url": "http://127.0.0.1:1/v1/chat/completions"})
    assert str(caught.value) == ("setting llm.base_url: leave /chat/completions out: it is added to every request")


async def test_a_line_break_at_the_end_of_a_key_does_no_harm_and_one_inside_is_named() -> None:
    def refuse(request: web.Request, _: dict[str, Any]) -> web.Response | None:
        return None if request.headers["authorization"] == "Bearer sk-abc" else _error(401, "no")

    async with _serving(refuse=refuse) as server:
        assert (await _checked(f"{server.url}/v1", api_key="sk-abc\n")).ok
    with pytest.raises(SettingsError) as caught:
        load_settings(llm={"api_key": "sk-abc\nsk-def"})
    assert str(caught.value) == ("setting llm.api_key: holds a line break or another character that no key has")


async def test_a_certificate_that_is_not_trusted_is_said_so(tmp_path: Any) -> None:  # noqa: ANN401 - a path
    async with _serving(tls=self_signed(tmp_path)) as server:
        found = await _checked(f"{server.url}/v1")
    assert not found.ok
    assert found.words.endswith("its certificate is not trusted: set SSL_CERT_FILE to the file of your authority")


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://127.0.0.1:9/v1", "nothing listens there: check the address and whether the server runs"),
        ("http://no-such-host.invalid/v1", "there is no such host: check the address"),
    ],
)
async def test_a_server_that_is_not_there_is_said_so(url: str, says: str) -> None:
    found = await _checked(url)
    assert not found.ok
    assert found.words.endswith(says)


async def test_a_socks_proxy_without_its_package_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:9")
    found = await _checked("http://no-such-host.invalid/v1")
    assert not found.ok
    assert found.words.startswith("the proxy in the environment cannot be used: Using SOCKS proxy")


async def test_a_proxy_is_used_and_one_that_refuses_is_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    async with _serving() as server:
        monkeypatch.setenv("HTTP_PROXY", server.url)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        assert (await _checked(f"{server.url}/v1")).ok
        found = await _checked("http://model.invalid/v1")
    assert found.ok


async def test_a_model_that_thinks_until_its_limit_is_told_what_to_raise() -> None:
    def refuse(_: web.Request, body: dict[str, Any]) -> web.Response | None:
        return _completion(None, "length", reasoning_content="hmm") if body["max_tokens"] < 20_000 else None

    async with _serving(refuse=refuse) as server:
        found = await _checked(f"{server.url}/v1")
    assert not found.ok
    assert found.words == (
        "m: the reply was cut off at its token limit (finish reason length); it thinks until its limit: raise "
        "CITEDESK_LIMITS__OUTPUT_TOKENS_MAX, or lower CITEDESK_LLM__REASONING_EFFORT"
    )


async def test_a_model_that_thinks_within_the_larger_limit_is_good_and_the_limit_is_told() -> None:
    def refuse(_: web.Request, body: dict[str, Any]) -> web.Response | None:
        return _completion(None, "length", reasoning_content="hmm") if body["max_tokens"] < 2000 else None

    async with _serving(refuse=refuse) as server:
        found = await _checked(f"{server.url}/v1")
    assert found.ok
    assert found.words.endswith("max_tokens 8000, as it thinks first")


async def test_what_was_learnt_is_told() -> None:
    def refuse(_: web.Request, body: dict[str, Any]) -> web.Response | None:
        for name in ("max_tokens", "temperature"):
            if name in body:
                return _error(400, f"Unsupported parameter: {name!r}", param=name, code="unsupported_parameter")
        return None

    async with _serving(refuse=refuse) as server:
        found = await _checked(f"{server.url}/v1")
    assert found.ok
    assert found.words.endswith("sent: JSON schema, no temperature, max_completion_tokens")


async def test_a_model_that_answers_in_another_form_is_not_good() -> None:
    async with _serving(refuse=lambda *_: _completion("The trial ends after 21 days.")) as server:
        found = await _checked(f"{server.url}/v1")
    assert not found.ok
    assert found.words.startswith("m answers, but not in the form that is asked for (no JSON object)")


async def test_every_server_of_the_settings_is_asked() -> None:
    async with _serving() as server:
        url = f"{server.url}/v1"
        settings = load_settings(
            llm={"provider": "openai", "base_url": url, "model": "a", "failover": [
                {"name": "local", "base_url": url, "model": "b"}]},
            judge={"model": "c"},
        )  # fmt: skip
        found = await model_checks(settings)
    assert [(one.what, one.ok) for one in found] == [("model", True), ("model local", True), ("model judge", True)]
    assert [request["model"] for request in server.requests] == ["a", "b", "c"]
