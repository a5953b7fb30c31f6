"""Bare addresses in what a reviewer writes are links for the asker, in Markdown and in mrkdwn."""

import time

import pytest

from bot.desk.permissions import NO_NAMES
from bot.slack.bare_links import linked_markdown, linked_mrkdwn
from bot.slack.render import asked_back_message, decided_message
from bot.slack.text import escape
from bot.store.records import Conversation, Review, Turn
from pipeline.types import Failure, NeedsReview

_WIKI = "https://wiki.example/a_(b)"
# What a reviewer writes, and what is a link in it.
_CASES = (
    ("See https://a.example/x.", "See [https://a.example/x](https://a.example/x)."),
    ("(https://a.example/x)", "([https://a.example/x](https://a.example/x))"),
    (f"{_WIKI}, please", "[https://wiki.example/a\\_(b)](https://wiki.example/a_%28b%29), please"),
    ("https://a.example/?a=1&b=2#c", "[https://a.example/?a=1&b=2#c](https://a.example/?a=1&b=2#c)"),
    ("**https://a.example**", "**[https://a.example](https://a.example)**"),
    ("HTTP at http://a.example!", "HTTP at [http://a.example](http://a.example)!"),
    ("https://a.example/x\\_y", "[https://a.example/x\\_y](https://a.example/x_y)"),
    ("- https://a.example\n- two", "- [https://a.example](https://a.example)\n- two"),
)
_UNCHANGED = (
    "[the page](https://a.example/x)",
    "[https://a.example](https://a.example)",
    "`curl https://a.example`",
    "```\ncurl https://a.example\n```",
    "ftp://a.example, javascript:alert(1), www.a.example, mailto:a@b.example",
    "xhttps://a.example",
    "https:// alone, https://... too",
    "no address at all",
)


@pytest.mark.parametrize(("written", "shown"), _CASES)
def test_a_bare_address_is_a_link(written: str, shown: str) -> None:
    assert linked_markdown(written) == shown


@pytest.mark.parametrize("written", _UNCHANGED)
def test_everything_else_stays_as_it_is(written: str) -> None:
    assert linked_markdown(written) == written


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("See https://a.example/x.", "See <https://a.example/x>."),
        ("https://a.example/?a=1&b=2", "<https://a.example/?a=1&amp;b=2>"),
        ("<https://a.example>", "&lt;<https://a.example>&gt;"),
        ("<https://evil.example|https://good.example>", "&lt;<https://evil.example>|<https://good.example>&gt;"),
        ("`https://a.example`", "`https://a.example`"),
        ("<!channel> ftp://a.example", "&lt;!channel&gt; ftp://a.example"),
    ],
)
def test_a_bare_address_in_mrkdwn_is_a_link_and_nothing_else_becomes_markup(written: str, shown: str) -> None:
    assert linked_mrkdwn(escape(written), 3000) == shown


def test_a_text_that_links_would_make_too_long_is_left_as_it_is() -> None:
    text = "https://a.example " * 100
    assert linked_mrkdwn(text, len(text)) == text


@pytest.mark.parametrize(
    "text", ["https://" * 20_000, "`https://a" * 10_000, "[https://a](" * 10_000, "https://a" + ")" * 100_000]
)
def test_hostile_texts_take_linear_time(text: str) -> None:
    began = time.process_time()
    linked_markdown(text)
    linked_mrkdwn(text, 10**9)
    assert time.process_time() - began < 2


def _review(**fields: object) -> Review:
    where = Conversation(surface="slack", tenant_id="T1", user_id="U1", channel_id="C1", thread_id="1.1", private=False)
    case = NeedsReview(reason=Failure.APPROVAL_REQUIRED, draft=None, sources=())
    return Review.model_validate(
        {"review_id": "r-1", "question": "Where?", "conversation": where, "case": case, "decided_by": "U2", **fields}
    )


def test_the_asker_gets_the_answer_the_reason_and_the_question_of_a_reviewer_with_links() -> None:
    address = "https://a.example/?x=1&y=2"
    escaped = address.replace("&", "&amp;")
    edited = decided_message(_review(state="edited", answer=f"Look at {address}."), NO_NAMES)
    assert edited.blocks[0].to_dict()["text"] == f"Look at [{escaped}]({escaped})."
    rejected = decided_message(_review(state="rejected", note=f"It is at {address}."), NO_NAMES)
    assert f"<{escaped}>." in rejected.blocks[0].to_dict()["text"]["text"]
    asked = asked_back_message(_review(exchange=(Turn(user_id="U2", text=f"Is it {address}?"),)), NO_NAMES)
    assert f"<{escaped}>?" in asked.blocks[0].to_dict()["text"]["text"]
