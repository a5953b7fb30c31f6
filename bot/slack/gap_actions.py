"""The two buttons below a gap in Slack: the outline of an article in a direct message, and the form for an answer."""

from collections.abc import Mapping
from typing import Any

from slack_bolt.async_app import AsyncAck

from bot.desk.gap_answers import GapAnswers, GapGoneError, NothingCitedError, Stored
from bot.desk.permissions import concerned
from bot.slack.best_effort import CALL_ERRORS
from bot.slack.gap_views import SEARCH_BLOCK, answer_view, article_message, submitted
from bot.slack.outgoing import to_asker
from bot.slack.payloads import direct_conversation, team_of
from bot.slack.review_modals import TEXT_BLOCK
from bot.slack.services import SlackServices
from bot.slack.text import escape, person
from bot.store.records import Conversation
from bot.surfaces.gap_words import article_markdown, stored_words
from bot.surfaces.refusals import refusal_words
from bot.surfaces.words import Words
from index.errors import CitedeskError


async def draft_article(slack: SlackServices, body: Mapping[str, Any]) -> None:
    """Send the admin the outline of the missing article, once a press."""
    where, request_id, words = _own_chat(body), _request_id(body), await slack.words_for(body)
    try:
        outline = await _answers(slack).outline(where, request_id)
    except CitedeskError as error:
        await _tell(slack, body, await _refusal(slack, error, words))
        return
    message = article_message(article_markdown(outline, words), words)
    key = f"article:{request_id}:{where.user_id}:{body['actions'][0].get('action_ts')}"
    await slack.questions.store.outbox.send([to_asker(key, request_id, where, message)])
    slack.wake_outbox()
    await _tell(slack, body, words("gap-article-sent"))


async def open_form(slack: SlackServices, body: Mapping[str, Any]) -> None:
    """Open the form for the answer to a gap."""
    words = await slack.words_for(body)
    try:
        form = await _answers(slack).form(_own_chat(body), _request_id(body))
    except CitedeskError as error:
        await _tell(slack, body, await _refusal(slack, error, words))
        return
    await (await slack.client(body)).views_open(trigger_id=body["trigger_id"], view=answer_view(form, words))


async def submit_answer(slack: SlackServices, ack: AsyncAck, body: Mapping[str, Any]) -> None:
    """Store the answer and tell the admin; else show what is missing, or the passages that were searched for."""
    where, answers, words = _own_chat(body), _answers(slack), await slack.words_for(body)
    answer, search, is_new = submitted(body["view"])
    try:
        if is_new:
            form = await answers.form(where, answer.cluster, search)
            await ack(response_action="update", view=answer_view(form, words, answer, search=search))
            return
        if missing := "gap-form-empty" if not answer.text else "" if answer.chosen else "gap-form-none-chosen":
            await ack(response_action="errors", errors={TEXT_BLOCK: words(missing)})
            return
        stored = await answers.store(where, answer)
        if not isinstance(stored, Stored):
            again = await answers.form_again(where, answer)
            await ack(response_action="update", view=answer_view(again, words, answer, stored, search))
            return
    except NothingCitedError:
        await ack(response_action="errors", errors={TEXT_BLOCK: words("gap-form-uncited")})
        return
    except CitedeskError as error:
        await ack(response_action="errors", errors={SEARCH_BLOCK: await _refusal(slack, error, words)})
        return
    await ack()
    client = await slack.client(body)
    await client.chat_postMessage(channel=where.user_id, text=stored_words(stored, words))


def _answers(slack: SlackServices) -> GapAnswers:
    return GapAnswers(slack.operations, slack.reviews)


def _own_chat(body: Mapping[str, Any]) -> Conversation:
    """Return the direct messages of whoever pressed a button."""
    return direct_conversation(team_of(body), str(body["user"]["id"]))


def _request_id(body: Mapping[str, Any]) -> str:
    return str(body["actions"][0]["value"])


async def _refusal(slack: SlackServices, error: CitedeskError, words: Words) -> str:
    if isinstance(error, GapGoneError):
        return words("gap-gone")
    names = await slack.questions.store.people.names(concerned(error))
    return refusal_words(error, lambda user_id: person(user_id, names), escape, words)


async def _tell(slack: SlackServices, body: Mapping[str, Any], text: str) -> None:
    """Tell whoever pressed a button, where it was pressed if that is possible."""
    client, user_id = await slack.client(body), str(body["user"]["id"])
    try:
        await client.chat_postEphemeral(channel=str(body["channel"]["id"]), user=user_id, text=text)
    except (*CALL_ERRORS, KeyError):
        await client.chat_postMessage(channel=user_id, text=text)
