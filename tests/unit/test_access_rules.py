"""A document without a rule stays readable, one with a rule that is not understood is left out with a reason."""

from collections.abc import Callable
from typing import Any

import pytest

from index.reading.formats.content import Content
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
    "release notes": "---\n## 2.3\n- access: new roles\n- groups: faster\n---\nBody",
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
