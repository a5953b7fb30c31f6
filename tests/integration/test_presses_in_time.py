"""Slack waits three seconds for the acknowledgement of a button, however slowly it answers itself meanwhile."""

from support.workspace import ASKER, Desk, shown

from bot.sandbox.webapi import Fault


async def test_a_press_is_acknowledged_in_time_while_the_reviewers_names_are_looked_up(own_desk: Desk) -> None:
    question = await own_desk.ask("Is there a Linux app?")
    reply = await own_desk.exactly_one_reply(question)
    own_desk.sandbox.api.fault = lambda method: Fault(stall_s=4.0) if method == "users.info" else None
    await own_desk.press(ASKER, reply, "Ask a person")
    assert "to a person" in shown(await own_desk.reply_to(question, 2))
    await own_desk.card()
    assert own_desk.sandbox.workspace.notices == {}
