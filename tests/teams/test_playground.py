"""Microsoft's Agents Playground in a real browser, against the running bot. Screenshots go to test-results/."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from bot.desk.questions import request_id_of

_ROOT = Path(__file__).parents[2]
_PICTURES = _ROOT / "test-results"
_CHROMIUM = shutil.which("chromium")
_PLAYGROUND = os.environ.get("CITEDESK_TEST_PLAYGROUND", "")
_REVIEWER = "00000000-0000-0000-0000-0000000000020"
_CONFIG = """version: "0.1.1"
tenantId: 00000000-0000-0000-0000-0000000000001
bot: {id: 00000000-0000-0000-0000-00000000000011, name: Citedesk}
currentUser:
  id: user-id-0
  name: Robin
  userPrincipleName: robin@example.com
  aadObjectId: 00000000-0000-0000-0000-0000000000020
  givenName: Robin
  surname: Robin
  email: robin@example.com
@USERS@personalChat: {id: personal-chat}
groupChat: {id: reviewers-chat, name: Reviewers}
team:
  id: team-id
  name: Support
  aadGroupId: 00000000-0000-0000-0000-000000000031
  channels: [{id: channel-questions, name: Questions}]
"""


# With fewer people than these the Playground ends without a word.
_USER = """  - id: user-id-{n}
    name: Asker {n}
    userPrincipleName: asker{n}@example.com
    aadObjectId: 00000000-0000-0000-0000-000000000002{n}
    givenName: Asker
    surname: Asker
    email: asker{n}@example.com
"""
_USERS = "users:\n" + "".join(_USER.format(n=n) for n in range(1, 6))


@dataclass
class Client:
    """The page, and where bot and client listen."""

    page: Page
    bot: str
    playground: str

    def ask(self, text: str) -> None:
        """Type a message into the open chat and send it."""
        box = self.page.locator("[contenteditable=true]").first
        box.click()
        self.page.keyboard.insert_text(text)
        self.page.keyboard.press("Enter")

    def start_anew(self) -> None:
        """Load the page again: it forgets what was said, so that nothing of an earlier test is taken for an answer."""
        self.page.reload()
        self.page.locator("[contenteditable=true]").first.wait_for()

    def go_to(self, chat: str) -> None:
        """Open a chat."""
        self.page.get_by_text(chat, exact=True).first.click()

    def picture(self, name: str) -> None:
        """Keep a screenshot."""
        _PICTURES.mkdir(exist_ok=True)
        self.page.screenshot(path=str(_PICTURES / f"teams-{name}.png"))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _listens(url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(900):
        try:
            with urllib.request.urlopen(url, timeout=1):  # noqa: S310 - loopback
                return
        except OSError:
            assert process.poll() is None, "the process ended"
            time.sleep(0.1)
    raise AssertionError(f"nothing listens at {url}")


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    if not Path(_PLAYGROUND).is_file():
        pytest.skip("the Agents Playground is not there: run `make test-teams`, which needs Node")
    if _CHROMIUM is None:
        pytest.skip("Debian's chromium is not installed: apt-get install chromium")
    folder = tmp_path_factory.mktemp("playground")
    (folder / ".m365agentsplayground.yml").write_text(_CONFIG.replace("@USERS@", _USERS))
    bot_port, port = _free_port(), _free_port()
    bot_url, url = f"http://127.0.0.1:{bot_port}", f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "support.teams_bot", str(folder), str(bot_port), "reviewers-chat", _REVIEWER]
    path = os.pathsep.join([str(_ROOT), str(_ROOT / "tests")])
    node = [
        str(shutil.which("node")), _PLAYGROUND, "start", "-e", f"{bot_url}/api/messages", "-c", "msteams",
        "-p", str(port), "--dt", "true",
    ]  # fmt: skip
    with (folder / "bot.log").open("wb") as bot_log, (folder / "playground.log").open("wb") as playground_log:
        bot = subprocess.Popen(command, env=os.environ | {"PYTHONPATH": path}, stdout=bot_log, stderr=bot_log)  # noqa: S603
        playground = subprocess.Popen(  # noqa: S603
            node, cwd=folder, env=os.environ | {"BROWSER": "none"}, stdout=playground_log, stderr=playground_log
        )
        try:
            _listens(f"{bot_url}/healthz", bot)
            _listens(url, playground)
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=_CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
                page = browser.new_page(viewport={"width": 1300, "height": 900})
                page.set_default_timeout(20_000)
                expect.set_options(timeout=20_000)
                page.goto(url)
                page.locator("[contenteditable=true]").first.wait_for()
                yield Client(page, bot_url, url)
                browser.close()
        finally:
            for process in (playground, bot):
                process.terminate()
                process.wait(20)


@pytest.fixture(autouse=True)
def _in_an_empty_personal_chat(client: Client) -> None:
    client.start_anew()
    client.go_to("Personal Chat")


def test_a_quoted_answer_has_its_heading_and_feedback(client: Client) -> None:
    client.ask("When does the first payment reminder go out?")
    page = client.page
    expect(page.get_by_text("7 days after the due date").first).to_be_visible()
    expect(page.get_by_text("What the documents say").first).to_be_visible()
    client.picture("1-answer")
    page.locator("[data-testid*=dislike], [aria-label*=islike], button[title*=islike]").first.click()
    # The Playground knows the product's own form only, not the custom one that Teams fetches.
    page.get_by_role("textbox", name="What went wrong?").fill("It is 10 days now.")
    client.picture("2-feedback")
    page.get_by_role("button", name="Submit", exact=True).click()


def test_a_thumbs_up_is_taken_and_opens_no_complaint_form(client: Client) -> None:
    client.ask("When does the first payment reminder go out?")
    page = client.page
    expect(page.get_by_text("7 days after the due date").first).to_be_visible()
    page.locator("[data-testid*=like]:not([data-testid*=dislike]), [aria-label='Like'], [title='Like']").first.click()
    # The Playground shows the product's own form. Teams fetches ours, which praise does not open.
    page.get_by_role("textbox", name="What did you like?").fill("It is short.")
    page.get_by_role("button", name="Submit", exact=True).click()
    client.picture("16-thumbs-up")
    value = {"actionName": "feedback", "actionValue": {"reaction": "like"}}
    opened = _send(client, "like-1", "", type="invoke", name="message/fetchTask", value=value)
    assert opened["task"]["type"] == "message"
    assert opened["task"]["value"].startswith("Thank you.")


def test_a_quoted_reply_is_answered_without_its_mark(client: Client) -> None:
    client.ask("When does the first payment reminder go out?")
    expect(client.page.get_by_text("7 days after the due date").first).to_be_visible()
    quoted = {"type": "quotedReply", "quotedReply": {"messageId": "1", "preview": "The first reminder goes out 7 days"}}
    _send(client, "quote-1", '<quoted messageId="1"/> How long is an invitation valid?', entities=[quoted])
    reply = client.page.get_by_text(request_id_of("teams:personal-chat:quote-1")).first
    expect(reply).to_be_visible()
    client.picture("17-quoted-reply")
    expect(client.page.get_by_text("Understood as")).to_have_count(0)
    expect(client.page.get_by_text("Not enough info")).to_have_count(0)


def test_not_enough_info_names_what_is_near_and_a_person_takes_over(client: Client) -> None:
    page = client.page
    client.ask("Is there a Linux app?")
    expect(page.get_by_text("Not enough info").first).to_be_visible()
    client.picture("3-not-enough-info")
    page.get_by_role("button", name="Ask a person").last.click()
    expect(page.get_by_text("I have passed your question to a person").last).to_be_visible()
    client.picture("4-escalated")


def _ask_a_person(client: Client, question: str) -> None:
    """Ask what the documents do not answer, press "Ask a person", and go to where the card is."""
    client.ask(question)
    expect(client.page.get_by_text("Not enough info").last).to_be_visible()
    client.page.get_by_role("button", name="Ask a person").last.click()
    expect(client.page.get_by_text("I have passed your question to a person").last).to_be_visible()
    client.go_to("Reviewers")
    expect(client.page.get_by_text(question).last).to_be_visible()


def test_what_a_person_answers_is_decided_once_and_delivered(client: Client) -> None:
    page = client.page
    _ask_a_person(client, "Is there a desktop program?")
    client.picture("5-review-card")
    page.get_by_role("button", name="Write an answer").last.click()
    page.get_by_label(re.compile("^Answer")).last.fill("There is none yet, use the browser [1].")
    page.get_by_role("button", name="Send", exact=True).last.click()
    expect(page.get_by_text(re.compile("approved by")).last).to_be_visible()
    client.picture("6-decided-card")
    client.go_to("Personal Chat")
    expect(page.get_by_text("There is none yet").last).to_be_visible()
    client.picture("7-delivered")


def test_a_reviewer_asks_back_and_then_edits_what_the_documents_prove(client: Client) -> None:
    page = client.page
    _ask_a_person(client, "Can I change the ringtone?")
    page.get_by_role("button", name="Ask back").last.click()
    page.get_by_label("What do you need to know?").last.fill("Is it the yearly plan?")
    client.picture("10-ask-back")
    page.get_by_role("button", name="Ask", exact=True).last.click()
    expect(page.get_by_text("Waiting for the asker").last).to_be_visible()
    client.go_to("Personal Chat")
    expect(page.get_by_text("Is it the yearly plan?").last).to_be_visible()
    client.ask("Yes, the yearly one.")
    expect(page.get_by_text("I have passed that on to the reviewer").last).to_be_visible()
    client.picture("11-asked-back")
    client.go_to("Reviewers")
    expect(page.get_by_text("Yes, the yearly one.").last).to_be_visible()
    page.get_by_role("button", name="Write an answer").last.click()
    page.get_by_label(re.compile("^Answer")).last.fill("You get 90 percent back within 5 years [1].")
    page.get_by_role("button", name="Send", exact=True).last.click()
    expect(page.get_by_text("The documents do not prove this").last).to_be_visible()
    client.picture("12-edit-not-proved")
    page.get_by_role("button", name="Write an answer").last.click()
    page.get_by_text("Send anyway").last.click()
    page.get_by_role("button", name="Send", exact=True).last.click()
    expect(page.get_by_text(re.compile("approved by")).last).to_be_visible()
    client.go_to("Personal Chat")
    expect(page.get_by_text("You get 90 percent back within 5 years").last).to_be_visible()
    client.picture("15-edited-answer-delivered")


def test_commands_answer_with_cards(client: Client) -> None:
    page = client.page
    client.ask("help")
    expect(page.get_by_text("read the documents again").last).to_be_visible()
    client.ask("status")
    expect(page.get_by_text("Reviews waiting").last).to_be_visible()
    client.picture("13-commands")
    client.ask("Can I print invoices in Braille?")
    # "Not enough info" stands in the card of `status`, too.
    expect(page.get_by_text("No answer that I can prove").last).to_be_visible()
    client.ask("gaps")
    expect(page.get_by_text("Asked, and not answered").last).to_be_visible()
    client.picture("14-gaps")


def test_an_over_long_question_is_told_the_limit(client: Client) -> None:
    client.ask("x" * 12_001)
    expect(client.page.get_by_text("longer than the 12,000 characters").last).to_be_visible()
    client.picture("8-too-long")


def _send(client: Client, activity_id: str, text: str, **more: Any) -> Any:  # noqa: ANN401 - JSON
    """Send a question, or another activity, as Teams does, past the page; return what the bot says to it."""
    activity = {
        "type": "message", "id": activity_id, "channelId": "msteams", "text": text,
        "serviceUrl": f"{client.playground}/_connector", "recipient": {"id": "bot"},
        "from": {"id": "user-id-0", "aadObjectId": _REVIEWER},
        "conversation": {"id": "personal-chat", "conversationType": "personal"}, **more,
    }  # fmt: skip
    request = urllib.request.Request(  # noqa: S310 - loopback
        f"{client.bot}/api/messages",
        data=json.dumps(activity).encode(),
        headers={"content-type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310
        assert response.status in {200, 202}
        return json.loads(response.read() or b"null")


def test_a_resent_activity_is_answered_once(client: Client) -> None:
    answers = client.page.get_by_text(request_id_of("teams:personal-chat:resent-1"))
    for _ in range(3):
        _send(client, "resent-1", "How do I add a VAT rate?")
    expect(answers.first).to_be_visible()
    # What was taken before this question has been answered, if it ever is, once this one is.
    _send(client, "later-1", "How long is an invitation valid?")
    expect(client.page.get_by_text(request_id_of("teams:personal-chat:later-1")).first).to_be_visible()
    client.picture("9-resent")
    expect(answers).to_have_count(1)
