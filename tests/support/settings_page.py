"""The text of docs/settings.md, generated from bot/settings.py: `make docs` writes the file, a test compares both."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from bot.section import Section
from bot.settings import Settings, environment_name

PAGE = Path(__file__).parents[2] / "docs" / "settings.md"
_HEAD = """\
# Settings

For admins: every setting of `citedesk.toml` with its default and its meaning.

This page is generated from `bot/settings.py`. Change the descriptions there, then run `make docs`.

## Where settings come from

`citedesk init` asks what is needed and writes a file. `citedesk settings` shows what holds and where each value
comes from: the line of the file, the variable, the file of the secret; `--changed` leaves out what is as by
default.

A later source wins over an earlier one:

1. the defaults below;
2. `citedesk.toml` in the folder where you start the command, or the file of `--config` or `CITEDESK_CONFIG`. Relative
   paths in it begin at its folder;
3. [secrets in files](#secrets) of `secrets_dir`, then credentials of systemd;
4. the familiar names below, such as `SLACK_BOT_TOKEN`;
5. environment variables that begin with `CITEDESK_`. Two underscores stand between section and key;
6. the command line: `--data-dir`.

`citedesk demo` sets what its workspace needs by itself.

```toml
[limits]
question_chars = 500
```

does the same as

```
export CITEDESK_LIMITS__QUESTION_CHARS=500
```

A list or a table in a variable is JSON:

```
export CITEDESK_INDEX__PATHS='["/srv/docs"]'
export CITEDESK_ACCESS__GROUPS='{"leads": ["U0123456789"]}'
```

A table in a table is one more name: `CITEDESK_TENANTS__ACME__LANGUAGE`. A variable that is empty counts as not set
where the default is none.

An unknown key is an error, with the name that is probably meant. So is an unknown variable that begins with
`CITEDESK_`; one that is like no setting is left alone and named by `citedesk doctor`, and those that Kubernetes
sets for a service called citedesk are passed over. A wrong value gives one line that names the setting, the file
and the line or the variable, and exit status 2.

## Secrets

Each secret can be held in a file of its own. A line break at its end does not count. In this order, a later one wins:

| where | how |
| --- | --- |
| a folder | `secrets_dir` names it. It holds a file for each secret, named as its setting: `slack.bot_token`, \
`llm.api_key`, `llm.failover.NAME.api_key`, `tenants.NAME.llm.api_key` |
| systemd | `LoadCredential=citedesk:/etc/citedesk/secrets` for such a folder, or \
`LoadCredential=slack.bot_token:/etc/citedesk/slack.bot_token` for one; read from \
`$CREDENTIALS_DIRECTORY` |
| a variable that names a file | the variable with `_FILE` behind it: \
`SLACK_BOT_TOKEN_FILE=/run/secrets/slack`. The variable itself must not be set as well. The tokens of \
[services](sources.md) can be given so, too |

A file that is missing, empty, longer than 64 KB, has several lines, or can be read by every user of the machine is
an error. (On a mount that is read-only, as containers get their secrets, and behind a folder that others may not
enter, a file may have any mode.) Secrets in `citedesk.toml` are read; `citedesk doctor` fails if others may read
that file. Passwords, tokens, and user and password in addresses are never shown or logged.

These names are read, too:

| variable | setting |
| --- | --- |
"""
_TOP = "Top level"
_ABOUT: Mapping[str, str] = {
    _TOP: "These keys stand at the top of the file, above the first table.",
    "index": "What is indexed, who may read it, and how it is searched: see [Your documents](documents.md).",
    "snapshots": "Snapshots for several machines: see [Snapshots for several machines]"
    "(operating.md#snapshots-for-several-machines). Credentials come from the environment only.",
    "llm": "The model that writes drafts: see [Models](models.md).",
    "limits": "Bounds of a request. A window is a count and a unit: `20/minute`. Routes: `slack`, `teams`, `cli`.",
    "access": "Who reads, reviews and administers: see [Access](documents.md#who-may-read-a-document).",
    "review": "Times and thresholds of the review desk: see [Reviewing](reviewing.md).",
    "digest": "When the weekly digest is posted: see [The report and the digest](admins.md#the-report-and-the-digest).",
    "delivery": "The workers of inbox and outbox: see [Inbox and outbox](architecture.md#inbox-and-outbox).",
    "slack": "See [Slack](slack.md).",
    "teams": "See [Microsoft Teams](teams.md).",
    "server": "The HTTP server of `citedesk serve`: see [Behind a proxy](operating.md#behind-a-proxy).",
    "store": "How long texts are kept: see [What is kept](backup.md#what-is-kept-and-for-how-long).",
    "shared": "What several processes share: see [Shared limits and answers](operating.md#shared-limits-and-answers).",
    "[index.services]": "One table for each service: see [Services](sources.md).",
    "[llm.failover]": "One table for each further server, in the order in which they are asked.",
    "llm.prices.MODEL": "One table for each model, named as in `llm.model`. Without a price no cost is counted.",
    "tenants.NAME": "One table for each workspace, directory or both that has documents of its own: see "
    "[Tenants](tenants.md).",
    "channels.CHANNEL": "One table for each channel that differs, by its id; in [Teams](teams.md) also for a team.",
}
# What stands for the free part of a table's name.
_FREE_NAME = {"llm.prices": "MODEL", "channels": "CHANNEL"}


def settings_page() -> str:
    """Return the whole page as Markdown."""
    names = [f"| `{variable}` | `{name}` |" for name, variable in _familiar_names()]
    return "\n\n".join([_HEAD + "\n".join(names), *map(_part, _tables())]) + "\n"


@dataclass(frozen=True, slots=True)
class _Table:
    """A table of the page: its heading, the prefix of its keys, and its fields by key."""

    title: str
    name: str
    prefix: str
    fields: Mapping[str, FieldInfo]

    @property
    def is_nested(self) -> bool:
        """Whether it stands below the table of a section."""
        return self.name.count(".") > 0


def _familiar_names() -> Iterator[tuple[str, str]]:
    names = (f"{section}.{key}" for section, model in _sections().items() for key in model.model_fields)
    return ((name, environment_name(name)) for name in names if not environment_name(name).startswith("CITEDESK_"))


def _sections() -> dict[str, type[Section]]:
    return {
        name: type(field.default) for name, field in Settings.model_fields.items() if isinstance(field.default, Section)
    }


def _tables() -> Iterator[_Table]:
    """Yield the tables in the order of the page: each section is followed by the tables nested in it."""
    sections = _sections()
    top = {key: field for key, field in Settings.model_fields.items() if key not in sections}
    yield _Table(_TOP, "", "", top)
    for name, model in sections.items():
        yield _Table(name, name, f"{name}.", model.model_fields)
        yield from _nested({f"{name}.{key}": field for key, field in model.model_fields.items()})
    yield from _nested(top)


def _nested(fields: Mapping[str, FieldInfo]) -> Iterator[_Table]:
    """Yield the tables that fields hold. Their keys are named alone, as they stand below the heading in the file."""
    for name, field in fields.items():
        is_list = get_origin(field.annotation) is tuple
        for model in get_args(field.annotation):
            if isinstance(model, type) and issubclass(model, Section):
                title = f"[{name}]" if is_list else f"{name}.{_FREE_NAME.get(name, 'NAME')}"
                yield _Table(title, name, "", model.model_fields)


def _part(table: _Table) -> str:
    level = "###" if table.is_nested else "##"
    heading = table.title if table.title == _TOP else f"`[{table.title}]`"
    rows = [f"| `{table.prefix}{key}` | {_default(field)} | {_meaning(field)} |" for key, field in table.fields.items()]
    listed = "\n".join(["| setting | default | meaning |", "| --- | --- | --- |", *rows])
    about = _ABOUT.get(table.title)
    return "\n\n".join([f"{level} {heading}", *([about] if about else []), listed])


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value: Any = field.get_default(call_default_factory=True)
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return "none" if value is None or value in ((), {}, frozenset(), "", SecretStr("")) else f"`{value}`"


def _meaning(field: FieldInfo) -> str:
    meaning = field.description or ""
    if get_origin(field.annotation) is Literal:
        return f"{meaning}; one of {', '.join(f'`{value}`' for value in get_args(field.annotation))}"
    return meaning


if __name__ == "__main__":
    PAGE.write_text(settings_page(), encoding="utf-8")
