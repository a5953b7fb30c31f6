"""HTML pages as Markdown: tables, code, anchors, definitions, powers, images, titles and encodings."""

import pytest

from index.reading.formats.html_page import html


def text_of(body: str) -> str:
    return html(f"<html><body>{body}</body></html>".encode()).text


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (
            "<tr><th>Plan<th>Call<th>Limit<tr><td rowspan=2>Free<td>read<td>60<tr><td>write<td>10",
            ["| Plan | Call | Limit |", "| --- | --- | --- |", "| Free | read | 60 |", "| Free | write | 10 |"],
        ),
        (
            "<tr><th>Plan<th>Call<th>Limit<tr><td>Free<td colspan=2>none",
            ["| Plan | Call | Limit |", "| --- | --- | --- |", "| Free | none | none |"],
        ),
        (
            "<thead><tr><th rowspan=2>Zone<th colspan=2>Price<tr><th>Day<th>Night</thead><tr><td>A<td>5<td>6",
            ["| Zone | Price / Day | Price / Night |", "| --- | --- | --- |", "| A | 5 | 6 |"],
        ),
        (
            "<tfoot><tr><td>Sum<td>9</tfoot><tbody><tr><td>A<td>9</tbody><thead><tr><th>Zone<th>Price</thead>",
            ["| Zone | Price |", "| --- | --- |", "| A | 9 |", "| Sum | 9 |"],
        ),
        (
            "<tbody><tr><th>Zone<th>Fee<tr><td rowspan=9>A<td>1<tbody><tr><td>B<td>2",
            ["| Zone | Fee |", "| --- | --- |", "| A | 1 |", "| B | 2 |"],
        ),
        ("<tr><th>Phone<td>555-01<tr><th>Fax<td>555-02", ["- Phone: 555-01", "- Fax: 555-02"]),
        (
            "<tr><th>Users<td>3<td>30<tr><th>Mails<td>10<td>99",
            ["|  |  |  |", "| --- | --- | --- |", "| Users | 3 | 30 |", "| Mails | 10 | 99 |"],
        ),
        (
            "<tr><td>Name<td>Port<td>Use<tr><td>web<td>80<td>pages",
            ["| Name | Port | Use |", "| --- | --- | --- |", "| web | 80 | pages |"],
        ),
        (
            "<tr><th>Plan<th>Holds<tr><td>Plus<td><p>Mail</p><ul><li>in<li>out</ul>and<br>more",
            ["| Plan | Holds |", "| --- | --- |", "| Plus | Mail in; out; and more |"],
        ),
        (
            "<tr><th>Plan<th>Run<tr><td>Plus<td><pre>a | b\nc</pre>",
            ["| Plan | Run |", "| --- | --- |", "| Plus | `a \\| b` `c` |"],
        ),
        (
            "<tr hidden><td>x<td>y<tr><th>Plan<th>Fee<tr><td>Plus<td><s>5</s> 6",
            ["| Plan | Fee |", "| --- | --- |", "| Plus | 6 |"],
        ),
        (
            "<tr><th>Plan<th>Fee<tr><th colspan=2>Old<tr><td>Plus<td>5",
            ["**Old**", "", "| Plan | Fee |", "| --- | --- |", "| Plus | 5 |"],
        ),
    ],
)
def test_each_cell_stands_below_its_header(rows: str, expected: list[str]) -> None:
    assert text_of(f"<table>{rows}</table>").split("\n") == expected


def test_a_caption_stands_before_its_table() -> None:
    text = text_of("<table><caption>Fees of 2026</caption><tr><th>Plan<th>Fee<tr><td>Plus<td>5</table>")
    assert text.startswith("Fees of 2026\n\n| Plan | Fee |")


@pytest.mark.parametrize(
    "table",
    [
        "<table role=presentation><tr><td><p>One.</p><td><p>Two.</p></table>",
        "<table><tr><td><p>One.</p><p>Two.</p></table>",
        "<table><tr><td>One.<td>Two.</table>",
        "<table><tr><td>One.<tr><td><table><tr><td>Two.</table></table>",
    ],
)
def test_a_table_that_only_places_text_is_text(table: str) -> None:
    assert text_of(table) == "One.\n\nTwo."


@pytest.mark.parametrize(
    "block",
    [
        "<pre>a = 1\n  b = 2</pre>",
        "<pre><span class=lineno>1</span>a = 1\n<span class=lineno>2</span>  b = 2</pre>",
        "<pre><span style='-webkit-user-select:none;user-select:none'>&gt; </span>a = 1\n  b = 2</pre>",
        "<pre><code><span class=line><i>1 </i>a = 1</span>\n<span class=line><i>2 </i>  b = 2</span></code></pre>",
        "<table><tr><td><pre>1\n2</pre><td><pre>a = 1\n  b = 2</pre></table>",
        "<table><tr><td>1<td class=code>a = 1<tr><td>2<td class=code>  b = 2</table>",
        "<table><tr><td data-line-number=7><td class=blob-code>a = 1<tr><td data-line-number=8><td>  b = 2</table>",
        "<pre>a = 1<br>  b = 2</pre>",
        "<pre><div>a = 1</div><div>  b = 2</div></pre>",
        "<div><pre>a = 1\n  b = 2</pre></div>",
        "<pre><button>Copy</button>a = 1\n  b = 2\n</pre>",
    ],
)
def test_code_is_whole_and_without_line_numbers(block: str) -> None:
    assert text_of(block) == "```\na = 1\n  b = 2\n```"


@pytest.mark.parametrize(
    "block",
    [
        "<pre><code class='hljs language-python'>x</code></pre>",
        "<pre class='brush:python'>x</pre>",
        "<div class='highlight-python notranslate'><div class=highlight><pre>x</pre></div></div>",
        "<pre data-lang=python>x</pre>",
        "<pre lang='x y' class='language-python'>x</pre>",
    ],
)
def test_code_names_its_language(block: str) -> None:
    assert text_of(block) == "```python\nx\n```"


def test_numbers_in_code_stay() -> None:
    assert text_of("<pre>max <b>4</b>\nmin <b>2</b></pre>") == "```\nmax 4\nmin 2\n```"


def test_code_that_holds_a_fence_is_fenced_by_more() -> None:
    assert text_of("<pre>```\nx\n```</pre>") == "````\n```\nx\n```\n````"


@pytest.mark.parametrize(
    "heading",
    [
        "<h2 id=setup>Setup</h2>",
        "<h2><a id=setup></a>Setup</h2>",
        "<h2><a name=setup>Setup</a></h2>",
        "<a name=setup></a><h2>Setup</h2>",
        "<p><a name=setup></a></p>\n<h2>Setup</h2>",
        "<section id=setup><h2>Setup</h2></section>",
        "<div class=sect id=setup><div class=title><h2>Setup</h2></div></div>",
        "<span id=setup></span><h2>Setup</h2>",
        "<h2 id=setup>Setup<a class=headerlink href=#setup>¶</a></h2>",
        "<h2 id=setup><a href=#setup aria-hidden=true>#</a> Setup</h2>",
        "<h2 id=setup>Setup <a href=#setup>Link to this heading</a></h2>",
        "<h2 id=setup><a href=#setup>Setup</a></h2>",
    ],
)
def test_a_heading_has_its_anchor(heading: str) -> None:
    text = text_of(f"<h1>Page</h1><p>Words that stand above the heading.</p>{heading}<p>Words.</p>").split("\n")[4]
    assert text == "## Setup {#setup}"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("<details><summary>Why?</summary>So.</details>", "**Why?**\n\nSo."),
        ("<details><summary><h3>Why?</h3></summary><p>So.</p></details>", "### Why?\n\nSo."),
        ("<dl><dt>-n<dd>Counts.<dt>-v<dd><p>Tells.</p></dl>", "**-n** Counts.\n\n**-v** Tells."),
        ("<dl><dt>Is it free?<dd>Yes.</dl>", "**Is it free?**\n\nYes."),
        ("<dl><dt>-n<dd><ul><li>one</ul></dl>", "**-n**\n\n- one"),
        ("<p>10<sup>6</sup> m<sup>2</sup>, 2<sup>nd</sup></p>", "10^6 m^2, 2nd"),
        ("<p>Free<sup><a href=#n1>1</a></sup> H<sub>2</sub>O 10<sub>2</sub></p>", "Free H2O 10_2"),
        (
            "<p><abbr title='recovery time'>RTO</abbr>, <abbr title='recovery time'>RTO</abbr></p>",
            "RTO (recovery time), RTO",
        ),
        ("<p><ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp></ruby></p>", "漢(kan)"),
        ("<p>Press <img src=g.png alt='the gear'>.</p>", "Press the gear."),
        ("<p>A</p><img src=g.png alt='shot.png'><img src=g.png alt=logo><img src=g.png>", "A"),
        ("<img src=g.png alt='The menu with three entries'>", "The menu with three entries"),
        ("<p><kbd>Esc</kbd> <samp>ok</samp> <code>a*b_c</code> <var>x</var></p>", "`Esc` `ok` `a*b_c` x"),
        ("<p>a_b __init__ 2*3</p>", "a_b \\__init_\\_ 2\\*3"),
        ("<p># not a heading</p><p>&gt; nor a quote</p>", "\\# not a heading\n\n\\> nor a quote"),
        ("<p>The sum of 5\n- 3 is\n# 2.</p>", "The sum of 5 - 3 is # 2."),
        ("<ol start=3><li>c<li value=7>g<li>h</ol>", "3. c\n7. g\n8. h"),
        ("<ul><li>a<ol><li>b</ol><li>c</ul>", "- a\n  1. b\n- c"),
        ("<p>a <a href='javascript:x()'>b</a> <a href='/c'>d</a></p>", "a b [d](/c)"),
        ("<h2></h2><h2> </h2><p>x</p>", "x"),
        ("<p>costs <s>5</s> 6</p>", "costs 6"),
    ],
)
def test_a_page_reads_as_it_looks(body: str, expected: str) -> None:
    assert text_of(body) == expected


@pytest.mark.parametrize(
    ("head", "encoding"),
    [
        ("<meta charset=windows-1252>", "cp1252"),
        ("<meta http-equiv=Content-Type content='text/html; charset=iso-8859-1'>", "cp1252"),
        ("<meta charset='ISO-8859-15'>", "iso-8859-15"),
        ("<?xml version='1.0' encoding='windows-1252'?>", "cp1252"),
        ("<meta charset=windows-1252>", "utf-8"),
        ("<meta charset=utf-8>", "cp1252"),
        ("<meta charset=utf-8>", "utf-16"),
        ("", "utf-16-le"),
        ("<meta charset=nonsense>", "utf-8"),
        ("<meta charset=windows-1251>", "utf-8"),
    ],
)
def test_a_page_in_another_encoding_is_read(head: str, encoding: str) -> None:
    page = f"{head}<html><body><p>Ein Café für 6 € in Köln, mit Gebühr.</p></body></html>"
    assert html(page.encode(encoding)).text == "Ein Café für 6 € in Köln, mit Gebühr."


def test_cyrillic_that_is_declared_is_read() -> None:
    page = "<meta charset=windows-1251><p>Да</p>"
    assert html(page.encode("cp1251")).text == "Да"


@pytest.mark.parametrize(
    ("title", "heading", "expected"),
    [
        ("Reset | Drimo Help", "Reset", "Reset"),
        ("Drimo Help: Reset", "Reset", "Reset"),
        ("Pay - or not - Drimo", "Pay - or not", "Pay - or not"),
        ("Reset - advanced", "Drimo", "Reset - advanced"),
        ("", "Reset", "Reset"),
        ("Reset", "", "Reset"),
        ("Reset the e-mail", "Reset the e", "Reset the e-mail"),
    ],
)
def test_the_title_goes_without_the_name_of_the_site_if_a_heading_confirms_it(
    title: str, heading: str, expected: str
) -> None:
    page = f"<html><head><title>{title}</title></head><body><h1>{heading}</h1><p>x</p></body></html>"
    assert html(page.encode()).title == expected


@pytest.mark.parametrize(
    "said",
    [
        "<meta property='article:modified_time' content='2026-03-04T10:00:00Z'>",
        "<time itemprop=dateModified datetime='2026-03-04'>4 March</time>",
        "<time class=updated datetime='2026-03-04T10:00'>4 March</time>",
    ],
)
def test_the_day_of_the_last_change_is_read(said: str) -> None:
    assert html(f"<p>x</p>{said}".encode()).updated == "2026-03-04"


def test_the_day_of_an_event_is_none_of_a_change() -> None:
    assert html(b"<p>The fair is on <time datetime='2026-03-04'>4 March</time>.</p>").updated is None
