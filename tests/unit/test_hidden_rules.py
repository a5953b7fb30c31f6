"""A rule in a place where none is read leaves the document out; ordinary documents about access are read."""

import io
import json
import zipfile
from collections.abc import Callable

import pytest

from index.access import EVERYONE
from index.errors import UnreadableDocumentError
from index.reading.documents import LoadRules
from index.reading.formats.content import Content
from index.reading.formats.delimited import delimited
from index.reading.formats.epub import epub
from index.reading.formats.exports import articles
from index.reading.formats.html_page import html
from index.reading.formats.markdown_page import markdown, mdx
from index.reading.formats.plain_text import plain

_READERS: dict[str, Callable[[bytes], Content]] = {
    "md": markdown,
    "mdx": mdx,
    "txt": plain,
    "html": html,
    "csv": delimited,
}
_BODY = "\n# Pay\n\nBody\n"
_PAGE = "<html><head><title>Pay</title></head><body><h1>Pay</h1><p>Body</p></body></html>"
_LONG = "".join(f"k{number}: {'x' * 200}\n" for number in range(400))

_HARMLESS = [
    ("md", "access: see the page of your own team below\n\nBody"),
    ("md", "Access: see below\n\nBody"),
    ("md", "# Rules\n\nWrite this:\n\n```yaml\ntitle: A\naccess: leads\n```\n\nBody"),
    ("md", "```yaml\nservices:\n  web:\n    access: all\n```\n\nBody"),
    ("md", '```json\n{"access": "leads"}\n```\n\nBody'),
    ("md", "---\n" + _LONG + "---\nBody"),
    ("md", "<!--\n" + "License: any word of it, and more of it.\n" * 400 + "-->\nBody"),
    ("md", "<!--\nCopyright.\n\nAccess to the source: see LICENSE.\n-->\nBody"),
    ("md", "# A\n<!-- TODO: groups and access are explained elsewhere -->\nBody"),
    ("md", '# A\n\nUse `<meta name="access" content="leads">` in a page.\n\nBody'),
    ("md", '# A\n\n```html\n<meta name="access" content="leads">\n```\n\nBody'),
    ("md", "{note: this is prose} about access: read it\n\nBody"),
    ("md", "[{Access: a link}](https://h.example)\n\nBody"),
    ("md", "---\nteam: payments\nstatus: accepted\n---\nBody"),
    ("md", "---\nrequires_login: false\npassword_protected: no\n---\nBody"),
    ("md", "---\n\u0434\u043e\u0441\u0442\u0443\u043f: \u0432\u0441\u0435\ntitle: A\n---\nBody"),
    ("md", "---\naccess: everyone\n---\nBody"),
    ("md", "Access: by the north door only\n\nBody"),
    ("md", "# Plans\n\n---\n\nGroups: Basic Pro Enterprise\n\n---\n\nBody"),
    ("mdx", "export const groups = ['a', 'b']\n\n# A\n\nBody"),
    ("mdx", "import A from 'a'\n\nexport const meta = { title: 'Access' }\n\n# A\n\nBody"),
    ("html", "<!DOCTYPE html>\n<!-- Access to this page is free -->\n" + _PAGE),
    ("html", _PAGE.replace("<h1>", "<!-- access: leads -->\n<h1>")),
    ("html", _PAGE.replace("<title>", '<meta http-equiv="Access-Control-Allow-Origin" content="*"><title>')),
    ("html", _PAGE.replace("<body>", '<body data-access="x">')),
    ("html", "Access: by card\n" + _PAGE),
    ("csv", "name,salary,access\nBody,1,leads\n"),
    ("csv", "access,name\nleads,Body\n"),
    ("csv", "access: level,name\n1,Body\n"),
    ("csv", "# people of the lab\nname,access\nBody,leads\n"),
    ("csv", 'name,text\nBody,"first\naccess: leads\nlast"\n'),
]  # fmt: skip

_LEFT_OUT = [
    ("md", "---\n" + _LONG + "access: hr\n---" + _BODY),
    ("md", "---\n" + "k: x\n" * 400 + "access: hr\n" + _BODY),
    ("md", "<!-- " + "x\n" * 400 + "access: hr -->\n" + _BODY),
    ("md", "<!--\n" + "license: x\n" * 400 + "access: hr\n-->\n" + _BODY),
    ("md", "<!--\nGenerated.\n\naccess: hr\n-->\n" + _BODY),
    ("md", '{title: "X", access: "hr"}\n' + _BODY),
    ("md", "{'title': 'X', 'access': ['hr']}\n" + _BODY),
    ("md", '{\n"title": "X",\n\n"access": ["hr"],\n}\n' + _BODY),
    ("md", '{ // note\n"title":"X","access":"hr"}\n' + _BODY),
    ("md", '/* x */\n{"title":"X","access":"hr"}\n' + _BODY),
    ("md", '[{"title":"X","access":"hr"}]\n' + _BODY),
    ("md", "# T\n<!-- access: hr -->\nBody"),
    ("md", "---\ntitle: X\n---\n# T\n\n<!-- access: hr -->\nBody"),
    ("md", '<meta name="access" content="hr">\n' + _BODY),
    ("md", "```yaml\naccess: hr\n```\n" + _BODY),
    ("md", "```yaml\ntitle: X\naccess: hr\n```\n" + _BODY),
    ("md", "access: Human Resources Leads\n" + _BODY),
    ("md", "title: X\naccess: Human Resources Leads\n\n" + _BODY),
    ("md", "# T\n\n---\naccess: Human Resources Leads\n---" + _BODY),
    ("md", "---\ntitle: X\n\u0430\u0441\u0441ess: hr\n---" + _BODY),
    ("md", "---\ntitle: X\ngr\u043eu\u0440s: hr\n---" + _BODY),
    ("md", "---\naccess: everyone, not contractors\n---" + _BODY),
    ("md", "---\naccess: [everyone, hr]\n---" + _BODY),
    ("mdx", "export const meta = { title: 'X', access: ['hr'] }\n" + _BODY),
    ("mdx", "export const meta: Meta = { title: 'X', access: ['hr'] }\n" + _BODY),
    ("mdx", "export const access = ['hr']\n" + _BODY),
    ("mdx", "import X from 'x'\n\nexport const meta = {\n  title: 'X',\n  access: ['hr'],\n}\n" + _BODY),
    *(
        ("md", f"---\ntitle: X\n{line}\n---" + _BODY)
        for line in (
            "requires_login: true",
            "signed_in_only: true",
            "password_protected: true",
            "teams: [hr]",
            "only_for: hr",
            "limited_to: hr",
            "accessible_to: hr",
            "status: private",
        )
    ),
    ("html", "title: X\naccess: hr\n\n" + _PAGE),
    ("html", "access: hr\n" + _PAGE),
    ("html", "Jekyll\n---\ntitle: X\naccess: hr\n---\n" + _PAGE),
    ("html", "<!DOCTYPE html>\n---\ntitle: X\naccess: hr\n---\n" + _PAGE),
    ("html", "<?xml version='1.0'?>\n---\ntitle: X\naccess: hr\n---\n" + _PAGE),
    ("html", "---\ntitle: X\n---\n---\naccess: hr\n---\n" + _PAGE),
    ("html", "<!DOCTYPE html>\n<!-- access: hr -->\n" + _PAGE),
    ("html", _PAGE.replace("<title>", "<!-- access: hr --><title>")),
    ("html", _PAGE.replace("<title>", '<meta http-equiv="access" content="hr"><title>')),
    ("html", _PAGE.replace("<title>", '<meta name="x" property="access" content="hr"><title>')),
    ("csv", "---\ntitle: X\naccess: hr\n---\nname,salary\nAna,1\n"),
    ("csv", "# access: hr\nname,salary\nAna,1\n"),
    ("csv", "access: hr\nname,salary\nAna,1\n"),
    ("csv", "---\ntitle: X\naccess: hr\n---\nname\tsalary\nAna\t1\n"),
]


@pytest.mark.parametrize(("kind", "text"), _HARMLESS)
def test_an_ordinary_document_about_access_is_read(kind: str, text: str) -> None:
    content = _READERS[kind](text.encode())
    assert EVERYONE in LoadRules().groups("a", content.access)
    assert "Body" in content.text


@pytest.mark.parametrize(("kind", "text"), _LEFT_OUT)
def test_a_rule_where_none_is_read_is_kept_or_leaves_the_document_out(kind: str, text: str) -> None:
    try:
        content = _READERS[kind](text.encode())
        assert EVERYONE not in LoadRules().groups("a", content.access)
    except UnreadableDocumentError:
        pass


_ARTICLE = {"title": "Pay", "body": "The head earns more."}


def _open_articles(value: object) -> list[str]:
    try:
        found = [article.content for article in articles(json.dumps(value).encode())]
    except UnreadableDocumentError:
        return []
    opened = []
    for content in found:
        try:
            if isinstance(content, Content) and EVERYONE in LoadRules().groups("a", content.access):
                opened.append(content.text)
        except UnreadableDocumentError:
            pass
    return opened


@pytest.mark.parametrize(
    "value",
    [
        {"access": [{"group": "hr"}], "articles": [_ARTICLE]},
        {"groups": [{"name": "hr"}], "articles": [_ARTICLE]},
        {"sections": [{"id": 1, "access": ["hr"]}], "articles": [_ARTICLE]},
        _ARTICLE | {"body": "---\naccess: hr\n---\nThe head earns more."},
        _ARTICLE | {"body": "<meta name='access' content='hr'><p>The head earns more.</p>"},
        _ARTICLE | {"body": "<!-- access: hr -->The head earns more."},
        _ARTICLE | {"body": "<!-- access: hr --><p>The head earns more.</p>"},
        _ARTICLE | {"user_segment": {"id": 5, "user_type": "staff"}},
        _ARTICLE | {"requires_login": True},
        _ARTICLE | {"signed_in_only": True},
        _ARTICLE | {"password_protected": True},
    ],
)
def test_no_article_with_a_rule_in_another_place_is_open(value: object) -> None:
    assert _open_articles(value) == []


@pytest.mark.parametrize(
    "value",
    [
        {"articles": [_ARTICLE], "users": [{"id": 1, "role": "agent", "restricted_agent": True, "groups": []}]},
        {"articles": [_ARTICLE], "sections": [{"id": 1, "name": "Access"}], "categories": [{"id": 2}]},
        _ARTICLE | {"body": "<p>access: leads</p><p>The head</p>"},
        _ARTICLE | {"body": "<pre>---\naccess: leads\n---</pre><p>The head</p>"},
        _ARTICLE | {"user_segment": None},
        _ARTICLE | {"author": {"name": "Ana", "teams": ["a"]}},
    ],
)
def test_an_ordinary_export_is_read(value: object) -> None:
    assert len(_open_articles(value)) == 1


def _book(meta: str, head: str = "") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as book:
        book.writestr("mimetype", "application/epub+zip")
        book.writestr(
            "META-INF/container.xml",
            '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
            '<rootfile full-path="p.opf" media-type="application/oebps-package+xml"/></rootfiles></container>',
        )
        book.writestr(
            "p.opf",
            f'<package xmlns="http://www.idpf.org/2007/opf"><metadata>{meta}</metadata><manifest>'
            '<item id="a" href="a.xhtml" media-type="application/xhtml+xml"/></manifest>'
            '<spine><itemref idref="a"/></spine></package>',
        )
        book.writestr("a.xhtml", f"<html><head>{head}</head><body><h1>Pay</h1><p>Body</p></body></html>")
    return out.getvalue()


@pytest.mark.parametrize(
    ("meta", "head"),
    [
        ('<meta name="access" content="hr"/>', ""),
        ('<meta property="access">hr</meta>', ""),
        ("", '<meta name="access" content="hr"/>'),
    ],
)
def test_a_book_with_a_rule_is_left_out(meta: str, head: str) -> None:
    with pytest.raises(UnreadableDocumentError, match="access"):
        epub(_book(meta, head))


def test_a_book_that_says_how_it_can_be_accessed_is_read() -> None:
    assert "Body" in epub(_book('<meta property="schema:accessMode">textual</meta>')).text
