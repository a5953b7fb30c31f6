"""Render Markdown on a terminal: headings on the left, code without a background, addresses of links in sight."""

from collections.abc import Sequence
from typing import ClassVar

from markdown_it import MarkdownIt
from markdown_it.token import Token
from rich.console import Console, ConsoleOptions, JustifyMethod, RenderableType, RenderResult
from rich.markdown import CodeBlock, Heading, Markdown, MarkdownElement
from rich.padding import Padding
from rich.segment import Segment
from rich.text import Text

from bot.cli.printing import clean

_BAR = "│ "


class _LeftHeading(Heading):
    LEVEL_ALIGN: ClassVar[dict[str, JustifyMethod]] = {}


class _PlainCode(CodeBlock):
    # Highlighting would run one of 500 lexers, which the document names, over hostile text.
    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield Padding(Text(self.text.plain.rstrip("\n"), self.style_name, overflow="fold"), (0, 0, 0, 2))


class _Parser(MarkdownIt):
    def normalizeLinkText(self, link: str) -> str:  # noqa: N802 - the library's name
        """Return the address of a link as it stands. The library would decode `%1b` to a control character."""
        return link


class RenderedMarkdown(Markdown):
    """Markdown for a terminal, without what acts on one, also where the Markdown has it encoded, as in `&#x9b;`."""

    elements: ClassVar[dict[str, type[MarkdownElement]]] = {
        **Markdown.elements,
        "heading_open": _LeftHeading,
        "fence": _PlainCode,
        "code_block": _PlainCode,
    }

    def __init__(self, text: str) -> None:
        super().__init__("", hyperlinks=False)
        # HTML is shown as it stands: <host> is often a placeholder, and the library leaves tags out.
        parser = _Parser("commonmark", {"html": False}).enable(["strikethrough", "table"])
        self.parsed = parser.parse(clean(text))
        _clean_tokens(self.parsed)


def _clean_tokens(tokens: Sequence[Token]) -> None:
    for token in tokens:
        token.content, token.info = clean(token.content), clean(token.info)
        token.attrs = {k: clean(v) if isinstance(v, str) else v for k, v in token.attrs.items()}
        _clean_tokens(token.children or ())


class Quoted:
    """A text with a bar before each line."""

    def __init__(self, body: RenderableType) -> None:
        self._body = body

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the lines of the text."""
        narrower = options.update(width=max(options.max_width - len(_BAR), 1))
        for line in console.render_lines(self._body, narrower, pad=False):
            yield from (Segment(_BAR, console.get_style("dim")), *line, Segment.line())
