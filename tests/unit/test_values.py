"""Values are compared as values: what a sentence may write otherwise than its source, and what it may not."""

import pytest

from pipeline.proof.values import missing_values

_PASSAGE = (
    "We filter approximately 32,000 ranges. If you don't upgrade within a week, it locks. One month after locking "
    "we stop. There is a 15% discount. It takes between 5 and 10 minutes. The plant closed in May 2013, the other in "
    "December of the same year, at 9:00. Use `foo_bar --all`. It costs $1,299.50. Version 2.1.3 is out. See "
    "[the page](https://a.io/b). Click **Save draft**. On the 1st day. Up to 25MB. For two consecutive months. "
    'Pay in 30 days. It began on 24 June, 1998. A 10-minute wait. Guests cost 1/5 of it. Press "Create New Page". '
    "Scaled to 25x25 pixels. Reports go out every Monday. It is ERR-4012."
)


@pytest.mark.parametrize(
    "sentence",
    [
        "It is 32000 ranges.", "It is 32.000 ranges.", "It is 32k ranges.", "It locks after 7 days.", "1 month later.",
        "A 15 percent discount.", "A fifteen percent discount.", "After 5 minutes.", "After ten minutes.", "In May.",
        "May 2013 it was.", "At 9 am.", "It costs $1299.5.", "It is v2.1.3.", "It is 2.1.3.", "See https://a.io/b.",
        'Click "Save draft".', "Click “Save draft”.", "Use `--all`.", "Use foo_bar.", "On the 1st.", "Up to 25 MB.",
        "For 2 months.", "For two months.", "One of them.", "1. Do it.", "2. Do that.", "You may do it.", "30 it is.",
        "On 24 June 1998.", "On June 24th, 1998.", "On 1998-06-24.", "In June 1998.", "They cost 1/5.",
        "It is 25x25 pixels.", "On Mondays.", "Error ERR-4012.", "May I cancel?", "He may.",
    ],
)  # fmt: skip
def test_a_value_may_be_written_otherwise(sentence: str) -> None:
    assert missing_values(sentence, _PASSAGE) == []


@pytest.mark.parametrize(
    ("sentence", "missing"),
    [
        ("It is 3200 ranges.", "3200"),
        ("It locks after 8 days.", "8 days"),
        ("A 16% discount.", "16%"),
        ("A sixteen percent discount.", "a number in words"),
        ("After 10 hours.", "10 hours"),
        ("In June 2013.", "June 2013"),
        ("In December 2013.", "December 2013"),
        ("In November.", "November"),
        ("At 9 pm.", "9 pm"),
        ("It costs $1,299.", "$1,299"),
        ("It costs €1,299.50.", "€1,299.50"),
        ("It is 2.1.4.", "2.1.4"),
        ("See https://a.io/c.", "https://a.io/c"),
        ("Write to x@a.io.", "x@a.io"),
        ('Click "Save all".', "Save all"),
        ("Use `--none`.", "--none"),
        ("Use foo_baz.", "foo_baz"),
        ("Up to 25 GB.", "25 GB"),
        ("For three months.", "a number in words"),
        ("On Tuesday.", "Tuesday"),
        ("They cost 1/8.", "8"),
        ("It is 128x128 pixels.", "128x128"),
        ("Error ERR-4013.", "4013"),
        ("Look in /etc/passwd.", "/etc/passwd"),
    ],
)
def test_another_value_is_missing(sentence: str, missing: str) -> None:
    assert missing in missing_values(sentence, _PASSAGE)


@pytest.mark.parametrize(
    "sentence",
    [
        "Nach 7 Tagen.", "Après 7 jours.", "A los 7 días.", "Nach 1 Monat.", "15 Prozent Rabatt.", "15 % de remise.",
        "Le 1er du mois.", "El 1.º del mes.", "El 1º del mes.", "La 2e fois, 2 mois.", "Es sind 32.000.",
        "32 000 plages.",
        "每月1日", "毎月1日のレポート", "매월 1일에", "32,000个范围", "30天内支付", "5-10分钟", "使用foo_bar命令",
        "ERR-4012错误", "25x25ピクセル",
    ],
)  # fmt: skip
def test_a_value_may_be_written_in_another_language(sentence: str) -> None:
    assert missing_values(sentence, _PASSAGE) == []


@pytest.mark.parametrize(
    ("sentence", "missing"),
    [
        ("Nach 8 Tagen.", "8 Tagen"),
        ("Nach 7 Monaten.", "7 Monaten"),
        ("Le 3er du mois.", "3er"),
        ("每月45日", "45"),
        ("使用foo_baz命令", "foo_baz"),
        ("ERR-4013错误", "4013"),
        ("16 Prozent Rabatt.", "16 Prozent"),
    ],
)
def test_another_value_is_missing_in_any_language(sentence: str, missing: str) -> None:
    assert missing in missing_values(sentence, _PASSAGE)


def test_a_verb_is_no_month() -> None:
    held = "In November he wrote the book. Readers may find it hard."
    assert missing_values("In May, he wrote the book.", held) == ["May"]
    assert missing_values("He wrote the book in May", held) == ["May"]
    assert missing_values("In November, he wrote the book.", held) == []
