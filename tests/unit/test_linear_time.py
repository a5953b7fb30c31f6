"""Every regular expression takes time in proportion to the text: no document and no message can hold the bot up."""

import importlib
import pkgutil
import re
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

import bot
import index
import pipeline

# A pattern that is quadratic takes 25 times as long for 20,000 characters: 0.3 s. A linear one takes a tenth of this.
_SIZE, _LONGEST_S = 4_000, 0.012
# A far slower one must not hold up the tests.
_SMALL_SIZES = (200, 1_000)
# Questions are cut off at 1,000 characters before these read them.
_SHORT = {"pipeline.understanding": 1_000, "pipeline.question_matching": 1_000}
# Patterns of document ids come from the settings.
_TRUSTED = frozenset({"index.access._SET"})
# Readers run in worker processes with a time limit (index/ingestion.py).
_IN_WORKERS = "index.reading.formats"
_READS_ONCE = frozenset({"match", "fullmatch"})
_FRAGMENTS = (
    *" \n\t<>[](){}`'\"|-*_~#:;.,!?/\\=&+^%$@a1A0éß。",
    *(
        "ab",
        "a ",
        " a",
        "a.",
        "1.",
        ". ",
        "- ",
        "> ",
        "# ",
        "1. ",
        "\n\n",
        " \n",
        "\n ",
        "\na",
        "\r\n",
        "| ",
        "|-",
        "-|",
    ),
    *(
        "](",
        "[a](",
        "[a]",
        "](a)",
        "![",
        "![a](",
        "[a][",
        "[1]",
        "<a",
        "<a ",
        "</",
        "<!--",
        "-->",
        "&#",
        "&a",
        "**",
        "__",
    ),
    *(
        "~~",
        "``",
        "```",
        ":::",
        "::: a",
        "https:",
        "https://",
        "http://a",
        "<https:",
        "mailto:",
        "<@",
        "<#",
        "@a",
        "a@a",
    ),
    *(
        "a-",
        "a_",
        "a/",
        "a1",
        "1a",
        "A1-",
        "1-",
        "1,",
        "1.1",
        "1 ",
        "1/",
        "€1",
        "1%",
        "1:",
        "12:",
        "a:",
        "a: ",
        "{#",
        "{:",
    ),
    *("import ", "import a from ", "export ", "<aside>", "<details>", "<table>", "<script>", "<A ", "<A a=", "data:a"),
    *(
        "eyJ",
        "sk-",
        "-----BEGIN ",
        "bearer ",
        "password=",
        "://",
        "://a:",
        "AAAA",
        "+1 ",
        "(1",
        "1)",
        "0-",
        "DE12",
        "ai ",
    ),
    *(
        "ignore ",
        "your ",
        "you are ",
        "note to ",
        "answer ",
        "the ",
        "whatever ",
        "if you ",
        "the the ",
        "ai, ",
        "add ",
    ),
    *(
        "base64 ",
        "decode ",
        "when you ",
        "system:",
        "message ",
        "your a answer",
        "please change ",
        '"',
        '","',
        '{"a":',
        "\\u",
    ),
    *(
        "<think>",
        "</think>",
        "thinking ",
        "\\n",
        "source:",
        "sources\n",
        "[1], ",
        "(1)",
        "【1】",
        "1st ",
        "January ",
        "1 day ",
    ),
)


def _patterns() -> Iterator[tuple[str, re.Pattern[str], int]]:
    """Yield the name of each compiled pattern, the pattern, and the length of the texts that it reads."""
    seen: set[str] = set()
    for package in (index, pipeline, bot):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if found.name.startswith(_IN_WORKERS):
                continue
            module = importlib.import_module(found.name)
            size = next((size for name, size in _SHORT.items() if found.name.startswith(name)), _SIZE)
            for name, value in vars(module).items():
                for key, pattern in _inside(value):
                    if pattern.pattern not in seen and f"{found.name}.{name}" not in _TRUSTED:
                        seen.add(pattern.pattern)
                        yield f"{module.__name__}.{name}{key}", pattern, size


def _inside(value: object) -> Iterator[tuple[str, re.Pattern[str]]]:
    held = (
        value if isinstance(value, dict) else dict(enumerate(value)) if isinstance(value, tuple | list) else {"": value}
    )
    for key, each in held.items():
        if isinstance(each, re.Pattern) and isinstance(each.pattern, str):
            yield f" {key}".rstrip(), each


_ALL = list(_patterns())


def _reads_once(name: str) -> bool:
    """Tell whether a pattern is only ever tried at one place of a text."""
    module, _, attribute = name.partition(" ")[0].rpartition(".")
    source = Path(str(importlib.import_module(module).__file__)).read_text(encoding="utf-8")
    used = set(re.findall(rf"\b{attribute}\.(\w+)", source)) - {"pattern"}
    return bool(used) and used <= _READS_ONCE


def _seconds(pattern: re.Pattern[str], text: str, *, once: bool) -> float:
    begun = time.process_time()
    if once:
        pattern.match(text)
        pattern.fullmatch(text)
    else:
        for _ in pattern.finditer(text):
            pass
    return time.process_time() - begun


def _slow(pattern: re.Pattern[str], size: int, *, once: bool) -> Iterator[str]:
    """Yield the fragments whose repetition between other characters takes too long."""
    for fragment in dict.fromkeys((*_FRAGMENTS, *_own_fragments(pattern))):
        if any(_is_slow(pattern, f"x\n{fragment * (n // len(fragment))}\0", once) for n in (*_SMALL_SIZES, size)):
            yield fragment


def _is_slow(pattern: re.Pattern[str], text: str, once: bool) -> bool:  # noqa: FBT001 - passed on
    # The machine may be busy: the best of three counts.
    return all(_seconds(pattern, text, once=once) > _LONGEST_S for _ in range(3))


def _own_fragments(pattern: re.Pattern[str]) -> list[str]:
    """Return pieces of literal text of a pattern, alone and with a space."""
    words = re.findall(r"[A-Za-z]{2,}|[^\w\s\\()\[\]{}?*+|^$.]", pattern.pattern)
    return [part for word in dict.fromkeys(words[:12]) for part in (word, f"{word} ")]


@pytest.mark.parametrize(("name", "pattern", "size"), _ALL, ids=[name for name, _, _ in _ALL])
def test_a_pattern_takes_linear_time(name: str, pattern: re.Pattern[str], size: int) -> None:
    assert list(islice(_slow(pattern, size, once=_reads_once(name)), 3)) == []
