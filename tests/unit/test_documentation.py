"""What README, CONTRIBUTING and docs/ name exists, and what exists is named there."""

import re
import shlex
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from pydantic import TypeAdapter
from support.settings_page import PAGE, settings_page

from bot.cli.main import COMMANDS, main
from bot.cli.outcomes import EXIT_STATUS
from bot.configuration.variables import is_known
from bot.evaluation.questions import EvalQuestion
from bot.evaluation.run import EvalRow
from bot.model_settings import FailoverSettings, ModelPrice
from bot.section import Section
from bot.settings import Settings
from bot.telemetry.metrics import Metrics
from pipeline.fallbacks import FALLBACKS, Row
from pipeline.types import Failure, FindingCode, NotEnoughInfo, Outcome, Trace

_ROOT = Path(__file__).parents[2]
_FILES = (_ROOT / "README.md", _ROOT / "CONTRIBUTING.md", *sorted((_ROOT / "docs").glob("*.md")))
_TEXTS = {file.relative_to(_ROOT).as_posix(): file.read_text(encoding="utf-8") for file in _FILES}
_README = _TEXTS["README.md"]
_PAGES = pytest.mark.parametrize("page", _TEXTS)
# Two more before and after, so that a window of 80 columns breaks no line.
_EXAMPLE_CHARS = 76
_OUTCOMES = {
    Row.LIMIT: "`limited`",
    Row.SAY_NOT_ENOUGH_INFO: "`not_enough_info`",
    Row.DEGRADE: "quotes",
    Row.ASK_A_PERSON: "`needs_review`",
    Row.BLOCK: "`blocked`",
    Row.SAY_UNAVAILABLE: "`unavailable`",
}
_FENCED = re.compile(r"^( *)```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)


def _blocks(text: str, language: str = "") -> list[str]:
    """Return the fenced blocks in a language."""
    return [match[3] for match in _FENCED.finditer(text) if match[2] == language]


def _spans(text: str) -> list[str]:
    """Return what stands between backticks in a line."""
    return re.findall(r"`([^`\n]+)`", _FENCED.sub("", text))


def _rows(text: str, section: str = "") -> list[list[str]]:
    """Return the cells of the tables below a heading, without the heads; of all tables without a heading."""
    if section:
        text = re.split(rf"^#+ {re.escape(section)}\n", text, flags=re.MULTILINE)[1]
        text = re.split(r"^#+ ", text, maxsplit=1, flags=re.MULTILINE)[0]
    tables = re.findall(r"^\|.*\n\|[ -|]*\|\n((?:\|.*\n)*)", f"{text}\n", re.MULTILINE)
    lines = [line for table in tables for line in table.splitlines()]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def _codes(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def _settings() -> dict[str, type[Section] | None]:
    """Return every setting by its dotted name, with the model of the tables that it holds."""
    found: dict[str, type[Section] | None] = {}
    for name, field in Settings.model_fields.items():
        keys = type(field.default).model_fields if isinstance(field.default, Section) else None
        found |= {f"{name}.{key}": None for key in keys} if keys else {name: None}
    return found


def _commands(group: click.Group, prefix: str = "citedesk") -> dict[str, click.Command]:
    found: dict[str, click.Command] = {}
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None, name
        path = f"{prefix} {name}"
        found |= _commands(command, path) if isinstance(command, click.Group) else {path: command}
    return found


def _options(command: click.Command) -> set[str]:
    return {option for parameter in command.params for option in parameter.opts if option.startswith("--")}


def _examples(text: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each command line of citedesk in the examples: the command's path, and what follows it."""
    commands = _commands(main)
    lines = [line for block in _blocks(text) for line in block.splitlines()]
    for line in [*lines, *(span for span in _spans(text) if span.startswith("citedesk "))]:
        for part in re.split(r"&&|\|\||;", line):
            words = shlex.split(part.strip().removeprefix("$ "), comments=True) if "citedesk " in part else []
            if not words or words[0] != "citedesk":
                continue
            path = next((p for n in (3, 2) if (p := " ".join(words[:n])) in commands), " ".join(words[:2]))
            yield path, words[len(path.split()) :]


def _command_rows() -> Iterator[tuple[str, list[str]]]:
    """Yield the rows of the command list, with the path of their command."""
    for row in _rows(_TEXTS["docs/command-line.md"], "Commands"):
        if match := re.match(r"`(citedesk(?: [a-z-]+)+)", row[0]):
            yield match[1], row


def _anchors(text: str) -> set[str]:
    """Return the anchors that GitHub gives the headings of a page."""
    counts: Counter[str] = Counter()
    found = set()
    for heading in re.findall(r"^#{1,6} (.+)$", _FENCED.sub("", text), re.MULTILINE):
        slug = re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")
        found.add(f"{slug}-{counts[slug]}" if counts[slug] else slug)
        counts[slug] += 1
    return found


def test_the_readme_is_short() -> None:
    assert len(_README.splitlines()) <= 150


def test_the_settings_page_is_what_the_settings_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == settings_page(), "run `make docs`"


def test_every_setting_is_listed_with_its_meaning_and_no_other() -> None:
    text = _TEXTS["docs/settings.md"]
    sections = [name for name, field in Settings.model_fields.items() if isinstance(field.default, Section)]
    listed = [row for name in sections for row in _rows(text, f"`[{name}]`")] + _rows(text, "Top level")
    assert sorted(name for row in listed for name in _codes(row[0])) == sorted(_settings())
    assert all(len(row) == 3 and all(row) for row in listed)


@pytest.mark.parametrize(
    ("title", "model"),
    [
        ("`[[llm.failover]]`", FailoverSettings),
        ("`[llm.prices.MODEL]`", ModelPrice),
        ("`[channels.CHANNEL]`", Settings.model_fields["channels"].annotation.__args__[1]),  # type: ignore[union-attr]
    ],
)
def test_nested_tables_list_their_keys_with_their_meaning(title: str, model: type[Section]) -> None:
    rows = _rows(_TEXTS["docs/settings.md"], title)
    assert [row[0] for row in rows] == [f"`{key}`" for key in model.model_fields]
    assert all(len(row) == 3 and all(row) for row in rows)


@_PAGES
def test_every_setting_that_a_page_names_exists(page: str) -> None:
    sections = "|".join(name for name, field in Settings.model_fields.items() if isinstance(field.default, Section))
    named = {span for span in _spans(_TEXTS[page]) if re.fullmatch(rf"(?:{sections})\.(?!py$)[a-z_]+", span)}
    assert named - _settings().keys() == set()


@_PAGES
def test_every_variable_that_a_page_names_sets_a_setting(page: str) -> None:
    prefixes = "CITEDESK|SLACK|OPENAI|MICROSOFT"
    named = set(re.findall(rf"\b(?:{prefixes})_[A-Z0-9_]+\b", _TEXTS[page]))
    ours = {name for name in named if not name.startswith("CITEDESK_TEST_")} - {"CITEDESK_"}
    assert {name for name in ours if not is_known(name, Settings)} == set()


@_PAGES
def test_the_settings_examples_are_accepted(page: str) -> None:
    for block in _blocks(_TEXTS[page], "toml"):
        values: dict[str, Any] = tomllib.loads(block)
        for name, value in values.items():
            TypeAdapter[Any](Settings.model_fields[name].rebuild_annotation()).validate_python(value)


def test_every_command_is_listed_and_no_other() -> None:
    assert sorted(path for path, _ in _command_rows()) == sorted(_commands(main))


def test_the_command_list_names_each_option_but_those_of_all_commands() -> None:
    commands = _commands(main)
    for path, row in _command_rows():
        taken = _options(commands[path])
        assert "--json" in taken, path
        assert set(_codes(row[2])) == taken - {"--json", "--config", "--data-dir"}, path


def test_the_json_of_each_command_is_listed_and_no_other() -> None:
    listed = [_codes(row[0])[0] for row in _rows(_TEXTS["docs/command-line.md"], "JSON")]
    assert sorted(listed) == sorted(_commands(main))


def test_the_exit_status_of_each_outcome_is_listed() -> None:
    section = _TEXTS["docs/command-line.md"].split("| exit status of ask | outcome |", 1)[1].split("\n\n", 1)[0]
    listed = {kind: int(status) for status, kind in re.findall(r"^\| (\d) \| `(\w+)` \|$", section, re.MULTILINE)}
    kinds = [model.model_fields["kind"].default for model in Outcome.__origin__.__args__]  # type: ignore[attr-defined]
    assert listed == dict(EXIT_STATUS)
    assert sorted(EXIT_STATUS) == sorted(kinds)
    assert {1, 2} & set(EXIT_STATUS.values()) == set()


@pytest.mark.parametrize("path", [*_commands(main), ""])
def test_the_help_of_each_command_shows_examples_that_can_be_typed(path: str) -> None:
    commands = _commands(main)
    shown = (commands[path] if path else main).epilog or ""
    head, title, *lines = shown.split("\n")
    assert (head, title) == ("\b", "Examples:")
    assert any(path in line for line in lines)
    assert max(len(line) for line in lines) <= _EXAMPLE_CHARS
    for named, words in _examples("```\n" + "\n".join(lines).replace("COMMAND", "ask") + "\n```"):
        assert named in commands
        assert {word for word in words if word.startswith("--")} <= _options(commands[named]) | {"--help"}


@_PAGES
def test_every_example_names_a_command_and_options_that_it_takes(page: str) -> None:
    commands = _commands(main)
    for path, words in _examples(_TEXTS[page]):
        assert path in commands, path
        taken = {option for parameter in commands[path].params for option in parameter.opts} | {"--help"}
        assert {word.partition("=")[0] for word in words if word.startswith("--")} <= taken, (path, words)


def test_options_in_the_command_list_are_taken() -> None:
    commands = _commands(main)
    for path, row in _command_rows():
        taken = {option for parameter in commands[path].params for option in parameter.opts}
        assert set(re.findall(r"--[a-z-]+", row[1])) <= taken, path


def test_every_outcome_verdict_and_finding_is_listed_and_no_other() -> None:
    text = _TEXTS["docs/verdicts.md"]
    kinds = [model.model_fields["kind"].default for model in Outcome.__origin__.__args__]  # type: ignore[attr-defined]
    assert [_codes(row[0]) for row in _rows(text, "Outcomes")] == [[kind] for kind in kinds]
    assert sorted(_codes(row[0])[0] for row in _rows(text, "Verdicts")) == sorted(Failure)
    assert sorted(_codes(row[0])[0] for row in _rows(text, "Findings")) == sorted(FindingCode)
    named = {span for span in _spans(text) if re.fullmatch(r"[A-Z][A-Z_]+", span)}
    assert named == {*Failure, *FindingCode, "OK"}
    assert all(all(row) for row in _rows(text))


def test_verdicts_and_architecture_say_the_outcome_of_the_fallback_table() -> None:
    verdicts = {_codes(row[0])[0]: row[1] for row in _rows(_TEXTS["docs/verdicts.md"], "Verdicts")}
    table = _rows(_TEXTS["docs/architecture.md"], "The fallback table")
    drawn = {code: row[2] for row in table for code in _codes(row[0])}
    decided = {failure.value: _OUTCOMES[row] for failure, row in FALLBACKS.items()}
    assert verdicts == decided
    assert drawn == decided


def test_every_metric_is_listed_and_no_other() -> None:
    listed = {_codes(row[0])[0]: row[1] for row in _rows(_TEXTS["docs/monitoring.md"], "Metrics")}
    exposed = re.findall(r"^# TYPE (\w+) (\w+)", Metrics(routes=()).exposition(0, {}).decode(), re.MULTILINE)
    assert listed == {name: kind for name, kind in exposed if not name.endswith("_created")}


def test_the_demo_questions_are_those_of_the_readme() -> None:
    questions = (_ROOT / "deploy" / "demo" / "questions.json").read_text(encoding="utf-8")
    asked = re.findall(r'"question": "([^"]+)"', questions)
    assert len(asked) == 6
    assert all(f"| {question} |" in _README for question in asked)
    assert all(f"| {question} |" in _TEXTS["docs/try-it.md"] for question in asked)


def test_the_readme_leads_to_every_page() -> None:
    assert {page for page in _TEXTS if page.startswith("docs/") and f"]({page})" not in _README} == set()


def test_every_make_target_that_is_named_exists_and_every_one_is_named() -> None:
    makefile = (_ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z][a-z-]*):", makefile, re.MULTILINE))
    named = {
        target
        for text in _TEXTS.values()
        for code in (*_spans(text), *(line for block in _blocks(text) for line in block.splitlines()))
        for target in re.findall(r"^\s*make ([a-z][a-z-]*)", code)
    }
    assert named == targets - {"help"}


@_PAGES
def test_every_link_and_picture_resolves(page: str) -> None:
    text = _FENCED.sub("", _TEXTS[page])
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith(("https://", "http://")):
            continue
        path, _, anchor = target.partition("#")
        file = ((_ROOT / page).parent / path).resolve() if path else _ROOT / page
        assert file.exists(), target
        if anchor:
            assert anchor in _anchors(file.read_text(encoding="utf-8")), target


@_PAGES
def test_every_file_of_the_repository_that_a_page_names_exists(page: str) -> None:
    folders = ("bot/", "pipeline/", "index/", "prompts/", "deploy/", "tests/", "docs/", ".ci/")
    named = {span for span in _spans(_TEXTS[page]) if span.startswith(folders) and " " not in span}
    made = {"index/snapshots/", "index/embedders/", "index/"}
    assert {name for name in named if not (_ROOT / name).exists()} - made == set()


def test_the_help_of_the_whole_names_each_command_as_the_command_names_itself() -> None:
    for name, (_, words) in COMMANDS.items():
        command = main.get_command(click.Context(main), name)
        assert command is not None
        assert command.name == name
        assert (command.help or "").replace("\n", " ").startswith(words.rstrip("."))


def test_every_field_of_an_evaluation_row_is_listed_and_no_other() -> None:
    table = _TEXTS["docs/measuring.md"].split("| field | holds |", 1)[1].split("\n\n", 1)[0]
    listed = {name for row in table.split("\n") for name in re.findall(r"`(\w+)`", row.split(" | ")[0])}
    outcome = NotEnoughInfo(reason=Failure.RETRIEVAL_EMPTY)
    trace = Trace(
        request_id="r", tenant_id="t", user_id="u", channel_id="c", route="eval", outcome=outcome.kind, verdict="OK"
    )  # fmt: skip
    row = EvalRow(EvalQuestion(id="q", question="?", answerable=True), outcome, trace, (), {})
    assert listed == set(row.as_json())
