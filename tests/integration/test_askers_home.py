"""App Home of somebody who asks: examples, and the own open questions with their state."""

import json
from pathlib import Path

from support.workspace import ADMIN, ASKER, REVIEWER, Desk, shown, workspace

_QUESTION = "When does the first payment reminder go out?"
_OPEN = "How high can a late fee be?"


async def test_examples_of_the_documents_are_asked_in_a_direct_message(own_data: Path, articles: Path) -> None:
    async with workspace(own_data, articles, slack_extra={"prompts": ()}) as desk:
        await desk.open_home(ASKER)
        home = await desk.home(ASKER, "Try one of these")
        (row,) = [block for block in home["blocks"] if block.get("block_id") == "home_examples"]
        example = row["elements"][0]
        for count in (1, 2):
            await desk.press_home(ASKER, example["action_id"], [], example["value"])
            reply = (await desk.until(lambda: desk.messages("D0ASKER"), count))[-1]
            assert f"You asked: “{example['value']}”" in shown(reply)


async def test_the_prompts_of_the_settings_are_the_examples(own_data: Path, articles: Path) -> None:
    async with workspace(own_data, articles, slack_extra={"prompts": (_QUESTION,)}) as desk:
        await desk.open_home(ASKER)
        assert _QUESTION in json.dumps(await desk.home(ASKER, "Try one of these"))


async def test_an_open_question_is_shown_to_its_asker_alone_with_its_state(approval_desk: Desk) -> None:
    desk = approval_desk
    await desk.open_home(ASKER)
    await desk.home(ASKER, "None of your questions is with a reviewer.")
    await desk.ask(_OPEN)
    card = await desk.card()
    await desk.open_home(ASKER)
    assert _OPEN in json.dumps(await desk.home(ASKER, "in review since"))
    await desk.press(REVIEWER, card, "Claim")
    await desk.settled()
    await desk.open_home(ASKER)
    await desk.home(ASKER, f"<@{REVIEWER}> has been looking at it")
    await desk.press(REVIEWER, card, "Ask back")
    await desk.submit(REVIEWER, "Which plan?")
    await desk.settled()
    await desk.open_home(ASKER)
    await desk.home(ASKER, "is waiting for your reply")
    await desk.open_home(ADMIN)
    assert _OPEN not in json.dumps(await desk.home(ADMIN, "None of your questions"))


async def test_who_joined_a_review_does_not_read_the_words_of_who_asked_first(approval_desk: Desk) -> None:
    desk = approval_desk
    await desk.ask(_OPEN)
    await desk.card()
    await desk.settled()
    await desk.ask("how high can a late fee be?", ADMIN)
    await desk.settled()
    await desk.open_home(ADMIN)
    home = json.dumps(await desk.home(ADMIN, "A question that you asked, too"))
    assert _OPEN not in home
