"""What `citedesk init` asks: each question is a setting with the check of its answer (pure)."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pydantic import SecretStr

from bot.addresses import postgres_url

Check = Callable[[str], str]
_GUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_SLACK_CHANNEL, _SLACK_USER = re.compile(r"[CG][A-Z0-9]{6,}"), re.compile(r"[UW][A-Z0-9]{6,}")
_CONVERSATION = re.compile(r"19:\S+@\S+")


def _token(beginning: str) -> Check:
    def problem(value: str) -> str:
        if re.search(r"[\s\"']", value) or not (value.isascii() and value.isprintable()):
            return "a token holds no spaces, quotes or accents"
        return "" if value.startswith(beginning) else f"it begins with {beginning}"

    return problem


def _form(pattern: re.Pattern[str], words: str) -> Check:
    return lambda value: "" if pattern.fullmatch(value) else words


def _people(value: str) -> str:
    wrong = [one for one in listed(value) if not _SLACK_USER.fullmatch(one) and not _GUID.fullmatch(one)]
    return f"{wrong[0]} is no id: Slack's begin with U, those of Entra look like 5f0c1a2b-…" if wrong else ""


def _app_secret(value: str) -> str:
    return "that is the secret's id: its value is needed" if _GUID.fullmatch(value) else _password(value)


def _password(value: str) -> str:
    return "" if value.isprintable() and value == value.strip() else "it holds spaces at an end, or a line break"


def _url(value: str) -> str:
    return "" if re.match(r"https?://[^\s/]", value) else "it begins with https:// or http://"


def _postgres(value: str) -> str:
    try:
        return "" if postgres_url(SecretStr(value)).get_secret_value() else "it begins with postgresql://"
    except ValueError as error:
        return str(error)


def _storage(value: str) -> str:
    return "" if re.match(r"(?:s3|gs|az|file)://\S+$", value) else "it begins with s3://, gs://, az:// or file://"


def _text(value: str) -> str:
    return "" if value.isprintable() else "it holds a character that cannot be written"


def listed(value: str) -> list[str]:
    """Return the answers in a list that is separated by commas or spaces."""
    return [one for one in re.split(r"[,\s]+", value) if one]


@dataclass(frozen=True, slots=True)
class Question:
    """A question whose answer is a setting. `problem` returns what is wrong with an answer, "" if nothing is."""

    setting: str
    words: str
    problem: Check
    is_secret: bool = False
    is_list: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """What to do somewhere else, and what to bring back from there."""

    words: str
    questions: tuple[Question, ...] = ()


_REVIEWERS = Question("access.reviewers", "Ids of the reviewers", _people, is_list=True)
_ADMINS = Question("access.admins", "Ids of the admins", _people, is_list=True)
_CHANNEL_WORDS = "an id looks like C0123456789; the name of the channel does not do"
_CONVERSATION_WORDS = "an id looks like 19:…@thread.tacv2; remove the percent signs of the link"
_DIRECTORY_WORDS = "an id looks like 00000000-0000-0000-0000-000000000000"

STEPS: Mapping[str, tuple[Step, ...]] = {
    "slack": (
        Step(
            "Open https://api.slack.com/apps, choose Create New App, From a manifest, and your workspace.\n"
            "Paste what is in {slack_manifest}. Then choose Install to Workspace."
        ),
        Step(
            "Copy the Bot User OAuth Token from the page OAuth & Permissions.",
            (Question("slack.bot_token", "Bot token, xoxb-…", _token("xoxb-"), is_secret=True),),
        ),
        Step(
            "On the page Basic Information, under App-Level Tokens, generate a token with the scope connections:write.",
            (Question("slack.app_token", "App-level token, xapp-…", _token("xapp-"), is_secret=True),),
        ),
        Step(
            "In Slack, make a private channel for reviewers and write /invite @Citedesk there. Its id stands at the end"
            "\nof the channel's details.",
            (Question("slack.reviewers_channel", "Id of that channel, C…", _form(_SLACK_CHANNEL, _CHANNEL_WORDS)),),
        ),
        Step(
            "The id of a person is in the profile, under ⋮, Copy member ID: U… Reviewers decide doubtful answers,\n"
            "admins may rebuild the index and read reports.",
            (_REVIEWERS, _ADMINS),
        ),
    ),
    "teams": (
        Step(
            "In the Azure portal, create an Azure Bot, type single tenant. Its messaging endpoint is\n"
            "https://your-host/api/messages; a proxy passes that on to port 8080 of this machine.\n"
            "In the bot, under Channels, add Microsoft Teams.",
            (
                Question("teams.app_id", "Application (client) id", _form(_GUID, _DIRECTORY_WORDS)),
                Question("teams.tenant_id", "Directory (tenant) id", _form(_GUID, _DIRECTORY_WORDS)),
            ),
        ),
        Step(
            "In the application, under Certificates & secrets, make a client secret and copy its value, not its id.",
            (Question("teams.app_secret", "Client secret", _app_secret, is_secret=True),),
        ),
        Step(
            "Copy the folder {teams_folder}, put the application's id into its manifest.json, twice, zip its three\n"
            "files and upload the archive in Teams (Apps, Manage your apps). Add the app where people ask and where\n"
            "reviewers work. The id of a channel is in its link (Get link to channel).",
            (
                Question(
                    "teams.reviewers_conversation",
                    "Id of the reviewers' channel, 19:…",
                    _form(_CONVERSATION, _CONVERSATION_WORDS),
                ),
            ),
        ),
        Step("People are named by their object ids in Entra.", (_REVIEWERS, _ADMINS)),
    ),
    "openai": (
        Step(
            "Any server that speaks the OpenAI chat API will do. Nothing for the address: OpenAI itself.",
            (
                Question("llm.base_url", "Address of the server, such as http://host:8000/v1", _url),
                Question("llm.model", "Name of the model", _text),
                Question("llm.api_key", "Key of that server", _token(""), is_secret=True),
            ),
        ),
    ),
    "several": (
        Step(
            "Several machines share a PostgreSQL database and object storage. Each needs the extra `cluster`.",
            (
                Question("store.url", "Database, postgresql://user:password@host/name", _postgres, is_secret=True),
                Question("snapshots.url", "Object storage of the index, s3://bucket/prefix", _storage),
            ),
        ),
    ),
}


def question_of(setting: str) -> Question | None:
    """Return the question about a setting; None if none is asked."""
    every = (question for steps in STEPS.values() for step in steps for question in step.questions)
    return next((question for question in every if question.setting == setting), None)
