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
from bot.desk.permissions import Names
from bot.desk.review_views import ReviewView
from bot.slack.blocks import section, small
from bot.slack.payloads import COMMAND, HOME_EXAMPLES
from bot.slack.review_cards import review_buttons
from bot.slack.text import (
    SECTION_CHARS,
    SMALL_CHARS,
    VALUE_CHARS,
    escape,
    escaped_within,
    label,
    packed,
    person,
    quoted,
    source_line,
)
from bot.store.records import Review
from bot.surfaces.command_messages import OUTCOMES, kind_words, status_facts
from bot.surfaces.refusals import decision_words
from bot.surfaces.showing import plain
from bot.surfaces.wording import cut, reason_words
from bot.surfaces.words import ENGLISH, Words

FILTER = "home_filter"
SELECTED = "home_selected"
CLAIM_SELECTED = "home_claim_selected"
REJECT_SELECTED = "home_reject_selected"
HOME_REINDEX = "home_reindex"
PREVIOUS = "home_previous"
NEXT = "home_next"
SELECT_BLOCK = "home_select"
FILTERS = ("open", "mine", "disputed", "changed", "decided")
SHOWN = 8
_SOURCES_SHOWN = 5
_BAR_CHARS = 24
_OWN_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Home:
    """The contents of one person's App Home.

    `reviews` is None for people who do not review, `status` for people who are no admins. `waiting` is the number of
    open reviews that the person may decide. `filter` is one of FILTERS; `page` counts from 0.
    """

    reviews: Sequence[ReviewView] | None = None
    waiting: int = 0
    filter: str = "open"
    page: int = 0
    status: Status | None = None
    notice: str = ""
    names: Names = field(default_factory=dict)
    asker: "AskersPart | None" = None


@dataclass(frozen=True, slots=True)
class AskersPart:
    """What everybody sees: example questions, and the open reviews of the questions that this person asked."""

    user_id: str
    examples: Sequence[str] = ()
    reviews: Sequence[Review] = ()


def home_view(home: Home, words: Words = ENGLISH) -> View:
    """Return the view of App Home."""
    blocks: list[Block] = [
        HeaderBlock(text="Citedesk"),
        section(words("home-intro", messages=f"*{words('home-messages')}*", command=f"`{COMMAND} ask`")),
    ]
    if home.notice:
        blocks.append(section(f":warning: {cut(home.notice, SECTION_CHARS - 20)}"))
    if home.asker:
        blocks += asker_blocks(home.asker, home.names, words)
    if home.reviews is not None:
        blocks += [DividerBlock(), *_reviews(home, words)]
    if home.status:
        blocks += [DividerBlock(), *_status(home.status, words)]
    return View(type="home", private_metadata=f"{home.filter}:{home.page}", blocks=blocks)


def asker_blocks(part: AskersPart, names: Names, words: Words = ENGLISH) -> list[Block]:
    """Return the example questions as buttons, and the person's open questions with their state."""
    blocks: list[Block] = []
    if part.examples:
        examples = zip(HOME_EXAMPLES, part.examples, strict=False)
        buttons = [
            ButtonElement(action_id=i, text=label(text, 75), value=cut(text, VALUE_CHARS)) for i, text in examples
        ]
        blocks += [section(f"*{words('home-examples')}*"), ActionsBlock(block_id="home_examples", elements=buttons)]
    blocks.append(section(f"*{words('home-your-questions')}*"))
    if not part.reviews:
        return [*blocks, small(words("home-none-open"))]
    for review in part.reviews[:_OWN_SHOWN]:
        is_own = review.conversation.user_id == part.user_id
        # Whoever joined a review may not know the words of who asked first.
        asked = quoted(review.own_words or review.question, 300) if is_own else words("home-joined")
        blocks += [section(asked), small(_state(review, part, names, words))]
    more = len(part.reviews) - _OWN_SHOWN
    return [*blocks, small(words("and-more", count=more))] if more > 0 else blocks


def _state(review: Review, part: AskersPart, names: Names, words: Words) -> str:
    if review.awaits_asker and review.conversation.user_id == part.user_id:
        return f":speech_balloon: {words('home-waits-for-you')}"
    if review.claimed_by and review.claimed_at:
        who = person(review.claimed_by, names)
        return f":eyes: {words('home-taken', person=who, day=words.day(review.claimed_at))}"
    return f":hourglass_flowing_sand: {words('home-in-review', day=words.day(review.opened_at))}"


def status_text(status: Status, words: Words = ENGLISH) -> str:
    """Return the state of the service as mrkdwn, one fact a line."""
    facts = status_facts(status, f"{COMMAND} reindex", words)
    return "\n".join(f"*{name}*: {escape(value)}" for name, value in facts)


def outcome_bars(days: Sequence[tuple[str, str, int]], words: Words = ENGLISH) -> str:
    """Return two bar charts as mrkdwn code, by outcome and by day. `days` are (day, outcome, count)."""
    totals = {kind: sum(n for _, k, n in days if k == kind) for kind in OUTCOMES}
    per_day = {date: sum(n for d, _, n in days if d == date) for date in sorted({d for d, _, _ in days})}
    kinds = {kind_words(kind, words): n for kind, n in totals.items() if n}
    return "\n".join(["```", *_bars(kinds), "", *_bars({date[5:]: n for date, n in per_day.items()}), "```"])


def _bars(counts: Mapping[str, int]) -> list[str]:
    most = max(counts.values(), default=1)
    width = max(map(len, counts), default=0)
    return [f"{name:<{width}} {'█' * max(1, round(n / most * _BAR_CHARS))} {n}" for name, n in counts.items()]


def _reviews(home: Home, words: Words) -> list[Block]:
    listed = list(home.reviews or ())
    reviews = listed[home.page * SHOWN : (home.page + 1) * SHOWN]
    options = [Option(value=name, text=PlainTextObject(text=words.of("filter", name))) for name in FILTERS]
    chosen = next(option for option in options if option.value == home.filter)
    blocks: list[Block] = [
        HeaderBlock(text=words("home-reviews", count=home.waiting)),
        ActionsBlock(
            block_id="home_filters",
            elements=[StaticSelectElement(action_id=FILTER, options=options, initial_option=chosen)],
        ),
    ]
    if not reviews:
        return [*blocks, section(words("home-nothing"))]
    for view in reviews:
        blocks += _review(view, home.names, words)
    open_ones = [view.review for view in reviews if view.review.state == "open"]
    return [*blocks, *_paging(home.page, len(listed), words), *(_bulk(open_ones, words) if open_ones else [])]


def _paging(page: int, count: int, words: Words) -> list[Block]:
    pages = -(-count // SHOWN)
    if pages < 2:  # noqa: PLR2004 - one page needs no paging
        return []
    buttons = []
    if page > 0:
        buttons.append(ButtonElement(action_id=PREVIOUS, text=words("home-previous"), value=str(page - 1)))
    if page < pages - 1:
        buttons.append(ButtonElement(action_id=NEXT, text=words("home-next"), value=str(page + 1)))
    return [
        small(words("home-page", page=page + 1, pages=pages)),
        ActionsBlock(block_id="home_pages", elements=buttons),
    ]


def _review(view: ReviewView, names: Names, words: Words) -> list[Block]:
    review, draft = view.review, view.review.case.draft
    asked = f"*{person(review.conversation.user_id, names)}*, {words.day(review.opened_at)}" if review.opened_at else ""
    state = decision_words(review, lambda user_id: person(user_id, names), words)
    blocks: list[Block] = [
        section(f"{asked}\n{quoted(review.question, 600)}"),
        small(f"{reason_words(review.case.reason, words)} · {state}"),
    ]
    if draft and view.show_draft:
        blocks.insert(1, section(f"*{words('draft')}*\n{quoted(plain(draft.answer), 900)}"))
    if sources := view.readable.case.sources[:_SOURCES_SHOWN] if review.state == "open" else ():
        lines = [source_line(source, words) for source in sources]
        blocks += [small(text) for text in packed(lines, SMALL_CHARS)]
    if view.is_outdated:
        blocks.append(small(f":warning: {words('outdated-draft')}"))
    if review.state == "open":
        blocks.append(ActionsBlock(block_id=f"home_{review.review_id}", elements=review_buttons(view, words)))
    return blocks


def _bulk(reviews: Sequence[Review], words: Words) -> list[Block]:
    options = [
        Option(value=review.review_id, text=PlainTextObject(text=label(review.question, 75))) for review in reviews
    ]
    return [
        DividerBlock(),
        section(f"*{words('home-several')}*"),
        ActionsBlock(
            block_id=SELECT_BLOCK,
            elements=[
                CheckboxesElement(action_id=SELECTED, options=options),
                ButtonElement(action_id=CLAIM_SELECTED, text=words("home-claim-selected"), value="selected"),
                ButtonElement(
                    action_id=REJECT_SELECTED, text=words("home-reject-selected"), value="selected", style="danger"
                ),
            ],
        ),
    ]


def _status(status: Status, words: Words) -> list[Block]:
    blocks: list[Block] = [HeaderBlock(text=words("home-status")), section(status_text(status, words))]
    if status.days:
        blocks.append(section(f"*{words('home-outcomes')}*\n{outcome_bars(status.days, words)}"))
        blocks.append(small(words("home-helpful", helpful=status.helpful, unhelpful=status.unhelpful)))
    if status.manifest and status.manifest.skipped:
        lines = [
            f"• `{escaped_within(s.name, 120)}`: {escaped_within(s.reason, 200)}" for s in status.manifest.skipped[:8]
        ]
        blocks.append(section(cut("\n".join([f"*{words('left-out')}*", *lines]), SECTION_CHARS)))
    button = ButtonElement(action_id=HOME_REINDEX, text=words("home-reindex"), value="reindex")
    return [*blocks, ActionsBlock(block_id="home_admin", elements=[button])]
