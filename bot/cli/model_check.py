"""The part of `citedesk doctor` that asks each model server one small real question, and says what to set."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from difflib import get_close_matches

from pydantic import HttpUrl

from bot.model_settings import FailoverSettings
from bot.models import build_server, model_servers
from bot.settings import Settings, environment_name
from bot.surfaces.model_words import problem_words
from bot.surfaces.product import Diagnosis
from index.access import EVERYONE
from index.errors import SettingsError
from index.retrieval import RetrievedChunk
from pipeline.contract import parse_reply
from pipeline.errors import ModelError, SchemaError
from pipeline.models.openai import OpenAIProvider
from pipeline.prompting import build_prompt, load_template
from pipeline.proof.marker_styles import with_plain_markers
from pipeline.proof.verify import VerificationLimits, checked
from pipeline.rate_limits import memory_rate_limits
from pipeline.types import Deadline, Failure, ModelProblem, NormalizedQuestion

_LISTED = 8
_UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND, _NOT_ALLOWED = 401, 403, 404, 405
_TEXT = "The trial of the Harbour plan ends after 21 days. Nothing is charged before that."
_QUESTION = "After how many days does the trial of the Harbour plan end?"
_CHUNK = RetrievedChunk(
    chunk_id="a1b2c3d4e5f6",
    document_id="trial.md",
    title="Trial",
    heading="",
    text=_TEXT,
    url=None,
    score=1.0,
    groups=frozenset({EVERYONE}),
)
_PROMPT_TOKENS = environment_name("limits.prompt_tokens")
_MEND = {
    "certificate_not_trusted": "its certificate is not trusted: set SSL_CERT_FILE to the file of your authority",
    "tls_failed": "TLS failed: is the address one of HTTPS?",
    "unknown_host": "there is no such host: check the address",
    "connection_refused": "nothing listens there: check the address and whether the server runs",
    "connect_timeout": "it does not accept a connection in time: check the address, a firewall or a proxy",
    "proxy_failed": "the proxy refuses: check HTTPS_PROXY and NO_PROXY",
    "context_length_exceeded": f"its context is too small: raise that, or lower {_PROMPT_TOKENS}",
    "not_json": "what answers there is no model server: check the address",
    "response_too_long": f"it sends more than {environment_name('limits.response_bytes')}, or compresses unasked",
    "illegal_header": "a header holds a character that may not be sent: check the key",
}


@dataclass(slots=True)
class _Heard:
    """The problems of the requests of one check."""

    problems: list[ModelProblem] = field(default_factory=list)

    def attempted(self) -> None:
        """Do nothing: attempts are not counted."""

    def failed(self, problem: ModelProblem) -> None:
        """Keep a problem."""
        self.problems.append(problem)


@dataclass(frozen=True, slots=True)
class _Found:
    """What one request showed: what is sent to the server and the time it took, or what went wrong."""

    words: str
    problem: ModelProblem | None = None
    is_good: bool = False


async def model_checks(settings: Settings) -> Sequence[Diagnosis]:
    """Ask every server of `llm`, and the judge's own, one question. Return a line for each."""
    if settings.llm.provider == "extractive":
        return [Diagnosis("model", ok=True, words="extractive: quotes the documents, needs no server")]
    try:
        servers = model_servers(settings)
    except SettingsError as error:
        return [Diagnosis("model", ok=False, words=str(error))]
    return [await _checked(settings, server) for server in servers]


async def _checked(settings: Settings, server: FailoverSettings) -> Diagnosis:
    what = "model" if server.name == "openai" else f"model {server.name}"
    try:
        found = await _tried(settings, server)
    except SettingsError as error:
        return Diagnosis(what, ok=False, words=str(error))
    if found.is_good or found.problem is None:
        return Diagnosis(what, ok=found.is_good, words=found.words)
    advice = await _advice(settings, server, found.problem)
    return Diagnosis(what, ok=False, words=f"{server.model}: {found.words}{f'; {advice}' if advice else ''}")


async def _tried(settings: Settings, server: FailoverSettings) -> _Found:
    """Send one question as a real one is sent, and read the reply as a real one is read."""
    heard = _Heard()
    prompt = build_prompt(
        NormalizedQuestion(_QUESTION),
        [_CHUNK],
        load_template(settings.llm.prompt_version),
        settings.limits.prompt_tokens,
    )
    began = time.monotonic()
    async with aclosing(build_server(settings, server, memory_rate_limits())) as provider:
        try:
            completion = await provider.complete(prompt, Deadline.after(settings.limits.request_deadline_s), heard)
        except ModelError as error:
            last = heard.problems[-1] if heard.problems else ModelProblem(server="", model="", failure=error.failure)
            return _Found(problem_words(last), last)
        took = time.monotonic() - began
    try:
        draft = with_plain_markers(parse_reply(completion.text, settings.limits.reply_chars), prompt.chunks)
    except SchemaError as error:
        return _Found(
            f"{server.model} answers, but not in the form that is asked for ({error}): quotes are shown instead"
        )
    proved = checked(draft, prompt.chunks, VerificationLimits(), prompt.question).quotes
    sent = f"sent: {provider.dialect.words}"
    if provider.output_tokens > (server.output_tokens or settings.limits.output_tokens):
        sent += f" {provider.output_tokens}, as it thinks first"
    if not proved:
        sent += "; it gave no quote that can be proved for an easy question, so try it with `citedesk eval`"
    return _Found(f"{server.model} answered in {took:.1f} s; {sent}{_slow(took, settings)}", is_good=True)


def _slow(took: float, settings: Settings) -> str:
    limit = min(settings.llm.read_timeout_s, settings.limits.request_deadline_s)
    if took < limit / 4:
        return ""
    return (
        f"; that is slow, and real prompts are longer: raise {environment_name('llm.read_timeout_s')} and "
        f"{environment_name('limits.request_deadline_s')}, or lower {_PROMPT_TOKENS}"
    )


async def _advice(settings: Settings, server: FailoverSettings, problem: ModelProblem) -> str:
    """Return what to set, found by trying where that is possible."""
    if known := _MEND.get(problem.code) or _larger(server, problem.failure):
        return known
    if problem.status in (_UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND, _NOT_ALLOWED):
        for change, words in _changes(server):
            if (await _tried(settings, server.model_copy(update=change))).is_good:
                return words
    if problem.status in (_UNAUTHORIZED, _FORBIDDEN):
        return f"check {_setting(server, 'api_key')}"
    return await _models(settings, server) if problem.failure is Failure.MODEL_REFUSED else ""


def _larger(server: FailoverSettings, failure: Failure) -> str:
    """Return which limit to raise, "" if none was reached."""
    match failure:
        case Failure.MODEL_TIMEOUT:
            return f"raise {environment_name('llm.read_timeout_s')} and {environment_name('limits.request_deadline_s')}"
        case Failure.MODEL_CUT_OFF:
            limit, effort = environment_name("limits.output_tokens_max"), _setting(server, "reasoning_effort")
            return f"it thinks until its limit: raise {limit}, or lower {effort}"
        case _:
            return ""


def _changes(server: FailoverSettings) -> Iterator[tuple[dict[str, object], str]]:
    """Yield changes of the settings that others needed, with what to set."""
    if server.key_header is None:
        yield {"key_header": "api-key"}, f"with {_setting(server, 'key_header')}=api-key it answers: set that"
    path = (server.base_url.path or "").rstrip("/") if server.base_url else ""
    if server.base_url is None or path.endswith("/v1"):
        return
    for ending in ("/v1", "/openai/v1", "/api/v1"):
        url = _with_path(server.base_url, path + ending)
        # The query may hold a key.
        shown, query, _ = str(url).partition("?")
        rest = " and what follows its question mark" if query else ""
        yield {"base_url": url}, f"{shown} answers: set {_setting(server, 'base_url')} to that{rest}"


def _with_path(url: HttpUrl, path: str) -> HttpUrl:
    host = f"[{url.host}]" if url.host and ":" in url.host else url.host
    return HttpUrl(f"{url.scheme}://{host}:{url.port}{path}{f'?{url.query}' if url.query else ''}")


async def _models(settings: Settings, server: FailoverSettings) -> str:
    """Return which models the server offers, those with similar names first; "" if it does not tell."""
    async with aclosing(build_server(settings, server, memory_rate_limits())) as provider:
        offered = await _offered(provider, settings.llm.connect_timeout_s)
    if not offered or server.model in offered:
        return ""
    near = get_close_matches(server.model, offered, _LISTED, 0.5)
    return f"the server has {', '.join((near or offered)[:_LISTED])}: set {_setting(server, 'model')}"


async def _offered(provider: OpenAIProvider, seconds: float) -> list[str]:
    try:
        async with asyncio.timeout(seconds):
            return await provider.offered()
    except (ModelError, TimeoutError):
        return []


def _setting(server: FailoverSettings, key: str) -> str:
    """Return how the setting of a server is named where people set it."""
    match server.name:
        case "openai":
            return environment_name(f"llm.{key}")
        case "judge":
            return environment_name(f"judge.{key}")
        case _:
            return f"`{key}` of [[llm.failover]] {server.name}"
