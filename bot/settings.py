"""All settings, with units and defaults.

Sources, the later ones win: defaults, `citedesk.toml`, the names that people already have
(`SLACK_BOT_TOKEN`, …), `CITEDESK_…` variables with `__` for nesting.
"""

import os
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from limits import parse
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, HttpUrl, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from index.errors import SettingsError

_FAMILIAR_NAMES = {
    "SLACK_BOT_TOKEN": ("slack", "bot_token"),
    "SLACK_APP_TOKEN": ("slack", "app_token"),
    "SLACK_SIGNING_SECRET": ("slack", "signing_secret"),
    "SLACK_API_URL": ("slack", "api_url"),
    "MICROSOFT_APP_ID": ("teams", "app_id"),
    "MICROSOFT_APP_PASSWORD": ("teams", "app_secret"),
    "MICROSOFT_APP_TENANT_ID": ("teams", "tenant_id"),
    "OPENAI_API_KEY": ("llm", "api_key"),
    "OPENAI_BASE_URL": ("llm", "base_url"),
}


def _window(value: str) -> str:
    parse(value)
    return value


Window = Annotated[str, AfterValidator(_window)]
Seconds = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(ge=1)]


class Section(BaseModel):
    """A table of citedesk.toml; an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class IndexSettings(Section):
    """Table `[index]`."""

    paths: tuple[Path | str, ...] = Field(
        (), description="folders, files, Git checkouts, and addresses of pages and site maps that are indexed"
    )
    embedding_model: str = Field("packaged", description="folder of a sentence-transformers model")
    embedders_dir: Path | None = Field(None, description="where exported models are kept; none: below `data_dir`")
    precision: Literal["int8", "fp32"] = Field("int8", description="numbers that the embedding model runs in")
    unlabelled: Literal["everyone", "nobody"] = Field(
        "everyone", description="who may read a document that says nothing of it"
    )
    access: dict[str, tuple[str, ...]] = Field(
        default_factory=dict, description="pattern of document ids to groups that may read them"
    )
    links: dict[str, str] = Field(
        default_factory=dict, description="pattern of document ids to their public address, with {path} or {file}"
    )
    max_document_bytes: Count = Field(5_000_000, description="larger files and pages are skipped")
    document_s: Seconds = Field(20.0, description="seconds to read one document")
    document_memory_bytes: int = Field(2_000_000_000, ge=500_000_000, description="memory to read one document")
    fetch_delay_s: float = Field(0.5, ge=0, description="seconds between two requests to a site")
    pages_max: Count = Field(2_000, description="pages fetched of one site map")
    private_hosts: tuple[str, ...] = Field((), description="hosts that may be fetched at private addresses")
    max_drop: float = Field(0.5, ge=0, le=1, description="share of documents that may vanish in a build")
    keep_snapshots: Count = Field(3, description="snapshots kept for fallback")
    exact_chunks: Count = Field(8_000, description="up to so many chunks every vector is compared")
    recall: float = Field(0.97, gt=0, le=1, description="share of the nearest ten that a larger index must find")
    whole_chunks: Count = Field(2, description="first chunks of a result that keep their whole text")
    excerpt_chars: int = Field(500, ge=100, description="characters kept of the others, about")
    wrong_rate: float = Field(
        0.05, gt=0, lt=1, description="share of unanswerable questions a calibration may have answered unseen"
    )
    missed_rate: float = Field(
        0.05, gt=0, lt=1, description="share of answerable questions a calibration may call not enough info"
    )


class Tokens(Section):
    """Prices of a model in US dollars."""

    input_usd: float = Field(ge=0, description="a million tokens read")
    output_usd: float = Field(ge=0, description="a million tokens written")


class FailoverSettings(Section):
    """A further server, asked when those before it have no answer."""

    name: str = Field(
        pattern=r"^[a-z0-9-]{1,32}$",
        description="name in logs and metrics: lower-case letters, digits and hyphens, 32 at most",
    )
    base_url: HttpUrl | None = Field(None, description="OpenAI-compatible server; none: the API of OpenAI itself")
    api_key: SecretStr | None = Field(None, description="key for that server")
    model: str = Field(description="model name sent to that server")


class LlmSettings(Section):
    """Table `[llm]`."""

    provider: Literal["extractive", "openai"] = Field("extractive", description="who writes the drafts")
    base_url: HttpUrl | None = Field(None, description="OpenAI-compatible server, for example http://host:8000/v1")
    api_key: SecretStr | None = Field(None, description="key for that server")
    model: str = Field("gpt-4.1-mini", description="model name sent to the server")
    prompt_version: str = Field("support_rag/v2", description="prompt template")
    repair_version: str = Field("repair/v1", description="template for the one repair attempt")
    condense_version: str = Field("condense/v1", description="template that makes a follow-up a question of its own")
    temperature: float = Field(0.0, ge=0, le=2, description="randomness of the model")
    connect_timeout_s: Seconds = Field(5.0, description="seconds to connect")
    read_timeout_s: Seconds = Field(30.0, description="seconds without a byte")
    attempts: int = Field(3, ge=1, le=10, description="requests per generation, the first included")
    backoff_base_s: Seconds = Field(0.5, description="seconds; doubled per attempt, full jitter")
    backoff_cap_s: Seconds = Field(8.0, description="longest backoff in seconds")
    concurrency: Count = Field(16, description="simultaneous requests to the server")
    output_format: Literal["auto", "json_schema", "json_object", "text"] = Field(
        "auto", description="how JSON is asked for; `auto` finds out what the server takes"
    )
    key_header: str | None = Field(None, description="header that takes the key too; Azure wants `api-key`")
    failover: tuple[FailoverSettings, ...] = Field((), description="further servers in order: name, base_url, …")
    prices: dict[str, Tokens] = Field(default_factory=dict, description="US dollars a million tokens, by model")
    requests_per_minute: Count | None = Field(None, description="requests the server allows")
    tokens_per_minute: Count | None = Field(None, description="tokens the server allows")
    circuit_failures: Count = Field(5, description="failures in a row that open the circuit")
    circuit_open_s: Seconds = Field(30.0, description="seconds until one request may try again")


class LimitSettings(Section):
    """Table `[limits]`."""

    question_chars: Count = Field(1000, description="longest question")
    retrieved_chunks: int = Field(10, ge=1, le=50, description="chunks retrieved for a question")
    prompt_tokens: int = Field(3000, ge=500, description="largest prompt, estimated upwards")
    output_tokens: Count = Field(800, description="largest completion")
    answer_chars: int = Field(3000, ge=200, le=10_000, description="longest answer shown")
    response_bytes: Count = Field(2_000_000, description="longest HTTP response of a model that is read")
    reply_chars: Count = Field(20_000, description="longest raw reply that is parsed")
    quote_chars_min: int = Field(12, ge=1, description="shorter quotes prove nothing")
    sufficiency_min: float | None = Field(
        None, ge=0, le=1, description="below it: not enough info, no model call; none: as calibrated"
    )
    sufficiency_sure: float | None = Field(
        None, ge=0, le=1, description="below it: a person looks at the answer first; none: as calibrated"
    )
    request_deadline_s: Seconds = Field(60.0, description="seconds from question to outcome")
    fallback_reserve_s: Seconds = Field(1.0, description="seconds of those kept for quoting if the model has no answer")
    per_user: Window = Field("20/minute", description="questions per user")
    per_tenant: Window = Field("300/minute", description="questions per workspace")
    per_route: dict[str, Window] = Field(default_factory=dict, description="questions per route")
    tenant_tokens_per_day: Count | None = Field(None, description="tokens a workspace may use in a day")
    in_flight: Count = Field(200, description="requests running or waiting in this process")
    queue_retry_s: Seconds = Field(5.0, description="when to come back if the queue is full")
    cache_answers: Count = Field(1000, description="verified answers kept in memory")
    cache_fresh_s: float = Field(600.0, ge=0, description="age up to which a cached answer is given at once")
    cache_stale_s: float = Field(86_400.0, ge=0, description="age up to which it is given when the model is down")
    nearest_documents: int = Field(3, ge=0, le=10, description="documents named in a not-enough-info")


class AccessSettings(Section):
    """Table `[access]`."""

    groups: dict[str, frozenset[str]] = Field(default_factory=dict, description="group name to chat user ids")
    reviewers: frozenset[str] = Field(frozenset(), description="user ids who may decide reviews")
    admins: frozenset[str] = Field(frozenset(), description="user ids who may reindex, roll back, see gaps and usage")
    slack_groups: dict[str, str] = Field(default_factory=dict, description="group name to id of a Slack user group")
    entra_groups: dict[str, str] = Field(default_factory=dict, description="group name to object id of an Entra group")
    refresh_s: Seconds = Field(300.0, description="seconds for which members of groups and channels are remembered")
    audience_members_max: Count = Field(200, description="in larger channels only documents for everyone are used")

    @property
    def has_groups(self) -> bool:
        """Whether any group is configured, by hand or from a chat product."""
        return bool(self.groups or self.slack_groups or self.entra_groups)

    def groups_of(self, user_id: str) -> frozenset[str]:
        """Return the groups that a user is in; none for an unknown user."""
        return frozenset(name for name, members in self.groups.items() if user_id in members)


class ChannelSettings(Section):
    """Table `[channels.C0123456789]`."""

    sources: tuple[str, ...] = Field((), description="patterns of document ids, such as `billing/*`; none: all")
    reviewers: frozenset[str] = Field(frozenset(), description="who reviews its questions instead")
    reviewers_channel: str | None = Field(None, description="where its review cards go instead")
    auto_answer: bool = Field(default=True, description="false: a person approves every answer first")
    language: str = Field("", max_length=40, description="language to answer in; none: that of the question")


class ReviewSettings(Section):
    """Table `[review]`."""

    remind_after_h: Seconds = Field(4.0, description="hours until the reviewers are reminded")
    expire_after_h: Seconds = Field(72.0, description="hours until a review ends and the asker is told")
    claim_h: Seconds = Field(1.0, description="hours for which a claim keeps others from deciding")
    sweep_s: Seconds = Field(60.0, description="seconds between looks for what is due")
    negative_feedback: Count = Field(2, description="people who must find an answer bad to open a review of it")
    curated_similarity: float = Field(
        0.80, ge=0, le=1, description="cosine from which a question counts as asked and approved before"
    )
    gap_similarity: float = Field(0.62, ge=0, le=1, description="cosine from which two open questions are one gap")


class DeliverySettings(Section):
    """Table `[delivery]`."""

    question_workers: Count = Field(16, description="questions worked on at once")
    reply_workers: Count = Field(8, description="messages posted at once")
    lease_s: Seconds = Field(15.0, description="seconds after which the work of a dead process is taken up")
    poll_s: Seconds = Field(1.0, description="seconds between looks at the queues when nothing wakes them")
    attempts: Count = Field(6, description="tries before a question or a reply is given up")
    backoff_base_s: Seconds = Field(1.0, description="seconds; doubled per try")
    backoff_cap_s: Seconds = Field(60.0, description="longest pause between tries in seconds")
    drain_s: Seconds = Field(10.0, description="seconds for running work when the process is told to stop")

    def pause_s(self, attempts: int) -> float:
        """Return the seconds to wait after that many attempts."""
        return min(self.backoff_cap_s, self.backoff_base_s * 2.0 ** min(attempts - 1, 20))


class ProductSettings(Section):
    """What the sections of all chat products have in common. Setting names in the properties are `section.key`."""

    title: ClassVar[str]
    # The setting that switches the product on, and the one that says where its review cards go.
    switch: ClassVar[str]
    reviewers_setting: ClassVar[str]

    @property
    def is_served(self) -> bool:
        """Whether the product is switched on."""
        raise NotImplementedError

    @property
    def reviewers_place(self) -> str | None:
        """Where the review cards go."""
        raise NotImplementedError

    @property
    def problem(self) -> str | None:
        """Why the product cannot be served with these settings; None if it can."""
        raise NotImplementedError


class SlackSettings(ProductSettings):
    """Table `[slack]`."""

    title: ClassVar[str] = "Slack"
    switch: ClassVar[str] = "slack.bot_token"
    reviewers_setting: ClassVar[str] = "slack.reviewers_channel"

    bot_token: SecretStr | None = Field(None, description="xoxb-…")
    app_token: SecretStr | None = Field(None, description="xapp-…; set it to use Socket Mode")
    signing_secret: SecretStr | None = Field(None, description="set it to receive events over HTTP")
    api_url: HttpUrl = Field(HttpUrl("https://slack.com/api/"), description="base URL of the Web API")
    reviewers_channel: str | None = Field(None, description="channel id of the review cards")
    timeout_s: Seconds = Field(10.0, description="seconds for one Web API call")
    prompts: tuple[str, ...] = Field((), max_length=4, description="questions suggested in the agent view")
    progress_after_s: Seconds = Field(1.5, description="seconds after which the steps of an answer are shown")
    silence_s: Seconds = Field(60.0, description="seconds without a sign of life after which Socket Mode reconnects")
    quiet_s: Seconds = Field(900.0, description="seconds without a delivery after which it reconnects to be sure")
    client_id: str | None = Field(None, description="set it, with the next two, to be installed in many workspaces")
    client_secret: SecretStr | None = Field(None, description="of the app")
    public_url: HttpUrl | None = Field(None, description="where Slack and browsers reach this server")

    @property
    def is_served(self) -> bool:
        """Whether the product is switched on."""
        return self.bot_token is not None or self.client_id is not None

    @property
    def reviewers_place(self) -> str | None:
        """Where the review cards go."""
        return self.reviewers_channel

    @property
    def problem(self) -> str | None:
        """Why the product cannot be served with these settings; None if it can."""
        for name in ("client_secret", "public_url"):
            if self.client_id is not None and getattr(self, name) is None:
                missing = f"slack.{name}"
                return f"setting {missing} is missing: slack.client_id is set, so set {environment_name(missing)}"
        if self.app_token is None and self.signing_secret is None:
            return (
                f"set {environment_name('slack.app_token')} for Socket Mode, or "
                f"{environment_name('slack.signing_secret')} to receive events over HTTP"
            )
        return None


class TeamsSettings(ProductSettings):
    """Table `[teams]`."""

    title: ClassVar[str] = "Teams"
    switch: ClassVar[str] = "teams.app_id"
    reviewers_setting: ClassVar[str] = "teams.reviewers_conversation"

    app_id: str | None = Field(None, description="application id of the bot; set it to serve Teams")
    app_secret: SecretStr | None = Field(None, description="of that application")
    tenant_id: str | None = Field(None, description="directory that the application belongs to")
    reviewers_conversation: str | None = Field(None, description="conversation id of the review cards")
    service_url: HttpUrl = Field(
        HttpUrl("https://smba.trafficmanager.net/teams/"),
        description="where review cards go out for questions that were not asked in Teams",
    )
    graph_url: HttpUrl = Field(
        HttpUrl("https://graph.microsoft.com/v1.0/"), description="where members of `access.entra_groups` are read"
    )
    service_hosts: tuple[str, ...] = Field((), description="further hosts that messages may be sent to")
    timeout_s: Seconds = Field(10.0, description="seconds for one call of the connector")
    progress_after_s: Seconds = Field(1.5, description="seconds after which a personal chat shows the steps")
    anonymous: bool = Field(default=False, description="true: no tokens at all, for a test client on this machine")

    @property
    def is_served(self) -> bool:
        """Whether the product is switched on."""
        return self.app_id is not None or self.anonymous

    @property
    def reviewers_place(self) -> str | None:
        """Where the review cards go."""
        return self.reviewers_conversation

    @property
    def missing(self) -> tuple[str, ...]:
        """Settings that are not set and without which Teams cannot be served."""
        needed = () if self.anonymous else ("app_id", "app_secret", "tenant_id")
        return tuple(f"teams.{name}" for name in needed if getattr(self, name) is None)

    @property
    def problem(self) -> str | None:
        """Why the product cannot be served with these settings; None if it can."""
        missing = next(iter(self.missing), None)
        return f"setting {missing} is missing: set {environment_name(missing)}" if missing else None


class ServerSettings(Section):
    """Table `[server]`."""

    host: str = Field("127.0.0.1", description="address that `citedesk serve` binds")
    port: int = Field(8080, ge=0, le=65_535, description="port that `citedesk serve` binds")


class StoreSettings(Section):
    """Table `[store]`."""

    review_text_days: Count = Field(90, description="days after which texts of decided reviews are purged")
    turn_text_days: int = Field(
        1, ge=0, description="days for which Teams' questions and answers are kept for follow-ups; 0: not"
    )
    gap_text_days: int = Field(30, ge=0, description="days for which unanswered questions are kept for editors; 0: not")


class Settings(BaseSettings):
    """The whole tree."""

    model_config = SettingsConfigDict(
        env_prefix="CITEDESK_",
        env_nested_delimiter="__",
        env_nested_max_split=1,
        toml_file="citedesk.toml",
        extra="forbid",
        frozen=True,
    )

    data_dir: Path = Field(Path(".citedesk"), description="folder of the index and the store")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="lowest level logged")
    index: IndexSettings = IndexSettings()
    llm: LlmSettings = LlmSettings()
    limits: LimitSettings = LimitSettings()
    access: AccessSettings = AccessSettings()
    channels: dict[str, ChannelSettings] = Field(default_factory=dict, description="tables by channel id, see below")
    review: ReviewSettings = ReviewSettings()
    delivery: DeliverySettings = DeliverySettings()
    slack: SlackSettings = SlackSettings()
    teams: TeamsSettings = TeamsSettings()
    server: ServerSettings = ServerSettings()
    store: StoreSettings = StoreSettings()

    @property
    def products(self) -> dict[str, ProductSettings]:
        """The sections of the chat products, by the name of the product."""
        return {"slack": self.slack, "teams": self.teams}

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the signature is the library's
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Order the sources, the winner first."""
        familiar = _FamiliarNames(settings_cls)
        return init_settings, env_settings, familiar, TomlConfigSettingsSource(settings_cls)


class _FamiliarNames(PydanticBaseSettingsSource):
    """Reads the environment variables that people already have."""

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:  # noqa: ANN401, ARG002
        """Unused: the whole tree is built in __call__."""
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        """Return the set ones, nested as the settings are."""
        found: dict[str, Any] = {}
        for name, (section, key) in _FAMILIAR_NAMES.items():
            if value := os.environ.get(name):
                found.setdefault(section, {})[key] = value
        return found


def load_settings(**overrides: Any) -> Settings:  # noqa: ANN401 - values are checked by the model
    """Return the settings, or raise SettingsError with one line that names the first wrong one."""
    try:
        return Settings(**overrides)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = ".".join(str(part) for part in first["loc"])
        raise SettingsError(f"setting {name}: {first['msg']}{_and_more(error.error_count())}") from None
    except (ValueError, OSError) as error:
        raise SettingsError(f"citedesk.toml cannot be read: {' '.join(str(error).split())}") from None


def reviewers_places(settings: Settings) -> dict[str, str | None]:
    """Return the settings of the served chat products that say where review cards go; one of them must be set."""
    return {
        product.reviewers_setting: product.reviewers_place
        for product in settings.products.values()
        if product.is_served
    }


def environment_name(setting: str) -> str:
    """Return the environment variable that sets `section.key`, for messages."""
    for name, path in _FAMILIAR_NAMES.items():
        if ".".join(path) == setting:
            return name
    return "CITEDESK_" + setting.replace(".", "__").upper()


def _and_more(count: int) -> str:
    return f" (and {count - 1} more)" if count > 1 else ""
