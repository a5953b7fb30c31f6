"""The messages of libraries' log records, without what they may repeat of texts, payloads, tokens and addresses.

Libraries write those as quoted values, as braces of a payload, in the query of a URL, or as the text of an exception.
"""

import logging
import re
import sys
from collections.abc import Iterator

from pipeline.safety.redaction import redacted

_CHARS = 300
_CAUSES = 10
_HIDDEN = "…"
# Whatever opens a quoted value, a payload or the form of an object. An apostrophe in a word opens nothing.
_OPENING = re.compile(r"""(?<!\w)['"`]|"|[{<]""")
# The path of a URL may be a secret, as Slack's response URLs are.
_ADDRESS = re.compile(r"\b([a-z]{2,10}://)(?:[^\s/?#]*@)?([^\s/?#@]*)\S*")


def message_of(record: logging.LogRecord) -> str:
    """Return the first line of a record's message, up to the first value in it, at most 300 characters."""
    text = _template_filled(record)
    for error in _errors(record):
        if str(error):
            text = text.replace(str(error), _said_of(error))
    line = _ADDRESS.sub(r"\1\2", text.strip().partition("\n")[0])
    if opening := _OPENING.search(line):
        line = f"{line[: opening.start()]}{_HIDDEN}"
    return redacted(line[:_CHARS])


def _template_filled(record: logging.LogRecord) -> str:
    """Return the message with its arguments, of which only numbers, single words and kinds of errors are shown."""
    arguments = record.args if isinstance(record.args, tuple) else ()
    try:
        return str(record.msg) % tuple(map(_argument, arguments)) if arguments else str(record.msg)
    except (TypeError, ValueError):
        return str(record.msg)


def _argument(value: object) -> object:
    if isinstance(value, int | float):
        return value
    if isinstance(value, BaseException):
        return _said_of(value)
    word = str(value)
    return word if word.replace("_", "").replace(".", "").replace("-", "").isalnum() else _HIDDEN


def _errors(record: logging.LogRecord) -> Iterator[BaseException]:
    """Yield the exceptions whose texts a message may repeat: that of the record, and the one that is handled now."""
    causes = [record.exc_info and record.exc_info[1], sys.exc_info()[1]]
    for _ in range(_CAUSES):
        errors = [error for error in causes if error]
        yield from errors
        causes = [error.__cause__ or error.__context__ for error in errors]


def _said_of(error: BaseException) -> str:
    """Return what the system says of an error of its own, and of any other only the kind."""
    said = f": {error.strerror}" if isinstance(error, OSError) and error.strerror else ""
    return f"{type(error).__name__}{said}"
