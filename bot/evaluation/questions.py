"""Question files: JSON lines with a question, whether it has an answer, and where that stands."""

import sys
from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from index.errors import CitedeskError

_STANDARD_INPUT = Path("-")


class QuestionsError(CitedeskError):
    """A question file or a file of rows is unusable. The message names the file and, for a question, the line."""

    code = "QUESTIONS_INVALID"


class EvalQuestion(BaseModel):
    """One line of a question file. Further fields are allowed and ignored.

    `answerable` is None where nobody knows whether the documents hold the answer. `gold_docs` count as the right place
    only where there are no `gold_quotes`.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    question: str
    answerable: bool | None
    category: str = ""
    gold_docs: tuple[str, ...] = ()
    gold_quotes: tuple[str, ...] = ()
    answer_must_contain: tuple[str, ...] = ()

    @property
    def has_gold(self) -> bool:
        """Whether it is known where the answer stands."""
        return bool(self.gold_quotes or self.gold_docs)


def read_questions(file: Path) -> list[EvalQuestion]:
    """Return the questions of a JSONL file, `-` for standard input. Raises QuestionsError."""
    questions: list[EvalQuestion] = []
    try:
        text = sys.stdin.buffer.read().decode() if file == _STANDARD_INPUT else file.read_text(encoding="utf-8")
        lines = text.splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise QuestionsError(f"{file} cannot be read") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            questions.append(EvalQuestion.model_validate_json(line))
        except ValidationError as error:
            first = error.errors(include_input=False)[0]
            place = ".".join(str(part) for part in first["loc"]) or "line"
            raise QuestionsError(f"{file}, line {number}: {place}: {first['msg']}") from None
    if not questions:
        raise QuestionsError(f"{file} holds no question")
    return questions


def write_questions(questions: Sequence[EvalQuestion], file: Path) -> None:
    """Write questions as `read_questions` reads them."""
    file.write_text("".join(f"{question.model_dump_json()}\n" for question in questions), encoding="utf-8")
