"""Render the gaps with their buttons, the form for an answer and the outline of an article as cards (pure)."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from bot.desk.gap_answers import GapAnswer, GapForm
from bot.desk.gaps import GapCluster
from bot.surfaces.command_messages import GAPS_SHOWN, gap_words
from bot.surfaces.gap_words import objection_words
from bot.surfaces.words import ENGLISH, Words
from bot.teams.cards import Json, TeamsMessage, card_message, execute, paragraph, small
from bot.teams.text import literal, source_line
from pipeline.types import Finding

DRAFT_ARTICLE, WRITE_ANSWER = "gap_draft_article", "gap_write_answer"
SAVE_ANSWER, SEARCH = "gap_save_answer", "gap_search"
_CHOSEN, _TEXT, _ANYWAY, _SEARCH_INPUT = "questions", "answer", "anyway", "search"
_INPUT_CHARS, _SEARCH_CHARS, _EXCERPT_CHARS, _LABEL_CHARS = 3000, 200, 400, 150
_FINDINGS_SHOWN = 6
# Teams takes 28 KB a card, counted in UTF-16.
_CARD_BYTES = 26_000


def gaps_message(clusters: Sequence[GapCluster], words: Words = ENGLISH) -> TeamsMessage:
    """Return the questions that the documents do not answer, each cluster with its two buttons; as many as fit."""
    if not clusters:
        return notice_card(words("no-gaps"))
    shown = list(clusters[:GAPS_SHOWN])
    message = _gaps(shown, len(clusters), words)
    while len(json.dumps(message.card, ensure_ascii=False).encode("utf-16-le")) > _CARD_BYTES and len(shown) > 1:
        shown.pop()
        message = _gaps(shown, len(clusters), words)
    return message


def article_message(markdown: str, words: Words = ENGLISH) -> TeamsMessage:
    """Return the outline of an article as text to be copied."""
    intro = words("gap-article-intro")
    # A card drops a single line break.
    text = markdown[: _CARD_BYTES // 4].replace("\n", "\n\n")
    return card_message(intro, [paragraph(intro), paragraph(text, fontType="Monospace")])


def answer_card(
    form: GapForm,
    words: Words = ENGLISH,
    answer: GapAnswer | None = None,
    findings: Sequence[Finding] = (),
    search: str = "",
) -> TeamsMessage:
    """Return the form for the answer to a cluster. `answer` is what was written so far, `findings` the objections."""
    intro = words("gap-form-passages") if form.passages else words("gap-form-no-passages")
    passages = [
        part
        for passage in form.passages
        for part in (paragraph(source_line(passage.source)), small(passage.text, _EXCERPT_CHARS))
    ]
    anyway = {"type": "Input.Toggle", "id": _ANYWAY, "title": words("gap-form-anyway")}
    data = {"cluster": form.cluster.key, "passages": [passage.source.chunk_id for passage in form.passages]}
    title = words("gap-form-title")
    parts = [
        paragraph(title, size="Large", weight="Bolder"),
        _choices(form.cluster, answer, words),
        paragraph(intro),
        *passages,
        _text_input(_TEXT, words("input-answer"), answer.text if answer else "", _INPUT_CHARS, isMultiline=True),
        *([paragraph(_objections(findings, words), color="Attention"), anyway] if findings else []),
        _text_input(_SEARCH_INPUT, words("gap-form-search"), search, _SEARCH_CHARS),
    ]
    actions = [
        execute(SAVE_ANSWER, words("gap-form-send"), data, style="positive"),
        execute(SEARCH, words("gap-form-find"), data),
    ]
    return card_message(title, parts, actions)


def notice_card(text: str) -> TeamsMessage:
    """Return a card that holds one sentence."""
    return card_message(text, [paragraph(literal(text, 600))])


def submitted(data: Mapping[str, Any]) -> tuple[GapAnswer, str]:
    """Return the answer in a submitted form, and the words to search other passages for."""
    answer = GapAnswer(
        cluster=str(data["cluster"]),
        text=_typed(data, _TEXT, _INPUT_CHARS),
        chosen=frozenset(part for part in str(data.get(_CHOSEN) or "").split(",") if part),
        passages=tuple(map(str, data["passages"]))[:20],
        anyway=str(data.get(_ANYWAY)) == "true",
    )
    return answer, _typed(data, _SEARCH_INPUT, _SEARCH_CHARS)


def _gaps(clusters: Sequence[GapCluster], total: int, words: Words) -> TeamsMessage:
    head = words("gaps")
    parts = [paragraph(head, weight="Bolder")]
    for cluster in clusters:
        titles = literal(", ".join(cluster.nearest), 300)
        near = [words("gap-nearest", titles=titles)] if titles else []
        first, *more = cluster.wordings
        others = ["\n".join(f"- {literal(question, 200)}" for question in more[:3])] if more else []
        parts.append(paragraph("\n\n".join([f"**{literal(first, 300)}**", gap_words(cluster, words), *others, *near])))
        parts.append({"type": "ActionSet", "actions": _buttons(cluster, words)})
    if total > len(clusters):
        parts.append(small(words("and-more", count=total - len(clusters))))
    return card_message(head, parts)


def _buttons(cluster: GapCluster, words: Words) -> list[Json]:
    data = {"cluster": cluster.key}
    return [
        execute(DRAFT_ARTICLE, words("gap-draft-article"), data),
        execute(WRITE_ANSWER, words("gap-write-answer"), data),
    ]


def _choices(cluster: GapCluster, answer: GapAnswer | None, words: Words) -> Json:
    ids = {gaps[0].request_id: question for question, gaps in cluster.wordings.items()}
    return {
        "type": "Input.ChoiceSet",
        "id": _CHOSEN,
        "label": words("gap-form-questions"),
        "isMultiSelect": True,
        "wrap": True,
        "choices": [{"title": question[:_LABEL_CHARS], "value": request_id} for request_id, question in ids.items()],
        "value": ",".join(request_id for request_id in ids if answer is None or request_id in answer.chosen),
    }


def _objections(findings: Sequence[Finding], words: Words) -> str:
    lines = [f"- “{literal(f.span, 200)}”: {objection_words(f, words)}" for f in findings[:_FINDINGS_SHOWN]]
    return "\n".join([f"**{words('not-proved-by-documents')}**\n", *lines])


def _text_input(name: str, label: str, text: str, limit: int, **more: object) -> Json:
    value = {"value": text} if text else {}
    return {"type": "Input.Text", "id": name, "label": label, "maxLength": limit, **more, **value}


def _typed(data: Mapping[str, Any], name: str, limit: int) -> str:
    """Return the text of an input, cut to its limit: a forged request may hold more than the input takes."""
    return str(data.get(name) or "").strip()[:limit]
