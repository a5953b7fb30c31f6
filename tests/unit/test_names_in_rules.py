"""A rule of `index.access` holds under every name of a document."""

import json
import unicodedata
from pathlib import Path

import pytest

from index.reading.conversion import documents_of
from index.reading.documents import Document, LoadRules
from index.reading.names import names_of
from index.reading.sources import survey

_TEXT = "# Pay\n\nThe head of sales earns more.\n"
_HR = ("hr",)
_FORMS = {"NFC": unicodedata.normalize("NFC", "Gehälter"), "NFD": unicodedata.normalize("NFD", "Gehälter")}


def _file(path: Path, text: str = _TEXT) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def _readers(
    places: list[Path], *access: tuple[str, tuple[str, ...]], unlabelled: str = "everyone"
) -> dict[str, set[str]]:
    rules = LoadRules(access=access, unlabelled=unlabelled)
    found = [d for s in survey(places, places[0].parent / "index", rules).sources for d in documents_of(s, rules)]
    return {document.document_id: set(document.groups) for document in found if isinstance(document, Document)}


@pytest.mark.parametrize("forms", [("NFC", "NFD"), ("NFD", "NFC")])
def test_a_pattern_matches_a_folder_whose_accents_are_encoded_otherwise(tmp_path: Path, forms: tuple[str, str]) -> None:
    pattern, name = (_FORMS[form] for form in forms)
    _file(tmp_path / "docs" / name / "pay.md")
    assert list(_readers([tmp_path / "docs"], (f"{pattern}/*", _HR)).values()) == [{"hr"}]


def test_a_rule_for_an_export_holds_for_its_articles_and_the_first_pattern_counts(tmp_path: Path) -> None:
    export = "".join(json.dumps({"id": key, "title": "A", "body": "Text"}) + "\n" for key in "112")
    docs = _file(tmp_path / "docs" / "exp.jsonl", export).parent
    assert set(map(tuple, _readers([docs], ("exp.jsonl", _HR)).values())) == {("hr",)}
    # The second article with the id 1 has the number of its line in its id.
    first, second, _ = _readers([docs], ("exp.jsonl#1", _HR)).values()
    assert first == second == {"hr"}
    opened = _readers([docs], ("exp.jsonl#1", ("everyone",)), ("exp.jsonl", _HR))
    assert opened["exp.jsonl#1"] == {"everyone"}


def test_a_link_to_a_file_has_the_rule_of_the_file(tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    _file(docs / "hr" / "pay.md")
    (docs / "guide.md").symlink_to("hr/pay.md")
    closed = {"guide.md": {"hr"}, "hr/pay.md": {"hr"}}
    assert _readers([docs], ("hr/*", _HR)) == closed
    assert _readers([docs], ("guide.md", ("everyone",)), ("hr/*", _HR)) == closed
    assert _readers([docs], ("hr/*", ("everyone",)), ("guide.md", _HR))["guide.md"] == {"hr"}


def test_a_link_that_leads_elsewhere_is_read_again(tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    for folder in ("hr", "open"):
        _file(docs / folder / "pay.md")

    def mark(target: str) -> str:
        (docs / "guide.md").unlink(missing_ok=True)
        (docs / "guide.md").symlink_to(target)
        return next(
            s.fingerprint for s in survey([docs], tmp_path / "i", LoadRules()).sources if s.source_id == "guide.md"
        )

    assert mark("open/pay.md") != mark("hr/pay.md")


def test_the_name_of_a_second_folder_opens_no_document_that_a_rule_limits(tmp_path: Path) -> None:
    one, other = (
        _file(tmp_path / "one" / "salaries.md", "# A\n\nOld\n").parent,
        _file(tmp_path / "x/public/salaries.md").parent,
    )
    access = (("public/*", ("everyone",)), ("salaries.md", _HR))
    assert _readers([one, other], *access, unlabelled="nobody") == {"salaries.md": {"hr"}, "public/salaries.md": {"hr"}}


@pytest.mark.parametrize("pattern", ["./hr/*", "/hr/*", ".//hr/*", "././hr/*"])
def test_a_pattern_may_begin_at_the_folder(tmp_path: Path, pattern: str) -> None:
    docs = _file(tmp_path / "docs" / "hr" / "pay.md").parents[1]
    assert _readers([docs], (pattern, _HR)) == {"hr/pay.md": {"hr"}}
    rules = LoadRules(links=((pattern, "https://h.example/{file}"),))
    assert rules.link("hr/pay.md", None) == "https://h.example/hr/pay.md"


@pytest.mark.parametrize(
    "address",
    [
        "https://h.example/%68r/pay",
        "https://h.example/x/../hr/pay",
        "https://h.example//hr/pay",
        "HTTPS://H.example/hr/./pay",
        "https://h.example:443/hr/pay?a=1",
        "https://h.example/%2E%2E/hr/pay",
        "https://h.example/x/%2e%2e/hr/pay",
    ],
)
def test_a_rule_for_an_address_holds_however_the_address_is_spelt(address: str) -> None:
    rules = LoadRules(access=(("https://h.example/x/*", ("everyone",)), ("https://h.example/hr/*", _HR)))
    assert rules.groups(address, None) == {"hr"}
    assert rules.groups("https://h.example/help", None) == {"everyone"}


def test_a_rule_for_an_address_may_be_written_as_people_read_it() -> None:
    rules = LoadRules(access=(("https://h.example/gehälter/*", _HR),))
    assert rules.groups("https://h.example/geh%C3%A4lter/a", None) == {"hr"}


def test_a_rule_for_the_address_after_a_redirect_counts() -> None:
    rules = LoadRules(access=(("https://h.example/hr/*", _HR),))
    assert rules.groups("https://h.example/go", None, others=("https://h.example/hr/pay",)) == {"hr"}


def test_what_is_no_address_has_one_name() -> None:
    assert names_of(["a//b/../c.md"]) == ["a//b/../c.md"]
    assert names_of(["https://["]) == ["https://["]
    assert names_of(["https://h.example/a"]) == ["https://h.example/a"]
