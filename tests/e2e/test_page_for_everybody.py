"""The page with a keyboard alone, on a phone, and under the rules of axe; with a slow model and own documents."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect
from support.demo_page import demo, opened, picture

pytestmark = pytest.mark.browser
_WIDE, _PHONE = (1280, 800), (390, 844)
_QUESTIONS = json.loads((Path(__file__).parents[2] / "deploy" / "demo" / "questions.json").read_text())
_GRAVE = {"serious", "critical"}
_TABS_MAX = 80


@pytest.fixture
def wide(browser: Browser, url: str) -> Iterator[Page]:
    with opened(browser, url, *_WIDE) as page:
        yield page


@pytest.fixture
def phone(browser: Browser, url: str) -> Iterator[Page]:
    with opened(browser, url, *_PHONE) as page:
        yield page


@pytest.fixture(params=[_WIDE, _PHONE], ids=["1280 pixels", "390 pixels"])
def either(request: pytest.FixtureRequest, browser: Browser, url: str) -> Iterator[Page]:
    with opened(browser, url, *request.param) as page:
        yield page


def _is_phone(page: Page) -> bool:
    return page.locator("#menu-button").is_visible()


def _name(page: Page, state: str) -> str:
    return f"{'phone' if _is_phone(page) else 'wide'}-{state}"


def _judge(page: Page, state: str) -> None:
    """Take a picture; fail on what axe finds grave, on what is wider than the window, and on text that is cut."""
    picture(page, _name(page, state))
    found = Axe().run(page).response["violations"]
    grave = [(v["id"], [node["html"][:150] for node in v["nodes"]]) for v in found if v["impact"] in _GRAVE]
    assert grave == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate(_SIDEWAYS) == []


# Boxes that scroll sideways, or whose text ends outside of the window.
_SIDEWAYS = """() => [...document.querySelectorAll("body *")].filter((node) => {
  const box = node.getBoundingClientRect(), style = getComputedStyle(node);
  const is_left_out = style.visibility === "hidden" || node.closest(".unseen, .skip, svg, select, pre, table");
  if (!box.width || is_left_out) return false;
  const scrolls = node.scrollWidth > node.clientWidth + 1 && style.display !== "inline" && node.clientWidth > 0;
  return scrolls || box.right > innerWidth + 1 || box.left < -1;
}).map((node) => node.outerHTML.slice(0, 120))"""


def _go(page: Page, person: str, place: str) -> None:
    """Act as a person in a place, through the menu where it is folded away."""
    for choice in (f"[data-person={person}]", f"[data-channel='{place}']"):
        if _is_phone(page):
            page.click("#menu-button")
        page.click(choice)
    expect(page.locator(f"[data-channel='{place}']")).to_have_attribute("aria-current", "true")


def _suggestion(page: Page, number: int) -> Locator:
    """Return a question to try, unfolded: a phone folds them where there are messages."""
    if not page.locator("#suggestions").is_visible():
        page.click("#try summary")
    return page.locator("#suggestions button").nth(number)


def _close_thread(page: Page) -> None:
    page.click("#close-thread")
    expect(page.locator("#thread")).to_be_hidden()


def _ask(page: Page, text: str) -> Locator:
    page.fill("#text", text)
    page.press("#text", "Enter")
    reply = page.locator("#thread-messages [data-user=U0CITEDESK]")
    expect(reply).to_have_count(1)
    return reply


def test_a_channel_and_a_thread_have_nothing_grave_and_nothing_cut(either: Page) -> None:
    page = either
    _judge(page, "1-channel")
    _suggestion(page, 1).click()
    expect(page.locator("#thread-messages [data-user=U0CITEDESK] ol li")).to_have_count(4)
    _judge(page, "2-thread")
    _close_thread(page)
    _judge(page, "3-channel-with-messages")


def test_reviews_home_and_menu_have_nothing_grave_and_nothing_cut(either: Page) -> None:
    page = either
    _go(page, "U0ADMIN", "D0ADMIN")
    question = "How do I refund a customer?" if _is_phone(page) else "Can I get my money back?"
    _ask(page, question)
    expect(page.locator("#thread-messages")).to_contain_text("A person will check this")
    _judge(page, "4-being-checked")
    _go(page, "U0REVIEWER", "C0REVIEWS")
    card = page.locator("#messages article", has_text=question).last
    expect(card).to_contain_text("Sources")
    _judge(page, "5-review-card")
    card.get_by_role("button", name="Edit", exact=True).click()
    expect(page.locator("#modal")).to_be_visible()
    _judge(page, "6-modal")
    page.keyboard.press("Escape")
    expect(page.locator("#modal")).to_be_hidden()
    _go(page, "U0REVIEWER", "app-home")
    expect(page.locator("#home")).to_contain_text("waiting")
    _judge(page, "7-home-reviewer")
    _go(page, "U0ADMIN", "app-home")
    expect(page.locator("#home")).to_contain_text("Outcomes of the last 7 days")
    _judge(page, "8-home-admin")
    if _is_phone(page):
        page.click("#menu-button")
        expect(page.locator("#side")).to_be_in_viewport(ratio=1)
        page.wait_for_timeout(300)
        _judge(page, "9-menu")


def test_the_menu_of_a_phone_folds_away_on_choice_and_on_escape(phone: Page) -> None:
    button, side = phone.locator("#menu-button"), phone.locator("#side")
    expect(side).to_be_hidden()
    expect(button).to_have_attribute("aria-expanded", "false")
    button.press("Enter")
    expect(side).to_be_visible()
    expect(button).to_have_attribute("aria-expanded", "true")
    expect(phone.locator("[data-channel=C0SUPPORT]")).to_be_focused()
    phone.keyboard.press("Escape")
    expect(side).to_be_hidden()
    expect(button).to_be_focused()
    button.press("Enter")
    phone.click("[data-channel=D0ASKER]")
    expect(side).to_be_hidden()
    expect(button).to_have_attribute("aria-expanded", "false")
    expect(phone.get_by_role("heading", level=1)).to_have_text("Citedesk")


def _tab_to(page: Page, wanted: Locator) -> None:
    """Press Tab until the element has focus; every stop on the way must show that it has it."""
    for _ in range(_TABS_MAX):
        if wanted.evaluate("node => node === document.activeElement"):
            return
        page.keyboard.press("Tab")
        assert page.evaluate(_SHOWS_FOCUS), page.evaluate("document.activeElement.outerHTML.slice(0, 200)")
    raise AssertionError(f"no stop at {wanted}")


_SHOWS_FOCUS = """() => {
  const node = document.activeElement;
  if (node === document.body) return true;
  const rings = [node, node.parentElement].map((n) => getComputedStyle(n));
  return rings.some((s) => s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2 || s.boxShadow !== "none");
}"""


def test_the_six_suggestions_are_asked_with_the_keyboard_alone(either: Page) -> None:
    page = either
    for number, suggestion in enumerate(_QUESTIONS):
        if _is_phone(page) and not page.locator("#suggestions").is_visible():
            _tab_to(page, page.locator("#try summary"))
            page.keyboard.press("Enter")
        _tab_to(page, page.locator("#suggestions button").nth(number))
        page.keyboard.press("Enter")
        thread = page.locator("#thread-messages")
        expect(thread.locator("[data-user=U0ASKER]")).to_contain_text(suggestion["question"])
        expect(thread.locator("[data-user=U0CITEDESK]")).to_have_count(1)
        if not _is_phone(page):
            expect(page.locator("#suggestions button").nth(number)).to_be_focused()
        _tab_to(page, page.locator("#close-thread"))
        page.keyboard.press("Enter")
        expect(page.locator("#thread")).to_be_hidden()
        assert page.evaluate("document.activeElement !== document.body")


def test_a_review_is_done_with_the_keyboard_alone(wide: Page) -> None:
    page = wide
    _tab_to(page, page.locator("[data-person=U0ASKER]"))
    _press(page, "ArrowDown", "ArrowDown", "Enter")
    expect(page.locator("[data-person=U0ADMIN]")).to_have_attribute("aria-checked", "true")
    expect(page.locator("[data-person=U0ADMIN]")).to_be_focused()
    _tab_to(page, page.locator("[data-channel=C0SUPPORT]"))
    _press(page, "ArrowDown", "ArrowDown", "Enter")
    expect(page.locator("[data-channel=D0ADMIN]")).to_have_attribute("aria-current", "true")
    _tab_to(page, page.locator("#text"))
    page.keyboard.type("How long is an invitation valid?")
    _press(page, "Enter")
    expect(page.locator("#thread-messages")).to_contain_text("A person will check this")
    _tab_to(page, page.locator("[data-person=U0ADMIN]"))
    _press(page, "ArrowUp", "Space")
    expect(page.locator("[data-person=U0REVIEWER]")).to_have_attribute("aria-checked", "true")
    _tab_to(page, page.locator("#places button[tabindex='0']"))
    _press(page, "Home", "ArrowDown", "Enter")
    _decide_with_the_keyboard(page)


def _press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def _decide_with_the_keyboard(page: Page) -> None:
    """Open the editor of the newest card, leave it, and approve."""
    card = page.locator("#messages article", has_text="How long is an invitation valid?").last
    edit = card.get_by_role("button", name="Edit", exact=True)
    _tab_to(page, edit)
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="Answer")).to_be_focused()
    for _ in range(12):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement === document.body || !!document.activeElement.closest('#modal')")
    page.keyboard.press("Escape")
    expect(page.locator("#modal")).to_be_hidden()
    expect(edit).to_be_focused()
    _tab_to(page, card.get_by_role("button", name="Approve", exact=True))
    page.keyboard.press("Enter")
    expect(card).to_contain_text("Approved by @Robin")
    assert page.evaluate("document.activeElement !== document.body")


def test_a_reply_is_read_out_once_and_focus_stays_in_the_box(wide: Page) -> None:
    page = wide
    page.evaluate("""() => {
      window.heard = [];
      const region = document.getElementById("announcer");
      const note = () => { if (region.textContent) window.heard.push(region.textContent); };
      new MutationObserver(note).observe(region, { childList: true });
    }""")
    _ask(page, "@Citedesk When does the first payment reminder go out?")
    expect(page.locator("#text")).to_be_focused()
    page.keyboard.type("half a word")
    page.wait_for_timeout(1500)
    expect(page.locator("#text")).to_have_value("half a word")
    (heard,) = page.evaluate("window.heard")
    assert "7 days after the due date" in heard
    assert page.locator("[aria-live]").count() == 0


def test_the_name_of_every_button_is_its_label_and_each_suggestion_says_what_it_shows(either: Page) -> None:
    page = either
    for number, question in enumerate(_QUESTIONS):
        suggestion = _suggestion(page, number)
        expect(suggestion).to_have_accessible_name(f"{question['question']} {question['shows']}")
        expect(suggestion.locator("small")).to_have_text(question["shows"])
        expect(suggestion.locator("small")).to_be_visible()
    _suggestion(page, 0).click()
    expect(page.locator("#thread-messages [data-user=U0CITEDESK]")).to_have_count(1)
    assert page.locator("button[aria-label]").count() == 0


def test_each_role_is_suggested_what_only_this_role_can_do(wide: Page) -> None:
    for person, place, commands in (
        ("U0REVIEWER", "D0REVIEWER", ["/citedesk reviews"]),
        ("U0ADMIN", "D0ADMIN", ["/citedesk status", "/citedesk gaps"]),
        ("U0ASKER", "D0ASKER", []),
    ):
        _go(wide, person, place)
        expect(wide.locator("#suggestions button span").filter(has_text="/citedesk")).to_have_text(commands)


def test_focus_stays_on_a_button_while_others_write_and_the_message_changes(wide: Page, url: str) -> None:
    page = wide
    reply = _ask(page, "@Citedesk How large may a logo be?")
    button = reply.get_by_role("button").first
    button.focus()
    said = {"user": "U0REVIEWER", "channel": "C0SUPPORT", "text": "Something else entirely.", "thread_ts": None}
    page.request.post(f"{url}/sandbox/post", data=said)
    expect(page.locator("#messages")).to_contain_text("Something else entirely.")
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#thread-messages, #messages, #modal").filter(has_text="Thanks")).not_to_have_count(0)
    expect(button).to_be_focused()


def test_what_moves_stays_still_for_who_asks_for_that(phone: Page) -> None:
    phone.emulate_media(reduced_motion="reduce")
    moving = "[...document.querySelectorAll('*')].filter((n) => getComputedStyle(n).transitionDuration !== '0s'"
    assert phone.evaluate(f"{moving} || getComputedStyle(n).animationName !== 'none').length") == 0


def test_a_slow_model_shows_its_steps_and_can_be_stopped(either: Page) -> None:
    page = either
    if _is_phone(page):
        page.click("#menu-button")
    page.get_by_label("Answers by").select_option("slow")
    page.keyboard.press("Escape")
    _suggestion(page, 0).click()
    thread = page.locator("#thread")
    expect(thread).to_contain_text("Draft an answer")
    expect(page.locator("#answerer-hint")).to_contain_text("time to press Stop")
    picture(page, _name(page, "10-steps"))
    thread.get_by_role("button", name="Stop").click()
    expect(thread).to_contain_text("Stopped. I have not answered this")
    picture(page, _name(page, "11-stopped"))
    _close_thread(page)
    reply = _ask(page, f"@Citedesk {_QUESTIONS[1]['question']}")
    expect(reply).to_contain_text("Two-step login")
    expect(reply.locator(".tasks")).to_contain_text("Draft an answer")
    expect(reply.locator("ol li")).to_have_count(4)
    picture(page, _name(page, "12-written"))
    if _is_phone(page):
        _close_thread(page)
        page.click("#menu-button")
    page.get_by_label("Answers by").select_option("settings")
    expect(page.locator("#answerer-hint")).to_have_text("")


def _own_documents(folder: Path) -> None:
    folder.mkdir()
    (folder / "kettle.md").write_text(
        "# Kettle\n\n## How do I descale the kettle?\n\nBoil vinegar in it for ten minutes.\n"
    )
    (folder / "heating.md").write_text("# Heating\n\n## Bleeding a radiator\n\nTurn the valve until water comes out.\n")
    (folder / "song.mp3").write_bytes(b"\xff\xfb")


def test_the_demo_runs_over_ones_own_documents(browser: Browser, tmp_path: Path) -> None:
    _own_documents(tmp_path / "docs")
    (tmp_path / "more.txt").write_text("The bin is emptied on Tuesdays at six in the morning.\n")
    with demo(tmp_path, ("docs", "more.txt")) as url, opened(browser, url, *_PHONE) as page:
        printed = (tmp_path / "log").read_text()
        assert "4 documents seen, 3 indexed, 1 skipped" in printed
        assert "skipped song.mp3" in printed
        shown = page.locator("#suggestions button")
        expect(shown.first).to_contain_text("A cited answer from")
        assert "payment reminder" not in page.locator("#suggestions").inner_text()
        picture(page, "phone-20-own-documents")
        shown.filter(has_text="descale the kettle").click()
        expect(page.locator("#thread-messages [data-user=U0CITEDESK]")).to_contain_text("Boil vinegar")
    with demo(tmp_path, ("docs", "more.txt")):
        assert re.search(r"(\d+) chunks \(\1 unchanged\)", (tmp_path / "log").read_text())


@pytest.mark.parametrize(
    ("place", "says"),
    [("empty", "no readable document at the given places"), ("nowhere", "no such file or folder: nowhere")],
)
def test_a_place_without_documents_is_one_line_and_a_status(place: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    command = [str(Path(sys.executable).with_name("citedesk")), "demo", "--port", "0", place]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)  # noqa: S603
    assert (run.returncode, run.stderr.count("\n"), says in run.stderr) == (1, 1, True)
