"""A document without a rule stays readable, one with a rule that is not understood is left out with a reason."""

import json
import re
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from bot.cli.access_warnings import access_warnings
from bot.cli.index import coverage_json, coverage_text
from bot.settings import Settings
from index.access import EVERYONE
from index.builder import Coverage
from index.errors import UnreadableDocumentError
from index.reading.documents import LoadRules
from index.reading.formats import front_matter
from index.reading.formats.content import Content
from index.reading.formats.exports import articles
from index.reading.formats.html_page import html
from index.reading.formats.markdown_page import markdown
from index.reading.formats.plain_text import plain

_READERS: dict[str, Callable[[bytes], Content]] = {"md": markdown, "txt": plain, "html": html}

# Ordinary pages without an access rule, as users of different tools write them. "Body" stands in what must be kept.
_HARMLESS = {
    # Docusaurus
    "docusaurus": "---\nid: intro\ntitle: Introduction\nsidebar_position: 2\nsidebar_label: Intro\nslug: /\n---\n\nBody",
    "docusaurus props": "---\nsidebar_custom_props:\n  icon: key\n  badge: new\n---\n# Keys\nBody",
    "docusaurus update": "---\ntitle: A\nlast_update:\n  date: 2024-05-01\n  author: Ana\n---\nBody",
    "docusaurus authors": "---\nauthors:\n  - name: Ana\n    title: Engineer\n    url: https://a.example\ntags: [a, b]\n---\nBody",
    "docusaurus flags": "---\nhide_title: true\nhide_table_of_contents: true\npagination_next: null\ndraft: false\nunlisted: true\n---\nBody",
    "docusaurus meta": "---\ntitle_meta: T\nkeywords:\n  - access\n  - groups\n  - permissions\ndescription: Access rules and groups.\n---\nBody",
    # Hugo
    "hugo yaml": "---\ntitle: 'Refunds'\ndate: 2024-01-02T15:04:05Z\ndraft: false\nweight: 10\ncategories: [help]\n---\nBody",
    "hugo toml": "+++\ntitle = 'Refunds'\ndate = 2024-01-02T15:04:05Z\ndraft = false\ntags = ['a', 'b']\n+++\nBody",
    "hugo toml menu": "+++\ntitle = 'A'\n[menu.main]\nparent = 'about'\nweight = 1\n[params]\nauthor = 'Ana'\n+++\nBody",
    "hugo json": '{\n  "title": "A",\n  "date": "2024-01-02",\n  "draft": false,\n  "tags": ["access"]\n}\n\nBody',
    "hugo build": "---\ntitle: A\nbuild:\n  list: never\n  render: always\ncascade:\n  type: docs\naliases:\n  - /old\n---\nBody",
    "hugo shortcode": "{{< toc >}}\n\nBody: text",
    # Jekyll
    "jekyll": "---\nlayout: post\npermalink: /a/\npublished: true\ncategories: [a]\nredirect_from:\n  - /b/\n---\nBody",
    "jekyll empty": "---\n---\n\nBody",
    "jekyll minimal mistakes": "---\ntitle: A\nread_time: true\nshare: true\nrelated: true\nauthor_profile: true\nheader:\n  teaser: /a.png\n  actions:\n    - label: Go\n      url: /go\n---\nBody",
    "jekyll just the docs": "---\ntitle: A\nparent: B\nnav_order: 3\nhas_children: true\nhas_toc: false\nnav_exclude: true\n---\nBody",
    "jekyll liquid": "{% include header.html %}\n\nBody",
    # MkDocs
    "mkdocs material": "---\nhide:\n  - navigation\n  - toc\nstatus: new\nicon: material/key\nsearch:\n  boost: 2\n---\n# A\nBody",
    "mkdocs python tag": "---\ntitle: A\nformat: !!python/name:pymdownx.superfences.fence_code_format\n---\nBody",
    "mkdocs template": "---\ntemplate: home.html\nsocial:\n  cards: false\ncomments: true\n---\nBody",
    "mkdocs meta": "Title: My page\nAuthors: Ana\nDate: 2024-01-02\n\nBody",
    # Obsidian
    "obsidian": "---\naliases: [Refund]\ntags:\n  - billing/refund\ncssclasses: wide\npublish: true\n---\nBody [[Link]]",
    "obsidian dates": "---\ndate created: Monday, January 1st 2024\ndate modified: 2024-02-03\naccessed: 2024-01-02\nup: \"[[Home]]\"\n---\nBody",
    "obsidian tag line": "---\ntags: #billing\n---\nBody",
    # VitePress, VuePress, Nextra, Astro, Starlight
    "vitepress home": "---\nlayout: home\nhero:\n  name: Acme\n  text: Help\n  actions:\n    - theme: brand\n      text: Start\n      link: /start\nfeatures:\n  - title: Fast\n    details: Access from everywhere\n---\nBody",
    "vitepress head": "---\nhead:\n  - - meta\n    - name: description\n      content: hello\n  - - script\n    - async: true\n---\nBody",
    "vitepress flags": "---\noutline: deep\nlastUpdated: false\neditLink: true\naside: left\nnavbar: false\n---\nBody",
    "starlight": "---\ntitle: A\nsidebar:\n  order: 1\n  badge:\n    text: New\n    variant: tip\nprev: false\nbanner:\n  content: Hi\n---\nBody",
    "astro": "---\ntitle: A\npubDate: 'Jul 08 2022'\nheroImage: '/a.jpg'\nlayout: ../../layouts/Post.astro\n---\nBody",
    "gatsby": "---\npath: \"/a\"\ndate: \"2019-05-04\"\nfeaturedImage: ../a.png\n---\nBody",
    "readme.io": "---\ntitle: A\nexcerpt: ''\ndeprecated: false\nhidden: false\nmetadata:\n  title: ''\n  robots: index\nnext:\n  description: ''\n---\nBody",
    "mintlify": "---\ntitle: A\nmode: wide\nopenapi: GET /access/groups\npublic: true\n---\nBody",
    "microsoft": "---\ntitle: A\nms.author: ana\nms.date: 01/02/2024\nms.topic: how-to\nms.service: billing\n---\nBody",
    "backstage": "---\nowner: team-payments\nteam: payments\nstatus: accepted\ntype: adr\n---\nBody",
    "accessibility": "---\ntitle: A\naccessibility: AA\ncategory: Access\nsection: groups\n---\nBody",
    "title with colon": "---\ntitle: \"Access: how to get in\"\nsubtitle: 'Groups: who they are'\n---\nBody",
    "windows lines": "---\r\ntitle: A\r\ntags: [a]\r\n---\r\nBody",
    "byte order mark": "\ufeff---\ntitle: A\n---\nBody",
    "licence comment": "<!-- Copyright Acme. All rights reserved. -->\n---\ntitle: A\n---\nBody",
    "lint comment": "<!-- markdownlint-disable MD041 -->\n\nBody",
    "commented rule": "---\ntitle: A\n# access: leads\n---\nBody",
    "public": "---\ntitle: A\nvisibility: public\n---\nBody",
    "closed by dots": "---\ntitle: A\n...\nBody",
    "toml comment": "+++\n# comment\ntitle = \"A\" # access = 'x'\n+++\nBody",
    "anchor": "---\ntitle: &t A\n---\nBody",
    # thematic breaks and prose
    "break and prose": "---\n\nBody of a page that begins with a break.\n\n---\n\nMore.",
    "break and note": "---\n\n**Note**: access is limited: ask first.\n\n---\n\nBody",
    "break and colon": "---\n\nImportant: read this first.\n\n---\n\nBody",
    "break and sentence": "---\nAccess to the building is by key card.\n---\nBody",
    "break and heading": "---\n\n# Access\n\nBody: the groups are named in the settings.\n",
    "break only": "---\n\nBody without a second break",
    "break and list": "---\n\n- Access: ask at the desk\n- Parking: level 2\n\nBody",
    "break and two colons": "---\nThis is: a sentence: with colons\n---\nBody",
    "stars": "***\n\nBody\n\n***",
    "setext": "Access rules\n---\n\nBody",
    # code blocks
    "example in code": "# Access rules\n\n```\n---\naccess: [leads]\n---\n```\n\nBody",
    "example in yaml": "# Access\n\nWrite:\n\n```yaml\naccess: leads\ngroups: [finance]\n```\n\nBody",
    "example after front matter": "---\ntitle: Access rules\n---\n\n```markdown\n---\naccess: leads\n---\n```\n\nBody",
    "example indented": "# Access\n\n    ---\n    access: leads\n    ---\n\nBody",
    "example inline": "# Access\n\nPut `access: leads` between two lines of `---`.\n\nBody",
    "tilde code": "~~~yaml\n---\naccess: leads\n---\n~~~\n\nBody",
    "prose about access": "# Door\n\nAccess: use the north door.\n\nBody",
    "prose about groups": "Groups: we welcome up to 20 persons per tour.\n\nBody",
    "mdx": "import Tabs from '@theme/Tabs';\n\n# A\n\n<Tabs groupId=\"os\">Body</Tabs>",
    "mdx comment": "{/* a comment */}\n\nBody",
    "mdx export": "export const toc = [];\n\n# A\n\nBody",
    "jinja": "{{ page.title }}\n\nBody",
    "curly": "{: .note }\nBody",
}  # fmt: skip

_HARMLESS_TEXTS = {
    "dashes": "----------------------------------------\nACCESS AND PERMISSIONS\n----------------------------------------\n\nBody",
    "dashes and fields": "--------------------\nFrom: Ana\nSubject: Groups and access\n--------------------\n\nBody",
    "dashes and prose": "-----\nThe groups are as follows:\nfirst, second.\nBody",
    "dashes alone": "--------\n\nBody",
    "equals": "=======\nACCESS\n=======\n\nBody",
    "plus": "+++++++\nBody\n+++++++",
    "table": "+------+-------+\n| a    | Body  |\n+------+-------+",
    "mail": "From: ana@example.com\nTo: team@example.com\nSubject: Access to the lab\n\nBody",
    "info card": "Access: ring the bell.\nParking: level 2.\n\nBody",
    "ini": "[server]\naccess_log = /var/log/a\n\nBody",
    "first line": "Access\n\nBody",
    "json": '{"name": "x", "items": [1, 2], "note": "Body"}',
}

_HARMLESS_PAGES = {
    "page": "<!DOCTYPE html><html><head><title>A</title><meta name='description' content='access'></head><body>Body</body></html>",
    "meta tags": "<html><head><meta charset=utf-8><meta name=viewport content='x'><meta name=robots content=noindex><meta property='og:title' content='A'><meta name='audience' content='all'></head><body>Body</body></html>",
    "jekyll page": "---\nlayout: default\n---\n<h1>A</h1><p>Body</p>",
    "comment": "<!-- saved from url -->\n<html><body><p>Access: by card</p><p>Body</p></body></html>",
    "example": "<html><body><pre>---\naccess: leads\n---</pre><p>Body</p></body></html>",
    "form": "<html><body><form><input name=access></form><p>Body</p></body></html>",
    "msvalidate": "<html><head><meta http-equiv='Access-Control-Allow-Origin' content='*'><meta name='google-site-verification' content='abc'></head><body>Body</body></html>",
}

# Set aside when the rules were written; read for the first time when they were done.
_UNSEEN = {
    "quarto": "---\ntitle: \"A\"\nformat:\n  html:\n    toc: true\n    code-fold: true\nexecute:\n  echo: false\nbibliography: refs.bib\n---\nBody",
    "rmarkdown": "---\ntitle: A\noutput: html_document\nparams:\n  region: east\n---\n\n```{r}\naccess <- 1\n```\nBody",
    "sphinx myst": "---\nmyst:\n  substitutions:\n    key: value\norphan: true\n---\n# A\nBody",
    "pandoc": "% Title\n% Author\n% 2024\n\nBody",
    "pandoc dots": "---\ntitle: A\nauthor:\n- Ana\n- Ben\n...\n\nBody",
    "zola": "+++\ntitle = \"A\"\nweight = 1\n[extra]\ntoc = true\n[taxonomies]\ntags = [\"x\"]\n+++\nBody",
    "eleventy": "---\nlayout: base.njk\neleventyNavigation:\n  key: A\n  order: 1\n  parent: B\npagination:\n  data: posts\n  size: 1\n---\nBody",
    "hexo": "---\ntitle: A\ntoc: true\ncomments: false\ncategories:\n- [a, b]\nexcerpt: x\nsticky: 1\n---\nBody",
    "notion export": "# A\n\nCreated: January 2, 2024 3:04 PM\nTags: billing\nStatus: Done\n\nBody",
    "dendron": "---\nid: abc123\ntitle: A\ndesc: ''\nupdated: 1655555555555\ncreated: 1655555555555\n---\nBody",
    "logseq": "title:: A\ntags:: billing\n\n- Body",
    "gitbook": "---\ndescription: Who to ask about access\ncover: .gitbook/assets/a.png\ncoverY: 0\nlayout:\n  title:\n    visible: true\n  tableOfContents:\n    visible: true\n---\n\n# A\n\nBody",
    "wiki.js": "---\ntitle: A\ndescription: \npublished: true\ndate: 2024-01-02T03:04:05.000Z\ntags: \neditor: markdown\ndateCreated: 2024-01-01T00:00:00.000Z\n---\nBody",
    "github issue": "---\nname: Bug report\nabout: Create a report\ntitle: ''\nlabels: bug\nassignees: ''\n---\nBody",
    "skill": "---\nname: pdf\ndescription: Use for PDF. Triggers on \"access\".\nallowed-tools: Read, Grep\n---\nBody",
    "slidev": "---\ntheme: seriph\nclass: text-center\ntransition: slide-left\n---\n\n# A\n\n---\nlayout: two-cols\n---\n\nBody",
    "marp": "---\nmarp: true\nheader: A\n---\n\n# One\n\n---\n\nGroup: work\n\nBody",
    "rst like": "=====\nTitle\n=====\n\n:Author: Ana\n\nBody",
    "emoji": "---\nemoji: 🔑\ntitle: 'Zugang & Gruppen'\nlang: de\n---\nBody",
}  # fmt: skip


def _cases(kind: str, texts: dict[str, str]) -> list[Any]:
    return [pytest.param(kind, text, id=f"{kind} {name}") for name, text in texts.items()]


_ORDINARY = [*_cases("md", _HARMLESS), *_cases("txt", _HARMLESS_TEXTS), *_cases("html", _HARMLESS_PAGES)]


@pytest.mark.parametrize(("kind", "text"), _ORDINARY)
def test_an_ordinary_page_is_read_and_has_no_rule(kind: str, text: str) -> None:
    content = _READERS[kind](text.encode())
    assert content.access is None
    assert "Body" in content.text


# Front matter and the groups that it names.
_UNDERSTOOD = {
    "---\naccess: leads\n---": {"leads"},
    "---\nAccess: [leads]\n---": {"leads"},
    "---\nGROUPS: leads, finance\n---": {"leads", "finance"},
    "---\ngroups: [leads, 'finance; people']\n---": {"leads", "finance", "people"},
    "---\naccess: leads\ngroups: [leads]\n---": {"leads"},
    "---\naccess: customer success\n---": {"customer success"},
    "---\naccess: everyone\naudience: developers\n---": {EVERYONE},
    "---\naccess: nobody\n---": set(),
    "---\naccess: leads\n...": {"leads"},
    "---\n? access\n: leads\n---": {"leads"},
    "--- # ours\naccess: leads\n---": {"leads"},
    "+++\naccess = ['leads']\n+++": {"leads"},
    '{"access": "leads"}': {"leads"},
    '---json\n{"groups": ["leads"]}\n---': {"leads"},
    "\ufeff\n\n  ---\n  access: leads\n  ---": {"leads"},
    "<!-- ours -->\n---\naccess: leads\n---": {"leads"},
}


@pytest.mark.parametrize("kind", _READERS)
@pytest.mark.parametrize(("text", "groups"), _UNDERSTOOD.items())
def test_a_rule_that_is_understood_names_its_groups(text: str, groups: set[str], kind: str) -> None:
    content = _READERS[kind](f"{text}\nBody".encode())
    assert LoadRules().groups("a", content.access) == groups


# Front matter that leaves a document out, and words of the reason.
_LEFT_OUT = {
    "---\nacces: leads\n---": "`acces` looks like a misspelt access rule",
    "---\ngroup: leads\n---": "`group` looks like a misspelt access rule",
    "---\naudience: managers\n---": "`audience` may say who may read this",
    "---\naccess:\n---": "names no group",
    "---\naccess: yes\n---": "names no group",
    "---\naccess: {a: b}\n---": "must be a group or a list of groups",
    "---\naccess: leads\nAccess: leads\n---": "written twice",
    "---\naccess: leads\ngroups: finance\n---": "name different groups",
    "---\nmeta:\n  access: leads\n---": "`meta > access` is an access rule below another key",
    "---\n- access: leads\n---": "below another key",
    "---\naccess:leads\n---": "stands where no access rule is read",
    "---\naccess: leads\n": "begin the file with a line `---`",
    "---\ntitle: Pay: how\naccess: leads\n---": "not valid YAML",
    "---\ntitle: a\ndescription: |\n  Text\n  access: leads\n---": "stands where no access rule is read",
    # The price of leaving out every list with a rule: release notes between two lines of dashes are left out as well.
    "---\n## 2.3\n- access: new roles\n- groups: faster\n---": "below another key",
    "+++\naccess: leads\n+++": "not valid TOML",
    '{"title": "a", "access": "leads",}': "stands where no access rule is read",
    "<!-- access: leads -->": "stands where no access rule is read",
    "# Refunds\n\n---\naccess: leads\n---": "stands where no access rule is read",
    "Title: Refunds\nAccess: leads\n": "stands where no access rule is read",
    "export const metadata = {\n  access: 'leads',\n};": "stands where no access rule is read",
    "---\nprivate: true\n---": "`private` may say who may read this",
    "---\ndraft: true\n---": "a draft: it says `draft: true`",
    "---\nPublished: false\n---": "a draft: it says `published: false`",
    "---\nstatus: Draft\n---": "a draft: it says `status: draft`",
    "---\na: &a [x]\nb: [*a, *a]\n---": "alias",
    "---\na: " + "[" * 100 + "]" * 100 + "\n---": "nested too deeply",
}  # fmt: skip


@pytest.mark.parametrize(("text", "reason"), _LEFT_OUT.items())
def test_a_document_whose_rule_is_not_understood_is_left_out_with_a_reason(text: str, reason: str) -> None:
    with pytest.raises(UnreadableDocumentError, match=re.escape(reason)):
        markdown(f"{text}\n\nBody".encode())


_META = {
    "<meta name='Access' content='leads, finance'>": {"leads", "finance"},
    "<meta name=groups content=leads>": {"leads"},
    "<meta property=access content=leads><meta name=audience content=staff>": {"leads"},
}


@pytest.mark.parametrize(("head", "groups"), _META.items())
def test_a_page_names_groups_in_its_head(head: str, groups: set[str]) -> None:
    assert set(html(f"<html><head>{head}</head><body>Body</body></html>".encode()).access or ()) == groups  # type: ignore[call-overload]


@pytest.mark.parametrize(
    "head", ["<meta name=acces content=leads>", "<meta name=access>", "<meta name=audience content=staff>"]
)
def test_a_page_with_a_rule_in_its_head_that_is_not_understood_is_left_out(head: str) -> None:
    with pytest.raises(UnreadableDocumentError):
        html(f"<html><head>{head}</head><body>Body</body></html>".encode())


def test_front_matter_gives_title_address_and_day_of_the_last_change() -> None:
    content = markdown(
        b"---\nTitle: Refunds\nurl: https://h.example/r\ndate: 2024-01-02\nlastmod: 2024-03-04T05:06:07Z\n---\nBody"
    )
    assert (content.title, content.url, content.updated) == ("Refunds", "https://h.example/r", "2024-03-04")


@pytest.mark.parametrize(
    ("line", "day"),
    [
        ("updated: 2024-1-2", "2024-01-02"),
        ("last_updated: 2024/01/02", "2024-01-02"),
        ("lastUpdated: 2024-01-02 10:00", "2024-01-02"),
        ("last_update:\n  date: 2024-01-02", "2024-01-02"),
        ("updated: 1704153600000", "2024-01-02"),
        ("lastUpdated: false", None),
        ("updated: 01/02/2024", None),
        ("updated: 2024-13-45", None),
    ],
)
def test_a_day_is_read_if_its_order_is_certain(line: str, day: str | None) -> None:
    assert markdown(f"---\n{line}\n---\nBody".encode()).updated == day


@pytest.mark.parametrize(
    "text",
    [
        "---\n" + "\n".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 50)) + "\n---\nBody",
        "---\na: " + "[" * 40_000 + "\n---\nBody",
        "---\n" + "  - " * 10_000 + "\n---\nBody",
        "---\n" + "a: b\n" * 200_000,
        "<!---->" * 200_000 + "Body",
        "---\n" * 200_000,
        "a: " * 500_000,
        "{" * 100_000,
        '{"a":' * 100_000,
    ],
    ids=range(9),
)
def test_hostile_front_matter_is_done_with_quickly(text: str) -> None:
    began = time.process_time()
    with suppress(UnreadableDocumentError):
        front_matter.split(text)
    assert time.process_time() - began < 3


_ZENDESK = {
    "id": 7, "url": "https://a.zendesk.com/api/v2/7.json", "html_url": "https://help.example/7", "author_id": 1, "title": "Reset",
    "comments_disabled": False, "draft": False, "promoted": False, "position": 0, "vote_sum": 0, "section_id": 3, "locale": "en-us",
    "created_at": "2023-01-01T00:00:00Z", "updated_at": "2024-01-02T00:00:00Z", "edited_at": "2023-05-06T00:00:00Z", "outdated": False,
    "permission_group_id": 99, "user_segment_id": None, "user_segment_ids": [], "label_names": ["access"], "body": "<p>Press it.</p>",
}  # fmt: skip
_INTERCOM = {
    "type": "article", "id": "8", "workspace_id": "w", "title": "Pay", "description": "short", "body": "<p>By card.</p>", "author_id": 1,
    "state": "published", "created_at": 1700000000, "updated_at": 1704153600, "url": "https://help.example/8", "parent_id": None,
    "parent_type": "collection", "default_locale": "en", "statistics": {"views": 1},
}  # fmt: skip
_FRESHDESK = {
    "id": 9, "type": 1, "category_id": 1, "folder_id": 2, "status": 2, "title": "Ship", "description": "<div>By post.</div>",
    "description_text": "By post.", "tags": [], "seo_data": {"meta_title": "Ship"}, "agent_id": 4, "hits": 1, "updated_at": "2024-01-02T00:00:00Z",
    "hierarchy": [{"level": 0, "type": "category", "data": {"id": 1, "name": "A"}}],
}  # fmt: skip
_HUBSPOT = {
    "id": "1",
    "htmlTitle": "Plan",
    "content": "Text",
    "publicAccessRules": [],
    "publicAccessRulesEnabled": False,
    "state": "PUBLISHED",
}


def _read(*lines: object) -> list[Content | str]:
    return [article.content for article in articles("\n".join(json.dumps(line) for line in lines).encode())]


@pytest.mark.parametrize("shape", ["lines", "list", "object", "indented"])
def test_exports_are_read_as_vendors_write_them(shape: str) -> None:
    lines = [_ZENDESK, _INTERCOM, _FRESHDESK, _HUBSPOT]
    whole = {"count": 4, "articles": lines, "sections": [{"id": 3, "name": "S", "description": "d"}]}
    raw = {
        "lines": "\n".join(map(json.dumps, lines)),
        "list": json.dumps(lines),
        "object": json.dumps(whole),
        "indented": json.dumps(whole, indent=2),
    }[shape]
    found = [article.content for article in articles(raw.encode())]
    assert [(c.title, c.text, c.url, c.updated, c.access) for c in found if isinstance(c, Content)] == [
        ("Reset", "Press it.", "https://help.example/7", "2023-05-06", None),
        ("Pay", "By card.", "https://help.example/8", "2024-01-02", None),
        ("Ship", "By post.", None, "2024-01-02", None),
        ("Plan", "Text", None, None, None),
    ]


@pytest.mark.parametrize(
    "line",
    [
        _ZENDESK | {"draft": True},
        _INTERCOM | {"state": "draft"},
        _FRESHDESK | {"status": 1},
        _HUBSPOT | {"state": "DRAFT"},
    ],
)
def test_drafts_in_an_export_are_left_out_as_drafts(line: dict[str, object]) -> None:
    [content] = _read(line)
    assert isinstance(content, str)
    assert content.startswith("a draft")


@pytest.mark.parametrize("segment", [{"user_segment_id": 12}, {"user_segment_ids": [12]}])
def test_a_segment_of_users_needs_groups_from_the_line_or_from_a_rule_in_the_settings(
    segment: dict[str, object],
) -> None:
    [content, named] = _read(_ZENDESK | segment, _ZENDESK | segment | {"groups": ["agents"]})
    assert isinstance(content, Content)
    assert isinstance(named, Content)
    assert LoadRules().groups("a", named.access) == {"agents"}
    assert LoadRules(access=(("*", ("agents",)),)).groups("a", content.access) == {"agents"}
    for rules in (LoadRules(), LoadRules(access=(("*", (EVERYONE,)),))):
        with pytest.raises(UnreadableDocumentError, match="segment of users"):
            rules.groups("a", content.access)


@pytest.mark.parametrize(
    "more",
    [
        {"access": "leads", "groups": ["finance"]},
        {"groups": []},
        {"groups": None},
        {"acess": "leads"},
        {"author": {"groups": ["leads"]}},
        {"visibility": "agents"},
        {"is_private": True},
        {"accessLevel": "internal"},
    ],
)
def test_an_article_whose_rule_is_not_understood_is_left_out(more: dict[str, object]) -> None:
    [content] = _read({"title": "A", "body": "Text", **more})
    assert isinstance(content, str)


def test_an_article_may_write_both_words_in_any_case() -> None:
    [content] = _read({"title": "A", "body": "Text", "Access": "leads, finance", "GROUPS": ["finance", "leads"]})
    assert isinstance(content, Content)
    assert LoadRules().groups("a", content.access) == {"leads", "finance"}


def test_a_rule_beside_a_list_of_articles_leaves_the_export_out() -> None:
    with pytest.raises(UnreadableDocumentError, match="write it in each article"):
        list(articles(json.dumps({"access": ["leads"], "articles": [{"title": "A", "body": "T"}]}).encode()))


def _settings(**sections: dict[str, object]) -> Settings:
    return Settings.model_validate(sections)


def test_a_group_that_nobody_is_in_is_named_with_what_to_do() -> None:
    settings = _settings(
        access={"groups": {"leads": ["U1"], "empty": []}, "slack_groups": {"finance": "S1"}},
        index={"access": {"hr/*": ["people"], "b/*": ["finance"]}, "unlabelled": "nobody"},
    )
    then = "set its members in access.groups, access.slack_groups or access.entra_groups"
    assert access_warnings(settings, {"leads": 3, "lead": 1, "empty": 2, EVERYONE: 9}) == [
        f"nobody is in the group `empty`, which 2 documents name: {then}",
        f"nobody is in the group `lead`, which 1 document names: if you mean `leads`, write that; else {then}",
        f"nobody is in the group `people`, which a rule in index.access names: {then}",
    ]


def test_documents_without_a_rule_beside_groups_are_pointed_out_unless_that_is_set() -> None:
    access: dict[str, object] = {"groups": {"leads": ["U1"]}}
    assert "12 documents are for everyone" in access_warnings(_settings(access=access), {EVERYONE: 12})[0]
    for unlabelled in ("everyone", "nobody"):
        assert access_warnings(_settings(access=access, index={"unlabelled": unlabelled}), {EVERYONE: 12}) == []
    assert access_warnings(_settings(), {EVERYONE: 12}) == []


def test_the_report_says_the_warnings() -> None:
    coverage = Coverage("s-1", indexed=2, chunks=9, reused=0, skipped=())
    assert "  warning: nobody is in it" in coverage_text(coverage, ["nobody is in it"]).splitlines()
    assert coverage_json(coverage, ["nobody is in it"])["warnings"] == ["nobody is in it"]


@pytest.mark.parametrize(("kind", "text"), _cases("md", _UNSEEN))
def test_an_ordinary_page_that_was_set_aside_is_read_and_has_no_rule(kind: str, text: str) -> None:
    content = _READERS[kind](text.encode())
    assert content.access is None
    assert "Body" in content.text
