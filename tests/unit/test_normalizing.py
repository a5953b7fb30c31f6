import pytest

from pipeline.errors import LimitReachedError
from pipeline.normalizing import normalize, unmarked
from pipeline.types import Failure


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("<@U0BOT> How do I pay?", "How do I pay?"),
        ("<@U0BOT|citedesk>   spaced \t out ", "spaced out"),
        ("see <https://help.example/a|the page> please", "see the page please"),
        ("see <https://help.example/a>", "see https://help.example/a"),
        ("ask in <#C123|billing>", "ask in #billing"),
        ("a &lt;b&gt; &amp; c", "a <b> & c"),
        ("&amp;lt;", "&lt;"),
        ("<!channel> fire", "fire"),
        ("zero\u200bwidth\u202e and ｆｕｌｌ", "zerowidth and full"),  # noqa: RUF001 - full-width letters are the case
        ("line one\n\n\n line two", "line one\nline two"),
        ("bell\x07 rings", "bell rings"),
    ],
)
def test_chat_markup_and_invisible_characters_are_removed(raw: str, clean: str) -> None:
    assert unmarked(raw) == clean


@pytest.mark.parametrize("raw", ["", "   ", "<@U0BOT>", "<@U0BOT> ?!", "\u200b", "…"])
def test_nothing_but_a_mention_is_refused_as_empty(raw: str) -> None:
    with pytest.raises(LimitReachedError) as caught:
        normalize(raw, 100)
    assert caught.value.failure is Failure.INPUT_EMPTY
    assert caught.value.limit == 100


def test_the_length_limit_counts_what_is_left_after_cleaning() -> None:
    assert normalize("<@U0BOT> " + "x" * 100, 100).text == "x" * 100
    with pytest.raises(LimitReachedError) as caught:
        normalize("x" * 101, 100)
    assert caught.value.failure is Failure.INPUT_TOO_LONG
    assert caught.value.retry_after is None
