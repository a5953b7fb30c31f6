"""What a Teams message quotes and forwards, as clients of different ages send it."""

import json
import time
from typing import Any

import pytest

from bot.teams.payloads import asked_of, language_of

_OLD_REPLY = (
    '<div>\n<blockquote itemscope="" itemtype="http://schema.skype.com/Reply" itemid="1774023003842">\n'
    '<p><b><span itemprop="mri" itemid="8:orgid:x">Sam&nbsp;</span><span itemprop="time" itemid="1"></span></b></p>\n'
    '<p itemprop="preview">Is there an app?</p>\n</blockquote>\n<p>And on Linux?</p></div>'
)
_FORWARD = (
    '<p>fyi&nbsp;</p>\n<blockquote itemtype="http://schema.skype.com/Forward">\n<p>Is there an app?</p>\n</blockquote>'
)


def _message(text: str, attachments: list[Any] | None = None, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    return {
        "id": "1",
        "type": "message",
        "text": text,
        "serviceUrl": "https://x.example/",
        "from": {"id": "29:u"},
        "conversation": {"id": "a:1", "conversationType": "personal"},
        "attachments": attachments or [],
        **more,
    }


def _html(content: str) -> dict[str, str]:
    return {"contentType": "text/html", "content": content}


def _reference(content: object, kind: str = "messageReference") -> dict[str, Any]:
    return {"contentType": kind, "content": content}


_QUOTED = {"messageId": "17", "preview": "Is there an app?"}
_PREVIEWED = {"messageId": "17", "messagePreview": "Is there an app?"}
_WHOLE = {"body": {"content": "<p>Is there</p><p>an app?</p>"}}


def _reply(about: object, text: str = '<quoted messageId="17"/> And on Linux?') -> dict[str, Any]:
    return _message(
        text, entities=[{"type": "clientInfo", "locale": "de-DE"}, {"type": "quotedReply", "quotedReply": about}]
    )


@pytest.mark.parametrize(
    "message",
    [
        _reply({"messageId": "17", "senderName": "Sam", "preview": "Is there\nan app?"}),
        _reply(_QUOTED, "&lt;quoted messageId=&quot;17&quot;/&gt;And on Linux?"),
        _reply({"messageId": "17", "preview": "Is there an app?"}, 'And on Linux?\n<quoted messageId="17" />'),
        _message("And on Linux?", [_html(_OLD_REPLY.replace("1774023003842", "17"))]),
        _message("And on Linux?", [_reference(_PREVIEWED)]),
        _message("And on Linux?", [_reference(json.dumps(_PREVIEWED))]),
    ],
    ids=["entity", "escaped mark", "mark at the end", "blockquote", "reference", "reference as text"],
)  # fmt: skip
def test_a_quote_is_read_apart_from_the_question(message: dict[str, Any]) -> None:
    asked = asked_of(message)
    assert (asked.text, asked.quoted, asked.quoted_id) == ("And on Linux?", "Is there an app?", "17")
    assert not asked.has_files


@pytest.mark.parametrize(
    ("message", "text"),
    [
        (_message("fyi\r\n\r\nIs there an app?", [_html(_FORWARD)]), "fyi\r\n\r\nIs there an app?"),
        (_message("fyi", [_html(_FORWARD)]), "fyi\n\nIs there an app?"),
        (_message("", [_reference(_WHOLE, "forwardedMessageReference")]), "Is there\nan app?"),
        (_message("fyi", [{"contentType": "forwardedMessageReference", "content": "no JSON"}]), "fyi"),
    ],
    ids=["in the text", "in the HTML", "as a reference", "unreadable"],
)  # fmt: skip
def test_what_is_forwarded_belongs_to_the_question(message: dict[str, Any], text: str) -> None:
    asked = asked_of(message)
    assert asked.text == text
    assert not asked.has_files


@pytest.mark.parametrize(
    "about",
    [None, "x", [], {}, {"messageId": None}, {"messageId": "17", "isReplyDeleted": True}, {"preview": ["x"]}],
)
def test_a_quote_that_says_nothing_or_is_deleted_harms_nothing(about: object) -> None:
    assert asked_of(_reply(about)).text == "And on Linux?"


@pytest.mark.parametrize(
    "attachment",
    [
        {"contentType": "application/vnd.microsoft.teams.file.download.info", "content": {"downloadUrl": "https://x"}},
        {"contentType": "image/*", "contentUrl": "https://x.example/a.png"},
        {"contentType": "application/pdf", "contentUrl": "https://x.example/a.pdf", "name": "a.pdf"},
    ],
)
def test_files_and_pictures_are_files(attachment: dict[str, Any]) -> None:
    assert asked_of(_message("Is there an app?", [attachment])).has_files


@pytest.mark.parametrize(
    "attachment",
    [
        _html("<p>Is there an app?</p>"),
        {"contentType": "application/vnd.microsoft.card.adaptive", "content": {}},
        {"contentType": "application/vnd.microsoft.card.codesnippet", "content": {}},
        {"contentType": "meetingReference"},
    ],
)
def test_what_teams_attaches_itself_is_no_file(attachment: dict[str, Any]) -> None:
    assert not asked_of(_message("Is there an app?", [attachment])).has_files


@pytest.mark.parametrize(
    "hostile",
    [
        "<blockquote itemtype='http://schema.skype.com/Reply'>" * 20_000,
        "<p itemtype='http://schema.skype.com/Reply'>" + "<b>" * 300_000,
        "schema.skype.com/Reply" + "<!--" * 200_000,
        "schema.skype.com/Forward" + "<a " * 200_000,
        "<blockquote itemtype='http://schema.skype.com/Reply'>" + "\0\ud800" * 20_000,
    ],
)
def test_hostile_html_is_read_in_a_moment(hostile: str) -> None:
    begun = time.process_time()
    asked_of(_message('<quoted messageId="' * 20_000, [_html(hostile)]))
    assert time.process_time() - begun < 2


def test_the_language_is_that_of_the_client() -> None:
    assert language_of(_message("x", locale="de-DE")) == "de-DE"
    assert language_of(_reply({})) == "de-DE"
    assert language_of(_message("x")) == ""
    assert asked_of(_message("x", locale="de-DE")).where.language == "de-DE"
    channel = {"id": "19:x@thread.tacv2", "conversationType": "channel"}
    assert asked_of(_message("x", locale="de-DE", conversation=channel)).where.language == ""
