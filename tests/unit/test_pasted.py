"""Long messages are reduced to what the documents know."""

from collections.abc import Mapping, Sequence

from pipeline.understanding.pasted import reduced

_KNOWN = {"webhook": 3.0, "signature": 4.0, "err-4031": 5.0, "refund": 3.0, "please": 0.5, "thank": 0.5, "server": 2.0}


def _rarities(terms: Sequence[str]) -> Mapping[str, float]:
    return {term: _KNOWN[term] for term in terms if term in _KNOWN}


def test_the_line_with_the_rarest_known_words_is_kept_of_a_log() -> None:
    noise = [f"2026-11-03T08:12:{n:02d} INFO server heartbeat {n}" for n in range(60)]
    log = "\n".join([*noise[:40], "WARN webhook: signature does not match", *noise[40:]])
    assert reduced(log, _rarities) == "WARN webhook: signature does not match"


def test_a_code_in_a_stack_trace_is_kept() -> None:
    frames = "\n".join(f"  at com.example.App.call{n}(App.java:{n})" for n in range(200))
    assert "ERR-4031" in reduced(f"{frames}\nCaused by: ERR-4031\n{frames}", _rarities)


def test_the_askers_question_stays_beside_what_was_pasted() -> None:
    mail = "Hello. Thank you for the quick reply! Please look at this refund. " + "I wrote to you before. " * 100
    found = reduced(f"{mail}\nWhat may I promise the customer?", _rarities)
    assert found.splitlines() == ["Please look at this refund.", "What may I promise the customer?"]


def test_a_line_that_repeats_counts_little() -> None:
    repeated = "\n".join(f"webhook {n} sent" for n in range(50))
    assert reduced(f"{repeated}\none refund is missing", _rarities).endswith("one refund is missing")


def test_a_message_of_unknown_words_is_reduced_to_its_questions() -> None:
    assert reduced("lorem ipsum\n" * 100 + "dolor sit?", _rarities) == "dolor sit?"
    assert reduced("lorem ipsum\n" * 100, _rarities) == ""


def test_a_message_without_lines_or_blanks_is_cut() -> None:
    assert len(reduced("signature" * 1_000, _rarities)) <= 200
    assert len(reduced("signature " * 1_000, _rarities)) <= 200
