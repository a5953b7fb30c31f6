"""Texts about gaps: the outline of an article as Markdown, objections to an answer, what became of it (pure)."""

import re

from bot.desk.gap_answers import Stored
from bot.desk.gap_articles import NearPassage, Outline
from bot.surfaces.wording import cut, linkable
from bot.surfaces.words import ENGLISH, Words
from pipeline.types import Finding

_QUESTION_CHARS, _TITLE_CHARS, _ASKED_SHOWN = 300, 120, 15
# Questions are what people typed: in the outline they are no headings, links or code.
_MARKS = re.compile(r"([\\`*_~\[\]<>#|])")


def article_markdown(outline: Outline, words: Words = ENGLISH) -> str:
    """Return the outline of an article: title, room for the answer, what was asked, what is near, what is missing."""
    asked = [
        f"- {_literal(question, _QUESTION_CHARS)} ({words('gap-article-times', count=count)})"
        for question, count in outline.asked[:_ASKED_SHOWN]
    ]
    near = [_near(passage) for passage in outline.near] or [words("gap-article-none-near")]
    return "\n".join(
        [
            f"# {_literal(outline.question, _TITLE_CHARS)}",
            *("", f"## {words('gap-article-answer')}", "", words("gap-article-to-write")),
            *("", f"## {words('gap-article-asked')}", "", *asked),
            *("", f"## {words('gap-article-near')}", "", *near),
            *("", f"## {words('gap-article-missing')}", "", *_missing(outline, words)),
        ]
    )


def stored_words(stored: Stored, words: Words = ENGLISH) -> str:
    """Return what became of an answer."""
    said = words("gap-stored", questions=stored.questions, askers=stored.askers)
    return f"{said} {words('gap-stored-barred', barred=stored.barred)}" if stored.barred else said


def objection_words(finding: Finding, words: Words = ENGLISH) -> str:
    """Return what the checks object to in an answer, without the words that it is about."""
    return words.of("why-finding", finding.code)


def _missing(outline: Outline, words: Words) -> list[str]:
    unheld = [words("gap-article-no-word", list=", ".join(outline.missing))] if outline.missing else []
    return [f"- {line}" for line in ([words("gap-article-no-passage")] if outline.near else []) + unheld]


def _near(passage: NearPassage) -> str:
    title = _literal(passage.title, _TITLE_CHARS)
    heading = f" > {_literal(passage.heading, _TITLE_CHARS)}" if passage.heading else ""
    is_link = passage.url and linkable(passage.url) and not set(passage.url) & set("()[]\\")
    return f"- [{title}]({passage.url}){heading}" if is_link else f"- {title}{heading}"


def _literal(text: str, limit: int) -> str:
    return _MARKS.sub(r"\\\1", cut(" ".join(text.split()), limit))
