"""When the weekly digest is due, and how a report reads."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from support.report_text import report_text

from bot.delivery.digest import due_week
from bot.desk.gaps import GapCluster
from bot.desk.reporting import Report, ReviewWaits
from bot.settings import DigestSettings, load_settings
from bot.slack.report_view import report_message
from bot.store.records import Gap
from bot.surfaces.report_words import report_bars
from bot.surfaces.words import ENGLISH, words_in
from bot.teams.report_card import report_card
from index.errors import SettingsError
from index.retrieval import NotSeen

_BERLIN = {"timezone": "Europe/Berlin"}


def _due(at: str, **settings: Any) -> str | None:  # noqa: ANN401 - settings
    return due_week(DigestSettings(**settings), datetime.fromisoformat(at).replace(tzinfo=UTC))


def test_it_is_due_from_its_hour_on_for_a_day() -> None:
    # 2026-11-23 is a Monday.
    assert _due("2026-11-23T08:59") is None
    assert _due("2026-11-23T09:00") == "2026-W48"
    assert _due("2026-11-24T08:59") == "2026-W48"
    assert _due("2026-11-24T09:00") is None


def test_the_hour_is_that_of_the_time_zone() -> None:
    assert _due("2026-11-23T07:59", **_BERLIN) is None
    assert _due("2026-11-23T08:00", **_BERLIN) == "2026-W48"
    assert _due("2026-07-20T07:00", **_BERLIN) == "2026-W30"
    # Monday morning in Auckland is Sunday evening in UTC.
    assert _due("2026-11-22T20:00", timezone="Pacific/Auckland") == "2026-W48"


def test_a_sunday_night_belongs_to_its_own_week_also_after_midnight() -> None:
    late = {"weekday": "sunday", "hour": 23}
    assert _due("2026-11-29T23:00", **late) == "2026-W48"
    assert _due("2026-11-30T10:00", **late) == "2026-W48"


@pytest.mark.parametrize("hour", [0, 2, 3, 23])
@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"])
@pytest.mark.parametrize("weekday", ["sunday"])
def test_over_a_year_with_clock_changes_each_week_has_one_digest(weekday: str, zone: str, hour: int) -> None:
    settings = DigestSettings(weekday=weekday, hour=hour, timezone=zone)
    at = datetime(2026, 1, 5, tzinfo=UTC)
    weeks: list[str] = []
    while at < datetime(2027, 1, 4, tzinfo=UTC):
        if (week := due_week(settings, at)) and (not weeks or weeks[-1] != week):
            weeks.append(week)
        at += timedelta(minutes=30)
    assert len(weeks) == len(set(weeks))
    assert len(weeks) in {52, 53}


def test_an_unknown_time_zone_is_refused_with_a_hint() -> None:
    with pytest.raises(SettingsError, match=r"setting digest.timezone: there is no time zone Berlin; write one as"):
        load_settings(digest={"timezone": "Berlin"})
    with pytest.raises(SettingsError, match=r"digest.timezone"):
        load_settings(digest={"timezone": "../../etc/passwd"})


def _gap(user: str, question: str = "What does <!channel> earn?") -> Gap:
    return Gap(request_id=f"r-{user}", tenant_id="T", user_id=user, question=question, reason="x")


_CLUSTER = GapCluster((_gap("U1"), _gap("U2")), ("Salaries",))


def _report(**fields: Any) -> Report:  # noqa: ANN401 - fields
    base: dict[str, Any] = {
        "days": 7, "questions": 10, "people": 4, "ends": {"proved": 5, "quoted": 2, "not-enough": 3}, "helpful": 3,
        "unhelpful": 1, "waits": ReviewWaits(3, 2.4, 30.0, 1, 2),
        "gaps": (_CLUSTER, GapCluster((_gap("U1", "A secret?"),), ("Sick",))),
        "gap_count": 4, "not_seen": (("Old page", NotSeen(document_id="a", since="2026-11-01", has_copy=True)),),
        "not_seen_count": 3, "tokens": 1234, "cost_usd": 1.5,
    }  # fmt: skip
    return Report(**(base | fields))


def test_a_report_says_how_the_week_went() -> None:
    said = report_text(_report(), quotes=True)
    for part in (
        "10 questions by 4 people.", "75% (3 of 4 that were rated).", "answered with proof", "50% (5)",
        "3 decided, half of them within 2 hours, the longest after 30 hours.", "One ended without a decision.",
        "2 are waiting now.", "1,234 tokens, 1.50 US dollars.", "“A secret?”: once, one person", "…and 2 more",
        "Old page: not seen for", "2 more; “citedesk index status”",
    ):  # fmt: skip
        assert part in said
    assert "No answer was rated" in report_text(_report(helpful=0, unhelpful=0), quotes=True)
    assert report_bars(_report(questions=0, ends={})) == ""


def test_in_a_channel_no_question_is_quoted_and_what_one_person_asked_is_only_counted() -> None:
    for said in (
        report_text(_report(), quotes=False),
        str([block.to_dict() for block in report_message(_report(), quotes=False).blocks]),
        str(report_card(_report(), quotes=False).activity),
    ):
        assert "2 questions by 2 people, nearest to Salaries" in said
        assert "earn" not in said
        assert "secret" not in said
        assert "Sick" not in said
        assert "…and 3 more" in said


def test_in_german_it_is_german() -> None:
    said = report_text(_report(), words_in("de"), quotes=True)
    assert "75\xa0% (3 von 4, die bewertet wurden)" in said
    assert "1.234 Tokens, 1,50 US-Dollar." in said


def test_teams_draws_a_chart_and_older_clients_show_bars() -> None:
    (chart,) = [part for part in report_card(_report(), quotes=True).card["body"] if part["type"].startswith("Chart")]
    assert chart["data"][0] == {"x": ENGLISH("report-end-proved"), "y": 5}
    assert "█" in chart["fallback"]["text"]


def test_a_title_is_no_markup() -> None:
    blocks = str([block.to_dict() for block in report_message(_report(), quotes=True).blocks])
    assert "<!channel>" not in blocks
