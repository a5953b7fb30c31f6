"""Questions and answers of a page: a pair stays together, and no question is its own answer."""

import re

import pytest
from support.builders import chunk

from index.chunking import chunk_document
from index.chunks import Chunk
from index.reading.documents import Document
from pipeline.extractive.quoter import SectionQuoter
from pipeline.proof.quotes import Quote, proved
from pipeline.types import Citation, Quoted


def _chunks(text: str) -> tuple[Chunk, ...]:
    document = Document("faq.md", "FAQ", None, frozenset({"everyone"}), text)
    return chunk_document(document, lambda words: len(re.findall(r"\w+", words)), 80)


class _NoEmbedder:
    name = "none"

    def embed(self, texts: object) -> object:
        raise NotImplementedError


def _answer(question: str, text: str, held: str) -> Quoted:
    """Return what is shown for the chunk that holds a text."""
    chunks = [
        chunk(c.chunk_id, c.text, document_id="faq.md", title="FAQ", heading=" > ".join(c.heading_path[1:]))
        for c in _chunks(text)
    ]
    found = [c for c in chunks if held in c.text]
    quoter = SectionQuoter(_NoEmbedder(), lambda _: chunks)  # type: ignore[arg-type]
    shown = quoter.answer(question, found)
    assert shown is not None
    return shown


_FORMS = {
    "bold line": "**{q}**\n\n{a}\n\n",
    "bold with letters": "**Q:** {q}\n\n**A:** {a}\n\n",
    "bold letters in one paragraph": "**Q: {q}**\nA: {a}\n\n",
    "letters": "Q: {q}\n\nA: {a}\n\n",
    "letters in one paragraph": "Q: {q}\nA: {a}\n\n",
    "German": "Frage: {q}\n\nAntwort: {a}\n\n",
    "numbered": "**Q1:** {q}\n\n**A1:** {a}\n\n",
    "heading": "## {q}\n\n{a}\n\n",
    "deep heading": "#### {q}\n\n{a}\n\n",
    "underscores": "__{q}__\n\n{a}\n\n",
}
_PAIRS = {
    "Can I pay in cash?": "No.",
    "How old must a renter be?": "16.",
    "Can I return a bike?": "Yes, within 14 days.",
    "Do you ship to the U.S.?": "Only from Graz.",
}


def _page(form: str) -> str:
    return "# FAQ\n\n" + "".join(_FORMS[form].format(q=question, a=answer) for question, answer in _PAIRS.items())


@pytest.mark.parametrize("form", _FORMS)
@pytest.mark.parametrize("question", _PAIRS)
def test_an_answer_is_shown_with_its_question_and_no_other_pair(form: str, question: str) -> None:
    shown = _answer(question, _page(form), _PAIRS[question]).text
    assert shown.count(question) == 1
    assert shown.index(question) < shown.index(_PAIRS[question])
    assert not [other for other in _PAIRS if other != question and other in shown]


@pytest.mark.parametrize("form", _FORMS)
@pytest.mark.parametrize("question", _PAIRS)
def test_a_short_quote_that_is_the_whole_answer_to_a_question_is_proved_with_it(form: str, question: str) -> None:
    (held,) = [c for c in _chunks(_page(form)) if _PAIRS[question] in c.text]
    found = proved(Citation(marker=1, chunk_id="c1", quote=_PAIRS[question]), [chunk("c1", held.text, title="FAQ")], 12)
    assert isinstance(found, Quote)
    assert question in found.passage
    assert _PAIRS[question] in found.passage


def test_a_short_quote_that_answers_no_question_proves_nothing() -> None:
    cited = Citation(marker=1, chunk_id="c1", quote="No.")
    assert not isinstance(proved(cited, [chunk("c1", "We never sell. No. It is so.")], 12), Quote)


@pytest.mark.parametrize("text", ["**Can I pay in cash?**", "Can I pay in cash?", "**My light stays red**"])
def test_a_question_without_an_answer_is_never_shown(text: str) -> None:
    only = [chunk("c1", text, heading="")]
    quoter = SectionQuoter(_NoEmbedder(), lambda _: only)  # type: ignore[arg-type]
    assert quoter.answer("Can I pay in cash?", only) is None


def test_folded_text_is_shown_with_the_bold_line_above_it() -> None:
    shown = _answer("My light stays red", "# Reset\n\nHold it.\n\n**My light stays red**\n\nReplace fuse F2.", "F2")
    assert "**My light stays red**\n\nReplace fuse F2." in shown.text


@pytest.mark.parametrize(
    "text",
    [
        "**Note:** Is it red? Then wait.",
        "**Warning**\n\nNever open it.",
        "Why is that? Because it is so.",
        "Ask: is it on?",
        "- **Is it on?** Yes.",
        "| **Is it on?** | Yes |\n| --- | --- |\n| a | b |",
    ],
)
def test_other_bold_and_questions_begin_no_section(text: str) -> None:
    assert [c.heading_path for c in _chunks(text)] == [("FAQ",)]
