"""Which texts are about another product, plan or version than a question names."""

import pytest

from index.naming import names_another

_ANOTHER = [
    ("Does Nimbus Pro support offline files?", "Nimbus Go does not support offline files."),
    ("What is new in version 3.3?", "Version 3.20 brings dark mode."),
    ("How do I install it on Windows 11?", "On Windows 10 run the installer as administrator."),
    ("Is there an export in Atlas Team?", "Atlas Free has no export. Atlas Business exports all."),
    ("How much is the Silver plan of Orbit Basic?", "Orbit Premium costs 20 EUR a month."),
    ("When did API v2 end?", "Support of API v1 ended in May."),
    ("Does release 4.1 need a new licence?", "Release 4.10 needs a new licence."),
]
_THE_SAME = [
    ("Does Nimbus Pro support offline files?", "Nimbus Pro and Nimbus Go support offline files."),
    ("Does Nimbus Pro support offline files?", "All plans support offline files."),
    ("Does nimbus pro support offline files?", "Nimbus Go does not."),
    ("What is new in version 3.3?", "New in 3.3: dark mode. Version 3.2 had none."),
    ("How do I reset the Admin Password?", "Open Admin Settings and choose a new password."),
    ("Where is the Support Portal?", "The portal of support is under Help."),
    ("Wer darf die Rechnung im Team Büro ändern?", "Im Team Vertrieb darf jede Person die Rechnung ändern."),
    ("HOW DO I RESET THE ROUTER NOW?", "The Router Mini has a button."),
    ("Can I pay by Apple Pay?", "We accept Apple Pay, cards and transfers."),
    ("What costs 3.50 EUR?", "The coffee costs 3.50 EUR, the tea 2.80 EUR."),
    ("How long does support take on Monday?", "On Tuesday support answers within an hour."),
    ("Does New York have an office?", "Our offices are in New York and New Delhi."),
]


@pytest.mark.parametrize(("question", "text"), _ANOTHER)
def test_a_text_about_another_one_of_the_kind_is_told(question: str, text: str) -> None:
    assert names_another(question, text)


@pytest.mark.parametrize(("question", "text"), _THE_SAME)
def test_a_text_about_the_same_or_about_all_is_not(question: str, text: str) -> None:
    assert not names_another(question, text)
