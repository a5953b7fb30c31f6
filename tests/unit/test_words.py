"""Interface texts: every language has every message, with the same variables, and every text of the code exists."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import get_args

import pytest
from fluent.syntax import FluentParser
from fluent.syntax.ast import Junk, Message, VariableReference
from fluent.syntax.visitor import Visitor

from bot.desk import permissions
from bot.store.records import ReviewState
from bot.surfaces.command_messages import OUTCOMES
from bot.surfaces.refusals import plain_refusal
from bot.surfaces.wording import FEEDBACK_REASONS
from bot.surfaces.words import ENGLISH, Languages, UnknownMessageError, message_of, words_in
from index.errors import BuildRefusedError, CitedeskError, SnapshotCorruptError
from pipeline.fallbacks import FALLBACKS, Row
from pipeline.types import Failure, FindingCode

_BOT = Path(__file__).parents[2] / "bot"
_LOCALES = _BOT / "surfaces" / "locales"
_LITERAL = re.compile(r"[\"\']([a-z][a-z0-9-]*)[\"\']")
_FAMILY = re.compile(r"(?:\.of|message_of)\(\s*\"([a-z-]+)\"")
_MARKUP = re.compile(r"[`*<>|]|(?<!\w)_|_(?!\w)|:[a-z_]+:")
_USED = re.compile(r"(?:words|ENGLISH)\(\s*\"([a-z0-9-]+)\"")


class _Variables(Visitor):
    def __init__(self) -> None:
        self.found: set[str] = set()

    def visit_VariableReference(self, node: VariableReference) -> None:  # noqa: N802 - the library's name
        self.found.add(node.id.name)


def _messages(language: str) -> dict[str, set[str]]:
    resource = FluentParser().parse((_LOCALES / f"{language}.ftl").read_text(encoding="utf-8"))
    found: dict[str, set[str]] = {}
    for entry in resource.body:
        assert not isinstance(entry, Junk), entry.content
        if isinstance(entry, Message):
            assert entry.id.name not in found, f"{entry.id.name} is there twice"
            visitor = _Variables()
            visitor.visit(entry)
            found[entry.id.name] = visitor.found
    return found


def test_every_language_has_every_message_with_the_same_variables() -> None:
    languages = {file.stem for file in _LOCALES.glob("*.ftl")}
    assert languages == {"en", "de"}
    assert _messages("de") == _messages("en")


def test_every_message_that_the_code_names_exists() -> None:
    named = {name for file in _BOT.rglob("*.py") for name in _USED.findall(file.read_text(encoding="utf-8"))}
    assert named <= _messages("en").keys()


@pytest.mark.parametrize("language", ["en", "de"])
def test_every_message_can_be_said(language: str) -> None:
    words = words_in(language)
    for message, variables in _messages(language).items():
        for value in (1, 2):
            said = words(message, **dict.fromkeys(variables, value))
            assert said, message
            assert "{" not in said, message


def test_every_message_is_said_somewhere() -> None:
    code = "\n".join(file.read_text(encoding="utf-8") for file in _BOT.rglob("*.py"))
    named, families = set(_LITERAL.findall(code)), tuple(f"{family}-" for family in _FAMILY.findall(code))
    sources = "\n".join((_LOCALES / f"{language}.ftl").read_text(encoding="utf-8") for language in ("en", "de"))
    within = set(re.findall(r"\{ ([a-z][a-z0-9-]*) \}", sources))
    assert {name for name in _messages("en") if name not in named | within and not name.startswith(families)} == set()


@pytest.mark.parametrize("language", ["en", "de"])
def test_no_message_holds_markup_of_a_product(language: str) -> None:
    said = [words_in(language)(name, **dict.fromkeys(values, 1)) for name, values in _messages(language).items()]
    assert [text for text in said if _MARKUP.search(text)] == []


# What Slack takes: docs.slack.dev, Block Kit reference.
_SLACK_LIMITS = {
    "button-": 75, "feedback-good": 75, "feedback-bad": 75, "feedback-helpful": 75, "feedback-not-helpful": 75,
    "home-previous": 75, "home-next": 75, "home-claim-selected": 75, "home-reject-selected": 75, "home-reindex": 75,
    "filter-": 75, "feedback-reason-": 75, "send-anyway": 75,
    "modal-": 24, "submit-": 24, "close": 24, "button-approve": 24, "button-reject": 24,
    "review-needed": 150, "home-reviews": 150, "home-status": 150,
    "progress-status": 50, "loading-": 50, "step-": 100, "prompts-title": 100,
}  # fmt: skip


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("beginning", _SLACK_LIMITS)
def test_names_of_buttons_modals_and_headers_are_within_slacks_limits(beginning: str, language: str) -> None:
    messages = {n: v for n, v in _messages(language).items() if n.startswith(beginning) and n != "review-needed-about"}
    assert messages
    said = {name: words_in(language)(name, **dict.fromkeys(values, 1000)) for name, values in messages.items()}
    assert {name for name, text in said.items() if len(text) > _SLACK_LIMITS[beginning]} == set()


def test_nobody_is_told_to_mention_the_bot_where_that_is_not_needed() -> None:
    assert {
        n for n in _messages("en") if "mention me" in ENGLISH(n, **dict.fromkeys(_messages("en")[n], 1)).lower()
    } == {
        "help-mention",
        "home-intro",
        "reply-in-channel",
        # These are for channels and group chats of Teams.
        "teams-help-ask-here",
        "teams-reply-with-mention",
    }


def _subclasses(kind: type[CitedeskError]) -> set[type[CitedeskError]]:
    return {kind}.union(*map(_subclasses, kind.__subclasses__()))


_FAMILIES: dict[str, Iterable[str]] = {
    "finding": FindingCode,
    "feedback-reason": FEEDBACK_REASONS,
    "outcome": OUTCOMES,
    "decision": get_args(ReviewState),
    "limit": [reason for reason in Failure if FALLBACKS[reason] is Row.LIMIT],
    "no-model": [reason for reason in Failure if FALLBACKS[reason] is Row.DEGRADE],
    "problem": [reason for reason in Failure if FALLBACKS[reason] is Row.DEGRADE],
    "review-reason": [Failure.INSUFFICIENT_CONTEXT, *(f for f in Failure if FALLBACKS[f] is Row.ASK_A_PERSON)],
    "error": [kind.code for kind in _subclasses(CitedeskError) if kind.__module__ == permissions.__name__],
}


@pytest.mark.parametrize("family", _FAMILIES)
def test_every_member_of_a_family_has_its_message(family: str) -> None:
    members = {message_of(family, member) for member in _FAMILIES[family]}
    assert members <= _messages("en").keys()


def test_an_error_without_a_message_of_its_own_says_that_of_the_class_above() -> None:
    assert plain_refusal(SnapshotCorruptError()) == ENGLISH("error-index-unavailable")
    assert plain_refusal(BuildRefusedError()) == ENGLISH("error-internal")
    assert plain_refusal(permissions.NotAdminError(), words_in("de")).startswith("Das dürfen nur Admins.")


def test_the_setting_chooses_the_language_and_else_the_reader_does() -> None:
    assert Languages().words("de-DE").language == "de"
    assert Languages().words() is ENGLISH
    assert Languages("de").words("en-US").language == "de"
    assert Languages("en").words("de-DE") is ENGLISH


def test_a_locale_gets_its_language_and_any_other_gets_english() -> None:
    assert {words_in(locale).language for locale in ("de", "de-DE", "de_AT", "DE-ch")} == {"de"}
    assert {words_in(locale) for locale in ("en-US", "fr-FR", "", "x")} == {ENGLISH}


def test_a_day_and_a_number_are_written_as_the_language_writes_them() -> None:
    assert ENGLISH.day("2026-05-03") == "3 May 2026"
    assert words_in("de").day("2026-05-03T10:00:00+00:00") == "3. Mai 2026"
    assert words_in("de")("wait-seconds", count=1200) == "1.200 Sekunden"


def test_a_long_value_is_cut_because_fluent_refuses_it() -> None:
    assert len(ENGLISH("updated", day="x" * 5000)) < 2500


def test_an_unknown_message_and_a_missing_value_are_errors() -> None:
    with pytest.raises(UnknownMessageError):
        ENGLISH("no-such-message")
    with pytest.raises(UnknownMessageError):
        ENGLISH("wait-seconds")
