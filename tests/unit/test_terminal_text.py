"""What commands print: nothing that acts on a terminal, JSON that loses nothing, tables and Markdown that fit."""

import io
import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from bot.cli import printing, terminal
from bot.cli.outcomes import outcome_text
from bot.cli.printing import Line, Markdown, Part, Table, clean, json_text, one_line, plain_text
from pipeline.types import Draft, Failure, NeedsReview

_ACTS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\U000e0000-\U000e007f]")
_HOSTILE = "a\x1b[31mred\x1b]0;title\x07 \x9b2J b\u202e321\u202c\r\nc\rd\x85e\u2028f\U000e0041 g\ud800 \x7f"
# Each of them decodes to what acts on a terminal only when it is read as Markdown.
_ENCODED = (
    r"open <foo:%1b]0;PWNED%1b\x> now",
    "<HTTP://a.example/%1b[31m%9b2J%C2%9B%E2%80%AE>",
    "<ftp://a.example/%1b%07>",
    "a &#x202e;b &#27; &#x9b;2J &#x85; &#xe0041; c",
    '[a &#x202e;](</b&#x202e;%1b> "c&#x202e;")',
    "![&#x202e;](</b&#x202e;%1b>)",
    "# &#x202e;a\n\n| &#x202e;b |\n| --- |\n| &#x202e; |",
    "~~~ &#x202e;\n&#x202e;%1b\n~~~",
    "[&#x202e;]\n\n[&#x202e;]: /b&#x202e; '&#x202e;'",
)
_WIDTHS = (20, 40, 60, 80, 160)


def _shown(parts: Sequence[Part], columns: int, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return what a terminal of this width gets, without colours."""
    written = io.StringIO()
    monkeypatch.setattr(sys, "stdout", written)
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("TERM", "xterm-256color")
    terminal.show_parts(parts)
    return written.getvalue()


def test_what_acts_on_a_terminal_is_left_out_and_line_breaks_stay() -> None:
    assert clean(_HOSTILE) == "a[31mred]0;title 2J b321\nc\nd\ne\nf g "
    assert one_line(_HOSTILE) == "a[31mred]0;title 2J b321 c d e f g"


def test_letters_of_all_languages_and_joined_emoji_stay() -> None:
    text = "\tnaïve Größe 打印机 עברית हिन्दी \u200cمی\u200cشد 👩\u200d💻 ｶﾞ"
    assert clean(text) == text


@given(st.text())
def test_no_text_brings_a_control_character_through(text: str) -> None:
    assert not _ACTS.search(clean(text))


@given(st.text())
def test_json_loses_nothing_and_holds_no_control_character(text: str) -> None:
    written = json_text({"text": text}, indent=None)
    assert json.loads(written) == {"text": text}
    assert not _ACTS.search(written)


def test_json_keeps_a_tag_and_half_of_a_character() -> None:
    text = "\U000e0041\ud800\x9b"
    assert json.loads(json_text(text)) == text
    assert json_text(text) == r'"\udb40\udc41\ud800\u009b"'


@pytest.mark.parametrize("columns", _WIDTHS)
def test_every_part_is_clean_and_fits_a_terminal(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    table = Table(("id", "outcome", "question"), [("r-0123456789", "not_enough_info", f"打印机 {_HOSTILE} " * 3)])
    parts: list[Part] = [
        Line(_HOSTILE * 3, "bad", indent=3),
        Markdown(f"# 打印机\n\n- {_HOSTILE}\n\n```\n{_HOSTILE * 3}\n```"),
        table,
    ]
    shown = _shown(parts, columns, monkeypatch)
    assert not _ACTS.search(shown)
    assert max(cell_len(line) for line in shown.splitlines()) <= columns


@pytest.mark.parametrize("text", _ENCODED)
@pytest.mark.parametrize("is_quote", [False, True])
def test_markdown_that_encodes_what_acts_on_a_terminal_is_clean(
    text: str,
    is_quote: bool,  # noqa: FBT001
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert not _ACTS.search(_shown([Markdown(text, is_quote=is_quote)], 80, monkeypatch).replace("\n", ""))


def test_the_address_of_a_link_is_shown_as_it_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "https://a.example/%C3%A4 (" in _shown([Markdown("<https://a.example/%C3%A4>")], 80, monkeypatch)


def test_a_draft_is_shown_without_images_and_without_links_that_no_source_has() -> None:
    written = "See ![a picture](https://evil.example/x.png) and [the page](https://evil.example/y)."
    draft = Draft(status="answered", answer=written, confidence="low", citations=())
    shown = outcome_text(NeedsReview(reason=Failure.LOW_CONFIDENCE, draft=draft, sources=()))
    assert "the page" in shown
    assert "evil.example" not in shown


@pytest.mark.parametrize("columns", _WIDTHS[1:])
def test_ids_are_never_broken(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    row = ("r-0123456789abcdef", "needs_review", "a question that is rather long for a narrow window")
    assert row[0] in _shown([Table(("request", "outcome", "question"), [row])], columns, monkeypatch)


def test_markdown_is_rendered_and_its_html_and_addresses_are_in_sight(monkeypatch: pytest.MonkeyPatch) -> None:
    text = (
        "**Bold** and `code`, see [here](https://example.com/a) or <host> [1]\n\n"
        "| a | b |\n| --- | --- |\n| 1 | 2 |\n\n```python\nprint('x')\n```\n\n[1]: not a definition of ours"
    )
    shown = _shown([Markdown(text)], 80, monkeypatch)
    assert "Bold and code, see here (https://example.com/a) or <host> [1]" in shown
    assert "**" not in shown
    assert "| ---" not in shown
    assert "  print('x')" in shown


def test_what_is_no_answer_stands_behind_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    passage = Markdown("One.\n\nTwo.", is_quote=True)
    assert [line[:5] for line in _shown([passage], 40, monkeypatch).splitlines()] == ["│ One", "│ ", "│ Two"]
    assert plain_text([passage]) == "> One.\n>\n> Two."


def test_a_narrow_window_has_the_cells_of_a_row_one_below_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    table = Table(("request", "outcome", "verdict"), [("r-1", "not_enough_info", "RETRIEVAL_LOW")])
    assert "request  outcome          verdict" in _shown([table], 80, monkeypatch)
    assert _shown([table], 30, monkeypatch).splitlines()[:2] == [
        f"{'request  r-1':24}",
        f"{'outcome  not_enough_info':24}",
    ]


def test_commands_print_through_the_module_that_cleans() -> None:
    folder = Path(printing.__file__).parent
    others = [file for file in folder.glob("*.py") if file.name not in {"printing.py", "terminal.py"}]
    assert [
        file.name for file in others if re.search(r"click\.s?echo\((?!err=True\))|(?<![\w.])print\(", file.read_text())
    ] == []


@pytest.mark.parametrize(("term", "is_one"), [("xterm-256color", True), ("dumb", False), ("", False)])
def test_a_dumb_terminal_gets_plain_text(term: str, is_one: bool, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: FBT001
    class Screen(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("TERM", term)
    assert printing.is_terminal(Screen()) is is_one
    assert printing.is_terminal(io.StringIO()) is False
