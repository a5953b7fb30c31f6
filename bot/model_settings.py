"""The settings of model servers: who writes, who judges, and how each server is asked."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, HttpUrl, SecretStr

from bot.section import Count, Seconds, Section

_TAKEN = ("openai", "judge")
_ENDPOINT, _HOTTEST = "/chat/completions", 2


def _usable_key(value: SecretStr) -> SecretStr:
    """Return a key without the space around it, such as the line break at the end of a file."""
    key = value.get_secret_value().strip()
    if not key.isascii() or not key.isprintable():
        raise ValueError("holds a line break or another character that no key has")
    return SecretStr(key)


def _with_scheme(value: object) -> object:
    if isinstance(value, str) and "://" not in value:
        raise ValueError("begin it with https:// or http://")
    return value


def _base_url(value: HttpUrl) -> HttpUrl:
    if (value.path or "").rstrip("/").endswith(_ENDPOINT):
        raise ValueError(f"leave {_ENDPOINT} out: it is added to every request")
    return value


def _temperature(value: object) -> object:
    """Return a temperature. Raises ValueError for anything but a number in range and "unset"."""
    try:
        is_good = value == "unset" or 0 <= float(str(value)) <= _HOTTEST
    except ValueError:
        is_good = False
    if not is_good:
        raise ValueError(f"give a number from 0 to {_HOTTEST}, or `unset`")
    return value


def _switch(value: object) -> object:
    known = {"true": True, "false": False, "auto": "auto"}
    if str(value).lower() not in known:
        raise ValueError("give `true`, `false` or `auto`")
    return known[str(value).lower()]


# A token of RFC 9110, section 5.6.2.
HeaderName = Annotated[str, Field(pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")]
Key = Annotated[SecretStr, AfterValidator(_usable_key)]
BaseUrl = Annotated[HttpUrl, BeforeValidator(_with_scheme), AfterValidator(_base_url)]


class ModelPrice(Section):
    """Prices of a model in US dollars."""

    input_usd: float = Field(ge=0, description="US dollars for a million input tokens")
    output_usd: float = Field(ge=0, description="US dollars for a million output tokens")


class ServerOptions(Section):
    """How to ask one server. What is `auto` is learnt from what the server refuses."""

    key_header: HeaderName | None = Field(None, description="second header for the key; Azure wants `api-key`")
    headers: dict[HeaderName, Key] = Field(default_factory=dict, description="further headers of every request")
    extra_body: dict[str, Any] = Field(default_factory=dict, description="further fields of every request")
    temperature: Annotated[float | Literal["unset"], BeforeValidator(_temperature)] = Field(
        0.0, description="randomness of the model; `unset` sends none, as if the server refused it"
    )
    reasoning_effort: str | None = Field(None, description="how long a model thinks, such as `low`; none: not sent")
    output_tokens: Count | None = Field(None, description="largest completion; none: `limits.output_tokens`")
    output_limit: Literal["auto", "max_tokens", "max_completion_tokens", "unset"] = Field(
        "auto", description="parameter that limits a completion"
    )
    system_role: Literal["auto", "system", "user"] = Field(
        "auto", description="who gives the rules; `user` puts them before the question"
    )
    output_format: Literal["auto", "json_schema", "json_object", "text"] = Field(
        "auto", description="how JSON is asked for"
    )
    stream: Annotated[bool | Literal["auto"], BeforeValidator(_switch)] = Field(
        "auto", description="whether replies are sent in pieces; they are read whole in any case"
    )


class FailoverSettings(ServerOptions):
    """Table `[[llm.failover]]`: a server that is asked when those before it give no answer."""

    name: str = Field(
        pattern=r"^[a-z0-9-]{1,32}$",
        description="name in logs and metrics: lower-case letters, digits and hyphens, 32 at most",
    )
    base_url: BaseUrl | None = Field(None, description="OpenAI-compatible server; none: the API of OpenAI itself")
    api_key: Key | None = Field(None, description="key for that server")
    model: str = Field(description="model name sent to that server")


def _with_own_names(servers: tuple[FailoverSettings, ...]) -> tuple[FailoverSettings, ...]:
    names = [*_TAKEN, *(server.name for server in servers)]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise ValueError(f"two servers are named {twice}; {' and '.join(_TAKEN)} are the first server and the judge")
    return servers


class LlmSettings(ServerOptions):
    """Table `[llm]`."""

    provider: Literal["extractive", "openai"] = Field(
        "extractive", description="who answers: `extractive` quotes the documents without a model, `openai` writes"
    )
    base_url: BaseUrl | None = Field(None, description="OpenAI-compatible server, for example http://host:8000/v1")
    api_key: Key | None = Field(None, description="key for that server")
    model: str = Field("gpt-5.4-mini", description="model name sent to the server")
    prompt_version: str = Field("support_rag/v2", description="prompt template")
    repair_version: str = Field("repair/v1", description="template for the one repair attempt")
    revise_version: str = Field(
        "revise/v1", description="template for the one revision of a draft that cannot be proved"
    )
    condense_version: str = Field(
        "condense/v1", description="template that rewrites a follow-up as a question of its own"
    )
    connect_timeout_s: Seconds = Field(5.0, description="seconds to connect")
    read_timeout_s: Seconds = Field(60.0, description="seconds without a byte before a request fails")
    attempts: int = Field(3, ge=1, le=10, description="requests per generation, the first included")
    backoff_base_s: Seconds = Field(0.5, description="first backoff in seconds; doubled per attempt, full jitter")
    backoff_cap_s: Seconds = Field(8.0, description="longest backoff in seconds")
    concurrency: Count = Field(16, description="simultaneous requests to the server")
    failover: Annotated[tuple[FailoverSettings, ...], AfterValidator(_with_own_names)] = Field(
        (), description="further servers in the order in which they are asked, see below"
    )
    prices: dict[str, ModelPrice] = Field(default_factory=dict, description="US dollars a million tokens, by model")
    requests_per_minute: Count | None = Field(None, description="requests the server allows")
    tokens_per_minute: Count | None = Field(None, description="tokens the server allows")
    circuit_failures: Count = Field(5, description="failures in a row that open the circuit")
    circuit_open_s: Seconds = Field(30.0, description="seconds until one request may try again")


class JudgeSettings(ServerOptions):
    """Table `[judge]`: the second reader, who compares the sentences of a draft with the passages that they cite.

    Options of a server count only where `base_url` or `model` is set. Without `base_url` the judge is a model of the
    first server of `[llm]`, and options that are not set here are those of `[llm]`.
    """

    kind: Literal["model", "nli", "none"] = Field(
        "model",
        description="`model` asks a language model, `nli` runs a cross-encoder, `none` lets only verbatim wording pass",
    )
    base_url: BaseUrl | None = Field(None, description="server of the judge; none: the servers of `llm`")
    api_key: Key | None = Field(None, description="key for that server")
    model: str | None = Field(None, description="model of the judge; none: the model that writes")
    prompt_version: str = Field("judge/v1", description="prompt template")
    folder: Path | None = Field(None, description="folder of a sentence-transformers cross-encoder, for `nli`")
