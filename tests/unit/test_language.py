"""The language of a question, told only where it is sure."""

import json
from pathlib import Path

import pytest

from pipeline.understanding.language import language_of

_QUESTIONS = Path(__file__).parents[1] / "evals" / "data" / "languages.jsonl"


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("How do I change my password?", "en"),
        ("how do i cancle my acount", "en"),
        ("Wie setze ich mein Passwort zurück?", "de"),
        ("comment supprimer mon compte", "fr"),
        ("¿CÓMO CAMBIO MI CONTRASEÑA?", "es"),
        ("как удалить аккаунт", "ru"),
        ("ログインできません", "ja"),
    ],
)
def test_the_language_of_a_question_is_told(question: str, language: str) -> None:
    assert language_of(question) == language


@pytest.mark.parametrize(
    "text", ["", "?!", "2fa", "export csv", "Okta SAML", "error 502 nginx", "登录", "node_modules"]
)
def test_a_name_or_a_keyword_has_no_language(text: str) -> None:
    assert language_of(text) == ""


@pytest.mark.parametrize("name", ["dev", "unseen"])
def test_short_questions_in_ten_languages_are_told_or_left_open_but_never_mistaken(name: str) -> None:
    rows = [json.loads(line) for line in _QUESTIONS.read_text(encoding="utf-8").splitlines()]
    asked = [row for row in rows if row["set"] == name and row["language"]]
    told = [(row["language"], language_of(row["text"])) for row in asked]
    assert [pair for pair in told if pair[1] not in {"", pair[0]}] == []
    assert sum(expected == found for expected, found in told) >= 0.95 * len(told)
