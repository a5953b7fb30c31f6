"""Every kind of source becomes documents with text, link and access."""

import io
import json
import subprocess
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import openpyxl
import pptx
import pytest
from aiohttp import web
from support.documents import documents_in

from index.errors import BuildRefusedError, UnreadableDocumentError
from index.reading.conversion import documents_of
from index.reading.documents import Document, LoadRules, Skipped
from index.reading.sources import survey
from index.reading.sources.site import fetched

_MDX = """import Tabs from '@theme/Tabs';

# Install

:::tip Needs admin rights
Ask first.
:::

<Tabs><TabItem value="mac" label="macOS">

Drag it.

</TabItem></Tabs>

```
<Keep me="as I am" />
```

> [!NOTE]
> Restart.
"""


def _only(folder: Path, rules: LoadRules) -> Document:
    (source,) = survey([folder], folder, rules).sources
    (document,) = documents_of(source, rules)
    assert isinstance(document, Document)
    return document


def test_mdx_is_reduced_to_what_a_reader_sees_and_code_stays(tmp_path: Path) -> None:
    (tmp_path / "install.mdx").write_text(_MDX)
    (document,) = documents_in(tmp_path)
    for seen in (
        "**Needs admin rights**",
        "Ask first.",
        "**macOS**",
        "Drag it.",
        '<Keep me="as I am" />',
        "> **Note**",
    ):
        assert seen in document.text
    for gone in ("import Tabs", ":::", "<Tab", "[!NOTE]"):
        assert gone not in document.text


def test_slides_and_sheets_become_sections_that_can_be_read_alone(tmp_path: Path) -> None:
    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[1])
    slide.shapes.title.text, slide.placeholders[1].text = "Refund rules", "Within 30 days"
    deck.save(str(tmp_path / "deck.pptx"))
    book = openpyxl.Workbook()
    for row in (["Plan", "Price"], ["Team", 29], ["Business", 79]):
        book.active.append(row)
    book.save(tmp_path / "prices.xlsx")
    texts = {document.document_id: document.text for document in documents_in(tmp_path)}
    assert "## Refund rules\n- Within 30 days" in texts["deck.pptx"]
    assert "- Plan: Team; Price: 29" in texts["prices.xlsx"]


_WORD = (
    '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>'
    '<w:p><w:pPr><w:pStyle w:val="Heading1"/></w:pPr><w:r><w:t>Leaving</w:t></w:r></w:p>'
    "<w:p><w:r><w:t>Give notice </w:t></w:r><w:r><w:rPr><w:b/></w:rPr><w:t>a month</w:t></w:r>"
    "<w:r><w:t> before.</w:t></w:r></w:p>"
    "<w:tbl><w:tr><w:tc><w:p><w:r><w:t>Team</w:t></w:r></w:p></w:tc>"
    "<w:tc><w:p><w:r><w:t>Lead</w:t></w:r></w:p></w:tc></w:tr>"
    "<w:tr><w:tc><w:p><w:r><w:t>Billing</w:t></w:r></w:p></w:tc>"
    "<w:tc><w:p><w:r><w:t>the office</w:t></w:r></w:p></w:tc></w:tr></w:tbl>"
    "</w:body></w:document>"
)
_WORD_STYLES = (
    '<w:styles xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
    '<w:style w:type="paragraph" w:styleId="Heading1"><w:name w:val="heading 1"/></w:style></w:styles>'
)
_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="xml" ContentType="application/xml"/></Types>'
)


def test_a_word_document_keeps_headings_emphasis_and_tables(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "leaving.docx", "w") as archive:
        archive.writestr("[Content_Types].xml", _TYPES)
        archive.writestr("word/document.xml", _WORD)
        archive.writestr("word/styles.xml", _WORD_STYLES)
    (document,) = documents_in(tmp_path)
    assert document.title == "Leaving"
    assert "Give notice **a month** before." in document.text
    assert "| Team | Lead |\n| --- | --- |\n| Billing | the office |" in document.text


def _pdf(*pages: str) -> bytes:
    """Return a PDF with a line of text on each page."""
    kids = " ".join(f"{3 + 2 * n} 0 R" for n in range(len(pages)))
    font = "<< /Font << /F << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >>"
    bodies = ["<< /Type /Catalog /Pages 2 0 R >>", f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>"]
    for number, text in enumerate(pages):
        content = f"BT /F 12 Tf 72 700 Td ({text}) Tj ET"
        bodies.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {4 + 2 * number} 0 R /Resources {font} >>"
        )
        bodies.append(f"<< /Length {len(content)} >>\nstream\n{content}\nendstream")
    whole, places = "%PDF-1.4\n", []
    for number, body in enumerate(bodies, 1):
        places.append(len(whole))
        whole += f"{number} 0 obj\n{body}\nendobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    trailer = f"trailer << /Size {len(bodies) + 1} /Root 1 0 R >>\nstartxref\n{len(whole)}\n%%EOF"
    return (whole + f"xref\n0 {len(bodies) + 1}\n0000000000 65535 f \n{table}{trailer}").encode()


def test_a_pdf_is_a_section_a_page_with_a_link_to_the_page_and_one_without_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "rules.pdf").write_bytes(_pdf("Refunds take five days.", "# Parking is free."))
    (document,) = documents_in(tmp_path)
    assert document.text.startswith("## Page 1 {#page=1}\n\nRefunds take five days.")
    assert "## Page 2 {#page=2}\n\n\\# Parking is free." in document.text
    (tmp_path / "rules.pdf").write_bytes(_pdf(""))
    (source,) = survey([tmp_path], tmp_path, LoadRules()).sources
    with pytest.raises(UnreadableDocumentError, match="no text in it"):
        documents_of(source, LoadRules())


def test_an_export_is_a_document_a_line_with_link_and_groups_and_bad_lines_are_named(tmp_path: Path) -> None:
    lines = [
        json.dumps({"id": 7, "title": "Reset", "body": "<p>Press <b>Reset</b>.</p>", "url": "https://h.example/7"}),
        json.dumps({"title": "Fees", "body": "Only for leads.", "groups": ["leads"]}),
        "{broken",
    ]
    (tmp_path / "export.jsonl").write_text("\n".join(lines))
    (source,) = survey([tmp_path], tmp_path, LoadRules()).sources
    reset, fees, broken = documents_of(source, LoadRules())
    assert isinstance(reset, Document)
    assert (reset.document_id, reset.url, reset.text) == ("export.jsonl#7", "https://h.example/7", "Press **Reset**.\n")
    assert isinstance(fees, Document)
    assert fees.groups == {"leads"}
    assert broken == Skipped("export.jsonl#3", "not a JSON object with title and body")


def test_paths_give_links_and_access_where_a_format_cannot(tmp_path: Path) -> None:
    (tmp_path / "internal").mkdir()
    (tmp_path / "internal" / "pay.txt").write_text("Salaries are paid on the 25th.")
    rules = LoadRules(access=(("internal/*", ("leads",)),), links=(("*", "https://h.example/{path}"),))
    document = _only(tmp_path, rules)
    assert (document.groups, document.url) == (frozenset({"leads"}), "https://h.example/internal/pay")


def test_of_a_checkout_the_tracked_files_are_indexed_with_their_page(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# A\n\nText.\n")
    (tmp_path / "untracked.md").write_text("# B\n\nText.\n")
    git = ["git", "-C", str(tmp_path), "-c", "user.name=t", "-c", "user.email=t@example.com"]
    for command in (["init", "-q"], ["remote", "add", "origin", "git@github.com:team/docs.git"], ["add", "a.md"], ["commit", "-qm", "x"]):  # fmt: skip  # noqa: E501
        subprocess.run([*git, *command], check=True, capture_output=True)  # noqa: S603 - fixed words
    document = _only(tmp_path, LoadRules())
    assert document.url is not None
    assert document.url.startswith("https://github.com/team/docs/blob/")
    assert document.url.endswith("/a.md")


@pytest.fixture
async def site() -> AsyncIterator[str]:
    """Serve a small site on loopback and yield its address."""

    async def page(request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name == "robots.txt":
            return web.Response(text="User-agent: *\nDisallow: /private.html\n")
        if name == "sitemap.xml":
            base = f"http://127.0.0.1:{request.url.port}"
            urls = [f"{base}/{n}" for n in ("a.html", "private.html", "data.bin", "gone.html")]
            urls.append("http://elsewhere.example/x.html")
            places = "".join(f"<url><loc>{url}</loc></url>" for url in urls)
            return web.Response(text=f"<urlset>{places}</urlset>", content_type="application/xml")
        if name == "a.html":
            return web.Response(
                text="<main><h1>A</h1><h2 id=fees>Fees</h2><p>Nine euro.</p></main>", content_type="text/html"
            )
        if name == "data.bin":
            return web.Response(body=b"\0", content_type="application/octet-stream")
        raise web.HTTPNotFound

    app = web.Application()
    app.router.add_get("/{name}", page)
    runner = web.AppRunner(app)
    await runner.setup()
    listening = web.TCPSite(runner, "127.0.0.1", 0)
    await listening.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


async def test_a_site_map_is_fetched_as_robots_txt_allows_and_the_rest_is_named(site: str, tmp_path: Path) -> None:
    rules = LoadRules(fetch_delay_s=0, private_hosts=("127.0.0.1",))
    sources = {source.source_id: source for source in (await fetched(f"{site}/sitemap.xml", tmp_path, rules)).sources}
    problems = {name.rsplit("/", 1)[1]: source.problem for name, source in sources.items()}
    assert problems == {
        "a.html": None,
        "private.html": "robots.txt forbids it",
        "data.bin": "unsupported type application/octet-stream",
        "gone.html": "answered 404",
        "x.html": "on another host than the site map",
    }
    (document,) = documents_of(sources[f"{site}/a.html"], rules)
    assert isinstance(document, Document)
    assert document.url == f"{site}/a.html"
    assert "Fees {#fees}" in document.text


async def test_a_private_address_is_refused_unless_it_is_named(site: str, tmp_path: Path) -> None:
    by_name = site.replace("127.0.0.1", "localhost")
    for address, reason in (
        (site, "a private address"),
        (by_name, "localhost is a private address"),
        ("http://10.0.0.1/", "a private address"),
        ("file:///etc/passwd", "not a plain http or https address"),
    ):
        with pytest.raises(BuildRefusedError) as caught:
            await fetched(address, tmp_path, LoadRules(fetch_delay_s=0))
        assert str(caught.value) == f"{address}: {reason}"


def test_a_broken_archive_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.docx").write_bytes(io.BytesIO(b"PK\x03\x04 cut").getvalue())
    (source,) = survey([tmp_path], tmp_path, LoadRules()).sources
    with pytest.raises(UnreadableDocumentError, match="broken archive"):
        documents_of(source, LoadRules())
