"""However people write an access rule into a document, the document is not readable by everyone.

A few hundred documents in `make check`, many with FULL=1.
"""

import json

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from support.size import sized

from index.access import EVERYONE
from index.errors import UnreadableDocumentError
from index.reading.documents import LoadRules
from index.reading.formats.content import Content
from index.reading.formats.exports import articles
from index.reading.formats.html_page import html
from index.reading.formats.markdown_page import markdown
from index.reading.formats.plain_text import plain

_READERS = {"md": markdown, "txt": plain, "html": html}
_BODIES = (
    "# Refunds\n\nA lead may refund it.\n",
    "A lead may refund it.\n\n---\n\nMore.\n",
    "<h1>Refunds</h1><p>Text.</p>\n",
)
_OTHER = (
    "title: Refunds",
    "tags: [a, b]",
    "description: How to pay: back",
    "date: 2024-01-02",
    "author:\n  name: Ana",
    "",
)
_SPELLINGS = (
    "access Access ACCESS groups Groups GROUPS acces acess accesss axcess acccess access_groups accessLevel Group group"
    " allowed-groups audience permissions Permission permision visibility visibilty private_to restricted_to readers"
    " visible_to user_groups acc\u00e8s \uff41ccess"
).split()
_WORDS = st.sampled_from(_SPELLINGS)
_EXACT = st.sampled_from("access Access ACCESS groups Groups GROUPS".split())
_VALUES = st.sampled_from(
    [
        "leads",
        "[leads]",
        "leads, finance",
        '"leads"',
        "[leads, finance]",
        "'leads; finance'",
        "leads # ours",
        "\n  - leads",
    ]
)
_BEFORE = st.lists(
    st.sampled_from(["\ufeff", "\n", "\r\n", "  ", "\t", "\u200b", "<!-- ours -->\n", "<!--\nA\n\nB\n-->", "\u00a0"]),
    max_size=3,
)
_EDITS = st.tuples(
    st.sampled_from(["insert", "drop", "change", "swap"]), st.integers(0, 5), st.sampled_from("abceglorstuwxy")
)


def _is_open(kind: str, text: str) -> bool:
    """Tell whether everyone may read a document."""
    try:
        content: Content = _READERS[kind](text.encode())
        return EVERYONE in LoadRules().groups("a", content.access)
    except UnreadableDocumentError:
        return False


@st.composite
def _lines(draw: st.DrawFn, rule: str) -> str:
    """Put a line with a rule among other lines, indented or nested."""
    others = draw(st.lists(st.sampled_from(_OTHER), max_size=3))
    shape = draw(st.sampled_from(["plain", "plain", "nested", "item", "twice"]))
    shaped = {"plain": rule, "nested": f"meta:\n  {rule}", "item": f"meta:\n  - {rule}", "twice": f"{rule}\n{rule}"}[
        shape
    ]
    at = draw(st.integers(0, len(others)))
    lines = "\n".join([*others[:at], shaped, *others[at:]])
    indent = draw(st.sampled_from(["", "", "  "]))
    return "\n".join(f"{indent}{line}" for line in lines.split("\n"))


@st.composite
def _yaml_pages(draw: st.DrawFn) -> str:
    before = "".join(draw(_BEFORE))
    opened = draw(st.sampled_from(["---", "---", "---", "--- ", "---yaml", "-----", "--- # meta"]))
    closed = draw(st.sampled_from(["---", "---", "...", "-----", "--- ", "", "***", "--"]))
    block = draw(_lines(f"{draw(_WORDS)}: {draw(_VALUES)}"))
    ends = draw(st.sampled_from(["\n", "\n", "\r\n"]))
    return f"{before}{opened}\n{block}\n{closed}\n{draw(st.sampled_from(_BODIES))}".replace("\n", ends)


@settings(max_examples=sized(20_000, 400), deadline=None)
@given(_yaml_pages(), st.sampled_from(["md", "txt", "html"]))
def test_a_rule_in_front_matter_is_kept_or_leaves_the_document_out(text: str, kind: str) -> None:
    assert not _is_open(kind, text)


@settings(max_examples=sized(10_000, 200), deadline=None)
@given(_EXACT, _EDITS, _VALUES, st.sampled_from(["---", "+++", "\u2014", "\u2013\u2013", "--"]))
def test_a_rule_with_one_wrong_letter_is_kept_or_leaves_the_document_out(
    key: str, edit: tuple[str, int, str], value: str, fence: str
) -> None:
    how, at, letter = edit
    at = min(at, len(key) - 2)
    edited = {
        "insert": key[:at] + letter + key[at:],
        "drop": key[:at] + key[at + 1 :],
        "change": key[:at] + letter + key[at + 1 :],
        "swap": key[:at] + key[at + 1] + key[at] + key[at + 2 :],
    }[how]
    assert not _is_open("md", f"{fence}\n{edited}: {value}\n{fence}\n{_BODIES[0]}")


@settings(max_examples=sized(5_000, 200), deadline=None)
@given(
    _WORDS,
    st.sampled_from(["'leads'", "['leads']", "'leads, finance'"]),
    st.sampled_from(["", "[extra]\n"]),
    st.booleans(),
)
def test_a_rule_in_toml_is_kept_or_leaves_the_document_out(key: str, value: str, table: str, is_closed: bool) -> None:
    end = "+++\n" if is_closed else ""
    assert not _is_open("md", f"+++\ntitle = 'A'\n{table}{key} = {value}\n{end}{_BODIES[0]}")


@settings(max_examples=sized(5_000, 200), deadline=None)
@given(
    _WORDS,
    st.sampled_from(["leads", ["leads"], ["leads", "finance"]]),
    st.booleans(),
    st.sampled_from([None, 1]),
    st.sampled_from(["", ",", "}"]),
)
def test_a_rule_in_json_is_kept_or_leaves_the_document_out(
    key: str,
    value: object,
    nested: bool,
    indent: int | None,
    broken: str,
) -> None:
    fields = {"title": "A", "meta": {key: value}} if nested else {"title": "A", key: value}
    written = json.dumps(fields, indent=indent, ensure_ascii=False)
    text = f"{written[:-1]}{broken}\n}}" if broken else written
    assert not _is_open("md", f"{text}\n{_BODIES[0]}")


@settings(max_examples=sized(5_000, 200), deadline=None)
@given(
    _WORDS,
    st.sampled_from(["leads", ["leads"], [], {"a": "leads"}, 7]),
    st.sampled_from(["lines", "list", "object", "around"]),
)
def test_a_rule_in_an_export_is_kept_or_leaves_the_article_out(key: str, value: object, shape: str) -> None:
    exact = key.casefold() in {"access", "groups"}
    assume(exact or value != [])
    line = {"title": "A", "body": "Text", key: value}
    wrapped = {"lines": line, "list": [line, line], "object": {"articles": [line]}}
    around = {key: value, "articles": [{"title": "A", "body": "Text"}]}
    raw = json.dumps(wrapped.get(shape, around)).encode()
    try:
        found = list(articles(raw))
    except UnreadableDocumentError:
        return
    for article in found:
        if isinstance(article.content, Content):
            assert EVERYONE not in LoadRules().groups("a", article.content.access)


@settings(max_examples=sized(2_000, 200), deadline=None)
@given(
    _EXACT,
    st.sampled_from(["leads", "leads, finance", "[leads]", "", "true"]),
    st.sampled_from(["name", "property", "NAME"]),
)
def test_a_rule_in_a_meta_tag_is_kept_or_leaves_the_page_out(key: str, value: str, attribute: str) -> None:
    page = f'<html><head><meta {attribute}="{key}" content="{value}"></head><body>Text</body></html>'
    assert not _is_open("html", page)


@settings(max_examples=sized(2_000, 200), deadline=None)
@given(
    _EXACT,
    _VALUES,
    st.sampled_from(
        [
            "# Refunds\n\n",
            "# Refunds\n",
            "Intro.\n\n",
            "import A from 'a'\n\n",
            "---\ntitle: A\n---\n",
            "---\n---\n",
            "---\n\n---\n",
        ]
    ),
)
def test_front_matter_that_does_not_come_first_leaves_the_document_out(key: str, value: str, above: str) -> None:
    assert not _is_open("md", f"{above}---\n{key}: {value}\n---\n{_BODIES[0]}")
