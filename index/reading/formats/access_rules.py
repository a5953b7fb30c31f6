"""Read the access rule among the fields of a document; what looks like one and is not understood raises."""

from collections import Counter
from typing import Any

from index.access import EVERYONE
from index.errors import UnreadableDocumentError
from index.reading.documents import named_groups
from index.reading.formats.access_words import RULES, Kind, is_public, kind_of, limits
from index.reading.formats.fields import Fields, bare

# Words of a state for which a document is kept from most people.
_STATES, _CLOSED = ("status", "state"), frozenset({"private", "confidential", "restricted"})
# Beside other keys it names those who may read; below one it names those whom an author or a product belongs to.
_TEAMS = "teams"
_SHOWN = 60
_WRITE = "write `access: [group]`, or `access: everyone`"


def access_of(fields: Fields, ignored: frozenset[str] = frozenset()) -> list[str] | None:
    """Return the groups that `access` or `groups` names; None without a rule. `ignored` are keys that are no rules.

    Raises UnreadableDocumentError for a rule that is not understood. A rule that is understood settles what words of
    other tools, such as `audience`, would leave open.
    """
    rules = [(bare(key), value) for key, value in fields.pairs if bare(key) in RULES]
    named = _named(rules)
    for path, value in fields.everywhere():
        kind = None if len(path) > 1 and bare(path[-1]) == _TEAMS else kind_of(path[-1])
        if len(path) == 1 and bare(path[-1]) in _STATES and str(value).strip().casefold() in _CLOSED and named is None:
            raise _not_understood(path[-1])
        if kind is not None and path[-1] not in ignored and not (kind is Kind.RULE and len(path) == 1):
            _refuse(kind, path, value, settled=named is not None)
    return named


def not_read(key: str) -> UnreadableDocumentError:
    """Return the error for an access rule in lines that are not read as metadata."""
    if kind_of(key) is not Kind.RULE:
        return _not_understood(key)
    return UnreadableDocumentError(
        f"`{_shown(key)}` stands where no access rule is read: begin the file with a line `---`, then "
        "`access: [group]`, then a line `---`"
    )


def _not_understood(key: str) -> UnreadableDocumentError:
    if kind_of(key) is Kind.MISSPELT:
        return UnreadableDocumentError(f"`{_shown(key)}` looks like a misspelt access rule: {_WRITE}")
    return UnreadableDocumentError(f"`{_shown(key)}` may say who may read this, but is no rule here: {_WRITE}")


def _named(rules: list[tuple[str, Any]]) -> list[str] | None:
    if not rules:
        return None
    twice = [word for word, count in Counter(word for word, _ in rules).items() if count > 1]
    if twice:
        raise UnreadableDocumentError(f"`{twice[0]}` is written twice: keep one")
    found = [named_groups(value, f"`{word}`") for word, value in rules]
    if any(set(groups) != set(found[0]) for groups in found):
        raise UnreadableDocumentError("`access` and `groups` name different groups: keep one of them")
    if EVERYONE in found[0] and len(set(found[0])) > 1:
        raise UnreadableDocumentError(f"`{rules[0][0]}` names `everyone` beside other groups: keep one of them")
    return found[0]


def _refuse(kind: Kind, path: tuple[str, ...], value: Any, *, settled: bool) -> None:  # noqa: ANN401 - any value
    if kind is Kind.MISSPELT and len(path) == 1:
        raise _not_understood(path[-1])
    if kind is Kind.FOREIGN:
        if not settled and limits(path[-1], value):
            raise _not_understood(path[-1])
    elif not is_public(value):
        within = " > ".join(name for name in path if name)
        raise UnreadableDocumentError(f"`{_shown(within)}` is an access rule below another key: put it beside `title`")


def _shown(name: str) -> str:
    return " ".join(name.split())[:_SHOWN].replace("`", "'")
