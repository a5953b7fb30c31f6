"""How fast a person may press: reviewers at work, a thumb on every answer, and whoever presses by machine."""

from support.clocks import Clock

from bot.desk.presses import Kind, PressLimits
from bot.settings import LimitSettings
from pipeline.rate_limits import Window, memory_rate_limits


def _limits() -> PressLimits:
    shipped = LimitSettings()
    return PressLimits(
        memory_rate_limits(), Window.parsed(shipped.per_user_presses), Window.parsed(shipped.per_user_reviews)
    )


async def _taken(limits: PressLimits, kind: Kind, times: int, user: str = "U1", tenant: str = "T1") -> int:
    return [await limits.refused(tenant, user, kind) for _ in range(times)].count(None)


async def test_a_reviewer_who_claims_and_decides_twenty_five_cards_in_a_minute_is_not_hindered() -> None:
    limits = _limits()
    # For each card: claim, show, edit, approve; and App Home follows, with its filter and its pages.
    assert await _taken(limits, "press", 25 * 4 + 25 * 2) == 150
    assert await _taken(limits, "refresh", 200) == 200, "and Teams refreshes the cards that are on the screen"


async def test_a_reviewer_who_takes_a_page_of_reviews_twice_a_second_is_not_hindered() -> None:
    assert await _taken(_limits(), "press", 2 * 60) == 120


async def test_an_asker_who_judges_twenty_answers_and_asks_a_person_about_some_is_not_hindered() -> None:
    assert await _taken(_limits(), "opens_review", 20 + 10) == 30


async def test_three_hundred_presses_that_open_reviews_are_taken_up_to_the_limit_and_told_of_once() -> None:
    limits = _limits()
    refused = [await limits.refused("T1", "U1", "opens_review") for _ in range(300)]
    assert refused.count(None) == 30
    told = [one.is_told for one in refused if one]
    assert told[0] is False
    assert all(told[1:]), "each word to the presser would be a call of the chat product"
    assert all(0 < one.wait_s <= 60 for one in refused if one)


async def test_one_person_takes_nothing_from_another_or_from_a_namesake_in_another_workspace() -> None:
    limits = _limits()
    await _taken(limits, "opens_review", 300)
    assert await _taken(limits, "opens_review", 5, user="U2") == 5
    assert await _taken(limits, "opens_review", 5, tenant="T2") == 5
    assert await _taken(limits, "press", 5) == 5


async def test_after_a_minute_presses_are_taken_again(wall_clock: Clock) -> None:
    limits = _limits()
    assert await _taken(limits, "opens_review", 300) == 30
    wall_clock.advance(61)
    assert await _taken(limits, "opens_review", 300) == 30
