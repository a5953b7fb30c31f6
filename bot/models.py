"""Build the OpenAI-compatible provider. `bot.app` imports this module only when the settings ask for it."""

from urllib.parse import parse_qsl, urlsplit, urlunsplit

from openai import AsyncOpenAI

from bot.settings import FailoverSettings, Settings, embedders_dir, environment_name
from index.errors import SettingsError
from pipeline.drafting import Templates, Writer
from pipeline.models.breaker import CircuitBreaker
from pipeline.models.failover import FailoverProvider
from pipeline.models.model_judge import ModelJudge
from pipeline.models.openai import ModelOptions, OpenAIProvider, Price, bounded_client
from pipeline.models.provider import ModelProvider
from pipeline.models.retrying import RetryPolicy
from pipeline.models.throttle import Throttle
from pipeline.prompting import load_template
from pipeline.proof.judge import Judge
from pipeline.rate_limits import RateLimits


def build_writer(settings: Settings, rates: RateLimits) -> Writer:
    """Return the model that writes, its judge and its prompts. Raises SettingsError."""
    llm = settings.llm
    provider = build_provider(settings, rates)
    templates = Templates(
        answer=load_template(llm.prompt_version),
        repair=load_template(llm.repair_version),
        revise=load_template(llm.revise_version),
        condense=load_template(llm.condense_version),
    )
    return Writer(provider, _build_judge(settings, rates, provider), templates)


def _build_judge(settings: Settings, rates: RateLimits, writer: ModelProvider) -> Judge | None:
    """Return the judge of the settings. Without a server or model of its own it asks the servers of the writer."""
    judge, llm = settings.judge, settings.llm
    match judge.kind:
        case "none":
            return None
        case "nli":
            return _build_nli(settings)
        case "model":
            template = load_template(judge.prompt_version)
            if judge.base_url is None and judge.model is None:
                return ModelJudge(writer, template)
            server = FailoverSettings(
                name="judge",
                base_url=judge.base_url or llm.base_url,
                api_key=judge.api_key or (None if judge.base_url else llm.api_key),
                model=judge.model or llm.model,
            )
            return ModelJudge(_server(settings, server, rates), template)


def _build_nli(settings: Settings) -> Judge:
    # ONNX Runtime and the tokenizer are loaded only where this judge is used.
    from pipeline.proof.nli import open_nli_judge  # noqa: PLC0415

    if settings.judge.folder is None:
        raise SettingsError(f"setting judge.folder is missing: set {environment_name('judge.folder')}")
    return open_nli_judge(settings.judge.folder, embedders_dir(settings), "judge.folder")


def build_provider(settings: Settings, rates: RateLimits) -> OpenAIProvider | FailoverProvider:
    """Return the provider of the settings. Raises SettingsError if `llm` has neither key nor base URL."""
    llm = settings.llm
    if llm.api_key is None and llm.base_url is None:
        raise SettingsError(f"setting llm.api_key is missing: set {environment_name('llm.api_key')}")
    first = FailoverSettings(name="openai", base_url=llm.base_url, api_key=llm.api_key, model=llm.model)
    servers = [_server(settings, server, rates) for server in (first, *llm.failover)]
    return FailoverProvider(servers) if len(servers) > 1 else servers[0]


def _server(settings: Settings, server: FailoverSettings, rates: RateLimits) -> OpenAIProvider:
    llm = settings.llm
    price = llm.prices.get(server.model)
    options = ModelOptions(
        connect_timeout_s=llm.connect_timeout_s,
        read_timeout_s=llm.read_timeout_s,
        concurrency=llm.concurrency,
        output_tokens=settings.limits.output_tokens,
        temperature=llm.temperature,
        retry=RetryPolicy(llm.attempts, llm.backoff_base_s, llm.backoff_cap_s),
        output_format=llm.output_format,
        price=Price(price.input_usd, price.output_usd) if price else None,
    )
    return OpenAIProvider(
        _client(server, llm.key_header, settings.limits.response_bytes),
        server.model,
        options,
        CircuitBreaker(llm.circuit_failures, llm.circuit_open_s),
        Throttle(rates, f"{server.name}/{server.model}", llm.requests_per_minute, llm.tokens_per_minute),
        server.name,
    )


def _client(server: FailoverSettings, key_header: str | None, max_bytes: int) -> AsyncOpenAI:
    key = server.api_key.get_secret_value() if server.api_key else "not-needed"
    url = urlsplit(str(server.base_url)) if server.base_url else None
    return AsyncOpenAI(
        api_key=key,
        # Every request needs the query of the base URL, such as Azure's api-version.
        base_url=urlunsplit(url._replace(query="")) if url else None,
        default_query=dict(parse_qsl(url.query)) if url else None,
        default_headers={key_header: key} if key_header else None,
        http_client=bounded_client(max_bytes),
        max_retries=0,
    )
