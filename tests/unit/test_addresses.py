"""Which addresses are public, whatever they are written like; which pages are not to be indexed."""
# ruff: noqa: RUF001 - look-alikes of characters are what is tested

import pytest
from yarl import URL

from index.reading.documents import LoadRules
from index.reading.fetching.addresses import is_named, is_public, is_same_site, plain
from index.reading.fetching.client import Reply
from index.reading.fetching.page_rules import is_sign_in_redirect, reason_not_to_index, utf8_body
from index.reading.fetching.site_maps import listing

_PUBLIC = (
    "1.1.1.1 8.8.8.8 93.184.216.34 100.63.255.255 100.128.0.1 172.15.0.1 172.32.0.1 192.0.1.1 198.17.0.1 198.20.0.1 "
    "223.255.255.255 2001:4860:4860::8888 2606:4700:4700::1111 2a00:1450:4001:81b::200e "
    "::ffff:8.8.8.8 64:ff9b::808:808 2002:808:808::1"
).split()
_NOT_PUBLIC = (
    "127.0.0.1 127.255.255.254 0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 172.16.0.1 172.31.255.255 192.168.0.1 "
    "169.254.169.254 169.254.170.2 100.64.0.1 100.127.255.255 100.100.100.200 192.0.0.1 192.0.0.192 192.0.2.1 "
    "192.88.99.1 198.18.0.1 198.19.255.255 198.51.100.7 203.0.113.7 224.0.0.1 239.255.255.250 240.0.0.1 "
    "255.255.255.255 :: ::1 fe80::1 fe80::1%eth0 2606:4700::1111%1 fec0::1 fc00::1 fd00:ec2::254 "
    "ff02::1 2001:db8::1 3fff::1 100::1 ::ffff:127.0.0.1 ::ffff:a9fe:a9fe ::127.0.0.1 "
    "::ffff:0:127.0.0.1 64:ff9b::7f00:1 64:ff9b::a9fe:a9fe 64:ff9b:1::808:808 64:ff9b:1:7f00:0:100:: "
    "2002:7f00:1::1 2002:a00:1:: 2001:0:7f00:1::f5ff:fffe 2001:0:808:808:0:0:80ff:fffe 5f00::1 4000::1 "
    "localhost 127.1 0x7f.0.0.1 2130706433 127.0.0.01 ①②⑦.0.0.1"
).split()


@pytest.mark.parametrize("address", _PUBLIC)
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", _NOT_PUBLIC)
def test_an_address_that_leads_inside_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "http://wiki.intern/a",
        "https://WIKI.intern:8443/",
        "http://[fd00::7]/",
        "http://10.0.0.7/",
        "http://bücher.intern/",
    ],
)
def test_a_named_host_is_known_by_its_own_spelling(address: str) -> None:
    assert is_named(address, ["wiki.intern", "fd00::7", "10.0.0.7", "bücher.intern"])


@pytest.mark.parametrize(
    "address",
    [
        "http://ⓦiki.intern/", "http://wi\u212ai.intern/", "http://wiki.intern./", "http://wiki。intern/", "http://wiki.intern@127.0.0.1/",
        "http://127.0.0.1/wiki.intern", "http://127.0.0.1#wiki.intern", "http://127.0.0.1?wiki.intern", "http://a.wiki.intern/",
        "http://wiki.intern.example/", "http://１０.0.0.7/", "http://10.0.0.07/", "http://167772167/", "http://wiki%2eintern/",
    ],
)  # fmt: skip
def test_a_look_alike_of_a_named_host_is_not_that_host(address: str) -> None:
    assert not is_named(address, ["wiki.intern", "10.0.0.7"])


@pytest.mark.parametrize(
    "address",
    ["ftp://a.example/", "http://user@a.example/", "http://:pw@a.example/", "http:///a", "http://[::1", "http://%61.example/",
     "http://[fe80::1%25eth0]/", "/a", "", "http://a.example:99999/", "http://a\\@b.example/"],
)  # fmt: skip
def test_what_is_no_plain_address_is_refused(address: str) -> None:
    assert plain(address) is None


def test_www_and_the_usual_port_make_no_other_site() -> None:
    site = URL("https://help.example/sitemap.xml")
    assert all(
        is_same_site(URL(u), site)
        for u in ("https://www.help.example/a", "https://HELP.example:443/", "http://help.example/")
    )
    others = ("https://help.example:8443/", "https://help.example.org/", "https://x.help.example/")
    assert not any(is_same_site(URL(u), site) for u in others)


def _page(body: str | bytes, content_type: str = "text/html", **changes: object) -> Reply:
    values: dict[str, object] = {
        "status": 200, "url": "https://h.example/docs/a", "target": "", "content_type": content_type, "charset": None,
        "body": body.encode() if isinstance(body, str) else body, "etag": None, "modified": None, "robots": (),
    }  # fmt: skip
    return Reply(**(values | changes))  # type: ignore[arg-type]


_LOGIN = "<form action=/login><input name=u><input type=password></form>"
_LONG = "<p>" + "Invoices are sent on the first working day. " * 12 + "</p>"
_INDEXED = [
    "<main><p>Fees</p></main>",
    "<meta name=robots content='index, follow'><p>Fees</p>",
    "<meta name=robots content='nofollow,noarchive, max-snippet:-1'><p>Fees</p>",
    "<meta name=description content='What noindex does'><p>none</p>",
    "<meta name='bingbot' content='noindex'><p>Fees</p>",
    "<p>Add <code>&lt;meta name=robots content=noindex&gt;</code></p>",
    "<p>Set display: none and a password of 12 characters.</p>",
    f"<header>{_LOGIN}</header><main><p>Fees: nine euro.</p></main>",
    f"<nav>{_LOGIN}</nav><p>Short.</p>",
    f"<dialog>{_LOGIN}</dialog><p>Short.</p>",
    f"<h1>A password field</h1>{_LONG}{_LOGIN}",
    f"<header>Acme</header>{_LONG}{_LOGIN}",
    f"{_LOGIN}{'Invoices are sent on the first working day. ' * 12}",
    "<p>Type your password into <input type=text>.</p>",
    "<!-- <meta name=robots content=noindex> --><p>Fees</p>",
]
_NOT_INDEXED = [
    ("<meta name=robots content=noindex><p>x</p>", "noindex"),
    ("<META NAME='ROBOTS' CONTENT='NOINDEX,NOFOLLOW'><p>x</p>", "noindex"),
    ("<meta content='none' name='googlebot'><p>x</p>", "noindex"),
    ("<meta name='robots' content='nofollow'><meta name=robots content=' noindex '>", "noindex"),
    (f"<title>Sign in</title><body><h1>Welcome back</h1>{_LOGIN}<a>Forgot?</a>", "sign-in"),
    ("<div><input TYPE='PassWord'></div>", "sign-in"),
    (f"<header><p>Acme</p></header><main>{_LOGIN}</main><footer>{_LONG}</footer>", "sign-in"),
    (f"<script>{'x = 1;' * 200}</script>{_LOGIN}", "sign-in"),
]


@pytest.mark.parametrize("body", _INDEXED)
def test_an_ordinary_page_is_indexed(body: str) -> None:
    assert reason_not_to_index(_page(body)) is None


@pytest.mark.parametrize(("body", "word"), _NOT_INDEXED)
def test_a_page_that_asks_or_where_one_signs_in_is_not_indexed(body: str, word: str) -> None:
    assert word in str(reason_not_to_index(_page(body)))


@pytest.mark.parametrize(
    ("headers", "is_indexed"),
    [
        (("all",), True), (("nofollow, noarchive",), True), (("bingbot: noindex",), True),
        (("otherbot: nofollow, noindex",), True),
        (("unavailable_after: 25 Jun 2030 15:00:00 PST",), True), (("",), True),
        (("max-snippet: 20, max-image-preview: none",), True),
        (("noindex",), False), (("NoIndex, nofollow",), False), (("none",), False), (("googlebot: noindex",), False),
        (("nofollow", "noindex"), False), (("bingbot: nofollow, googlebot: noindex",), False),
        (("unavailable_after: 25 Jun 2030 15:00:00 PST, noindex",), False), (("citedesk: noindex",), False),
    ],
)  # fmt: skip
def test_a_header_is_read_as_its_directives_say(headers: tuple[str, ...], is_indexed: bool) -> None:  # noqa: FBT001
    assert (reason_not_to_index(_page("<p>x</p>", robots=headers)) is None) is is_indexed
    assert (reason_not_to_index(_page(b"%PDF", "application/pdf", robots=headers)) is None) is is_indexed


@pytest.mark.parametrize(
    ("asked", "status", "target", "is_sign_in"),
    [
        ("/docs/a", 301, "/docs/a/", False),
        ("/docs/a", 302, "/en/docs/a", False),
        ("/docs/a", 302, "/docs/a?lang=en", False),
        ("/docs/login", 302, "/docs/latest/login", False),
        ("/docs/signing-in", 301, "/docs/sign-in", False),
        ("/docs/a", 302, "/docs/sign-in-with-google", False),
        ("/", 302, "/home?from=/", False),
        ("/docs/a", 302, "/login?next=/docs/a", True),
        ("/docs/a", 302, "/auth/start?return_to=https%3A%2F%2Fh.example%2Fdocs%2Fa", True),
        ("/docs/a", 301, "/login.action?os_destination=%2Fdocs%2Fa", True),
        ("/docs/a", 302, "/users/sign_in", True),
        ("/docs/a", 303, "/accounts/login/", True),
        ("/", 307, "/wp-login.php", True),
        ("/docs/a", 302, "/SignIn", True),
    ],
)
def test_a_redirect_to_a_sign_in_is_told_from_a_page_that_moved(
    asked: str, status: int, target: str, is_sign_in: bool  # noqa: FBT001
) -> None:  # fmt: skip
    site = URL("https://h.example/")
    assert is_sign_in_redirect(site.join(URL(asked)), status, site.join(URL(target))) is is_sign_in


def test_the_encoding_of_the_header_becomes_utf_8() -> None:
    text = "Gebühr – 9 €"
    for charset in ("windows-1252", "ISO-8859-1", "latin1"):
        assert utf8_body(_page(text.encode("cp1252"), charset=charset)).decode("utf-8-sig") == text
    assert utf8_body(_page(text.encode("shift_jis", errors="replace"), charset="shift_jis")).startswith(b"\xef\xbb\xbf")
    unchanged: tuple[str | None, ...] = ("utf-8", "UTF8", None, "hex", "made-up", "rot13", "idna")
    for named in unchanged:
        assert utf8_body(_page(text, charset=named)).decode("utf-8-sig") == text
    assert utf8_body(_page(b"%PDF \xff", "application/pdf", charset="latin1")) == b"%PDF \xff"
    assert utf8_body(_page(text.encode("utf-8-sig"), charset="windows-1252")).decode("utf-8-sig") == text


@pytest.mark.parametrize("content_type", ["application/xml", "text/xml", "text/plain", "application/octet-stream"])
def test_a_site_map_is_known_by_its_root_whatever_its_type(content_type: str) -> None:
    body = (
        "\ufeff<?xml version='1.0'?><!-- made -->"
        "<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9' "
        "xmlns:image='http://www.google.com/schemas/sitemap-image/1.1'><url><loc> /a?x=1&amp;y=2 </loc>"
        "<image:image><image:loc>https://h.example/p.png</image:loc></image:image></url>"
        "<url><loc><![CDATA[/b#top]]></loc></url><url><loc>c</loc></url><url><loc>https://h.example/c?a&b</loc></url>"
        "<url><loc>mailto:x@y</loc></url><url><loc/></url><url><loc>https://h.example/more.xml.gz</loc></url></urlset>"
    )
    found = listing(_page(body, content_type), 10_000)
    assert found is not None
    assert found.pages[:3] == ("https://h.example/a?x=1&y=2", "https://h.example/b", "https://h.example/docs/c")
    assert found.maps == ("https://h.example/more.xml.gz",)


def test_feeds_and_text_files_list_pages_and_a_page_lists_none() -> None:
    rss = "<rss><channel><link>https://h.example/</link><item><link>https://h.example/1</link></item></channel></rss>"
    atom = (
        "<feed xmlns='http://www.w3.org/2005/Atom'><link href='/self'/><entry><link rel='edit' href='/e'/>"
        "<link href='/2'/></entry></feed>"
    )
    for body, page in ((rss, "https://h.example/1"), (atom, "https://h.example/2")):
        found = listing(_page(body, "application/xml"), 10_000)
        assert found is not None
        assert found.pages == (page,)
    text = listing(_page("https://h.example/3\nnot one\n", "text/plain", url="https://h.example/l.txt"), 10_000)
    assert text is not None
    assert text.pages == ("https://h.example/3",)
    assert listing(_page("<html><body><p>Fees & more</body></html>"), 10_000) is None
    assert listing(_page("Plain notes on <urlset> tags.", "text/plain"), 10_000) is None


def test_an_entity_in_a_site_map_is_not_resolved_and_a_bomb_stays_small() -> None:
    levels = "".join(f"<!ENTITY e{n} '{f'&e{n - 1};' * 10}'>" for n in range(1, 10))
    head = f"<!DOCTYPE urlset [<!ENTITY e0 '/x'>{levels}<!ENTITY f SYSTEM 'file:///etc/passwd'>]>"
    for entity in ("e9", "f"):
        found = listing(_page(f"{head}<urlset><url><loc>/a&{entity};</loc></url></urlset>", "text/xml"), 99_999)
        assert found is not None
        assert found.pages == ("https://h.example/a",)


def test_a_canonical_address_is_relative_to_the_page_and_never_on_another_host() -> None:
    page, rules = "https://h.example/docs/a", LoadRules()
    for named, link in {
        "/docs/b": "https://h.example/docs/b",
        "b": "https://h.example/docs/b",
        "//h.example/c": "https://h.example/c",
        "https://h.example/docs/a/": "https://h.example/docs/a/",
        "https://elsewhere.example/": page,
        "//elsewhere.example/": page,
        "javascript:alert(1)": page,
        "https://[": page,
    }.items():
        assert rules.link(page, named) == link


def test_what_a_file_name_holds_is_encoded_in_its_link() -> None:
    rules = LoadRules(links=(("*", "https://h.example/{path}?f={file}"),))
    name = "Über uns/How to reset #2 (50%).md"
    path = "%C3%9Cber%20uns/How%20to%20reset%20%232%20%2850%25%29"
    assert rules.link(name, None) == f"https://h.example/{path}?f={path}.md"
    assert rules.link("guide/index.md", None) == "https://h.example/guide/index?f=guide/index.md"


def test_a_pattern_for_a_folder_also_holds_for_a_document_that_got_the_name_of_its_folder() -> None:
    rules = LoadRules(access=(("b/internal/x.md", ("x",)), ("internal/*", ("leads",))))
    assert rules.groups("b/internal/pay.md", None, "b/") == {"leads"}
    assert rules.groups("b/internal/x.md", None, "b/") == {"x"}
    assert rules.groups("b/internal/pay.md", None) == {"everyone"}
