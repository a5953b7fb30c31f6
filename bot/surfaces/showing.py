"""An answer's Markdown and its quotes as a reader sees them, before a chat product adds its markup (pure)."""

import html
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from textwrap import shorten

from bot.surfaces.wording import cut, linkable
from index.markdown import code_apart, without_line_marks
from pipeline.types import Answered, Citation, Failure, NeedsReview, NotEnoughInfo, Outcome

Keep = Callable[[str], bool]
QUOTE_CHARS = 200
_QUOTES_OF_A_MARKER = 2
_INLINE_CODE = r"(?P<code>(?<![\\`])(?P<ticks>`+)(?!`)[^\n]*?(?<!`)(?P=ticks)(?!`))"
_IMAGE = re.compile(rf"{_INLINE_CODE}|!\[[^\[\]\n]*+\]\((?:[^)\n\]]|\](?!\())*+\)")
_MARKUP = re.compile(
    rf"{_INLINE_CODE}|\[(?P<label>[^\[\]\n]*+)\]\(\s*+<?(?P<target>(?:[^)\s>\]]|\](?!\())*+)(?:[^)\n\]]|\](?!\())*+\)"
    r"|\\\[(?P<number>\d{1,3})\]|<(?P<address>https?://[^>\s|]+)>|(?P<entity>&(?:[a-zA-Z]+|#\d+|#x[0-9a-fA-F]+);)"
)
_NUMBER = re.compile(r"\\\[(\d{1,3})\]")
_EMPHASIS = re.compile(r"(?<!\\)(?:\*\*|__|`+|(?<!\w)[*_](?=\S)|(?<=\S)[*_](?!\w))")
_ESCAPE = re.compile(r"\\([^\w\s]|_)")
_TABLE_RULE = re.compile(r"^(?=[^\n]*-{3})[^\S\n]*+[ \t\r:|-]*+$", re.MULTILINE)


def every_link(url: str) -> bool:
    """Tell whether a link of a document can be followed: only whole http(s) addresses lead anywhere in a chat."""
    return linkable(url)


def no_link(_: str) -> bool:
    """Refuse every link."""
    return False


def cited_links(citations: Sequence[Citation], addresses: Collection[str | None] = ()) -> Keep:
    """Return the rule for a text that no document holds as it stands: its links must be in quotes or `addresses`."""
    told = "\n".join([*(citation.quote for citation in citations), *(address or "" for address in addresses)])
    return lambda url: linkable(url) and url in told


def links_of(answer: Answered) -> Keep:
    """Return the rule for the links of an answer."""
    if answer.form == "quoted":
        return every_link
    return cited_links(answer.citations, [source.url for source in answer.sources])


def readable(text: str, keep: Keep, number: str = "[{}]") -> str:
    r"""Return Markdown without images, with links reduced to their texts unless `keep` takes their target.

    A document's bracketed number, escaped as `\[3]` in an answer, becomes `number`; in code it becomes `[3]`.
    """
    return "\n".join(
        _NUMBER.sub(r"[\1]", run) if is_code else _prose(run, keep, number) for run, is_code in code_apart(text)
    )


def plain(text: str) -> str:
    """Return Markdown as one line of plain text."""
    lines = without_line_marks(_TABLE_RULE.sub("", readable(text, no_link)))
    return " ".join(_ESCAPE.sub(r"\1", _EMPHASIS.sub("", lines)).split()).strip("| ")


def small_print(citations: Sequence[Citation], marker: int, limit: int = QUOTE_CHARS) -> list[str]:
    """Return the first two quotes behind a marker as plain text, each cut to `limit` characters at a word."""
    quotes = dict.fromkeys(plain(citation.quote) for citation in citations if citation.marker == marker)
    return [cut_at_word(quote, limit) for quote in quotes if quote][:_QUOTES_OF_A_MARKER]


def cut_at_word(text: str, limit: int) -> str:
    """Return `text` on one line, cut to `limit` characters at the end of a word; an ellipsis marks the cut."""
    short = shorten(text, limit, placeholder="…")
    return cut(text, limit) if short == "…" else short


def not_shown_in(text: str, citations: Sequence[Citation]) -> tuple[Citation, ...]:
    """Return the citations whose quotes `text` does not already hold, each quote once."""
    shown = plain(text)
    apart = {(c.marker, plain(c.quote)): c for c in reversed(citations) if plain(c.quote) not in shown}
    return tuple(reversed(apart.values()))


def tables_as_lists(text: str) -> str:
    """Return Markdown with each row of a table as a list item that names the columns, for clients without tables."""
    return "\n".join(run if is_code else "\n".join(_rows_as_items(run)) for run, is_code in code_apart(text))


def quote_as_lists(quote: str) -> str:
    """Return a quote with each row of a table as a list item. A quote may hold rows without their head."""
    if _TABLE_RULE.search(quote):
        return tables_as_lists(quote)
    return "\n".join(
        run if is_code else "\n".join(map(_row_as_item, run.split("\n"))) for run, is_code in code_apart(quote)
    )


def _row_as_item(line: str) -> str:
    is_row = line.lstrip().startswith("|")
    return f"- {'; '.join(cell for cell in _cells(line) if cell)}" if is_row else line


def _prose(text: str, keep: Keep, number: str) -> str:
    without_images = _IMAGE.sub(lambda match: match["code"] or "", text)
    return _MARKUP.sub(lambda match: _replaced(match, keep, number), without_images)


def _replaced(match: re.Match[str], keep: Keep, number: str) -> str:
    if match["code"]:
        return _NUMBER.sub(r"[\1]", match["code"])
    if match["number"]:
        return number.format(match["number"])
    if match["target"] is not None:
        return match[0] if match["label"] and keep(match["target"]) else match["label"]
    return match["address"] or html.unescape(match[0])


def _rows_as_items(text: str) -> Iterator[str]:
    names: list[str] = []
    for line in text.split("\n"):
        if not line.lstrip().startswith("|"):
            names = []
            yield line
        elif not names:
            names = _cells(line)
        elif not _TABLE_RULE.fullmatch(line):
            yield "- " + "; ".join(f"**{n}:** {c}" if n else c for n, c in zip(names, _cells(line), strict=False) if c)


def _cells(line: str) -> list[str]:
    return [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]


def may_help_more(outcome: Outcome) -> bool:
    """Tell whether documents that this conversation may not show could help the asker.

    Quotes that no model has read may come from another page than the one that the asker means, and of what a person
    answered before no document of this conversation says anything.
    """
    match outcome:
        case NeedsReview():
            return True
        case NotEnoughInfo():
            return outcome.reason is not Failure.NO_QUESTION
        case Answered():
            return outcome.form != "written"
        case _:
            return False
