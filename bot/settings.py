"""All settings with their units and defaults.

Sources, where a later one wins: defaults, `citedesk.toml`, secrets in files, the variables that people already have
(`SLACK_BOT_TOKEN`, …), `CITEDESK_…` variables with `__` between section and key, and the command line: see
`bot.configuration`.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from limits import parse
from pydantic import AfterValidator, Field, HttpUrl, SecretStr

from bot.addresses import postgres_url
from bot.clouds import CLOUDS, Cloud, CloudName
from bot.configuration.loading import Loaded, loaded
from bot.configuration.variables import variable_of
from bot.model_settings import JudgeSettings, LlmSettings
from bot.section import Count, Hours, Id, PlainUrl, Seconds, Section, Token, in_one_case
from bot.service_settings import ServiceSettings
from bot.shared_settings import SharedSettings


def _valid_window(value: str) -> str:
    parse(value)
    return value


Window = Annotated[str, AfterValidator(_valid_window)]
# Slack's ids: T for a workspace, E for an Enterprise Grid organization. An organization cannot be named.
WorkspaceId = Annotated[str, Field(pattern=r"^T[A-Z0-9]+$")]


def _no_organization(value: str) -> str:
    if re.fullmatch(r"E[A-Z0-9]{2,}", value):
        raise ValueError(f"{value} is an Enterprise Grid organization: name its workspaces, T…")
    return value


# The name of a tenant is the name of a folder, too.
TenantName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$"), AfterValidator(_no_organization)]
TenantId = Annotated[TenantName, AfterValidator(in_one_case)]


def _known_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"there is no time zone {value[:40]}; write one as in Europe/Berlin") from None
    return value


def _with_own_names(services: tuple[ServiceSettings, ...]) -> tuple[ServiceSettings, ...]:
    names = [service.name for service in services]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise ValueError(f"two services are called {twice}: give each a name of its own")
    return services


class IndexSettings(Section):
    """Table `[index]`."""

    paths: tuple[Path | str, ...] = Field(
        (), description="folders, files, Git checkouts, and addresses of pages and site maps that are indexed"
    )
    services: Annotated[tuple[ServiceSettings, ...], AfterValidator(_with_own_names)] = Field(
        (), description="services that are indexed, as tables, see below"
    )
    embedding_model: str = Field(
        "packaged", description="`packaged`, the folder of a sentence-transformers model, or of an exported one"
    )
    embedders_dir: Path | None = Field(None, description="folder of exported models; none: below `data_dir`")
    precision: Literal["int8", "fp32"] = Field("int8", description="number format of the embedding model")
    reranker: Path | None = Field(
        None,
        description="folder of a sentence-transformers cross-encoder with one output, or of an exported one; it puts"
        " the best candidates of a search in order",
    )
    reranker_candidates: int = Field(20, ge=1, le=40, description="number of candidates that the reranker reads")
    reranker_s: Seconds = Field(
        1.0, description="seconds after which the reranker reads no more candidates; those keep their place"
    )
    unlabelled: Literal["everyone", "nobody"] = Field(
        "everyone", description="who may read a document for which no groups are set"
    )
    access: dict[str, tuple[str, ...]] = Field(
        default_factory=dict, description="groups that may read documents, by pattern of document ids"
    )
    links: dict[str, str] = Field(
        default_factory=dict,
        description="public address of documents, by pattern of document ids, with {path} or {file}",
    )
    max_document_bytes: Count = Field(5_000_000, description="larger files and pages are skipped")
    document_s: Seconds = Field(20.0, description="seconds to read one document")
    document_memory_bytes: int = Field(
        2_000_000_000, ge=500_000_000, description="bytes of memory to read one document"
    )
    fetch_delay_s: float = Field(0.5, ge=0, description="seconds between two requests to a site")
    pages_max: Count = Field(2_000, description="pages fetched from one site map")
    refetch_s: float = Field(
        3_600.0,
        ge=0,
        description="seconds after which a running bot and `citedesk index watch` read addresses and services again; "
        "0: never",
    )
    builds_in_serve: bool = Field(
        default=True,
        description="whether `citedesk serve` builds the index; if not, `citedesk index worker` does",
    )
    private_hosts: tuple[str, ...] = Field(
        (), description="hosts, written as in addresses, that may be fetched at private addresses"
    )
    max_drop: float = Field(
        0.5, ge=0, le=1, description="share of documents that may vanish in a build; a build that loses more is refused"
    )
    keep_snapshots: Count = Field(3, description="newest snapshots kept on disk")
    vectors: Literal["files", "pgvector"] = Field(
        "files",
        description="where vectors, tokens and texts of the next build go: into its snapshot, or into PostgreSQL with"
        " pgvector 0.8 or later, so that the snapshot holds the words only",
    )
    database_url: Annotated[SecretStr, AfterValidator(postgres_url)] = Field(
        SecretStr(""), description="that database, as `postgresql://user:password@host/database`; empty: `store.url`"
    )
    database_connections: Count = Field(8, description="connections to it that a process keeps for its searches")
    exact_chunks: Count = Field(8_000, description="largest number of chunks with which every vector is compared")
    recall: float = Field(
        0.97, gt=0, le=1, description="share of the ten nearest chunks that the search of a larger index must find"
    )
    whole_chunks: Count = Field(2, description="number of best chunks of a result that keep their whole text")
    excerpt_chars: int = Field(500, ge=100, description="characters kept of each other chunk, about")
    wrong_rate: float = Field(
        0.1,
        gt=0,
        lt=1,
        description="share of unanswerable questions that a calibration may let be answered by quotes without a model",
    )
    missed_rate: float = Field(
        0.05, gt=0, lt=1, description="share of answerable questions that a calibration may end as not enough info"
    )


class SnapshotSettings(Section):
    """Table `[snapshots]`."""

    url: str | None = Field(
        None,
        pattern=r"^(s3|gs|az|file)://.+",
        description="object storage of snapshots for several machines: `s3://bucket/prefix`, `gs://bucket/prefix`, "
        "`az://container/prefix` or `file:///folder`; none: snapshots stay in `data_dir`",
    )
    endpoint: str = Field(
        "", pattern=r"^(https?://.+)?$", description="address of an S3 server that is not Amazon's; none: Amazon's"
    )
    region: str = Field("", description="region of the S3 bucket; none: that of the environment")
    poll_s: Seconds = Field(30.0, description="seconds between two looks for a new live snapshot")
    keep: Count = Field(10, description="newest snapshots kept in the object storage")
    grace_h: Hours = Field(
        24.0, description="hours for which blocks that no snapshot needs are kept; longer than any publishing takes"
    )


class LimitSettings(Section):
    """Table `[limits]`."""

    question_chars: Count = Field(
        1000,
        description="longest question; of a longer message (a pasted log or ticket) only the telling part is searched",
    )
    pasted_chars: Count = Field(12_000, description="longest message")
    retrieved_chunks: int = Field(10, ge=1, le=50, description="chunks retrieved for a question")
    prompt_tokens: int = Field(3000, ge=500, description="largest prompt, estimated upwards")
    output_tokens: Count = Field(800, description="largest completion")
    output_tokens_max: Count = Field(
        8000, description="room for a completion that was cut off, asked for once more; models that think need it"
    )
    answer_chars: int = Field(3000, ge=200, le=10_000, description="longest answer shown")
    response_bytes: Count = Field(2_000_000, description="longest HTTP response of a model that is read")
    reply_chars: Count = Field(20_000, description="longest raw reply that is parsed")
    quote_chars_min: int = Field(12, ge=1, description="characters of the shortest quote that counts as proof")
    sufficiency_min: float | None = Field(
        None, ge=0, le=1, description="below it: not enough info, no model call; none: as calibrated"
    )
    sufficiency_quote: float | None = Field(
        None,
        ge=0,
        le=1,
        description="below it: documents are not quoted as an answer that no model has read; none: as calibrated",
    )
    request_deadline_s: Seconds = Field(60.0, description="seconds from question to outcome")
    fallback_reserve_s: Seconds = Field(
        1.0, description="seconds of the request deadline kept for quoting documents if the model has no answer"
    )
    per_user: Window = Field("20/minute", description="questions per user")
    per_tenant: Window = Field("300/minute", description="questions per workspace")
    per_user_presses: Window = Field(
        "240/minute", description="presses of buttons, commands, and openings of App Home per user"
    )
    per_user_reviews: Window = Field(
        "30/minute", description="presses per user that can open a review: asking a person, and feedback"
    )
    per_route: dict[str, Window] = Field(default_factory=dict, description="questions per route")
    tenant_tokens_per_day: Count | None = Field(None, description="tokens a workspace may use in a day")
    in_flight: Count = Field(200, description="requests running or waiting in this process")
    queue_retry_s: Seconds = Field(5.0, description="shortest wait in seconds that is named when the queue is full")
    cache_answers: Count = Field(1000, description="verified answers kept in memory")
    cache_fresh_s: float = Field(600.0, ge=0, description="age in seconds up to which a cached answer is given at once")
    cache_stale_s: float = Field(
        86_400.0, ge=0, description="age in seconds up to which it is given when no model answers"
    )
    nearest_documents: int = Field(3, ge=0, le=10, description="documents named in a reply without an answer")


class AccessSettings(Section):
    """Table `[access]`."""

    groups: dict[str, frozenset[Id]] = Field(default_factory=dict, description="chat user ids, by group name")
    reviewers: frozenset[Id] = Field(frozenset(), description="user ids who may decide reviews")
    admins: frozenset[Id] = Field(
        frozenset(), description="user ids who may use `reindex`, `rollback`, `why`, `usage`, `report` and `gaps`"
    )
    slack_groups: dict[str, str] = Field(default_factory=dict, description="id of a Slack user group, by group name")
    entra_groups: dict[str, Id] = Field(default_factory=dict, description="object id of an Entra group, by group name")
    refresh_s: Seconds = Field(300.0, description="seconds for which members of groups and channels are cached")
    audience_members_max: Count = Field(200, description="in larger channels only documents for everyone are used")
    public_channels: Literal["workspace", "members"] = Field(
        "workspace",
        description="who reads a public Slack channel: the whole workspace, so only documents for everyone are used "
        "there; or `members`, those who joined it",
    )

    @property
    def has_groups(self) -> bool:
        """Whether any group is set, with user ids or as a group of a chat product."""
        return bool(self.groups or self.slack_groups or self.entra_groups)

    def names(self, user_id: str) -> bool:
        """Tell whether a person is named by user id in a group, as a reviewer or as an admin."""
        return user_id in self.reviewers | self.admins or bool(self.groups_of(user_id))

    def groups_of(self, user_id: str) -> frozenset[str]:
        """Return the names of the groups whose user ids include this one."""
        return frozenset(name for name, members in self.groups.items() if user_id in members)


class ChannelSettings(Section):
    """Table `[channels.C0123456789]`."""

    sources: tuple[str, ...] = Field((), description="patterns of document ids, such as `billing/*`; none: all")
    reviewers: frozenset[Id] = Field(frozenset(), description="user ids who review its questions instead")
    reviewers_channel: str | None = Field(None, description="channel or conversation id of its review cards instead")
    auto_answer: bool = Field(default=True, description="false: a person approves every answer first")
    language: str = Field("", max_length=40, description="language to answer in; none: that of the question")


class ReviewSettings(Section):
    """Table `[review]`."""

    remind_after_h: Hours = Field(4.0, description="hours until the reviewers are reminded")
    expire_after_h: Hours = Field(72.0, description="hours until a review ends and the asker is told")
    claim_h: Hours = Field(1.0, description="hours for which a claim keeps others from deciding")
    sweep_s: Seconds = Field(
        60.0, description="seconds between checks for due reminders, expired reviews, changed sources and old texts"
    )
    low_confidence: Literal["review", "quote"] = Field(
        "review",
        description="what becomes of a draft that the model itself is not sure of: `review` asks a person and shows the"
        " quotes meanwhile, `quote` only shows the quotes",
    )
    negative_feedback: Count = Field(2, description="people who must find an answer bad to open a review of it")
    curated_similarity: float = Field(
        0.80, ge=0, le=1, description="cosine from which a question may get the approved answer to another"
    )
    unsourced_days: int = Field(
        30,
        ge=0,
        description="days for which a reviewer's answer that cites nothing is given to others who ask the same; 0: not",
    )
    rejected_days: int = Field(
        7, ge=0, description="days for which askers are told that a reviewer had no answer to the same question; 0: not"
    )
    again_after_h: Hours = Field(
        24.0, description="hours after a rejection until the same question gets a card again, one for all who ask"
    )
    gap_similarity: float = Field(0.62, ge=0, le=1, description="cosine from which unanswered questions form one gap")


class DigestSettings(Section):
    """Table `[digest]`."""

    weekday: Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] = Field(
        "monday", description="day on which the digest is posted"
    )
    hour: int = Field(9, ge=0, le=23, description="hour of that day from which it is posted")
    timezone: Annotated[str, AfterValidator(_known_zone)] = Field(
        "UTC", description="time zone of weekday and hour, such as `Europe/Berlin`"
    )


class DeliverySettings(Section):
    """Table `[delivery]`."""

    question_workers: Count = Field(16, description="questions worked on at once")
    reply_workers: Count = Field(8, description="messages posted at once")
    lease_s: Seconds = Field(15.0, description="seconds after which the jobs of a dead process are taken over")
    check_s: Seconds = Field(
        5.0, description="seconds after which the bot looks for second copies of a message that it posted in doubt"
    )
    poll_s: Seconds = Field(1.0, description="seconds between polls of the queues")
    attempts: Count = Field(6, description="tries after which a question or a reply is given up")
    backoff_base_s: Seconds = Field(1.0, description="first pause between tries in seconds; doubled per try")
    backoff_cap_s: Seconds = Field(60.0, description="longest pause between tries in seconds")
    drain_s: Seconds = Field(10.0, description="seconds for running work when the process is stopped")

    @property
    def post_s(self) -> float:
        """The longest time of one request that posts something: as much as a renewed lease always has left."""
        return 0.6 * self.lease_s

    def pause_s(self, attempts: int) -> float:
        """Return the seconds to wait after attempt number `attempts`."""
        return min(self.backoff_cap_s, self.backoff_base_s * 2.0 ** min(attempts - 1, 20))


class ProductSettings(Section):
    """The part that the sections of all chat products share. Settings are named as `section.key`."""

    title: ClassVar[str]
    # Names of the setting that switches the product on, and of the one that says where its review cards go.
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

    bot_token: Token | None = Field(None, description="xoxb-…; set it to serve Slack")
    app_token: Token | None = Field(None, description="xapp-…; set it to use Socket Mode")
    signing_secret: Token | None = Field(None, description="set it to receive events over HTTP")
    api_url: PlainUrl = Field(HttpUrl("https://slack.com/api/"), description="base URL of the Web API")
    reviewers_channel: str | None = Field(None, description="channel id of the review cards")
    digest_channel: str | None = Field(None, description="channel id of the weekly digest; none: no digest")
    timeout_s: Seconds = Field(10.0, description="seconds for one Web API call")
    prompts: tuple[str, ...] = Field((), max_length=4, description="questions suggested in the agent view")
    progress_after_s: Seconds = Field(1.5, description="seconds after which the steps of an answer are shown")
    silence_s: Seconds = Field(60.0, description="seconds without a sign of life after which Socket Mode reconnects")
    quiet_s: Seconds = Field(900.0, description="seconds without an event after which Socket Mode reconnects")
    client_id: str | None = Field(
        None, description="client id of the app; set it and the next three to serve many workspaces"
    )
    client_secret: Token | None = Field(None, description="client secret of the app")
    token_keys: SecretStr | None = Field(
        None,
        description="keys that encrypt the tokens of the workspaces in the store, made by `citedesk store key`,"
        " separated by commas, the newest first",
    )
    public_url: PlainUrl | None = Field(None, description="where Slack and browsers reach this server")
    workspaces: frozenset[WorkspaceId] = Field(
        frozenset(),
        description="ids of the workspaces that are served, with the same documents, reviewers and admins;"
        " none: the workspace of the bot token, or the first that installs the app",
    )

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
        for name in ("client_secret", "token_keys", "public_url"):
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

    app_id: Id | None = Field(None, description="application id of the bot; set it to serve Teams")
    tenant_id: Id | None = Field(None, description="id of the directory (tenant) of the application")
    app_secret: SecretStr | None = Field(
        None, description="client secret of that application; instead of it one of the next three"
    )
    certificate_file: Path | None = Field(
        None, description="PEM file of the application's certificate and its private key, or a PFX file of both"
    )
    managed_identity: Id | None = Field(
        None,
        description="client id of a managed identity of Azure that is the bot, or that may sign in for the application",
    )
    federated_token_file: Path | None = Field(
        None, description="file of a token that may sign in for the application, as Kubernetes writes it"
    )
    certificate_key_file: Path | None = Field(
        None, description="PEM file of the certificate's private key, if it is a file of its own"
    )
    certificate_password: SecretStr | None = Field(None, description="password of the private key or of the PFX file")
    cloud: CloudName = Field("public", description="Microsoft's cloud in which the directory is; GCC is in `public`")
    reviewers_conversation: str | None = Field(None, description="conversation id of the review cards")
    digest_conversation: str | None = Field(None, description="conversation id of the weekly digest; none: no digest")
    service_url: PlainUrl | None = Field(
        None,
        description="connector address for review cards of questions that were not asked in Teams; none: that of the"
        " cloud",
    )
    graph_url: PlainUrl | None = Field(
        None,
        description="Microsoft Graph, where members of `access.entra_groups` are read; none: that of the cloud",
    )
    service_hosts: tuple[str, ...] = Field((), description="further hosts that messages may be sent to")
    timeout_s: Seconds = Field(10.0, description="seconds for one call of the connector, of Graph or of Entra")
    progress_after_s: Seconds = Field(
        1.5, description="seconds after which a personal chat shows the steps of an answer"
    )
    anchors: bool = Field(
        default=False,
        description="true: post a short message first and turn it into the real one, so that none appears twice after"
        " a lost response; Teams may drop the AI label of such a message, and notifications show the short one",
    )
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
    def addresses(self) -> Cloud:
        """The addresses of the cloud."""
        return CLOUDS[self.cloud]

    @property
    def graph(self) -> str:
        """The address of Microsoft Graph."""
        return str(self.graph_url or self.addresses.graph)

    @property
    def connector(self) -> str:
        """The connector address for messages that answer nothing; "" if there is none."""
        return str(self.service_url or self.addresses.connector or "")

    @property
    def problem(self) -> str | None:
        """Why the product cannot be served with these settings; None if it can."""
        if self.anonymous:
            return None
        no_address = "" if self.connector else self._lacking("service_url")
        return self._lacking("app_id") or self._sign_in_problem or self._lacking("tenant_id") or no_address or None

    @property
    def _sign_in_problem(self) -> str:
        given = [f"teams.{name}" for name in _TEAMS_CREDENTIALS if getattr(self, name) is not None]
        if len(given) > 1:
            return f"settings {' and '.join(given)}: the bot signs in with one of them, so remove the others"
        others = ", ".join(f"teams.{name}" for name in _TEAMS_CREDENTIALS[1:])
        return "" if given else f"{self._lacking('app_secret')}, or one of {others}"

    def _lacking(self, name: str) -> str:
        setting = f"teams.{name}"
        words = f"setting {setting} is missing: set {environment_name(setting)}"
        return words if getattr(self, name) is None else ""


_TEAMS_CREDENTIALS = ("app_secret", "certificate_file", "managed_identity", "federated_token_file")


_METRICS_ABOVE = 1000
_METRICS_CONNECTIONS = 32
_PORT_MAX = 65_535


class ServerSettings(Section):
    """Table `[server]`."""

    host: str = Field("127.0.0.1", description="address that `citedesk serve` binds")
    port: int = Field(8080, ge=0, le=65_535, description="port that `citedesk serve` binds")
    metrics_host: str = Field(
        "127.0.0.1", description="address of `/metrics` and of `/healthz` with details; never a public one"
    )
    metrics_port: int | None = Field(
        None, ge=0, le=65_535, description="their port; empty: 1,000 above `server.port`, if that is free"
    )
    look_s: Seconds = Field(5.0, description="seconds between looks at what a process needs to be ready")
    late_s: Seconds = Field(
        300.0, description="seconds that a question or a reply may wait for a worker until no process is ready"
    )
    unready_s: float = Field(
        0.0, ge=0, description="seconds for which a stopping process, not ready any more, still takes requests"
    )
    connections: Count = Field(
        512,
        description="connections at once; of more, the oldest without a whole request is dropped, of the address that"
        " has most of them",
    )
    transfer_s: Seconds = Field(
        15.0, description="seconds to send a request's headers, again to send its body, and again to take the response"
    )
    idle_s: Seconds = Field(
        130.0, description="seconds for which a connection without a request is kept; longer than the proxy keeps it"
    )

    @property
    def of_metrics(self) -> "ServerSettings":
        """The settings of the server of the metrics. Without a port of its own to bind it takes any free one."""
        beside = self.port + _METRICS_ABOVE if self.port else 0
        port = self.metrics_port if self.metrics_port is not None else beside
        own = {"host": self.metrics_host, "port": min(port, _PORT_MAX), "connections": _METRICS_CONNECTIONS}
        return self.model_copy(update=own)


class StoreSettings(Section):
    """Table `[store]`."""

    url: Annotated[SecretStr, AfterValidator(postgres_url)] = Field(
        SecretStr(""),
        description="PostgreSQL database of all processes, as `postgresql://user:password@host/database`; empty: a file"
        " of SQLite in `data_dir`, for one process",
    )
    connections: Count = Field(10, description="connections to the database that a process keeps for its requests")
    connection_s: Seconds = Field(5.0, description="seconds for which a request waits for one of them")
    statement_s: Seconds = Field(10.0, description="seconds for one statement in the database")
    start_s: Seconds = Field(60.0, description="seconds for which a starting process waits for the database")
    review_text_days: Count = Field(90, description="days after which texts of decided reviews are purged")
    turn_text_days: int = Field(
        1, ge=0, description="days for which Teams' questions and answers are kept for follow-ups; 0: not"
    )
    gap_text_days: int = Field(30, ge=0, description="days for which unanswered questions are kept for editors; 0: not")
    job_days: Count = Field(
        90, description="days for which keys of finished questions and messages are kept, so that none comes twice"
    )
    trace_days: Count = Field(400, description="days for which traces of requests are kept; they hold no text")


class TenantSlackSettings(Section):
    """Table `[tenants.NAME.slack]`: what a tenant has of `[slack]`."""

    reviewers_channel: str | None = None
    digest_channel: str | None = None
    prompts: tuple[str, ...] = Field((), max_length=4)


class TenantTeamsSettings(Section):
    """Table `[tenants.NAME.teams]`: what a tenant has of `[teams]`."""

    reviewers_conversation: str | None = None
    digest_conversation: str | None = None


def _without(*names: str) -> AfterValidator:
    """Return a check that a table of a tenant does not set what all tenants share."""

    def checked(table: Section | None) -> Section | None:
        if shared := next((name for name in names if table and name in table.model_fields_set), None):
            raise ValueError(f"{shared} is the same for all tenants: set it in the table without tenants")
        return table

    return AfterValidator(checked)


_ELSE = "as `[{}]`; what is not set here is as it is there"


class TenantSettings(Section):
    """Table `[tenants.NAME]`."""

    ids: frozenset[TenantId] = Field(
        frozenset(),
        description="ids of its Slack workspaces and of its directory in Entra; none: the name of the table is the id",
    )
    index: Annotated[
        IndexSettings | None, _without("embedding_model", "embedders_dir", "precision", "reranker", "reranker_s")
    ] = Field(
        None,
        description="as `[index]`; `paths`, `services`, `access`, `links` and `private_hosts` are empty if they are not"
        " set here, everything else is as it is there",
    )
    access: AccessSettings | None = Field(
        None, description="as `[access]`; groups, reviewers and admins are empty if they are not set here"
    )
    channels: dict[str, ChannelSettings] = Field(
        default_factory=dict, description="as `[channels.CHANNEL]`; those of the top level do not count"
    )
    slack: TenantSlackSettings | None = Field(
        None, description="`reviewers_channel`, `digest_channel` and `prompts` as in `[slack]`; those do not count"
    )
    teams: TenantTeamsSettings | None = Field(
        None, description="`reviewers_conversation` and `digest_conversation` as in `[teams]`; those do not count"
    )
    limits: Annotated[LimitSettings | None, _without("cache_answers")] = Field(None, description=_ELSE.format("limits"))
    review: Annotated[ReviewSettings | None, _without("sweep_s")] = Field(None, description=_ELSE.format("review"))
    digest: DigestSettings | None = Field(None, description=_ELSE.format("digest"))
    language: Literal["auto", "en", "de"] | None = Field(None, description="as `language`; none: that")
    llm: LlmSettings | None = Field(
        None, description="as `[llm]`, the whole table: a key of one server is never sent to another; none: that table"
    )
    judge: JudgeSettings | None = Field(None, description="as `[judge]`, the whole table; none: that table")


def _apart(tenants: "dict[str, TenantSettings]") -> "dict[str, TenantSettings]":
    taken: dict[str, str] = {}
    # Some file systems do not tell capitals apart.
    if len({name.lower() for name in tenants}) < len(tenants):
        raise ValueError("two names differ in capitals only: their folders would be the same")
    for name, tenant in tenants.items():
        if len(directories := [one for one in ids_of(name, tenant) if not is_workspace(one)]) > 1:
            raise ValueError(
                f"{name} has {len(directories)} directories: a tenant has one, and any number of workspaces"
            )
        for tenant_id in ids_of(name, tenant):
            if (other := taken.setdefault(tenant_id, name)) != name:
                raise ValueError(f"{tenant_id} is an id of {other} and of {name}: a tenant id has one table")
    return tenants


def is_workspace(tenant_id: str) -> bool:
    """Tell whether a tenant id is that of a Slack workspace; else it is that of a directory in Entra."""
    return re.fullmatch(r"T[A-Z0-9]+", tenant_id) is not None


def ids_of(name: str, tenant: TenantSettings) -> frozenset[str]:
    """Return the tenant ids of a table `[tenants.NAME]`."""
    return tenant.ids or frozenset({in_one_case(name)})


class Settings(Section):
    """All settings of Citedesk."""

    data_dir: Path = Field(Path(".citedesk"), description="folder of the index and the store")
    secrets_dir: Path | None = Field(
        None, description="folder with a file for each secret, named as its setting, such as `slack.bot_token`"
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="lowest level logged")
    language: Literal["auto", "en", "de"] = Field(
        "auto", description="language of the bot's own texts; `auto`: that of whoever reads them, in channels English"
    )
    index: IndexSettings = IndexSettings()
    snapshots: SnapshotSettings = SnapshotSettings()
    llm: LlmSettings = LlmSettings()
    judge: JudgeSettings = JudgeSettings()
    limits: LimitSettings = LimitSettings()
    access: AccessSettings = AccessSettings()
    channels: dict[str, ChannelSettings] = Field(default_factory=dict, description="tables by channel id, see below")
    review: ReviewSettings = ReviewSettings()
    digest: DigestSettings = DigestSettings()
    delivery: DeliverySettings = DeliverySettings()
    slack: SlackSettings = SlackSettings()
    teams: TeamsSettings = TeamsSettings()
    server: ServerSettings = ServerSettings()
    store: StoreSettings = StoreSettings()
    shared: SharedSettings = SharedSettings()
    tenants: Annotated[dict[TenantName, TenantSettings], AfterValidator(_apart)] = Field(
        default_factory=dict, description="tables of workspaces with documents of their own, see below"
    )

    @property
    def products(self) -> dict[str, ProductSettings]:
        """The sections of the chat products, by the name of the product."""
        return {"slack": self.slack, "teams": self.teams}


def load_settings(**overrides: Any) -> Settings:  # noqa: ANN401 - values are checked by the model
    """Return the settings. `overrides` win over every source.

    Raises SettingsError with one line that names the first wrong setting.
    """
    return load_with_origins(None, overrides).settings


def load_with_origins(config: Path | None, overrides: Mapping[str, Any]) -> Loaded[Settings]:
    """Return the settings, and where each value comes from. `config` names the file; None: as the environment says.

    Raises SettingsError.
    """
    return loaded(Settings, config, overrides)


def reviewers_places(settings: Settings) -> dict[str, str | None]:
    """Return where the review cards of each served chat product go, by the name of the setting; None if not set."""
    return {
        product.reviewers_setting: product.reviewers_place
        for product in settings.products.values()
        if product.is_served
    }


def embedders_dir(settings: Settings) -> Path:
    """Return the folder of exported models."""
    return settings.index.embedders_dir or settings.data_dir / "index" / "embedders"


def environment_name(setting: str) -> str:
    """Return the name of the environment variable that sets `section.key`."""
    return variable_of(tuple(setting.split(".")))
