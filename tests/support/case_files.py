"""The case files of ../shared/cases/model-servers as servers: 01 to 22 one reply each, 30 to 34 contents of a reply."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from support.model_servers import Body, Dialect, Refusal, Reply, Rule, Shaped
from support.writing_model import Known

# The files whose fault is a refused parameter: the request is well once this is false of it.
_REFUSED: dict[str, Callable[[Body], bool]] = {
    "01": lambda asked: "max_tokens" in asked,
    "02": lambda asked: asked.get("temperature") not in {None, 1},
    "20": lambda asked: any(message["role"] == "system" for message in asked["messages"]),
    "22": lambda asked: "response_format" in asked,
}
_REASONING = "03"
# What a model needs that spends the room of case 03 on thinking.
_ROOM = 2000


@dataclass(frozen=True)
class Case:
    """A question, the server that is asked, and what came out when the case was reported."""

    name: str
    before: str
    dialect: Dialect
    known: Known
    shaped: Shaped
    tables: dict[str, Any] = field(default_factory=dict)


def cases_in(folder: Path, known: Known) -> Iterator[Case]:
    """Yield the cases of a folder; `known` is the good reply to the question of 01 to 22."""
    for file in sorted(folder.glob("*.json")):
        rows = json.loads(file.read_text(encoding="utf-8"))
        if isinstance(rows, list):
            for row in rows:
                yield _content_case(file.stem, row)
        else:
            yield from _reply_cases(rows, known)


def _content_case(group: str, row: dict[str, Any]) -> Case:
    known = Known(row["question"], row["answer"], tuple(row["quotes"]))

    def shaped(text: str, _asked: Body, _number: int) -> Reply | None:
        draft = json.loads(text)
        if "verdicts" in draft or "insufficient" not in row["case"]:
            return None
        return _completion({**draft, "status": "insufficient_context"})

    return Case(f"{group[:2]} {row['case']}", _before(row["observed"]), Dialect("good", "-"), known, shaped)


def _reply_cases(row: dict[str, Any], known: Known) -> Iterator[Case]:
    name, sent = row["case"], row["server_reply_to_first_request"]
    number, before = name[:2], _before(row["observed"])
    reply = Reply(sent["body"], sent["status"], sent["content_type"])
    if number in _REFUSED:
        dialect = Dialect(name, row["reference"], (_while(_REFUSED[number], reply),))
        yield Case(name, before, dialect, known, lambda _text, _asked, _number: None)
        return
    yield Case(name, before, Dialect(name, row["reference"]), known, _always(reply))
    if number == _REASONING:
        thought = json.loads(reply.body)["choices"][0]["message"]
        dialect = Dialect(name, row["reference"], thinks=_ROOM, thought=thought)
        yield Case(f"{name}, until {_ROOM} tokens", before, dialect, known, lambda _text, _asked, _number: None)


def _while(is_refused: Callable[[Body], bool], reply: Reply) -> Rule:
    return lambda asked: Refusal(reply.status, reply.body) if is_refused(asked) else None


def _always(reply: Reply) -> Shaped:
    """Return the file's reply for every draft, with its marker and chunk id as they stand in today's prompt."""

    def shaped(text: str, _asked: Body, _number: int) -> Reply | None:
        draft = json.loads(text)
        if "verdicts" in draft:
            return None
        cited = draft["citations"][0]
        marker = str(cited["marker"])
        body = re.sub(r'(chunk_id\\": \\")[0-9a-f]{12}', rf"\g<1>{cited['chunk_id']}", reply.body)
        body = re.sub(r'(marker\\": )1\b', rf"\g<1>{marker}", body.replace("[1]", f"[{marker}]"))
        return Reply(body, reply.status, reply.content_type)

    return shaped


def _completion(draft: dict[str, Any]) -> Reply:
    message = {"role": "assistant", "content": json.dumps(draft)}
    return Reply({"id": "c", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]})


def _before(observed: str) -> str:
    """Return kind and form of what a case file observed."""
    kind = re.search(r"kind=(\w+)", observed)
    if not kind:
        return "traceback"
    degraded = ", degraded" if "degraded=True" in observed else ""
    reason = re.search(r"reason=(\w+)", observed)
    return f"{kind[1]}{degraded}{f' ({reason[1]})' if reason else ''}{', no draft' if 'draft=none' in observed else ''}"
