"""The citedesk.toml that `citedesk init` writes (pure)."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bot.cli.init_questions import STEPS, listed, question_of

_HEAD = """\
# Settings of Citedesk, written by `citedesk init`.
# `citedesk settings` shows every setting and where it comes from, `citedesk doctor` checks them.
# Relative paths begin at the folder of this file. A variable such as CITEDESK_LLM__MODEL wins over a line here.
"""
_SECRETS = """\
# No secret stands in this file. Each is a file of its own in this folder, named as its setting: slack.bot_token.
# These are read as well, and win: a variable (SLACK_BOT_TOKEN), a variable that names a file (SLACK_BOT_TOKEN_FILE),
# and credentials of systemd by the same names (LoadCredential=slack.bot_token:/path)."""
_NO_MODEL = """\
# Without a model, answers are the documents' own words. To have them written by a model:
# [llm]
# provider = "openai"
# base_url = "http://host:8000/v1"
# model = "…"
# Its key is a secret: llm.api_key."""
_NO_CHAT = """\
# No chat yet: `citedesk ask` answers on the command line. Run `citedesk init` again for Slack and Teams.
"""
_ACCESS_HINT = """\
# Everybody may read every document that names no groups itself. To limit others, name people in [access], and here:
# access = {"internal/*" = ["leads"]}"""
_GROUPS_HINT = '# groups = {leads = ["…"]}'


@dataclass(frozen=True, slots=True)
class Answers:
    """What was chosen: documents, parts (`slack`, `teams`, `openai`, `several`), and answers by setting."""

    documents: Sequence[str]
    parts: Sequence[str] = ()
    values: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)


def settings_file(answers: Answers, secrets_dir: str) -> str:
    """Return the whole file. It holds no secret; what was left open stands in it as a comment."""
    blocks = [
        _HEAD,
        'data_dir = ".citedesk"\n',
        f"{_SECRETS}\nsecrets_dir = {_quoted(secrets_dir)}\n",
        f"[index]\npaths = [{', '.join(map(_quoted, answers.documents))}]\n{_ACCESS_HINT}\n",
        *(f"[{table}]\n" + "\n".join(lines) + "\n" for table, lines in _tables(answers).items()),
    ]
    if not {"slack", "teams"} & set(answers.parts):
        blocks.append(_NO_CHAT)
    if "openai" not in answers.parts:
        blocks.append(f"{_NO_MODEL}\n")
    return "\n".join(blocks)


def _tables(answers: Answers) -> dict[str, list[str]]:
    """Return the lines of each table that the chosen parts ask about."""
    tables: dict[str, list[str]] = {}
    for setting in asked_settings(answers.parts):
        table, _, key = setting.partition(".")
        tables.setdefault(table, ['provider = "openai"'] if table == "llm" else []).append(_line(answers, setting, key))
    if "access" in tables:
        tables["access"].append(_GROUPS_HINT)
    return tables


def asked_settings(parts: Sequence[str]) -> Iterator[str]:
    """Yield the settings that the parts ask about, each once."""
    yield from dict.fromkeys(question.setting for part in parts for step in STEPS[part] for question in step.questions)


def _line(answers: Answers, setting: str, key: str) -> str:
    question = question_of(setting)
    if question and question.is_secret:
        return f"# {key} is a secret: {'it is in' if setting in answers.secrets else 'put it into'} secrets/{setting}"
    value = answers.values.get(setting, "")
    if question and question.is_list:
        return f"{'' if value else '# '}{key} = [{', '.join(map(_quoted, listed(value) or ['…']))}]"
    return f"{key} = {_quoted(value)}" if value else f'# {key} = "…"'


def _quoted(text: str) -> str:
    # A string of JSON is one of TOML, too, but for this character.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
