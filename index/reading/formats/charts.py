"""The data of a chart as rows: a row for each category, a column for each series."""

from lxml import etree

from index.reading.formats.cells import Row
from index.reading.formats.number_formats import GENERAL, shown

_MAX_POINTS = 1_000


def chart_rows(root: etree._Element) -> list[Row]:
    """Return a chart's data with a row of names above; a title is a row of its own. [] without data."""
    series = list(root.iter("{*}ser"))
    columns = [_points(one, "val", "yVal") for one in series]
    names = [" ".join(_points(one, "tx").values()) for one in series]
    places = sorted({place for column in columns for place in column})[:_MAX_POINTS]
    if not places:
        return []
    categories = next((found for one in series if (found := _points(one, "cat", "xVal"))), {})
    title = " ".join("".join(t.text or "" for t in root.iterfind("{*}chart/{*}title//{*}t")).split())
    title = "" if title in names else title
    data = ((categories.get(at, str(at + 1)), *(column.get(at, "") for column in columns)) for at in places)
    return [Row((title, *names)), *map(Row, data)]


def _points(series: etree._Element, *names: str) -> dict[int, str]:
    """Return the texts of a series' points, as the chart shows them, by their numbers."""
    found: dict[int, str] = {}
    for name in names:
        for held in series.iterfind(f"{{*}}{name}"):
            form = next((code.text for code in held.iter("{*}formatCode")), None) or GENERAL
            is_number = next(held.iter("{*}numCache", "{*}numLit"), None) is not None
            for point in held.iter("{*}pt"):
                text = (point.findtext("{*}v") or "").strip()
                if text:
                    found[int(point.get("idx", 0))] = shown(float(text), form) if is_number else text
            if not found and (text := held.findtext("{*}v")):
                found[0] = text
    return found
