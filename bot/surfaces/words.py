"""Interface texts in the languages of people, from the Fluent files in `locales`, one file a language.

English is complete, and what another language lacks is said in English. `tests/unit/test_words.py` holds the languages
to the same messages and variables.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from importlib.resources import files

from babel import Locale
from babel.dates import format_skeleton
from fluent.runtime import FluentBundle, FluentResource

from index.errors import CitedeskError

Value = str | int | float
# Dates in English are written as in Britain, "3 May 2026", because Americans read those right, too.
_LOCALES = {"en": "en-GB", "de": "de"}
_DAY = "yMMMd"
# Fluent refuses values of more than 2,500 characters.
_VALUE_CHARS = 2000


class UnknownMessageError(CitedeskError):
    """A message is in no Fluent file, or lacks a value. The tests try each of them."""

    code = "MESSAGE_UNKNOWN"


class Words:
    """The interface texts of one language: `words("wait-seconds", count=3)`."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._bundle = FluentBundle([_LOCALES[language]], use_isolating=False)
        self._bundle.add_resource(FluentResource(_source(language)))
        self._locale = Locale.parse(_LOCALES[language], sep="-")
        self._languages: Mapping[str, str] = dict(self._locale.languages)

    def __call__(self, message: str, **values: Value) -> str:
        """Return a message with its values. A value is one short text or a number, never a whole answer.

        Numbers are shown as the language writes them. Raises UnknownMessageError.
        """
        if not self._bundle.has_message(message):
            return ENGLISH(message, **values) if self is not ENGLISH else _unknown(message)
        pattern = self._bundle.get_message(message).value
        short = {name: value[:_VALUE_CHARS] if isinstance(value, str) else value for name, value in values.items()}
        text, errors = self._bundle.format_pattern(pattern, short) if pattern else ("", [])
        return str(text) if not errors else _unknown(message)

    def of(self, family: str, member: str, **values: Value) -> str:
        """Return the message for a member of a family, such as a code of "finding"; "" if it has none."""
        message = message_of(family, member)
        return self(message, **values) if ENGLISH.has(message) else ""

    def has(self, message: str) -> bool:
        """Tell whether the language has a message."""
        return self._bundle.has_message(message)

    def day(self, stamp: str) -> str:
        """Return the day of an ISO date or time, such as "3 May 2026"."""
        when: date = datetime.fromisoformat(stamp)
        return str(format_skeleton(_DAY, when, locale=self._locale))

    def moment(self, stamp: str) -> str:
        """Return an ISO time in UTC with its minute, such as "3 May 2026, 10:00 UTC"."""
        return self("moment-of", day=self.day(stamp), time=f"{datetime.fromisoformat(stamp):%H:%M}")

    def language_name(self, code: str) -> str:
        """Return the name of a language by its ISO 639-1 code, such as "German"; "" for an unknown one."""
        return self._languages.get(code, "")


def message_of(family: str, member: str) -> str:
    """Return the name of the message for a member: "finding" and "TOO_LONG" give "finding-too-long"."""
    return f"{family}-{member.lower().replace('_', '-')}"


def _source(language: str) -> str:
    return files(__package__).joinpath(f"locales/{language}.ftl").read_text(encoding="utf-8")


def _unknown(message: str) -> str:
    raise UnknownMessageError(f"message {message}")


# Read at import, so that no event loop waits for the files.
ENGLISH = Words("en")
_LANGUAGES: Mapping[str, Words] = {"en": ENGLISH, "de": Words("de")}


def words_in(locale: str) -> Words:
    """Return the texts for a locale as chat products name it, such as de-AT; English for a language that has none."""
    return _LANGUAGES.get(locale.replace("_", "-").partition("-")[0].lower(), ENGLISH)


@dataclass(frozen=True, slots=True)
class Languages:
    """Chooses the language of a text: that of the setting `language`, or under "auto" that of whoever reads it."""

    setting: str = "auto"

    def words(self, locale: str = "") -> Words:
        """Return the texts for a reader with this locale; without one, for readers of a channel, in English."""
        return words_in(locale if self.setting == "auto" else self.setting)
