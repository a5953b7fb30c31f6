"""App Home as Block Kit (pure): how to ask; for reviewers the reviews; for admins the status."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    CheckboxesElement,
    DividerBlock,
    HeaderBlock,
    Option,
    PlainTextObject,
    StaticSelectElement,
)
from slack_sdk.models.views import View

from bot.desk.operations import Status
from bot.desk.permissions import Names, decision_words
from bot.desk.review_views import ReviewView
from bot.slack.blocks import section, small
from bot.slack.review_cards import review_buttons
from bot.slack.text import (
    SECTION_CHARS,
    SMALL_CHARS,
    escape,
    escaped_within,
    label,
    packed,
    person,
    quoted,
    source_line,
)
from bot.store.records import Review
from bot.surfaces.command_messages import OUTCOMES, status_facts
from bot.surfaces.showing import plain
from bot.surfaces.wording import OUTDATED_DRAFT, REVIEW_REASONS, cut, day

FILTER = "home_filter"
SELECTED = "home_selected"
CLAIM_SELECTED = "home_claim_selected"
REJECT_SELECTED = "home_reject_selected"
HOME_REINDEX = "home_reindex"
PREVIOUS = "home_previous"
NEXT = "home_next"
SELECT_BLOCK = "home_select"
FILTERS: Mapping[str, str] = {
    "open": "Open",
    "mine": "Claimed by me",
    "disputed": "Open, found bad by readers",
    "changed": "Open, a source has changed",
    "decided": "Decided lately",
}
SHOWN = 8
_SOURCES_SHOWN = 5
_BAR_CHARS = 24


@dataclass(frozen=True, slots=True)
class Home:
    """The contents of one person's App Home.

    `reviews` is None for people who do not review, `status` for people who are no admins. `waiting` is the number of
    open reviews that the person may decide. `filter` is a key of FILTERS; `page` counts from 0.
    """

    reviews: Sequence[ReviewView] | None = None
    waiting: int = 0
    filter: str = "open"
    page: int = 0
    status: Status | None = None
    notice: str = ""
    names: Names = field(default_factory=dict)


def home_view(home: Home) -> View:
    """Return the view of App Home."""
    blocks: list[Block] = [
        HeaderBlock(text="Citedesk"),
        section(
            "I answer from your team's documents, with sources, or say that I cannot. "
            "Write to me under *Messages*, mention me in a channel, or type `/citedesk ask`."
        ),
    ]
    if home.notice:
        blocks.append(section(f":warning: {cut(home.notice, SECTION_CHARS - 20)}"))
    if home.reviews is not None:
        blocks += [DividerBlock(), *_reviews(home)]
    if home.status:
        blocks += [DividerBlock(), *_status(home.status)]
    return View(type="home", private_metadata=f"{home.filter}:{home.page}", blocks=blocks)


def status_text(status: Status) -> str:
    """Return the state of the service as mrkdwn, one fact a line."""
    return "\n".join(f"*{name}*: {escape(value)}" for name, value in status_facts(status, "/citedesk reindex"))


def outcome_bars(days: Sequence[tuple[str, str, int]]) -> str:
    """Return two bar charts as mrkdwn code, by outcome and by day. `days` are (day, outcome, count)."""
    totals = {kind: sum(n for _, k, n in days if k == kind) for kind in OUTCOMES}
    per_day = {date: sum(n for d, _, n in days if d == date) for date in sorted({d for d, _, _ in days})}
    kinds = {OUTCOMES[kind]: n for kind, n in totals.items() if n}
    return "\n".join(["```", *_bars(kinds), "", *_bars({date[5:]: n for date, n in per_day.items()}), "```"])


def _bars(counts: Mapping[str, int]) -> list[str]:
    most = max(counts.values(), default=1)
    width = max(map(len, counts), default=0)
    return [f"{name:<{width}} {'█' * max(1, round(n / most * _BAR_CHARS))} {n}" for name, n in counts.items()]


def _reviews(home: Home) -> list[Block]:
    listed = list(home.reviews or ())
    reviews = listed[home.page * SHOWN : (home.page + 1) * SHOWN]
    options = [Option(value=value, text=PlainTextObject(text=words)) for value, words in FILTERS.items()]
    chosen = next(option for option in options if option.value == home.filter)
    blocks: list[Block] = [
        HeaderBlock(text=f"Reviews: {home.waiting} waiting"),
        ActionsBlock(
            block_id="home_filters",
            elements=[StaticSelectElement(action_id=FILTER, options=options, initial_option=chosen)],
        ),
    ]
    if not reviews:
        return [*blocks, section("Nothing here.")]
    for view in reviews:
        blocks += _review(view, home.names)
    open_ones = [view.review for view in reviews if view.review.state == "open"]
    return [*blocks, *_paging(home.page, len(listed)), *(_bulk(open_ones) if open_ones else [])]


def _paging(page: int, count: int) -> list[Block]:
    pages = -(-count // SHOWN)
    if pages < 2:  # noqa: PLR2004 - one page needs no paging
        return []
    buttons = []
    if page > 0:
        buttons.append(ButtonElement(action_id=PREVIOUS, text="Previous", value=str(page - 1)))
    if page < pages - 1:
        buttons.append(ButtonElement(action_id=NEXT, text="Next", value=str(page + 1)))
    return [small(f"Page {page + 1} of {pages}"), ActionsBlock(block_id="home_pages", elements=buttons)]


def _review(view: ReviewView, names: Names) -> list[Block]:
    review, draft = view.review, view.review.case.draft
    asked = f"*{person(review.conversation.user_id, names)}*, {day(review.opened_at)}" if review.opened_at else ""
    state = decision_words(review, lambda user_id: person(user_id, names))
    blocks: list[Block] = [
        section(f"{asked}\n{quoted(review.question, 600)}"),
        small(f"{REVIEW_REASONS.get(review.case.reason, review.case.reason)} · {state}"),
    ]
    if draft and view.show_draft:
        blocks.insert(1, section(f"*Draft*\n{quoted(plain(draft.answer), 900)}"))
    if sources := view.readable.case.sources[:_SOURCES_SHOWN] if review.state == "open" else ():
        blocks += [small(text) for text in packed(map(source_line, sources), SMALL_CHARS)]
    if view.is_outdated:
        blocks.append(small(f":warning: {OUTDATED_DRAFT}"))
    if review.state == "open":
        blocks.append(ActionsBlock(block_id=f"home_{review.review_id}", elements=review_buttons(view)))
    return blocks


def _bulk(reviews: Sequence[Review]) -> list[Block]:
    options = [
        Option(value=review.review_id, text=PlainTextObject(text=label(review.question, 75))) for review in reviews
    ]
    return [
        DividerBlock(),
        section("*Several at once*"),
        ActionsBlock(
            block_id=SELECT_BLOCK,
            elements=[
                CheckboxesElement(action_id=SELECTED, options=options),
                ButtonElement(action_id=CLAIM_SELECTED, text="Claim selected", value="selected"),
                ButtonElement(action_id=REJECT_SELECTED, text="Reject selected", value="selected", style="danger"),
            ],
        ),
    ]


def _status(status: Status) -> list[Block]:
    blocks: list[Block] = [HeaderBlock(text="How it goes"), section(status_text(status))]
    if status.days:
        blocks.append(section(f"*Outcomes of the last 7 days*\n{outcome_bars(status.days)}"))
        blocks.append(small(f"Found helpful {status.helpful} times, not helpful {status.unhelpful} times."))
    if status.manifest and status.manifest.skipped:
        lines = [
            f"• `{escaped_within(s.name, 120)}`: {escaped_within(s.reason, 200)}" for s in status.manifest.skipped[:8]
        ]
        blocks.append(section(cut("*Not indexed*\n" + "\n".join(lines), SECTION_CHARS)))
    button = ButtonElement(action_id=HOME_REINDEX, text="Read the documents anew", value="reindex")
    return [*blocks, ActionsBlock(block_id="home_admin", elements=[button])]
