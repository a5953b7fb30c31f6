"""What a chunk that goes on with a table or a list repeats of it: the table's header, the items that are still open."""

from collections.abc import Iterable, Iterator, Sequence

from index.markdown import is_list_item

_RULE = frozenset("|:- \t\r\n")


def is_table_rule(line: str) -> bool:
    """Tell whether `line` is the line between a table's header and its rows."""
    return "-" in line and "|" in line and _RULE.issuperset(line)


def table_head(lines: Sequence[str]) -> tuple[str, ...]:
    """Return the first two lines of a table, header and rule; () if `lines` are no table with a header."""
    is_table = len(lines) > 1 and "|" in lines[0] and is_table_rule(lines[1])
    return tuple(lines[:2]) if is_table else ()


def with_open_items(lines: Iterable[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield each line with the list items before it that it is part of, the outermost first."""
    items: tuple[str, ...] = ()
    for line in lines:
        if line.strip():
            items = tuple(item for item in items if _indent(item) < _indent(line))
        yield line, items
        if is_list_item(line):
            items = (*items, line)


def repeated(before: Sequence[str], chunk: Sequence[str]) -> int:
    """Return how many lines at the beginning of a chunk only repeat what the lines before it began."""
    head = table_head(chunk)
    if head:
        return len(head) * (_last_table(before)[:2] == list(head))
    items = tuple(chunk[:1]) if is_list_item(chunk[0]) else ()
    while len(items) < len(chunk) and _goes_on(items, chunk[len(items)]):
        items = (*items, chunk[len(items)])
    open_items = _open_after(before)
    return next((n for n in range(len(items) - 1, 0, -1) if open_items[:n] == items[:n]), 0)


def _goes_on(items: Sequence[str], line: str) -> bool:
    return bool(items) and bool(line.strip()) and _indent(line) > _indent(items[-1]) and is_list_item(items[-1])


def _open_after(lines: Sequence[str]) -> tuple[str, ...]:
    items: tuple[str, ...] = ()
    for line, above in with_open_items(lines):
        items = (*above, line) if is_list_item(line) else above if line.strip() else items
    return items


def _last_table(lines: Sequence[str]) -> list[str]:
    start = len(lines)
    while start and "|" in lines[start - 1]:
        start -= 1
    return list(lines[start:])


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
