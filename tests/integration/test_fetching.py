"""Pages of a site: what is fetched, what is refused and why, and that nothing inside is ever connected to."""
# ruff: noqa: RUF001 - look-alikes of characters are what is tested

import asyncio
import contextlib
import gzip
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiohttp import web

from index.errors import BuildRefusedError
from index.reading.conversion import documents_of
from index.reading.documents import Document, LoadRules
from index.reading.source import Found, Source
from index.reading.sources.site import fetched

_RULES = LoadRules(fetch_delay_s=0, private_hosts=("127.0.0.1",))
Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class _Site:
    """A site on loopback. `pages` answer by path; a text is a page of HTML, and {base} in it the site's address."""

    pages: dict[str, web.Response | str | Answer] = field(default_factory=dict)
    base: str = ""
    asked: list[str] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.path)
        page = self.pages.get(request.path)
        if page is None:
            raise web.HTTPNotFound
        if isinstance(page, str):
            return web.Response(text=page.replace("{base}", self.base), content_type="text/html")
        if isinstance(page, web.Response):
            return web.Response(body=page.body, status=page.status, headers=page.headers)
        return await page(request)

    def site_map(self, *urls: str) -> web.Response:
        places = "".join(f"<url><loc>{url}</loc></url>" for url in urls)
        return web.Response(text=f"<urlset>{places}</urlset>", content_type="application/xml")


@pytest.fixture
async def site() -> AsyncIterator[_Site]:
    serving = _Site()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", serving.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    serving.base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield serving
    await runner.cleanup()


@pytest.fixture
async def inside() -> AsyncIterator[tuple[int, list[bytes]]]:
    """Listen on loopback and record who connects; yield the port and that record."""
    connected: list[bytes] = []

    async def accept(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connected.append(b"connected")
        writer.close()

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    servers = [server]
    # Some machines have no IPv6.
    with contextlib.suppress(OSError):
        servers.append(await asyncio.start_server(accept, "::1", port))
    yield port, connected
    for listening in servers:
        listening.close()
        await listening.wait_closed()


async def _found(site: _Site, cache: Path, path: str, rules: LoadRules = _RULES) -> dict[str, Source]:
    found: Found = await fetched(site.base + path, cache, rules)
    return {source.source_id.removeprefix(site.base): source for source in found.sources}


def _document(source: Source, rules: LoadRules = _RULES) -> Document:
    (document,) = documents_of(source, rules)
    assert isinstance(document, Document)
    return document


async def test_an_ordinary_site_is_indexed_with_its_links_and_days(site: _Site, tmp_path: Path) -> None:
    site.pages = {
        "/sitemap.xml": site.site_map(f"{site.base}/a", "/b", "c.html", "/old", "/manual.pdf"),
        "/a": "<title>A</title><link rel=canonical href='/a/'><header><form><input></form></header><p>Fees.",
        "/b": web.Response(
            text="<p>Nine euro.</p>",
            content_type="text/html",
            headers={"Last-Modified": "Tue, 03 Nov 2026 10:00:00 GMT"},
        ),
        "/c.html": "<link rel=canonical href='https://elsewhere.example/c'><p>C.</p>",
        "/old": web.Response(status=301, headers={"Location": "/new?from=list"}),
        "/new": "<p>New.</p>",
        "/manual.pdf": web.Response(body=b"%PDF-1.4", content_type="application/pdf"),
    }  # fmt: skip
    found = await _found(site, tmp_path, "/sitemap.xml")
    assert {name: source.problem for name, source in found.items()} == dict.fromkeys(
        ("/a", "/b", "/c.html", "/old", "/manual.pdf")
    )
    assert _document(found["/a"]).url == f"{site.base}/a/"
    assert (found["/b"].updated, found["/a"].updated) == ("2026-11-03", None)
    assert _document(found["/c.html"]).url == f"{site.base}/c.html"
    assert _document(found["/old"]).url == f"{site.base}/new?from=list"
    assert found["/manual.pdf"].suffix == ".pdf"


async def test_a_site_map_may_be_packed_nested_and_of_any_type(site: _Site, tmp_path: Path) -> None:
    packed = gzip.compress(site.site_map("/a").body)  # type: ignore[arg-type]
    site.pages = {
        "/index": web.Response(
            text="<sitemapindex><sitemap><loc>/one.xml.gz</loc></sitemap><sitemap><loc>two</loc></sitemap>"
            "<sitemap><loc>/gone.xml</loc></sitemap><sitemap><loc>http://elsewhere.example/s.xml</loc></sitemap>"
            "<sitemap><loc>/index</loc></sitemap></sitemapindex>",
            content_type="application/octet-stream",
        ),
        "/one.xml.gz": web.Response(body=packed, content_type="application/x-gzip"),
        "/two": web.Response(body=site.site_map("/b").body, content_type="text/plain"),
        "/a": "<p>A.</p>",
        "/b": "<p>B.</p>",
    }
    found = await _found(site, tmp_path, "/index")
    assert {name: source.problem for name, source in found.items()} == {
        "/a": None,
        "/b": None,
        "/gone.xml": "answered 404",
        "http://elsewhere.example/s.xml": "on another host than the site map",
    }


async def test_a_nested_site_map_that_cannot_be_reached_stops_the_build_instead_of_losing_its_pages(
    site: _Site, tmp_path: Path
) -> None:
    site.pages = {
        "/s.xml": web.Response(
            text="<sitemapindex><sitemap><loc>/t.xml</loc></sitemap></sitemapindex>", content_type="text/xml"
        ),
        "/t.xml": web.Response(status=503),
    }  # fmt: skip
    with pytest.raises(BuildRefusedError, match="answered 503"):
        await _found(site, tmp_path, "/s.xml")


@pytest.mark.parametrize("how", ["content-encoding", "file"])
async def test_a_bomb_is_not_unpacked(site: _Site, tmp_path: Path, how: str) -> None:
    packed = gzip.compress(b"<urlset>" + b" " * 50_000_000)
    headers = {"Content-Encoding": "gzip"} if how == "content-encoding" else {}
    site.pages = {"/s.xml": web.Response(body=packed, content_type="application/xml", headers=headers)}
    with pytest.raises(BuildRefusedError, match="larger than 5,000,000 bytes"):
        await _found(site, tmp_path, "/s.xml")


async def test_pages_that_are_not_to_be_indexed_are_named_with_the_reason(site: _Site, tmp_path: Path) -> None:
    site.pages = {
        "/s.xml": site.site_map("/noindex", "/header", "/login-form", "/moved", "/away", "/next", "/ok"),
        "/noindex": "<meta name=robots content=noindex><p>x</p>",
        "/header": web.Response(text="<p>x</p>", content_type="text/html", headers={"X-Robots-Tag": "noindex"}),
        "/login-form": "<h1>Sign in</h1><form><input type=password></form>",
        "/moved": web.Response(status=302, headers={"Location": "/login"}),
        "/away": web.Response(status=302, headers={"Location": "https://login.example/?client=1"}),
        "/next": web.Response(status=302, headers={"Location": "/start?back=/next"}),
        "/ok": "<p>How to log in.</p>",
    }
    found = await _found(site, tmp_path, "/s.xml")
    assert {name: source.problem for name, source in found.items()} == {
        "/noindex": "asks not to be indexed (noindex)",
        "/header": "asks not to be indexed (X-Robots-Tag)",
        "/login-form": "a sign-in page",
        "/moved": "redirects to a sign-in page",
        "/away": "redirects to another host: login.example",
        "/next": "redirects to a sign-in page",
        "/ok": None,
    }


async def test_the_encoding_that_only_the_header_names_is_used(site: _Site, tmp_path: Path) -> None:
    body = "<meta charset=windows-1252><p>Gebühr: 9 €</p>".encode("cp1252")
    site.pages = {"/a": web.Response(body=body, headers={"Content-Type": "text/html; charset=windows-1252"})}
    assert "Gebühr: 9 €" in _document((await _found(site, tmp_path, "/a"))["/a"]).text


async def test_a_page_that_is_not_reached_keeps_its_copy_and_says_of_which_day(site: _Site, tmp_path: Path) -> None:
    site.pages = {"/s.xml": site.site_map("/a"), "/a": "<p>Fees.</p>"}
    first = (await _found(site, tmp_path, "/s.xml"))["/a"]
    assert first.not_seen_since is None
    site.pages["/a"] = web.Response(status=503)
    kept = (await _found(site, tmp_path, "/s.xml"))["/a"]
    assert (kept.problem, kept.fingerprint) == (None, first.fingerprint)
    assert kept.not_seen_since is not None
    assert len(kept.not_seen_since) == len("2026-11-03")
    del site.pages["/a"]
    assert (await _found(site, tmp_path, "/s.xml"))["/a"].problem == "answered 404"
    site.pages["/a"] = web.Response(status=503)
    assert (await _found(site, tmp_path, "/s.xml"))["/a"].problem == "answered 503"


async def test_bytes_in_headers_that_are_no_text_stop_no_build(tmp_path: Path) -> None:
    answers = {
        b"/a": b"200 OK\r\nETag: \xff\xfe\r\nLast-Modified: \xff\r\nX-Robots-Tag: \xff\r\n"
        b"Content-Type: text/html; charset=\xff",
        b"/b": b"200 OK\r\nContent-Type: \xff/\xff",
        b"/c": b"302 Found\r\nLocation: /\xff\r\nContent-Type: text/html",
        b"/d": b"302 Found\r\nLocation: http://\xff\xff/\r\nContent-Type: text/html",
        b"/s.txt": b"200 OK\r\nContent-Type: text/plain",
    }  # fmt: skip

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = (await reader.readuntil(b"\r\n\r\n")).split()[1]
        host = f"http://127.0.0.1:{port}"
        body = " ".join(f"{host}/{n}" for n in "abcd").encode() + b" \x1b[31m" if path == b"/s.txt" else b"<p>Fees.</p>"
        head = b"HTTP/1.1 " + answers.get(path, b"404 Not Found")
        writer.write(head + b"\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    found = await fetched(f"http://127.0.0.1:{port}/s.txt", tmp_path, _RULES)
    server.close()
    await server.wait_closed()
    assert len(found.sources) == 4
    for source in found.sources:
        assert f"{source.url}{source.problem}{source.updated}".isascii()


async def test_an_address_of_one_page_keeps_its_copy(site: _Site, tmp_path: Path) -> None:
    site.pages = {"/a": "<p>Fees.</p>"}
    assert (await _found(site, tmp_path, "/a"))["/a"].not_seen_since is None
    site.pages["/a"] = web.Response(status=502)
    assert (await _found(site, tmp_path, "/a"))["/a"].not_seen_since is not None


async def test_a_page_that_asks_to_sign_in_loses_its_copy_and_one_without_robots_txt_keeps_it(
    site: _Site, tmp_path: Path
) -> None:
    site.pages = {"/s.xml": site.site_map("/a", "/b"), "/a": "<p>Fees.</p>", "/b": "<p>Rules.</p>"}
    await _found(site, tmp_path, "/s.xml")
    site.pages |= {"/a": web.Response(status=401), "/b": web.Response(status=429)}
    found = await _found(site, tmp_path, "/s.xml")
    assert (found["/a"].problem, found["/b"].problem) == ("answered 401", None)
    assert found["/b"].not_seen_since is not None
    site.pages["/robots.txt"] = web.Response(status=503)
    with pytest.raises(BuildRefusedError, match=r"robots\.txt cannot be read at the moment"):
        await _found(site, tmp_path, "/s.xml")


async def test_an_unchanged_page_is_not_sent_again(site: _Site, tmp_path: Path) -> None:
    async def page(request: web.Request) -> web.Response:
        if request.headers.get("If-None-Match") == '"1"':
            return web.Response(status=304)
        return web.Response(text="<p>Fees.</p>", content_type="text/html", headers={"ETag": '"1"'})

    site.pages = {"/s.xml": site.site_map("/a"), "/a": page}
    first, second = [(await _found(site, tmp_path, "/s.xml"))["/a"] for _ in range(2)]
    assert (first, second.problem) == (second, None)


async def test_pages_beyond_the_limit_are_counted_in_one_line(site: _Site, tmp_path: Path) -> None:
    site.pages = {"/s.xml": site.site_map(*(f"/{n}" for n in range(9))), "/0": "<p>x</p>", "/1": "<p>x</p>"}
    rules = LoadRules(fetch_delay_s=0, private_hosts=("127.0.0.1",), pages_max=2)
    found = await fetched(f"{site.base}/s.xml", tmp_path, rules)
    assert [source.problem for source in found.sources] == [None, None]
    assert [item.reason for item in found.left_out] == ["7 pages left out, more than index.pages_max"]


async def test_robots_txt_is_followed_where_it_moved(site: _Site, tmp_path: Path) -> None:
    site.pages = {
        "/robots.txt": web.Response(status=301, headers={"Location": "/r"}),
        "/r": web.Response(text="User-agent: *\nDisallow: /a\n"),
        "/a": "<p>x</p>",
    }
    with pytest.raises(BuildRefusedError, match=r"robots\.txt forbids it"):
        await _found(site, tmp_path, "/a")


# Spellings of addresses inside; {port} is a server that listens on loopback.
_INSIDE = [
    *(
        f"http://{host}:{{port}}/"
        for host in (
            "127.0.0.1 127.0.0.1. 127.0.0.1.. 127.1 127.0.1 127.255.255.254 0 0.0.0.0 0.0.0.0. 2130706433 "
            "017700000001 0x7f000001 0x7f.0x0.0x0.0x1 0177.0.0.1 0177.0.0.01 127.0.0.01 127.000.000.001 "
            "00127.0.0.1 0x7f.1 0X7F.0.0.1 4294967297 "
            "①②⑦.⓪.⓪.① １２７.０.０.１ １２７。０。０。１ 127。0。0。1 127．0．0．1 "
            "127｡0｡0｡1 ⑫7.0.0.1 𝟏𝟐𝟕.𝟎.𝟎.𝟏 ²¹³⁰⁷⁰⁶⁴³³ ｌｏｃａｌｈｏｓｔ %31%32%37.0.0.1 127%2e0%2e0%2e1 "
            "%6cocalhost localhost LOCALHOST LocalHost localhost. ⓛⓞⓒⓐⓛⓗⓞⓢⓣ loc\u00adalhost [::1] [::] "
            "[0:0:0:0:0:0:0:1] [0000::0001] [::ffff:127.0.0.1] [::ffff:7f00:1] [::FFFF:7F00:0001] "
            "[0:0:0:0:0:ffff:127.0.0.1] [::127.0.0.1] [64:ff9b::127.0.0.1] [64:ff9b:1::7f00:1] "
            "[2002:7f00:1::] [2001:0:7f00:1::1] [::1%25lo] [fe80::1%25lo] [fe80::1] [fec0::1] "
            "[fd00:ec2::254] [ff02::1] 169.254.169.254 169.254.43518 0xa9fea9fe ①⑥⑨.②⑤④.①⑥⑨.②⑤④ 10.0.0.1 "
            "192.168.1.1 172.16.0.1 100.64.0.1 100.100.100.200 224.0.0.1 255.255.255.255 240.0.0.1"
        ).split()
    ),
    "http://user@127.0.0.1:{port}/",
    "http://example.com@127.0.0.1:{port}/",
    "http://example.com:80@127.0.0.1:{port}/",
    "http://127.0.0.1:{port}#@example.com/",
    "http://127.0.0.1:{port}\\@example.com/",
    "http://example.com\\@127.0.0.1:{port}/",
    "http://127.0.0.1:{port}?@example.com/",
    "HTTP://127.0.0.1:{port}/",
    "https://127.0.0.1:{port}/",
    "http:////127.0.0.1:{port}/",
    "http://named.example.@127.0.0.1:{port}/",
    "http://127.0.0.1\t:{port}/",
    "http://127.0.\n0.1:{port}/",
]


@pytest.mark.parametrize("spelling", _INSIDE)
async def test_no_spelling_of_an_address_inside_is_connected_to(
    spelling: str, inside: tuple[int, list[bytes]], tmp_path: Path
) -> None:
    port, connected = inside
    rules = LoadRules(fetch_delay_s=0, seconds=5, private_hosts=("named.example", "127.0.0.2"))
    with pytest.raises(BuildRefusedError):
        await fetched(spelling.replace("{port}", str(port)), tmp_path, rules)
    assert connected == []


async def test_no_redirect_site_map_or_robots_txt_leads_inside(
    site: _Site, inside: tuple[int, list[bytes]], tmp_path: Path
) -> None:
    port, connected = inside
    spellings = [spelling.replace("{port}", str(port)) for spelling in _INSIDE if "\n" not in spelling]
    pages = [f"/r{n}" for n in range(len(spellings))]
    site.pages = {"/list": web.Response(text="\n".join(spellings), content_type="text/plain")}
    site.pages["/s.xml"] = site.site_map(*pages)
    for page, spelling in zip(pages, spellings, strict=True):
        site.pages[page] = web.Response(status=302, headers={"Location": spelling})
    # The site itself is named by another name than the addresses that are tried.
    rules = LoadRules(fetch_delay_s=0, seconds=5, private_hosts=("127.0.0.1",))
    found = await fetched(f"{site.base}/s.xml", tmp_path, rules)
    assert all(source.problem for source in found.sources)
    assert len(found.sources) == len(spellings)
    site.pages["/s.xml"] = site.site_map(*(s.replace("&", "&amp;") for s in spellings))
    assert all(source.problem for source in (await fetched(f"{site.base}/s.xml", tmp_path, rules)).sources)
    site.pages["/robots.txt"] = web.Response(status=302, headers={"Location": f"http://①②⑦.⓪.⓪.①:{port}/"})
    with pytest.raises(BuildRefusedError):
        await fetched(f"{site.base}/s.xml", tmp_path, rules)
    assert connected == []


async def test_a_name_that_means_an_address_inside_at_any_lookup_is_not_connected_to(
    inside: tuple[int, list[bytes]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port, connected = inside
    real, lookups = socket.getaddrinfo, list[str]()

    def answers(host: str | bytes | None, *arguments: object, **named: object) -> object:
        if not str(host).rstrip(".").endswith(".example"):
            return real(host, *arguments, **named)  # type: ignore[arg-type]
        lookups.append(str(host))
        if str(host) == "rebinds.example" and len(lookups) == 1:
            # An address of the internet at the first look, which nobody answers at here.
            raise socket.gaierror(socket.EAI_AGAIN, "try again")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", answers)
    rules = LoadRules(fetch_delay_s=0, seconds=5, private_hosts=("named.example",))
    for host in (
        "inside.example",
        "rebinds.example",
        "rebinds.example",
        "NAMED.example.",
        "ⓝamed.example",
        "x.named.example",
    ):
        with pytest.raises(BuildRefusedError):
            await fetched(f"http://{host}:{port}/", tmp_path, rules)
    assert len(lookups) >= 4
    assert connected == []
    with pytest.raises(BuildRefusedError):
        await fetched(f"http://named.example:{port}/", tmp_path, rules)
    assert connected != []


@pytest.mark.parametrize(
    "barred",
    [
        web.Response(status=302, headers={"Location": "https://login.example.com/app"}),
        web.Response(status=302, headers={"Location": "/login?next=/pay"}),
        web.Response(status=401),
        web.Response(status=403),
    ],
    ids=["another host", "sign-in", "401", "403"],
)
async def test_a_page_that_was_barred_does_not_come_back_from_the_cache(
    barred: web.Response, site: _Site, tmp_path: Path
) -> None:
    site.pages = {"/map.xml": site.site_map(f"{site.base}/pay"), "/pay": "<h1>Pay</h1><p>All of us earn 100 EUR.</p>"}
    assert (await fetched(f"{site.base}/map.xml", tmp_path, _RULES)).sources[0].problem is None
    for answer in (barred, web.Response(status=503)):
        site.pages["/pay"] = answer
        assert (await fetched(f"{site.base}/map.xml", tmp_path, _RULES)).sources[0].problem


async def test_a_robots_txt_on_another_host_is_not_fetched(site: _Site, tmp_path: Path) -> None:
    port = site.base.rpartition(":")[2]
    site.pages = {
        "/robots.txt": web.Response(status=302, headers={"Location": f"http://localhost:{port}/admin"}),
        "/pay": "<h1>Pay</h1>",
    }
    rules = LoadRules(fetch_delay_s=0, private_hosts=("127.0.0.1", "localhost"))
    with pytest.raises(BuildRefusedError, match=r"robots\.txt redirects"):
        await fetched(f"{site.base}/pay", tmp_path, rules)
    assert "/admin" not in site.asked
