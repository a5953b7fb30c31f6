"""What a reader sees of an answer's Markdown and of its quotes, before a chat product adds its markup."""

import pytest
from support.builders import QUOTA, draft, quotes, written

from bot.surfaces.showing import (
    cut_at_word,
    every_link,
    links_of,
    no_link,
    not_shown_in,
    plain,
    readable,
    small_print,
    tables_as_lists,
)
from pipeline.types import Citation


@pytest.mark.parametrize(
    ("markdown", "shown"),
    [
        ("See [the guide](https://a.example/x_(y)).", "See [the guide](https://a.example/x_(y))."),
        ("See [the guide](../guide.md#top), [it](/x) and [mail](mailto:a@b.c).", "See the guide, it and mail."),
        ("[![logo](logo.png)](https://a.example)Text", "Text"),
        ("Ask <https://a.example/b>.", "Ask https://a.example/b."),
        ("Fish &amp; chips&#33;", "Fish & chips!"),
        (r"As \[3] says [1].", "As [3] says [1]."),
        (r"Use `x\[3]` or `[a](b)`.", "Use `x[3]` or `[a](b)`."),
        ("```\n[a](b) &amp; <https://x>\n```", "```\n[a](b) &amp; <https://x>\n```"),
        (r"Not code: \` [x](b) \`", r"Not code: \` x \`"),
    ],
)
def test_links_that_lead_nowhere_become_their_text_and_code_stays(markdown: str, shown: str) -> None:
    assert readable(markdown, every_link) == shown


def test_a_bracketed_number_of_a_document_is_written_as_the_product_needs_it() -> None:
    assert readable(r"As \[3] and `a\[3]` [1]", no_link, r"\[{}\]") == r"As \[3\] and `a[3]` [1]"


def test_a_quoted_answer_keeps_every_whole_address_and_a_written_one_those_of_its_quotes() -> None:
    link = "https://a.example"
    assert links_of(quotes())(link)
    assert not links_of(written())(link)
    assert links_of(written(draft(citations=[(1, "c1", f"See {link}.")])))(link)


@pytest.mark.parametrize(
    ("markdown", "words"),
    [
        ("1. Open **Settings > _Users_** and `run`", "Open Settings > Users and run"),
        ("| Plan | Price |\n| --- | ---: |\n| Team | 29 |", "Plan | Price | | Team | 29"),
        ("# Head\n\n> quoted [link](x.md)", "Head quoted link"),
        (r"snake_case and 2 * 3 and \_escaped\_", "snake_case and 2 * 3 and _escaped_"),
    ],
)
def test_a_quote_in_small_print_has_no_marks(markdown: str, words: str) -> None:
    assert plain(markdown) == words


def test_small_print_is_cut_at_a_word_and_a_word_too_long_is_cut_inside() -> None:
    assert cut_at_word("one two three", 9) == "one two…"
    assert cut_at_word("x" * 30, 9) == "xxxxxxxx…"
    same = Citation(marker=1, chunk_id="c", quote=QUOTA)
    assert small_print([same, same, same.model_copy(update={"marker": 2})], 1) == [QUOTA]


def test_quotes_that_the_text_holds_are_not_shown_again() -> None:
    own, other = (Citation(marker=1, chunk_id="c", quote=quote) for quote in (f"**{QUOTA}**", "Other."))
    assert not_shown_in(f"- {QUOTA} [1]", [own, other, other]) == (other,)


def test_rows_of_a_table_become_items_that_name_the_columns() -> None:
    table = "Plans:\n\n| Plan | Price |\n|---|---|\n| Team | a \\| b |\n| Free | |\n\nEnd\n```\n| a |\n```"
    assert tables_as_lists(table) == (
        "Plans:\n\n- **Plan:** Team; **Price:** a | b\n- **Plan:** Free\n\nEnd\n```\n| a |\n```"
    )
