"""Confluence's storage format: what a reader of the page sees, and nothing of what only the editor shows."""

import pytest

from index.reading.formats.storage_format import storage


def _macro(name: str, body: str, *parameters: tuple[str, str]) -> str:
    said = "".join(f'<ac:parameter ac:name="{key}">{value}</ac:parameter>' for key, value in parameters)
    return f'<ac:structured-macro ac:name="{name}" ac:schema-version="1">{said}{body}</ac:structured-macro>'


def _rich(text: str) -> str:
    return f"<ac:rich-text-body>{text}</ac:rich-text-body>"


def _plain(text: str) -> str:
    return f"<ac:plain-text-body><![CDATA[{text}]]></ac:plain-text-body>"


@pytest.mark.parametrize(
    ("body", "markdown"),
    [
        (_macro("warning", _rich("<p>It cannot be undone.</p>")), "**Warning**\n\nIt cannot be undone."),
        (_macro("info", _rich("<p>Free.</p>"), ("title", "Good to know")), "**Good to know**\n\nFree."),
        (_macro("expand", _rich("<p>All cards.</p>"), ("title", "Which cards?")), "**Which cards?**\n\nAll cards."),
        (_macro("expand", _rich("<p>All cards.</p>")), "All cards."),
        (_macro("panel", _rich("<p>9 to 17.</p>"), ("bgColor", "#fff")), "9 to 17."),
        (_macro("code", _plain("if a > 3 && b:\n  <id> &nbsp;")), "```\nif a > 3 && b:\n  <id> &nbsp;\n```"),
        (_macro("code", _plain("x ]]]]><![CDATA[> y")), "```\nx ]]> y\n```"),
        ('<ac:structured-macro ac:name="code"><ac:plain-text-body><![CDATA[never closed', "```\nnever closed\n```"),
        (f"<p>Plan {_macro('status', '', ('title', 'NEW'), ('colour', 'Green'))}</p>", "Plan NEW"),
        (_macro("toc", "", ("maxLevel", "2")) + "<p>Text.</p>", "Text."),
        (_macro("excerpt", _rich("<p>Hidden.</p>"), ("hidden", "true")) + "<p>Text.</p>", "Text."),
        (_macro("excerpt", _rich("<p>Shown.</p>")), "Shown."),
        (_macro("note", _rich(_macro("code", _plain("x")) + "<p>In.</p>")), "**Note**\n\n```\nx\n```\n\nIn."),
    ],
)
def test_a_macro_is_read_as_its_page_shows_it(body: str, markdown: str) -> None:
    assert storage(body) == markdown


@pytest.mark.parametrize(
    ("body", "markdown"),
    [
        ('<p>See <ac:link><ri:page ri:content-title="Fees" /></ac:link>.</p>', "See Fees."),
        (
            (
                '<p>See <ac:link ac:anchor="x"><ri:page ri:content-title="Fees"/><ac:link-body>these <b>fees</b>'
                "</ac:link-body></ac:link>.</p>"
            ),
            "See these fees.",
        ),
        (
            (
                '<p><ac:link><ri:page ri:content-title="F"/><ac:plain-text-link-body><![CDATA[A & B]]>'
                "</ac:plain-text-link-body></ac:link></p>"
            ),
            "A & B",
        ),
        ('<p>Ask <ac:link><ri:user ri:account-id="5b"/></ac:link> first.</p>', "Ask (a person) first."),
        ('<p>Get <ac:link><ri:attachment ri:filename="form.pdf"/></ac:link>.</p>', "Get form.pdf."),
        ('<p>Until <time datetime="2026-12-31" />.</p>', "Until 2026-12-31."),
        ('<p>19 <del>EUR</del> <span style="color: red; text-decoration: line-through;">20</span>24</p>', "19 24"),
        ("<p>Now <ac:placeholder>Type here</ac:placeholder>so.</p>", "Now so."),
        ('<p><ac:inline-comment-marker ac:ref="1">Marked</ac:inline-comment-marker> text.</p>', "Marked text."),
        ('<p><ac:emoticon ac:name="tick" ac:emoji-fallback="✅" /></p>', "✅"),
        ('<p><ac:emoticon ac:name="cross" /></p>', "(cross)"),
        ('<p><ac:emoticon ac:name="tick" ac:emoji-fallback=":check_mark:" /></p>', "(tick)"),
        (
            (
                "<ac:task-list>\n<ac:task>\n<ac:task-id>1</ac:task-id>\n<ac:task-status>incomplete</ac:task-status>\n"
                "<ac:task-body>Call</ac:task-body>\n</ac:task>\n</ac:task-list>"
            ),
            "- [ ] Call",
        ),
        ('<ac:image ac:alt="x"><ri:attachment ri:filename="a.png"/></ac:image><p>Text.</p>', "Text."),
        ("<ac:image><ac:caption><p>Figure one.</p></ac:caption></ac:image><p>Text.</p>", "Figure one.\n\nText."),
        (
            (
                "<ac:layout><ac:layout-section><ac:layout-cell><p>L</p></ac:layout-cell><ac:layout-cell><p>R</p>"
                "</ac:layout-cell></ac:layout-section></ac:layout>"
            ),
            "L\n\nR",
        ),
        (
            (
                "<ac:adf-extension><ac:adf-node><ac:adf-content><p>New.</p></ac:adf-content></ac:adf-node>"
                "<ac:adf-fallback><p>New.</p></ac:adf-fallback></ac:adf-extension>"
            ),
            "New.",
        ),
        (
            (
                "<ac:adf-extension><ac:adf-node><ac:adf-attribute>note</ac:adf-attribute><ac:adf-content><p>New.</p>"
                "</ac:adf-content></ac:adf-node></ac:adf-extension>"
            ),
            "New.",
        ),
        (
            (
                "<ac:task-list><ac:task><ac:task-id>1</ac:task-id><ac:task-status>complete</ac:task-status><ac:task-body>"
                "Open it</ac:task-body></ac:task><ac:task><ac:task-id>2</ac:task-id><ac:task-status>incomplete"
                "</ac:task-status><ac:task-body>Press <i>Go</i></ac:task-body></ac:task></ac:task-list>"
            ),
            "- [x] Open it\n- [ ] Press *Go*",
        ),
    ],
)
def test_what_a_reader_sees_is_read_and_nothing_else(body: str, markdown: str) -> None:
    assert storage(body) == markdown


def test_a_table_with_signs_in_its_cells_keeps_them() -> None:
    cell = '<ac:emoticon ac:name="cross" ac:emoji-fallback="❌" />'
    table = f"<table><tbody><tr><th>Plan</th><th>Refund</th></tr><tr><td>Basic</td><td>{cell}</td></tr></tbody></table>"
    assert storage(table) == "| Plan | Refund |\n| --- | --- |\n| Basic | ❌ |"
