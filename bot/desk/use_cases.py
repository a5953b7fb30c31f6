"""The use cases as one value, which every chat product and the command line call."""

from dataclasses import dataclass

from bot.desk.operations import Operations
from bot.desk.presses import PressLimits
from bot.desk.questions import QuestionDesk
from bot.desk.reviews import ReviewDesk


@dataclass(frozen=True, slots=True)
class UseCases:
    """What askers, reviewers and admins do."""

    questions: QuestionDesk
    reviews: ReviewDesk
    operations: Operations
    presses: PressLimits
