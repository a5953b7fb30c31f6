"""What of an HTML page is its content."""

import time

import pytest
from bs4 import BeautifulSoup

from index.reading.formats.html_page import html, html_text

# A worker has 20 s as shipped.
_SECONDS = 10
_WORDS = (
    "<p>Orders are sent on working days before noon, and a parcel needs two days to any place in the country.</p>" * 2
)


def text_of(body: str, head: str = "") -> str:
    return html(f"<html><head><title>Page</title>{head}</head><body>{body}</body></html>".encode()).text


@pytest.mark.parametrize(
    "warning",
    [
        "<aside class='starlight-aside'><p>Danger</p><section><p>It cannot be undone.</p></section></aside>",
        "<div class='admonition warning'><p class='admonition-title'>Warning</p><p>It cannot be undone.</p></div>",
        "<aside><p>Before you <a href='/restore'>restore a backup</a>, know this: It cannot be undone.</p></aside>",
        "<blockquote class='callout'>It cannot be undone.</blockquote>",
        "<table class='note'><tr><td><img src='i.png' alt='Note'></td><td>It cannot be undone.</td></tr></table>",
        "<div role='note'>It cannot be undone.</div>",
        "<footer><p>It cannot be undone.</p></footer>",
    ],
)
def test_a_warning_beside_the_text_is_kept(warning: str) -> None:
    assert "It cannot be undone." in text_of(f"<article><h1>Restore</h1>{_WORDS}{warning}</article>")


@pytest.mark.parametrize(
    "hidden",
    [
        "<p hidden>Ghost</p>",
        "<div style='display: none'><p>Ghost</p></div>",
        "<p style='color:red;visibility:hidden;'>Ghost</p>",
        "<template><p>Ghost</p></template>",
        "<del>Ghost</del>",
        "<s>Ghost</s>",
        "<span style='text-decoration: red line-through'>Ghost</span>",
        "<p class='draft'>Ghost</p>",
        "<p id='old'>Ghost</p>",
        "<em class='was'>Ghost</em>",
        "<noscript>Ghost</noscript>",
        "<script>Ghost</script>",
        "<svg><text>Ghost</text></svg>",
        "<iframe src='/x'>Ghost</iframe>",
        "<math><mi>Ghost</mi></math>",
        "<img src='data:image/png;base64,Ghost'>",
        "<?php echo 'Ghost' ?>",
        "<!-- Ghost -->",
    ],
)
def test_what_a_reader_does_not_see_is_left_out(hidden: str) -> None:
    rules = (
        "<style>/* .x */ .a, .draft{display:none} #old{visibility:hidden} em.was{text-decoration:line-through}</style>"
    )
    assert "Ghost" not in text_of(f"<main><h1>Fee</h1>{_WORDS}{hidden}</main>", rules)


@pytest.mark.parametrize(
    "panel",
    [
        "<div role='tabpanel' hidden><p>Panel</p></div>",
        "<button aria-controls='p1'>More</button><div id='p1' style='display:none'><p>Panel</p></div>",
        "<h3><button aria-expanded='false'>More</button></h3><div style='display:none'><p>Panel</p></div>",
        "<button data-bs-target='#p1'>More</button><div id='p1' hidden><p>Panel</p></div>",
        "<details><summary>More</summary><p>Panel</p></details>",
        "<div hidden='until-found'>Panel</div>",
        "<div class='tab'>Panel</div><div class='tab active'>Second</div>",
        "<p class='paper'>Panel</p>",
        "<p style='display:block' class='draft'>Panel</p>",
        "<p style='text-decoration:underline'>Panel</p>",
    ],
)
def test_what_opens_on_a_click_or_is_hidden_elsewhere_only_is_kept(panel: str) -> None:
    rules = (
        "<style>.tab{display:none} .tab.active{display:block} .draft{display:none}"
        "@media print{.paper{display:none}} nav .menu p{display:none}</style>"
    )
    assert "Panel" in text_of(f"<main><h1>Fee</h1>{_WORDS}{panel}</main>", rules)


@pytest.mark.parametrize(
    "around",
    [
        "<nav><a href='/'>Around</a></nav>",
        "<div role='navigation'>Around</div>",
        "<ul><li><a href='/'>Around</a></li><li><a href='/p'>Products</a></li></ul>",
        "<header><a href='/'>Around</a></header>",
        "<div role='dialog'><p>Around</p><button>Accept</button></div>",
        "<div id='cookie-banner'><p>Around: we use cookies.</p><button>Accept</button></div>",
        "<aside class='sidebar'><ul><li><a href='/1'>Around</a></li><li><a href='/2'>Prices</a></li></ul></aside>",
    ],
)
def test_what_stands_above_the_content_is_left_out(around: str) -> None:
    assert "Around" not in text_of(f"{around}<div><h1>Fee</h1>{_WORDS}</div>")


@pytest.mark.parametrize(
    "around",
    [
        "<form><p>Was Around helpful?</p><button>Yes</button><button>No</button></form>",
        "<div>Was Around helpful? <input type='radio'> Yes <input type='radio'> No</div>",
        "<footer>Around 2026</footer>",
        "<aside><h2>Around</h2><ul><li><a href='/1'>Pay</a></li><li><a href='/2'>Pay later</a></li></ul></aside>",
        "<div class='related'><ul><li><a href='/1'>Around</a></li><li><a href='/2'>Pay later</a></li></ul></div>",
        "<div><a rel='prev' href='/1'>Around</a> <a rel='next' href='/3'>Pay later</a></div>",
        "<div id='comments'><div><time>May</time><p>Around does not work.</p></div></div>",
        "<ul><li><a href='#a'>Around</a></li><li><a href='#b'>Pay</a></li><li><a href='#c'>Ask</a></li></ul>",
    ],
)
def test_what_stands_below_the_content_is_left_out(around: str) -> None:
    assert "Around" not in text_of(f"<main><h1>Fee</h1>{_WORDS}{around}</main>")


@pytest.mark.parametrize(
    "part",
    [
        "<ul><li><a href='/w'>Installer</a> for Windows</li><li><a href='/m'>Package</a> for Debian</li></ul>",
        "<h2>Files</h2><ul><li><a href='/w'>Installer</a></li><li><a href='/m'>Package</a></li></ul>",
        "<p>Press <button>Installer</button> to begin.</p>",
        "<p>Is the Installer there? <a href='/w'>Fetch it</a> and <a href='/m'>start it</a>.</p>",
        "<div class='feedback'><p>The Installer asks for feedback; say no.</p></div>",
        "<dl><dt><a href='#w'>Installer</a></dt><dd>Puts it on the disk.</dd></dl>",
        "<div><h2>Which Installer?</h2><p>The one for Windows.</p></div>",
        "<table><tr><th>File</th></tr><tr><td><a href='/w'>Installer</a></td></tr></table>",
    ],
)
def test_links_and_buttons_in_the_content_are_kept(part: str) -> None:
    assert "Installer" in text_of(f"<main><h1>Fee</h1>{_WORDS}{part}</main>")


def test_all_articles_are_kept_each_with_its_header() -> None:
    article = (
        "<article><header><h2>Part {0}</h2><p>Lead {0}</p></header><p>Body {0} says something of its own.</p></article>"
    )
    text = text_of(article.format("one") + article.format("two"))
    assert [line for line in text.split("\n") if line.startswith("Lead")] == ["Lead one", "Lead two"]


def test_a_page_within_a_form_is_read() -> None:
    assert _WORDS[3:40] in text_of(f"<form id='aspnetForm'><h1>Fee</h1>{_WORDS}</form>")


def test_a_main_part_that_holds_little_of_the_page_does_not_count() -> None:
    assert _WORDS[3:40] in text_of(f"<main><p>Welcome.</p></main><div><h1>Fee</h1>{_WORDS}</div>")


def test_a_page_of_links_keeps_them() -> None:
    links = "".join(f"<li><a href='/{n}'>Guide {n}</a></li>" for n in range(9))
    assert "Guide 8" in text_of(f"<main><h1>Guides</h1><ul>{links}</ul></main>")


def test_what_is_for_browsers_without_scripts_counts_if_nothing_else_is_there() -> None:
    assert text_of("<div id='app'></div><noscript><p>Call 555-01.</p></noscript>") == "Call 555-01."


@pytest.mark.parametrize("hidden", ["<div hidden>{}</div>", "<style>body{{display:none}}</style>{}"])
def test_a_script_shows_what_holds_the_title(hidden: str) -> None:
    assert _WORDS[3:40] in text_of(hidden.format(f"<h1>Fee</h1>{_WORDS}"))


def test_a_list_of_links_within_the_page_is_kept_if_it_is_all_there_is() -> None:
    assert "Alpha" in text_of("<ul><li><a href='#a'>Alpha</a></li><li><a href='#b'>Beta</a></li></ul>")


def test_a_part_of_another_document_is_content_as_a_whole() -> None:
    part = "<nav>Steps</nav><ul><li><a href='#a'>Alpha</a></li><li><a href='#b'>Beta</a></li></ul><p hidden>Ghost</p>"
    assert html_text(BeautifulSoup(part, "html.parser")) == "Steps\n\n- [Alpha](#a)\n- [Beta](#b)"


def test_a_page_goes_on_after_its_end() -> None:
    assert text_of("<p>First.</p></body></html><p>Last.</p>") == "First.\n\nLast."


@pytest.mark.parametrize(
    "page",
    [
        "<div>" * 10_000 + "Deep" + "</div>" * 10_000,
        "<b>" * 5_000 + "Deep",
        "<table><tr><td>" * 2_000 + "Deep",
        "<ul><li>" * 2_000 + "Deep",
        "<blockquote>" * 3_000 + "Deep",
        "<p>Deep</p>" * 20_000,
        "<p hidden>x</p><p>Deep</p>" * 10_000,
        f"<ol>{'<li>Deep' * 20_000}</ol>",
        f"<p title='{'x' * 1_000_000}' style='{'x:y;' * 100_000}'>Deep</p>",
        "<table>" + "<tr><td colspan=1000000 rowspan=1000000>Deep" * 3_000 + "</table>",
        f"<p>Deep{' ' * 300_000}end</p>",
        f"<pre>Deep{chr(10) * 300_000}end</pre>",
        f"<style>{'/*' * 100_000}</style><p>Deep",
        f"<style>{'a{' * 100_000}</style><p>Deep",
        f"<style>{'.a,' * 50_000}.b{{display:none}}</style><p>Deep",
        "<div class='comments'><time></time>" * 3_000 + "Deep",
        f"<p>Deep {'*' * 100_000}{'_' * 100_000}{'`' * 100_000}",
        "Deep" + "<!--" * 100_000,
        "<a href='#x'>Deep " * 5_000,
        f"<h2>Deep</h2>{'<a name=x></a>' * 10_000}<h2>Deep</h2>",
        "<pre>Deep" + "<span class=n>1</span>" * 20_000,
    ],
)
def test_a_page_made_to_be_hard_is_read_in_time(page: str) -> None:
    begun = time.process_time()
    assert "Deep" in html(f"<html><body>{page}".encode()).text
    assert time.process_time() - begun < _SECONDS


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("<div><h2>Setup</h2><a class=anchor href='#setup'><svg></svg></a></div><p>x</p>", "## Setup {#setup}\n\nx"),
        ("<h2 id=s>Setup<span>[<a href='/edit'>edit</a>]</span></h2><p>x</p>", "## Setup {#s}\n\nx"),
        ("<div><h2 id=s>Setup</h2><span>[<a href='/edit'>edit</a>]</span></div><p>x</p>", "## Setup {#s}\n\nx"),
        ("<p>a<span style='mso-hide:all'>Ghost</span></p><![if !supportLists]><p>1.&nbsp;b</p>", "a\n\n1. b"),
        ("<ul><li><section><h2>One</h2><p>x</p></section></li></ul>", "## One\n\nx"),
        ("<div role=tablist><button role=tab>npm</button></div><div role=tabpanel hidden>npm i</div>", "npm\n\nnpm i"),
    ],
)
def test_a_page_as_a_wiki_an_office_program_or_a_generator_writes_it_is_read(page: str, expected: str) -> None:
    assert text_of(page) == expected
