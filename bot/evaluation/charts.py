"""Charts as SVG: curves in the unit square, stacked bars, plain bars. Markup.format escapes every text."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

_SIZE, _LEFT, _BOTTOM, _TOP = 300, 44, 36, 10
# Narrow, so that a telephone shows the letters about as large as they are.
_BAR, _BAR_WIDTH, _STEP = 22, 340, 50
_LINE = 26
# The file of `bars` stands alone, without the page's CSS, so its colours are written into it.
_COLOURS = {
    "answered": "#2e7d4f", "not_enough_info": "#8a8f98", "needs_review": "#c98a1b", "blocked": "#b3372f",
    "limited": "#6b5bb3", "unavailable": "#3b3f46", "earlier": "#9db8d9", "later": "#3f6fa8",
}  # fmt: skip
_OTHER_COLOUR = "#555"
# (x, y, tooltip), x and y in 0..1
Point = tuple[float, float, str]


@dataclass(frozen=True, slots=True)
class Curve:
    """A line through points, or separate dots. `style` is a class of page.css."""

    name: str
    points: Sequence[Point]
    style: str = "a"
    dots: bool = False


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar with its name on the left and `words` on the right. `style` is a key of _COLOURS."""

    name: str
    value: float
    words: str
    style: str


def plot(x_name: str, y_name: str, curves: Sequence[Curve], *, diagonal: bool = False) -> Markup:
    """Return curves over a grid of the unit square, with a legend if there are several. page.css has the colours."""
    drawn = [_axes(x_name, y_name)]
    if diagonal:
        line = Markup('<line class="ideal" x1="{}" y1="{}" x2="{}" y2="{}"/>')
        drawn.append(line.format(_x(0), _y(0), _x(1), _y(1)))
    # The first curve is drawn last, so that it stays visible where two curves agree.
    drawn += [_curve(curve) for curve in reversed(curves)]
    keys = [Markup('<span class="key {}">{}</span>').format(curve.style, curve.name) for curve in curves]
    return Markup('<svg viewBox="0 0 {} {}" role="img" aria-label="{} by {}">{}</svg><p class="legend">{}</p>').format(
        _SIZE + _LEFT + 24,
        _SIZE + _TOP + _BOTTOM,
        y_name,
        x_name,
        _joined(drawn),
        _joined(keys if len(keys) > 1 else []),
    )


def stacked(rows: Sequence[tuple[str, Sequence[tuple[str, int]]]]) -> Markup:
    """Return one full-width bar per (name, parts). A part (style, count) is as wide as its share of the counts."""
    drawn = [_stack(number * _STEP, name, parts) for number, (name, parts) in enumerate(rows)]
    box = Markup('<svg class="stacked" viewBox="0 0 {} {}" role="img">{}</svg>')
    return box.format(_BAR_WIDTH, len(rows) * _STEP, _joined(drawn))


def bars(title: str, groups: Sequence[Sequence[Bar]]) -> Markup:
    """Return an SVG file with one bar per line. The longest bar of each group has the full width."""
    drawn, y = [], 56
    for group in groups:
        largest = max((bar.value for bar in group), default=0) or 1
        drawn += [_bar(y + _LINE * number, bar, largest) for number, bar in enumerate(group)]
        y += _LINE * len(group) + 18
    height = 56 + _LINE * sum(map(len, groups)) + 40
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 760 {}" font-family="system-ui, sans-serif" '
        'font-size="13" fill="#24292f"><rect width="760" height="{}" fill="#fff"/>'
        '<text x="20" y="30" font-size="16" font-weight="600">{}</text>{}</svg>\n'
    ).format(height, height, title, _joined(drawn))


def _joined(parts: Sequence[Markup]) -> Markup:
    return Markup("").join(parts)


def _x(value: float) -> float:
    return round(_LEFT + value * _SIZE, 1)


def _y(value: float) -> float:
    return round(_TOP + (1 - value) * _SIZE, 1)


def _axes(x_name: str, y_name: str) -> Markup:
    mark = Markup(
        '<line class="grid" x1="{x}" y1="{bottom}" x2="{x}" y2="{top}"/>'
        '<line class="grid" x1="{left}" y1="{y}" x2="{right}" y2="{y}"/>'
        '<text x="{x}" y="{below}" text-anchor="middle">{value:.0%}</text>'
        '<text x="{before}" y="{middle}" text-anchor="end">{value:.0%}</text>'
    )
    edges = {"left": _x(0), "right": _x(1), "top": _y(1), "bottom": _y(0), "below": _y(0) + 16, "before": _x(0) - 6}
    values = [step / 5 for step in range(6)]
    marks = [mark.format(value=value, x=_x(value), y=_y(value), middle=_y(value) + 4, **edges) for value in values]
    return Markup('{}<text x="{}" y="{}" text-anchor="middle">{}</text><title>{}</title>').format(
        _joined(marks), _LEFT + _SIZE / 2, _SIZE + _TOP + 33, x_name, y_name
    )


def _curve(curve: Curve) -> Markup:
    places = [(_x(x), _y(y), words) for x, y, words in curve.points]
    dot = Markup('<circle class="{}" cx="{}" cy="{}" r="{}"><title>{}</title></circle>')
    dots = [
        dot.format(curve.style, x, y, 5 if curve.dots else 3, words)
        for x, y, words in places
        if curve.dots or len(places) <= 40  # noqa: PLR2004 - more dots would hide the line
    ]
    if curve.dots:
        return _joined(dots)
    points = " ".join(f"{x},{y}" for x, y, _ in places)
    return Markup('<polyline class="{}" points="{}"/>{}').format(curve.style, points, _joined(dots))


def _stack(y: int, name: str, parts: Sequence[tuple[str, int]]) -> Markup:
    x, total = 0.0, sum(count for _, count in parts) or 1
    label = Markup('<text x="0" y="{}">{} ({})</text>')
    part = Markup('<rect class="{}" x="{:.1f}" y="{}" width="{:.1f}" height="{}"><title>{}</title></rect>')
    number = Markup('<text class="on" x="{:.1f}" y="{}" text-anchor="middle">{}</text>')
    drawn = [label.format(y + 14, name, total)]
    for style, count in parts:
        width = count / total * _BAR_WIDTH
        words = f"{name}, {style.replace('_', ' ')}: {count} of {total}"
        drawn.append(part.format(style, x, y + 20, width, _BAR, words))
        if width > _BAR:
            drawn.append(number.format(x + width / 2, y + 36, count))
        x += width
    return _joined(drawn)


def _bar(y: int, bar: Bar, largest: float) -> Markup:
    left, length = 210, max(2.0, bar.value / largest * 420)
    return Markup(
        '<text x="{}" y="{}" text-anchor="end">{}</text>'
        '<rect x="{}" y="{}" width="{:.1f}" height="18" rx="3" fill="{}"/>'
        '<text x="{:.1f}" y="{}">{}</text>'
    ).format(
        *(left - 10, y + 13, bar.name),
        *(left, y, length, _COLOURS.get(bar.style, _OTHER_COLOUR)),
        *(left + length + 8, y + 13, bar.words),
    )
