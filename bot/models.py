"""Build the OpenAI-compatible servers. `bot.app` imports this module only when the settings ask for it."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from openai import AsyncOpenAI, DefaultAsyncHttpxClient

from bot.model_settings import FailoverSettings, ServerOptions
from bot.settings import Settings, embedders_dir, environment_name
from index.errors import SettingsError
from pipeline.drafting import Templates, Writer
from pipeline.models.breaker import CircuitBreaker
from pipeline.models.dialect import Dialect, Stream
from pipeline.models.failover import Servers
from pipeline.models.http import bounded_client
from pipeline.models.model_judge import ModelJudge
from pipeline.models.openai import ModelOptions, OpenAIProvider, Price
from pipeline.models.retrying import RetryPolicy
from pipeline.models.throttle import Throttle
from pipeline.prompting import load_template
from pipeline.proof.judge import Judge
from pipeline.rate_limits import RateLimits

# Named, because the client would read OPENAI_BASE_URL for a server without an address, too.
_OPENAI = "https://api.openai.com/v1"


def build_writer(settings: Settings, rates: RateLimits) -> Writer:
    """Return the model that writes, its judge and its prompts. Raises SettingsError."""
    llm = settings.llm
    servers = build_servers(settings, rates)
    templates = Templates(
        answer=load_template(llm.prompt_version),
        repair=load_template(llm.repair_version),
        revise=load_template(llm.revise_version),
        condense=load_template(llm.condense_version),
    )
    return Writer(servers, _build_judge(settings, rates, servers), templates)


def _build_judge(settings: Settings, rates: RateLimits, writer: Servers) -> Judge | None:
    """Return the judge of the settings. Without a server or model of its own it asks the servers of the writer."""
    judge = settings.judge
    match judge.kind:
        case "none":
            return None
        case "nli":
            return _build_nli(settings)
        case "model":
            template = load_template(judge.prompt_version)
            own = (build_server(settings, _judges_server(settings), rates),) if _has_own_judge(settings) else ()
            return ModelJudge(Servers(own) if own else writer, template)


def _judges_server(settings: Settings) -> FailoverSettings:
    """Return the judge's own server, or its own model on the first server of the writer."""
    judge, llm = settings.judge, settings.llm
    own = judge.model_dump(include=set(ServerOptions.model_fields) & judge.model_fields_set)
    if judge.base_url:
        own |= {"base_url": judge.base_url, "api_key": judge.api_key}
    else:
        own = {**_options_of(llm), **own, "base_url": llm.base_url, "api_key": judge.api_key or llm.api_key}
    return FailoverSettings(name="judge", model=judge.model or llm.model, **own)


def _build_nli(settings: Settings) -> Judge:
    # ONNX Runtime and the tokenizer are loaded only where this judge is used.
    from pipeline.proof.nli import open_nli_judge  # noqa: PLC0415

    if settings.judge.folder is None:
        raise SettingsError(f"setting judge.folder is missing: set {environment_name('judge.folder')}")
    return open_nli_judge(settings.judge.folder, embedders_dir(settings), "judge.folder")


def build_servers(settings: Settings, rates: RateLimits) -> Servers:
    """Return the servers that write. Raises SettingsError if `llm` has neither key nor base URL."""
    return Servers(tuple(build_server(settings, server, rates) for server in _writing_servers(settings)))


def model_servers(settings: Settings) -> list[FailoverSettings]:
    """Return how to ask every server: those that write, and the judge's own. Raises SettingsError as above."""
    writing = _writing_servers(settings)
    return [*writing, _judges_server(settings)] if _has_own_judge(settings) else writing


def _writing_servers(settings: Settings) -> list[FailoverSettings]:
    llm = settings.llm
    if llm.api_key is None and llm.base_url is None:
        raise SettingsError(f"setting llm.api_key is missing: set {environment_name('llm.api_key')}")
    first = FailoverSettings(
        name="openai", base_url=llm.base_url, api_key=llm.api_key, model=llm.model, **_options_of(llm)
    )
    return [first, *llm.failover]


def _has_own_judge(settings: Settings) -> bool:
    judge = settings.judge
    return judge.kind == "model" and (judge.base_url is not None or judge.model is not None)


def _options_of(options: ServerOptions) -> dict[str, Any]:
    return {name: getattr(options, name) for name in ServerOptions.model_fields}


def build_server(settings: Settings, server: FailoverSettings, rates: RateLimits) -> OpenAIProvider:
    """Return the provider that asks one server."""
    llm, limits = settings.llm, settings.limits
    price = llm.prices.get(server.model)
    options = ModelOptions(
        connect_timeout_s=llm.connect_timeout_s,
        read_timeout_s=llm.read_timeout_s,
        concurrency=llm.concurrency,
        output_tokens=server.output_tokens or limits.output_tokens,
        output_tokens_max=limits.output_tokens_max,
        retry=RetryPolicy(llm.attempts, llm.backoff_base_s, llm.backoff_cap_s),
        dialect=_dialect(server),
        extra_body=server.extra_body,
        price=Price(price.input_usd, price.output_usd) if price else None,
    )
    return OpenAIProvider(
        _client(server, limits.response_bytes),
        server.model,
        options,
        CircuitBreaker(llm.circuit_failures, llm.circuit_open_s),
        Throttle(rates, f"{server.name}/{server.model}", llm.requests_per_minute, llm.tokens_per_minute),
        server.name,
    )


def _dialect(server: ServerOptions) -> Dialect:
    """Return what to send at first; what the settings fix has one way only."""
    ways = Dialect()
    formats = {
        "auto": ways.output_format,
        "json_schema": ("json_schema",),
        "json_object": ("json_object_schema", "json_object"),
        "text": ("text",),
    }
    streams: dict[bool | str, tuple[Stream, ...]] = {"auto": ways.stream, True: ways.stream[1:], False: ways.stream[:1]}
    effort = server.reasoning_effort
    return Dialect(
        limit=ways.limit if server.output_limit == "auto" else (server.output_limit,),
        temperature=(None,) if server.temperature == "unset" else (server.temperature, None),
        reasoning_effort=(effort, None) if effort else (None,),
        system=ways.system if server.system_role == "auto" else (server.system_role,),
        output_format=formats[server.output_format],
        stream=streams[server.stream],
    )


def _client(server: FailoverSettings, max_bytes: int) -> AsyncOpenAI:
    key = server.api_key.get_secret_value() if server.api_key else "not-needed"
    url = urlsplit(str(server.base_url)) if server.base_url else None
    headers = {name: value.get_secret_value() for name, value in server.headers.items()}
    return AsyncOpenAI(
        api_key=key,
        # Every request needs the query of the base URL, such as Azure's api-version.
        base_url=urlunsplit(url._replace(query="")) if url else _OPENAI,
        default_query=dict(parse_qsl(url.query)) if url else None,
        default_headers=({server.key_header: key} if server.key_header else {}) | headers,
        http_client=_http_client(max_bytes),
        max_retries=0,
    )


def _http_client(max_bytes: int) -> DefaultAsyncHttpxClient:
    try:
        return bounded_client(max_bytes)
    except (ImportError, ValueError) as error:
        raise SettingsError(f"the proxy in the environment cannot be used: {error}") from None
    except OSError as error:
        raise SettingsError(f"SSL_CERT_FILE cannot be read: {error.strerror}") from None
