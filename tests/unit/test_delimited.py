"""CSV and TSV files as different programs export them."""

import pytest

from index.reading.formats.cells import MAX_CELLS, MAX_ROWS
from index.reading.formats.delimited import delimited

_PLANS = "- Plan: Basic; Price: 49\n- Plan: Team; Price: 199"


@pytest.mark.parametrize(
    "raw",
    [
        b"Plan,Price\nBasic,49\nTeam,199\n",
        b"Plan,Price\r\nBasic,49\r\nTeam,199",
        b"\xef\xbb\xbfPlan;Price\nBasic;49\nTeam;199\n",
        b"Plan\tPrice\nBasic\t49\nTeam\t199\n",
        b"Plan|Price\nBasic|49\nTeam|199\n",
        b'"Plan","Price"\n"Basic","49"\n"Team","199"\n',
        b"Plan, Price\nBasic, 49\nTeam, 199\n",
        b"sep=;\nPlan;Price\nBasic;49\nTeam;199\n",
        b"Plan,Price,,\nBasic,49,,\nTeam,199,,\n,,,\n",
        "Plan\tPrice\nBasic\t49\nTeam\t199\n".encode("utf-16"),
    ],
)
def test_every_dialect_gives_the_same_rows(raw: bytes) -> None:
    assert delimited(raw).text == _PLANS


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Produkt;Preis\nKabel;12,90 €\nStecker;1.299,00 €\n", "- Produkt: Kabel; Preis: 12,90 €"),
        (
            'Topic,Text\nFees,"2%; then 5%, at once"\nRefund,Within a week\n',
            "- Topic: Fees; Text: 2%; then 5%, at once",
        ),
        ("Produkt, Farbe;Preis, netto\nKabel, rot;12,90\n", "- Produkt, Farbe: Kabel, rot; Preis, netto: 12,90"),
        ('Topic,Text\nFees,"First line\nsecond line"\nRefund,x\n', "- Topic: Fees; Text: First line second line"),
        ('Say,Meaning\n"a ""big"" one",large\n5" pipe,thick\n', '- Say: a "big" one; Meaning: large'),
        (
            "Code;Meaning;Action\nE1;Jam, paper;Open, then close\n",
            "- Code: E1; Meaning: Jam, paper; Action: Open, then close",
        ),
    ],
)
def test_signs_within_a_cell_do_not_cut_it(text: str, expected: str) -> None:
    assert delimited(text.encode()).text.split("\n")[0] == expected


def test_an_answer_stands_with_its_question() -> None:
    raw = b'"Question","Answer"\n"How do I reset it?","Hold the button.\nWait 10 s."\n"Is it free?","Yes, for all."\n'
    assert delimited(raw).text.split("\n") == [
        "- Question: How do I reset it?; Answer: Hold the button. Wait 10 s.",
        "- Question: Is it free?; Answer: Yes, for all.",
    ]
    german = "Frage;Antwort\nWie lange?;Zwei Jahre\nWas kostet es?;4,90 €\n"
    assert delimited(german.encode()).text.split("\n")[1] == "- Frage: Was kostet es?; Antwort: 4,90 €"


def test_a_title_above_the_header_is_a_heading() -> None:
    assert delimited(b"Prices 2027,\n,\nPlan,Price\nBasic,49\nTeam,199\n").text == f"### Prices 2027\n\n{_PLANS}"


def test_keys_and_values_are_read_as_such() -> None:
    raw = b"Company,Fenwick Ltd\nFounded,1999\nPhone,+44 20 5551\n"
    assert delimited(raw).text == "- Company: Fenwick Ltd\n- Founded: 1999\n- Phone: +44 20 5551"


def test_rows_without_a_header_are_not_named_by_the_first_one() -> None:
    assert delimited(b"Basic,5,49.00\nTeam,25,199.00\n").text == "- Basic: 5; 49.00\n- Team: 25; 199.00"


def test_leading_zeros_stay() -> None:
    assert delimited(b"Item,Code\nBolt,000417\n").text == "- Item: Bolt; Code: 000417"


def test_rows_of_other_lengths_are_kept() -> None:
    text = delimited(b"Team,Contact\nBilling,anna@x.example\nOps,ben@x.example,extra\nHR\n").text
    assert text.split("\n") == [
        "- Team: Billing; Contact: anna@x.example",
        "- Team: Ops; Contact: ben@x.example; extra",
        "- Team: HR",
    ]


def test_rows_beyond_the_limit_are_named() -> None:
    content = delimited(b"Code,Name\n" + b"x,\n" * (MAX_ROWS + 4))
    assert content.unread == ((f"rows after {MAX_ROWS:,}", "5 rows too many"),)
    content = delimited(b"1,2,3,4,5\n" * (MAX_CELLS // 5 + 4))
    assert content.unread == ((f"rows after {MAX_CELLS // 5:,}", "4 rows too many"),)


def test_a_quote_that_never_ends_is_read_to_the_end() -> None:
    assert "Basic" in delimited(b'Plan,Price\n"Basic,49\nTeam,199\n').text
