"""What the README names exists, and what exists is named there."""

import re
from pathlib import Path

import click

from bot.cli.main import main
from bot.settings import Section, Settings
from pipeline.types import Failure, FindingCode, Outcome

_ROOT = Path(__file__).parents[2]
_README = (_ROOT / "README.md").read_text(encoding="utf-8")
_KINDS = {"answered", "not_enough_info", "needs_review", "blocked", "limited", "unavailable"}


def _settings() -> set[str]:
    names: set[str] = set()
    for name, field in Settings.model_fields.items():
        keys = type(field.default).model_fields if isinstance(field.default, Section) else None
        names |= {f"{name}.{key}" for key in keys} if keys else {name}
    return names


def _commands(group: click.Group, prefix: str = "citedesk") -> set[str]:
    found: set[str] = set()
    for name, command in group.commands.items():
        path = f"{prefix} {name}"
        found |= _commands(command, path) if isinstance(command, click.Group) else {path}
    return found


def test_every_setting_is_listed_with_its_meaning_and_no_other() -> None:
    listed = dict(re.findall(r"^\| `([a-z_.]+)` \| [^|]+ \| ([^|]+) \|$", _README, re.MULTILINE))
    assert set(listed) - _KINDS == _settings()
    assert all(meaning.strip() for meaning in listed.values())


def test_every_command_is_listed_and_no_other() -> None:
    listed = set(re.findall(r"^\| `(citedesk(?: [a-z]+)+)", _README, re.MULTILINE))
    assert listed == _commands(main)


def test_every_outcome_verdict_and_finding_is_named() -> None:
    assert {kind for kind in _KINDS if f"| `{kind}` |" in _README} == _KINDS
    assert {model.model_fields["kind"].default for model in Outcome.__origin__.__args__} == _KINDS  # type: ignore[attr-defined]
    named = set(re.findall(r"`([A-Z][A-Z_]+)`", _README.split("## Settings")[0]))
    assert named == {code.value for code in (*Failure, *FindingCode)} | {"OK"}


def test_the_demo_questions_are_those_of_the_readme() -> None:
    questions = (_ROOT / "deploy" / "demo" / "questions.json").read_text(encoding="utf-8")
    asked = re.findall(r'"question": "([^"]+)"', questions)
    assert len(asked) == 6
    assert all(question in _README for question in asked)


def test_the_make_targets_of_the_readme_exist() -> None:
    makefile = (_ROOT / "Makefile").read_text(encoding="utf-8")
    for target in set(re.findall(r"make ([a-z]+)`?", _README)):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
