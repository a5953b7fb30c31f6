"""Render the buttons below a gap, the form for its answer and the outline of its article as Block Kit (pure)."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    CheckboxesElement,
    InputBlock,
    Option,
    PlainTextInputElement,
    PlainTextObject,
)
from slack_sdk.models.views import View

from bot.desk.gap_answers import GapAnswer, GapForm
from bot.desk.gaps import GapCluster
from bot.slack.blocks import section, small
from bot.slack.render import SlackMessage
from bot.slack.review_modals import ANYWAY_BLOCK, ANYWAY_INPUT, TEXT_BLOCK, TEXT_INPUT
from bot.slack.text import SECTION_CHARS, escape, escaped_within, label, source_line, split
from bot.surfaces.gap_words import objection_words
from bot.surfaces.wording import cut
from bot.surfaces.words import ENGLISH, Words
from pipeline.types import Finding

DRAFT_ARTICLE = "gap_draft_article"
WRITE_ANSWER = "gap_write_answer"
GAP_ANSWERED = "gap_answered"
SEARCH_BLOCK, SEARCH_INPUT = "search", "search_input"
_CHOICES, _CHOICE_INPUT = "questions", "questions_input"
# Slack takes ten checkboxes in an element.
_BOXES = 10
_LABEL_CHARS, _INPUT_CHARS, _EXCERPT_CHARS, _FENCE_CHARS = 75, 3000, 400, 2900
_FINDINGS_SHOWN = 6


def gap_buttons(cluster: GapCluster, words: Words = ENGLISH) -> Block:
    """Return the two buttons below a cluster."""
    return ActionsBlock(
        elements=[
            ButtonElement(action_id=DRAFT_ARTICLE, text=words("gap-draft-article"), value=cluster.key),
            ButtonElement(action_id=WRITE_ANSWER, text=words("gap-write-answer"), value=cluster.key),
        ]
    )


def article_message(markdown: str, words: Words = ENGLISH) -> SlackMessage:
    """Return the outline of an article as text to be copied."""
    # Three backticks would end the block of code early.
    plain = markdown.replace("```", "'''")
    fenced = [section(f"```\n{escaped_within(part, _FENCE_CHARS)}\n```") for part in split(plain, _FENCE_CHARS - 400)]
    return SlackMessage(words("gap-article-intro"), (section(words("gap-article-intro")), *fenced[:10]))


def answer_view(
    form: GapForm,
    words: Words = ENGLISH,
    answer: GapAnswer | None = None,
    findings: Sequence[Finding] = (),
    search: str = "",
) -> View:
    """Return the form for the answer to a cluster. `answer` is what was written so far, `findings` the objections."""
    intro = words("gap-form-passages") if form.passages else words("gap-form-no-passages")
    blocks: list[Block] = [*_choices(form.cluster, answer, words), section(intro)]
    for passage in form.passages:
        excerpt = escaped_within(" ".join(passage.text.split()), _EXCERPT_CHARS)
        blocks += [section(cut(source_line(passage.source), SECTION_CHARS)), small(f"“{excerpt}”")]
    blocks.append(_input(TEXT_BLOCK, TEXT_INPUT, words("input-answer"), answer.text if answer else ""))
    if findings:
        blocks += [section(_objections(findings, words)), _anyway_box(words)]
    blocks.append(_search_box(search, words))
    return View(
        type="modal",
        callback_id=GAP_ANSWERED,
        title=words("gap-form-title"),
        submit=words("gap-form-send"),
        private_metadata=json.dumps(
            {
                "cluster": form.cluster.key,
                "passages": [passage.source.chunk_id for passage in form.passages],
                "search": search[:200],
            }
        ),
        blocks=blocks,
    )


def submitted(view: Mapping[str, Any]) -> tuple[GapAnswer, str, bool]:
    """Return the answer in a submitted form, the words to search passages for, and whether those are new."""
    known = json.loads(view["private_metadata"])
    values = view["state"]["values"]
    chosen = {
        str(option["value"])
        for block, inputs in values.items()
        if block.startswith(_CHOICES)
        for option in (inputs.get(_CHOICE_INPUT) or {}).get("selected_options") or []
    }
    answer = GapAnswer(
        cluster=str(known["cluster"]),
        text=_typed(values, TEXT_BLOCK, TEXT_INPUT),
        chosen=frozenset(chosen),
        passages=tuple(map(str, known["passages"])),
        anyway=bool(((values.get(ANYWAY_BLOCK) or {}).get(ANYWAY_INPUT) or {}).get("selected_options")),
    )
    search = _typed(values, SEARCH_BLOCK, SEARCH_INPUT)
    return answer, search, search not in {"", known["search"]}


def _choices(cluster: GapCluster, answer: GapAnswer | None, words: Words) -> list[Block]:
    options = [
        Option(value=gaps[0].request_id, text=PlainTextObject(text=label(question, _LABEL_CHARS)))
        for question, gaps in cluster.wordings.items()
    ]
    rows = [options[at : at + _BOXES] for at in range(0, len(options), _BOXES)]
    return [
        InputBlock(
            block_id=f"{_CHOICES}_{number}",
            label=words("gap-form-questions"),
            optional=True,
            element=CheckboxesElement(
                action_id=_CHOICE_INPUT,
                options=row,
                initial_options=[o for o in row if answer is None or o.value in answer.chosen] or None,
            ),
        )
        for number, row in enumerate(rows)
    ]


def _objections(findings: Sequence[Finding], words: Words) -> str:
    lines = [f"• “{escaped_within(f.span, 200)}”: {objection_words(f, words)}" for f in findings[:_FINDINGS_SHOWN]]
    return cut("\n".join([f":warning: *{escape(words('not-proved-by-documents'))}*", *lines]), SECTION_CHARS)


def _anyway_box(words: Words) -> Block:
    option = Option(value="anyway", text=PlainTextObject(text=cut(words("gap-form-anyway"), _LABEL_CHARS)))
    box = CheckboxesElement(action_id=ANYWAY_INPUT, options=[option])
    return InputBlock(block_id=ANYWAY_BLOCK, label=words("not-proved"), element=box, optional=True)


def _search_box(search: str, words: Words) -> Block:
    element = PlainTextInputElement(action_id=SEARCH_INPUT, initial_value=search or None, max_length=200)
    return InputBlock(
        block_id=SEARCH_BLOCK,
        label=words("gap-form-search"),
        hint=words("gap-form-search-hint"),
        element=element,
        optional=True,
    )


def _input(block_id: str, action_id: str, name: str, text: str) -> Block:
    # Optional, because a form may also be sent to search for other passages.
    element = PlainTextInputElement(
        action_id=action_id, multiline=True, initial_value=text or None, max_length=_INPUT_CHARS
    )
    return InputBlock(block_id=block_id, label=name, element=element, optional=True)


def _typed(values: Mapping[str, Any], block_id: str, action_id: str) -> str:
    return str(((values.get(block_id) or {}).get(action_id) or {}).get("value") or "").strip()
