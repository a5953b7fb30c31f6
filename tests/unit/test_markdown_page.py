# ruff: noqa: E501, RUF001 - one page a line, as people write
"""Markdown and MDX as different sites and people write them: what a reader sees stays, the rest goes, code is untouched."""

import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from index.errors import UnreadableDocumentError
from index.reading.formats.content import Content
from index.reading.formats.markdown_page import markdown, mdx
from index.reading.formats.plain_text import plain

_PAGES: list[tuple[str, str, list[str], list[str]]] = [
    (
        "export prose.md",
        "# Data\n\nOwners can\nexport all invoices.\n\nexport invoices as CSV = one file.\n\nimport contacts from 'Settings'\n\nimport { and } from the menu.\n",
        [
            "export all invoices.",
            "export invoices as CSV = one file.",
            "import contacts from 'Settings'",
            "import { and }",
        ],
        [],
    ),
    (
        "md with mdx imports.md",
        "---\ntitle: X\n---\n\nimport useBaseUrl from '@docusaurus/useBaseUrl';\nimport {\n  A,\n  B,\n} from '../c';\n\nText.\n\n<div><img alt=\"Pic\" src={useBaseUrl('img/a.png')} /></div>\n",
        ["Text."],
        ["import", "useBaseUrl", "<div"],
    ),
    (
        "mdx prose inside paragraph.mdx",
        "# A\n\nYou can\nimport contacts from a file and\nexport them.\n",
        ["import contacts from a file and\nexport them."],
        [],
    ),
    (
        "mdx import multi.mdx",
        "import {\n  Tabs,\n  TabItem,\n} from '@theme/Tabs';\nimport x from './x.json'\nexport const meta = { title: 'Y', tags: ['a', \"b}\"] }\n\n# T\n\nText.\n",
        ["# T", "Text."],
        ["import", "export", "meta"],
    ),
    (
        "mdx import in code.mdx",
        "# T\n\n```js\nimport a from 'b'\n\nexport default a\n```\n\nUse `import a` now.\n",
        ["import a from 'b'\n\nexport default a", "`import a`"],
        [],
    ),
    (
        "export default in mdx.mdx",
        "# T\n\nText.\n\nexport default ({ children }) => (\n  <Layout>\n\n    {children}\n  </Layout>\n)\n",
        ["Text."],
        ["export", "Layout", "children"],
    ),
    (
        "placeholders.md",
        "Go to /in/<Year>/<Month>, <Settings> and <your-name>. Use <title of the page> or <file name> or <path>. a < b and c > d. x<y. List<Order>. <https://x.example> <me@x.example>\n",
        [
            "/in/<Year>/<Month>",
            "<Settings>",
            "<your-name>",
            "<title of the page>",
            "<file name>",
            "`<path>`",
            "a < b and c > d",
            "x<y",
            "List<Order>",
            "https://x.example",
            "me@x.example",
        ],
        [],
    ),
    (
        "placeholder alone.md",
        "Enter\n\n<Year>\n\nand\n\n<your-name> logs in.\n",
        ["<Year>", "<your-name> logs in."],
        [],
    ),
    (
        "placeholder mdx.mdx",
        'Open <Settings> and type <your-name>. <Highlight color="red">Wow</Highlight>\n',
        ["<Settings>", "<your-name>", "Wow"],
        ["Highlight"],
    ),
    (
        "placeholders in table.md",
        "| Field | Value |\n| --- | --- |\n| Host | <host>.example |\n| Year | <Year><br>four digits |\n| Old | ~~x9~~ y |\n",
        ["| Host | <host>.example |", "| Year | <Year> four digits |", "| Old | y |"],
        ["x9"],
    ),
    (
        "html table.md",
        "# T\n\n<table>\n  <thead>\n  <tr><th>Code</th><th>Meaning</th></tr>\n  </thead>\n\n  <tr>\n    <td>E1</td>\n\n    <td>Fan <b>blocked</b>, see <Year></td>\n  </tr>\n</table>\n\nAfter.\n",
        ["| Code | Meaning |", "| E1 | Fan **blocked**, see <Year> |", "After."],
        ["<td", "<tr"],
    ),
    (
        "details.md",
        "<details>\n<summary>How do I <b>reset</b>?</summary>\nHold 12 seconds.\n</details>\n\n<details><summary>Two</summary>\n\n- a\n- b\n\n</details>\n",
        ["**How do I reset?**", "Hold 12 seconds.", "**Two**", "- a\n- b"],
        ["<"],
    ),
    (
        "details indented code.md",
        "<details open>\n  <summary>Logs</summary>\n\n  ```sh\n  journalctl <unit>\n  ```\n\n</details>\n",
        ["**Logs**", "journalctl <unit>"],
        ["<details", "<summary"],
    ),
    (
        "readme center.md",
        '<h1 align="center">Zed</h1>\n<p align="center">\n  <a href="https://z.example"><img src="b.svg" alt="build"></a>\n</p>\n\nZed is fast.\n',
        ["# Zed", "Zed is fast."],
        ["<p", "<h1", "<a"],
    ),
    ("aside.md", '<aside class="warn">\nDo not unplug.\n</aside>\n\nText.\n', ["Do not unplug.", "Text."], ["aside"]),
    (
        "script style.md",
        "<style>\n.a { b: c }\n\n.d {}\n</style>\n\n<script>\nvar a = 1;\n\nvar b;\n</script>\n\nText.\n",
        ["Text."],
        ["var", "{"],
    ),
    (
        "struck.md",
        "Cost: ~~19 EUR~~ **15 EUR**. <s>Old</s> <del>gone\nhere</del> new. `~~keep~~` and ~5 and a ~~ b.\n\n- ~~dropped item~~\n- kept item\n",
        ["Cost: **15 EUR**.", "new.", "`~~keep~~`", "~5", "a ~~ b", "- kept item"],
        ["19 EUR", "Old", "gone", "dropped"],
    ),
    (
        "anchors.md",
        '# T {#top}\n\n## A {: #a-id .cls }\n\n## B {.cls #b-id key=val}\n\n## C {:#c-id}\n\n## <a name="d-id"></a>D\n\n<a id="e-id"></a>\n\n## E\n\n## F [](#){#f-id}\n\n## G ##\n\n## H {: .cls}\n\nI\n{: .lead }\n\nJ {.lead}\n\n[k](x){target=_blank} l ![](y){ width="3" }\n\nm {not an attribute}\n',
        [
            "# T {#top}",
            "## A {#a-id}",
            "## B {#b-id}",
            "## C {#c-id}",
            "## D {#d-id}",
            "## E {#e-id}",
            "{#f-id}",
            "## G\n",
            "## H\n",
            "\nI\n",
            "J\n",
            "[k](x) l",
            "m {not an attribute}",
        ],
        ["cls", "lead", "target", "width"],
    ),
    (
        "setext.md",
        "Title *x*\n=========\n\nSub {#s}\n---\n\nText\n***\nMore  \nline\n",
        ["# Title *x*", "## Sub {#s}", "Text", "More"],
        ["==="],
    ),
    ("setext in prose not rule.md", "# A\n\nText.\n\n---\n\nMore.\n", ["Text.", "More."], ["## Text"]),
    (
        "refs.md",
        "See [the guide][g], [plans], [Plans][], ![pic][p] and [x] or [y][z].\n\n[g]: https://g.example/a_(b) \"T\"\n[plans]: <https://p.example>\n  'Title'\n[p]: a.png\n",
        [
            "[the guide](https://g.example/a_",
            "[plans](https://p.example)",
            "[Plans](https://p.example)",
            "[x]",
            "[y][z]",
        ],
        ['"T"', "[g]", "Title'"],
    ),
    (
        "refs in code.md",
        "`[a][g]` and\n\n```\n[a][g]\n[g]: x\n```\n\n[g]: https://g.example\n",
        ["`[a][g]`", "[a][g]\n[g]: x"],
        ["https://g.example"],
    ),
    ("tasks.md", "- [ ] open\n- [x] done [1]\n", ["- [ ] open", "- [x] done [1]"], []),
    (
        "docusaurus admonition.md",
        ":::danger Read this\nNo undo.\n:::\n\n:::note\n\n- a\n\n:::info[Inner]\nIn.\n:::\n\n:::\n\n:::tip My tip {#x}\nT\n:::\n",
        ["Danger", "Read this", "No undo.", "**Note**", "- a", "**Inner**", "In.", "My tip"],
        [":::"],
    ),
    (
        "mkdocs admonition.md",
        '!!! danger\n    No undo.\n\n    Two.\n\n??? note "Fold"\n    Text.\n\n    !!! tip inline end\n        Deep.\n\nAfter.\n\n    code block\n',
        ["**Danger**", "\nNo undo.", "\nTwo.", "**Fold**", "\nText.", "**Tip**", "\nDeep.", "After.", "    code block"],
        ["!!!", "???"],
    ),
    (
        "mkdocs in list.md",
        "1. One\n\n    !!! warning\n        Hot.\n\n    Go on.\n\n2. Two\n",
        ["**Warning**", "    Hot.", "    Go on.", "2. Two"],
        ["!!!"],
    ),
    (
        "mkdocs doc of admonitions.md",
        "Write:\n\n```\n!!! note\n    Text\n```\n\nand `!!! note`.\n",
        ["!!! note\n    Text", "`!!! note`"],
        [],
    ),
    (
        "github alert.md",
        "> [!WARNING]\n> No undo.\n\n> [!note]+ Title here\n> Text\n> > [!tip]\n> > deep\n",
        ["> **Warning**", "> No undo.", "**Title here**", "Text", "**Tip**", "deep"],
        ["[!"],
    ),
    (
        "sphinx.md",
        ".. warning::\n\n   No undo.\n\n   Two.\n\nAfter.\n\n.. note:: Short.\n",
        ["**Warning**", "\nNo undo.", "\nTwo.", "After.", "**Note**", "Short."],
        [".. "],
    ),
    (
        "docusaurus tabs.mdx",
        'import Tabs from \'@theme/Tabs\';\n\n<Tabs groupId="os">\n  <TabItem value="linux" label="Linux" default>\n\n    Run this:\n\n    ```bash\n    apt install x\n      indented\n    ```\n\n  </TabItem>\n  <TabItem value="mac" label="macOS">Drag it.</TabItem>\n</Tabs>\n\nAfter.\n',
        ["**Linux**", "\nRun this:", "```bash\napt install x\n  indented\n```", "**macOS**", "Drag it.", "After."],
        ["<Tab", "    Run"],
    ),
    (
        "mdx list in component.mdx",
        '<Steps>\n  <Step title="One">\n    - a\n      - b\n\n    text\n  </Step>\n</Steps>\n',
        ["**One**", "\n- a\n  - b", "\ntext"],
        ["<Step"],
    ),
    (
        "mdx jsx.mdx",
        "# T\n\n<div className=\"x\" style={{color: 'red'}}>\n  **Bold** text\n</div>\n\n{/* comment\nover lines */}\n\nText {' '} {\"shown\"} {props.x}end \\{kept\\}.\n\n<>\n  Fragment\n</>\n",
        ["**Bold** text", "shown", "end", "kept", "Fragment"],
        ["className", "comment", "props", "<>"],
    ),
    ("mdx heading id.mdx", "## Title {#my-id}\n\n### Other \\{#esc-id}\n", ["## Title {#my-id}"], []),
    (
        "liquid.md",
        "# T\n\n{% if site.x %}\nShown.\n{% endif %}\n\n{% comment %}\nhidden words\n{% endcomment %}\n\n{% highlight ruby %}\nputs 1 # <b>\n{% endhighlight %}\n\n{% raw %}Use {{ user.name }} here.{% endraw %}\n\n[a]({% link b.md %}) [c]({{ site.url }}/d)\n",
        ["Shown.", "puts 1 # <b>", "Use {{ user.name }} here.", "a", "c"],
        ["{%", "hidden words"],
    ),
    (
        "hugo.md",
        '{{< note >}}\nN.\n{{< /note >}}\n\n{{< callout type="warning" >}} Hot. {{< /callout >}}\n\n{{< figure src="a.png" >}}\n\n{{< details "More" >}}\nM.\n{{< /details >}}\n',
        ["**Note**", "N.", "Hot.", "**More**", "M."],
        ["{{"],
    ),
    (
        "zulip.md",
        "{start_tabs}\n\n{tab|desktop-web}\n\n1. A\n\n{tab|mobile}\n\n1. B\n\n{end_tabs}\n\n{!file.md!}\n",
        ["**Desktop web**", "1. A", "**Mobile**", "1. B"],
        ["{"],
    ),
    (
        "blank runs.md",
        "# A\n\n\n\n\n\nText.\n\n\n\n\n```\na\n\n\n\nb\n```\n",
        ["# A\n\nText.\n\n```\na\n\n\n\nb\n```"],
        [],
    ),
    ("title not from code.md", "```sh\n# install\n```\n\nText.\n\n# Real\n", ["# install"], []),
    (
        "tilde fence.md",
        "~~~sh\n# x\n<!-- y -->\n~~struck~~\n~~~\n\n- item\n\n  ```\n  <div> {% a %}\n  ```\n",
        ["# x\n<!-- y -->\n~~struck~~", "<div> {% a %}"],
        [],
    ),
    (
        "inline code.md",
        "Use ``a ` <b> {% x %}`` and `<Year>` and `&lt;`. A \\<b> B \\`c\\`.\n",
        ["``a ` <b> {% x %}``", "`<Year>`", "`&lt;`"],
        [],
    ),
    (
        "entities.md",
        "A &amp; B &lt;Year&gt; &lt;title&gt; &copy; x&nbsp;y &euro;5 AT&T &unknown; a&b\n",
        ["A & B <Year> `<title>` © x y €5 AT&T &unknown; a&b"],
        [],
    ),
    (
        "math.md",
        "If $a < b$ and x<5 then 3 > 2, i<j. Cost <= 5 && y >= 3.\n",
        ["a < b", "x<5", "3 > 2", "i<j", "<= 5 && y >= 3"],
        [],
    ),
    (
        "generics.md",
        "Map<String, List<Integer>> and Array<T> and Option<&str> and Vec<u8>.\n",
        ["Map<String, List<Integer>>", "Array<T>", "Vec<u8>"],
        [],
    ),
    ("xml config prose.md", "Set <timeout>30</timeout> in the file.\n", ["30"], []),
    (
        "notion toggle db.md",
        "# Wiki\n\n- Toggle\n    \n    Inner text.\n    \n    - deeper\n\n[Page A](Wiki%20abc/Page%20A%20123.md)\n",
        ["- Toggle", "Inner text.", "- deeper", "[Page A]("],
        [],
    ),
    (
        "confluence macro.md",
        '# A\n\n<div class="confluence-information-macro confluence-information-macro-warning">\n<p class="title">Careful</p>\n<div class="confluence-information-macro-body"><p>Data is lost.</p></div>\n</div>\n\n<span style="color: red">Red</span> text<br/>\nnext\n',
        ["Careful", "Data is lost.", "Red text"],
        ["<"],
    ),
    (
        "footnote multi.md",
        "A[^1] and B[^2].\n\n- item[^3]\n\n[^1]: First.\n[^2]: Second\n    goes on.\n\n    Second para.\n[^3]: Third.\n\nEnd.\n",
        ["A and B.", "First.", "Second", "goes on.", "Second para.", "Third.", "End.", "- item"],
        ["[^"],
    ),
    (
        "nested quote html.md",
        "> <b>Note</b> <br>\n> text\n\n- a <kbd>X</kbd>\n  - <div>b</div>\n",
        ["> Note", "> text", "- a X", "b"],
        ["<"],
    ),
    (
        "windows paths.md",
        "Open C:\\Users\\<Name>\\AppData and \\\\server\\share. Regex `^\\d+$`.\n",
        ["C:\\Users\\<Name>\\AppData", "\\\\server\\share"],
        [],
    ),
    (
        "shell prose.md",
        'Run\n\n    if [[ -f x ]]; then echo "${A}" > b; fi\n\nor `[[ x ]]`; arrays [[1,2],[3]] stay; see [[1]](https://x.example).\n',
        ['if [[ -f x ]]; then echo "${A}" > b; fi', "`[[ x ]]`", "[3]"],
        [],
    ),
    ("mermaid.md", "```mermaid\ngraph TD;\nA-->B;\n```\n", ["A-->B;"], []),
    ("equals.md", "a == b and c==d==e; ===x===\n", ["a == b and c==d==e"], []),
    ("percent.md", "Set %%USER%% to x and 5 %% of %%PASS%% now.\n", ["%%USER%%"], []),
    (
        "gitbook tabs.md",
        '# Agent\n\n{% tabs %}\n{% tab title="Windows" %}\nRun `setup.exe`.\n{% endtab %}\n\n{% tab title="Linux" %}\n```bash\napt install agent\n```\n{% endtab %}\n{% endtabs %}\n\n{% hint style="danger" %}\nNever run it as root.\n{% endhint %}\n',
        [
            "**Windows**",
            "Run `setup.exe`.",
            "**Linux**",
            "```bash\napt install agent\n```",
            "**Danger**",
            "Never run it as root.",
        ],
        ["{%"],
    ),
    (
        "docusaurus nested admonition in list.mdx",
        "import Admonition from '@theme/Admonition';\n\n# Backup\n\n1. Stop the service.\n\n   :::danger Data loss\n\n   The backup overwrites all data.\n\n   :::\n\n2. Start it again.\n",
        ["1. Stop the service.", "Danger", "Data loss", "The backup overwrites all data.", "2. Start it again."],
        [":::", "import"],
    ),
    (
        "mkdocs tabs nested in admonition.md",
        '# Setup\n\n!!! warning "Before you start"\n\n    Back up first.\n\n    === "Linux"\n\n        ```sh\n        tar cf a.tar .\n        ```\n\n    === "macOS"\n\n        Use Time Machine.\n\nNext step.\n',
        [
            "Before you start",
            "Back up first.",
            "**Linux**",
            "```sh\ntar cf a.tar .\n```",
            "**macOS**",
            "\nUse Time Machine.",
            "\nNext step.",
        ],
        ["===", "!!!", "    Back", "    ```"],
    ),
    (
        "hugo docsy.md",
        '# Pods\n\n{{% alert title="Caution" color="warning" %}}\nPods are deleted at once.\n{{% /alert %}}\n\nSee [the guide]({{< ref "guide.md" >}}) first.\n\n{{< tabs >}}\n{{< tab name="CLI" >}}\nUse `pod rm`.\n{{< /tab >}}\n{{< /tabs >}}\n',
        ["Caution", "Pods are deleted at once.", "the guide", "**CLI**", "Use `pod rm`."],
        ["{{", "alert title"],
    ),
    (
        "jekyll kramdown.md",
        '# Support\n{: .no_toc }\n\n1. TOC\n{:toc}\n\n## Hours {#hours}\n\nMonday to Friday.\n{: .important }\n\n{% include note.html content="Closed on May 1." %}\n\n[Contact](/contact){: .btn .btn-blue }\n',
        ["## Hours {#hours}", "Monday to Friday.", "Closed on May 1.", "[Contact](/contact)"],
        ["{:", "no_toc", "btn", "{%"],
    ),
    (
        "vitepress.md",
        '# Routing\n\n::: warning\nThe path is case-sensitive.\n:::\n\n::: details Click me\nHidden text 42.\n:::\n\n<Badge type="tip" text="beta" /> The `<Link>` element is used.\n\n::: code-group\n```js [a.js]\nexport default {}\n```\n:::\n',
        ["**Warning**", "case-sensitive.", "Click me", "Hidden text 42.", "`<Link>` element", "export default {}"],
        [":::", "<Badge"],
    ),
    (
        "github wiki.md",
        "[[Home]] | [[Install guide|Install-Guide]]\n\nOwners can\nimport members from a CSV file.\n\nSend to <user-id>@mail.example.\n\n<details>\n<summary>Why?</summary>\n\nBecause of **quota**.\n\n</details>\n",
        [
            "Home",
            "Install guide",
            "import members from a CSV file.",
            "<user-id>@mail.example",
            "**Why?**",
            "Because of **quota**.",
        ],
        ["[[", "<details", "<summary"],
    ),
    (
        "obsidian.md",
        "# Office\n\n> [!danger]- Do not enter\n> The room is locked at 18:00.\n\nSee [[VPN setup#Windows|the VPN page]] and ==call first==. %%internal remark about Bob%%\n\nThe fee is 5 EUR. ^fee-2024\n",
        ["Do not enter", "The room is locked at 18:00.", "the VPN page", "call first"],
        ["[!", "[[", "==", "internal remark", "^fee"],
    ),
    (
        "notion.md",
        "# Leave policy\n\n<aside>\n💡 Ask your lead first.\n\n</aside>\n\n| Type | Days |\n| --- | --- |\n| Sick | 10 |\n\n<aside>\n⚠️ Unused days expire on March 31.\n</aside>\n",
        ["💡 Ask your lead first.", "Unused days expire on March 31.", "| Sick | 10 |"],
        ["<aside", "</aside"],
    ),
    (
        "confluence.md",
        '# Limits\n\n<table><tbody><tr><th><p>Plan</p></th><th><p>Seats</p></th></tr><tr><td><p>Basic</p></td><td><p>5</p></td></tr></tbody></table>\n\n<div class="panel"><p>Ask <strong>IT</strong>.</p></div>\n\n<ac:structured-macro ac:name="toc" />\n',
        ["| Plan | Seats |", "| Basic | 5 |", "Ask"],
        ["<table", "<td", "<p>", "<ac:"],
    ),
    (
        "rmarkdown.md",
        "# Report\n\n```{r setup, include=FALSE}\nknitr::opts_chunk$set(echo = TRUE)\n```\n\nThe mean is 5.\n\n```{r}\nmean(x)\n```\n\n::: {.callout-warning}\nOnly valid for 2024.\n:::\n",
        ["The mean is 5.", "mean(x)", "**Warning**", "Only valid for 2024."],
        ["opts_chunk", ":::"],
    ),
    (
        "runbook.md",
        "Restart of the queue\n====================\n\nOn call:  Desk 4\n\n1. ssh to <host>\n2. Run\n\n        systemctl restart queue\n\n3. Wait 5 min.\n\nPrice ~~19 EUR~~ 15 EUR, see [ticket][t].\n\n[t]: https://tracker.example/1\n",
        ["<host>", "systemctl restart queue", "Price 15 EUR", "[ticket](https://tracker.example/1)"],
        ["19 EUR", "[t]"],
    ),
    (
        "template docs.md",
        "# Templates\n\nUse `{{ name }}` or `{% include x %}` in the mail. In HTML write `<br>` and `<!-- note -->`.\n\n```liquid\n{% if a %}\n<!-- keep -->\n{{< note >}}\n{% endif %}\n```\n\n    {% raw %}indented{% endraw %}\n",
        [
            "`{{ name }}`",
            "`{% include x %}`",
            "`<br>`",
            "`<!-- note -->`",
            "{% if a %}\n<!-- keep -->\n{{< note >}}\n{% endif %}",
            "{% raw %}indented{% endraw %}",
        ],
        [],
    ),
    (
        "mdx export function.mdx",
        "export const data = [\n  {a: 1},\n\n  {b: 2},\n];\n\nexport function Chart({ x }) {\n  const y = x;\n\n  return <div>{y}</div>;\n}\n\n# Price\n\nThe price is {data.length} or <Chart x={1} /> 12 EUR.\n",
        ["# Price", "12 EUR."],
        ["export", "const", "return", "Chart", "{"],
    ),
    (
        "mdx steps cards.mdx",
        '<Steps>\n\n1. Open the app.\n\n2. <Kbd>Ctrl</Kbd> + K.\n\n</Steps>\n\n<CardGroup cols={2}>\n  <Card title="Billing" icon="card" href="/billing">\n    Pay by card or invoice.\n\n    ```sh\n    pay --now\n    ```\n  </Card>\n</CardGroup>\n\n<Warning>Keep the key secret.</Warning>\n',
        [
            "1. Open the app.",
            "Ctrl + K.",
            "**Billing**",
            "\nPay by card or invoice.",
            "```sh\npay --now\n```",
            "Keep the key secret.",
        ],
        ["<Card", "<Steps", "<Warning", "    Pay"],
    ),
    (
        "footnotes.md",
        "# Prices\n\nBasic costs 5 EUR[^vat] a month.\n\n## Other\n\nMore.\n\n[^vat]: Plus 20% VAT,\n    for companies in the EU.\n",
        ["5 EUR a month.", "Plus 20% VAT"],
        ["[^vat]"],
    ),
    (
        "myst.md",
        "# Usage\n\n```{warning}\nDo not mix versions.\n```\n\n```{code-block} python\nprint(1)\n```\n\n:::{admonition} Read this\n:class: tip\nIt helps.\n:::\n\n(target)=\n## Next\n",
        ["**Warning**", "Do not mix versions.", "print(1)", "Read this", "It helps."],
        ["{warning}", ":class:", "{admonition}"],
    ),
    (
        "html inline.md",
        'Press <kbd>Ctrl</kbd>+<kbd>S</kbd>. The area is 10 m<sup>2</sup>.<br>Water is H<sub>2</sub>O. <del>Old price 9 EUR.</del> <font color="red">Now 7 EUR.</font> <a href="https://a.example/x">Order</a>\n',
        ["Press Ctrl+S.", "10 m²", "H2O", "Now 7 EUR.", "[Order](https://a.example/x)"],
        ["<", "9 EUR"],
    ),
    (
        "headings with markup.md",
        '# <img src="logo.png" width="40"> Citron\n\n## Pay <a id="pay"></a>\n\nA.\n\n## Refund {.unlisted #refund-it}\n\nB.\n\n```sh\n# install\nmake\n```\n\n### Set `{id}` in /users/{id}\n\nC.\n',
        ["# Citron", "## Pay {#pay}", "## Refund {#refund-it}", "# install\nmake", "/users/{id}"],
        ["<img", "unlisted", "<a"],
    ),
    (
        "comments.md",
        "# A\n\n<!-- TODO: price is secret\n\n## Hidden heading\n-->\n\nShown <!-- not this --> here.\n\n[//]: # (remark one)\n[comment]: <> (remark two)\n\n{/* jsx remark */}\n\nEnd.\n",
        ["Shown here.", "End."],
        ["secret", "Hidden", "not this", "remark"],
    ),
    (
        "docsify alert.md",
        "# A\n\n!> **Time** is money.\n\n?> Tip here.\n\n[Home](/ 'home')\n",
        ["**Time** is money.", "Tip here."],
        [],
    ),
    (
        "html ul in md.md",
        "<ul>\n  <li>First <b>one</b></li>\n  <li>Second: <Year></li>\n</ul>\n\n<dl><dt>SLA</dt><dd>99.9%</dd></dl>\n",
        ["- First", "- Second: <Year>", "SLA", "99.9%"],
        ["<li", "<dt"],
    ),
    (
        "list with br table.md",
        "| Day | Hours |\n|---|---|\n| Mon | 9–12<br>13–17 |\n| Tue | <ul><li>a</li><li>b</li></ul> |\n",
        ["| Mon | 9–12 13–17 |", "a", "b"],
        ["<"],
    ),
    (
        "nested details.md",
        "<details><summary>Outer</summary>\n\nA.\n\n<details><summary>Inner</summary>\n\nB `x`.\n\n</details>\n\n</details>\n",
        ["**Outer**", "A.", "**Inner**", "B `x`."],
        ["<"],
    ),
    (
        "starlight.mdx",
        '---\ntitle: S\n---\nimport { Aside, Tabs, TabItem } from \'@astrojs/starlight/components\';\n\n<Aside type="caution" title="Watch out!">\n  Costs apply.\n</Aside>\n\n<Tabs>\n<TabItem label="npm">\n```sh\nnpm i\n```\n</TabItem>\n</Tabs>\n',
        ["Caution: Watch out!", "Costs apply.", "**npm**", "```sh\nnpm i\n```"],
        ["<", "import"],
    ),
    (
        "mintlify.mdx",
        '<Note>\n  Save the file.\n</Note>\n\n<ParamField path="id" type="string" required>\n  The id of the order.\n</ParamField>\n\n<AccordionGroup>\n  <Accordion title="Why?">\n    Because.\n  </Accordion>\n</AccordionGroup>\n',
        ["**Note**", "Save the file.", "The id of the order.", "**Why?**", "Because."],
        ["<"],
    ),
    (
        "quarto callout heading.md",
        '::: {.callout-important collapse="true"}\n## Read me\n\nStop first.\n:::\n\n::: {.panel-tabset}\n## R\n\nr text\n\n## Python\n\np text\n:::\n',
        ["Important", "Read me", "Stop first.", "r text", "p text"],
        [":::"],
    ),
    (
        "mdbook.md",
        '# M\n\n{{#include file.rs}}\n\n~~~admonish warning title="Hot"\nDo not touch.\n~~~\n',
        ["Do not touch."],
        [],
    ),
    (
        "jira style.md",
        "# J\n\nStep 1 -> Step 2 => done. a <- b. <-- here. 5 <6> 7 <3.\n",
        ["-> Step 2 =>", "a <- b", "<-- here", "5 <6> 7 <3"],
        [],
    ),
    (
        "email quoted.md",
        "From: Al <al@x.example>\nTo: <sup@x.example>\n\n> I can't log in <sigh>\n\nUse <Ctrl>+<Alt>+<Del> and press <Enter>.\n",
        ["al@x.example", "<sigh>", "<Ctrl>+<Alt>+<Del>", "<Enter>"],
        [],
    ),
    (
        "cli help.md",
        "Usage: `tool <cmd> [--flag]`\n\ntool <command> [<args>] --out=<file> --time=<time> -p <p>\n",
        ["tool <command> [<args>]", "--out=<file>", "--time=`<time>`"],
        [],
    ),
    (
        "german export.md",
        "Export und Import:\nimport von Kontakten geht nur als CSV.\n\nexport der Rechnungen: siehe „Archiv“.\n",
        ["import von Kontakten", "export der Rechnungen"],
        [],
    ),
    (
        "js in mdx prose.mdx",
        'Use `export default` in `config.js`:\n\n```jsx title="config.js"\nexport default { a: <B /> }\n```\n',
        ["`export default`", "export default { a: <B /> }"],
        [],
    ),
    (
        "struck list and table.md",
        "- ~~Monday~~ Tuesday\n- [x] ~~done~~\n\n| A | B |\n|---|---|\n| ~~1~~ 2 | <s>3</s> 4 |\n",
        ["- Tuesday", "| 2 | 4 |"],
        ["Monday", "done", "~~", "<s>"],
    ),
    (
        "link titles.md",
        '[A](b.md "Title") and [C](<d e.md>) ![alt text](x.png) [![img](y.png)](z) <http://a.example/b_c>\n',
        ['[A](b.md "Title")', "http://a.example/b_c"],
        [],
    ),
    ("kbd lines.md", "- Press <kbd>Ctrl</kbd> + <kbd>Shift</kbd>+<kbd><</kbd>\n", ["Ctrl + Shift"], ["kbd"]),
    (
        "code in html.md",
        '<pre><code class="sh">ls -l &lt;dir&gt;\n\n# all\n</code></pre>\n\n<code>&lt;b&gt;</code> x\n',
        ["ls -l <dir>\n\n# all", "`<b>` x"],
        ["<pre"],
    ),
    (
        "vue template.md",
        "<script setup>\nimport X from './x.vue'\n</script>\n\n# V\n\n<X />\n\n<X>Slot text</X>\n\n<template #a>hidden?</template>\n",
        ["# V", "Slot text"],
        ["import", "<X"],
    ),
    (
        "mkdocs snippets.md",
        '--8<-- "a.md"\n\n# K\n\n:material-check: Yes `#!py x` ++ctrl+c++\n\n*[API]: Application Interface\n\nTerm\n:   Definition 5.\n',
        ["Term", "Definition 5."],
        [],
    ),
    (
        "numbered code in list.md",
        "1. Run:\n\n   ```\n   {% x %} <div>\n   ```\n2. Then <b>go</b>.\n   - sub <!-- no --> text\n",
        ["   {% x %} <div>", "2. Then go.", "   - sub text"],
        ["no -->"],
    ),
]


def _page(name: str, text: str) -> Content:
    return mdx(text.encode()) if name.endswith(".mdx") else markdown(text.encode())


@pytest.mark.parametrize(("name", "text", "shown", "hidden"), _PAGES, ids=[page[0] for page in _PAGES])
def test_a_page_holds_what_its_reader_sees(name: str, text: str, shown: list[str], hidden: list[str]) -> None:
    found = _page(name, text).text
    assert [part for part in shown if part not in found] == []
    assert [part for part in hidden if part in found] == []


@pytest.mark.parametrize("name", ["a.md", "a.mdx"])
def test_reading_a_page_again_changes_nothing(name: str) -> None:
    once = _page(name, "# A {: #a }\n\n!!! note\n    N <Year> x[^1].\n\n~~old~~ [b][c]\n\n[c]: d\n[^1]: F.\n").text
    assert _page(name, once).text.strip() == once.strip()


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("```sh\n# install\n```\n\n# Real\n", "Real"),
        ("Set *up*\n========\n\nText.\n", "Set *up*"),
        ("# <a name='x'></a>Plans {: .big }\n", "Plans"),
        ("---\ntitle: Said\n---\n\n# Other\n", "Said"),
        ("## Only a second level\n", None),
        ("Text.\n\n    # indented\n", None),
    ],
)
def test_a_title_is_a_heading_and_no_line_of_code(text: str, title: str | None) -> None:
    assert markdown(text.encode()).title == title


_PUMPED = [
    " ", "\n", "`", "<", "<https:", "[", "![", "[[", "[a](", "](", "{", "{%", "{{<", "{/*", "~~", "==", "%%", "&lt;", "> ", "\t",
    "<a b='", "<A b={", "<code>", "<del>", "<!--", "<summary>", "<sup>", "<table>\n\n", "<div>\n\n", "<Year>\n", "<Foo a=1>", "</",
    "import {\n\n", "export const a = [\n\n", "!!! note\n", ":::", "::: a\n", "[a]: b\n\n[a][a]\n", "[^a]: b\n\n[^a]\n", "{.a ", "\\`",
]  # fmt: skip


@pytest.mark.parametrize("piece", _PUMPED)
@pytest.mark.parametrize("read", [markdown, mdx, plain])
def test_the_time_to_read_a_page_grows_with_its_length(piece: str, read: Callable[[bytes], Content]) -> None:
    raw = ("x" + piece * (50_000 // len(piece))).encode()
    begun = time.process_time()
    read(raw)
    # A pattern that backtracks takes ten seconds and more.
    assert time.process_time() - begun < 3


@pytest.mark.parametrize(
    "raw",
    [b"## a" + b" " * 50_000 + b"#b", b"```" + b" " * 50_000 + b"`", b"<a" + b" " * 50_000, b"{." + b"a" * 50_000],
)
def test_a_long_run_within_a_line_costs_no_more(raw: bytes) -> None:
    begun = time.process_time()
    for read in (markdown, mdx, plain):
        read(raw)
    assert time.process_time() - begun < 3


@pytest.mark.data
def test_real_pages_keep_their_words_and_lose_their_tags(real_data: Path) -> None:
    pages = [*real_data.glob("zulip/docs/**/*.md"), *real_data.glob("plausible-docs/docs/**/*.md*")]
    texts = {page: _page(page.name, page.read_text()).text for page in pages}
    left = ("<div", "<kbd", "<td", "</a>", "className", "useBaseUrl(", ":::", "{start_tabs}", "<TabItem")
    without_code = {
        page: "".join(re.split(r"```.*?```|`[^`\n]+`", text, flags=re.DOTALL)) for page, text in texts.items()
    }
    assert [(page.name, mark) for page, text in without_code.items() for mark in left if mark in text] == []
    assert [page.name for page, text in texts.items() if len(text) < 40] == []


@pytest.mark.parametrize(
    ("text", "title", "shown"),
    [
        (
            "Return policy\n=============\n\nItems.\n\nFees\n----\n\n- a\n",
            "Return policy",
            "# Return policy\n\nItems.\n\n## Fees\n\n- a",
        ),
        ("Sub\n~~~\n\nText\n", "Sub", "# Sub\n\nText"),
        ("One sentence says that all devices can be returned within fourteen days.\nMore.\n", None, "days.\nMore."),
        ("Hello team,\n\nthe VPN is down.\n", None, "the VPN"),
        ("export all\nand import\n", None, "export all\nand import"),
        ("A title\n\n\n\n\nText <title> <Year>\n", "A title", "A title\n\nText `<title>` <Year>"),
        (
            "Total of the year\n-----------------------------------------------------\n5 EUR\n",
            "Total of the year",
            "5 EUR",
        ),
        (
            "Opening\n\n    In the morning we\nopen.\n\n    $ run\n",
            "Opening",
            "\nIn the morning we\nopen.\n\n    $ run",
        ),
    ],
)
def test_plain_text_keeps_its_titles_lists_and_words(text: str, title: str | None, shown: str) -> None:
    found = plain(text.encode())
    assert found.title == title
    assert shown in found.text


def test_a_picture_named_as_a_page_is_refused() -> None:
    with pytest.raises(UnreadableDocumentError, match="binary"):
        markdown(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)))


@pytest.mark.parametrize("element", ["ul><li", "blockquote", "table><tr><td", "div"])
def test_html_nested_too_deeply_loses_its_form_and_not_its_text(element: str) -> None:
    closing = "".join(f"</{name}>" for name in reversed(element.split("><")))
    assert "word" in markdown((f"<{element}>" * 3_000 + "word" + closing * 3_000).encode()).text
