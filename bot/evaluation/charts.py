"""Small pictures as SVG: curves with points in the unit square, and stacked bars. Colours come from the page's CSS."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

_SIZE, _LEFT, _BOTTOM, _TOP = 300, 44, 36, 10
_BAR, _BAR_LEFT, _BAR_WIDTH = 24, 190, 430


@dataclass(frozen=True, slots=True)
class Curve:
    """A line of (x, y) within 0..1, or single dots; each point says in words what it is."""

    name: str
    points: Sequence[tuple[float, float, str]]
    style: str = "a"
    dots: bool = False


def plot(x_name: str, y_name: str, curves: Sequence[Curve], *, diagonal: bool = False) -> str:
    """Return curves over a grid of the unit square, with a legend if there are several."""
    drawn = [_axes(x_name, y_name)]
    if diagonal:
        drawn.append(f'<line class="ideal" x1="{_x(0)}" y1="{_y(0)}" x2="{_x(1)}" y2="{_y(1)}"/>')
    # The first curve is drawn last, so that it is not hidden where two agree.
    drawn += [_curve(curve) for curve in reversed(curves)]
    legend = "".join(f'<span class="key {c.style}">{escape(c.name)}</span>' for c in curves) if len(curves) > 1 else ""
    height = _SIZE + _TOP + _BOTTOM
    return (
        f'<svg viewBox="0 0 {_SIZE + _LEFT + 24} {height}" role="img" '
        f'aria-label="{escape(y_name)} by {escape(x_name)}">'
        f"{''.join(drawn)}</svg><p class=legend>{legend}</p>"
    )


def stacked(bars: Sequence[tuple[str, Sequence[tuple[str, int]]]]) -> str:
    """Return one bar a name, of (style, count) parts, as wide as its share of the whole."""
    drawn = []
    for number, (name, parts) in enumerate(bars):
        y, x, total = 6 + number * (_BAR + 8), float(_BAR_LEFT), sum(count for _, count in parts) or 1
        drawn.append(f'<text x="{_BAR_LEFT - 10}" y="{y + 17}" text-anchor="end">{escape(name)} ({total})</text>')
        for style, count in parts:
            width = count / total * _BAR_WIDTH
            words = f"{escape(name)}, {style.replace('_', ' ')}: {count} of {total}"
            drawn.append(
                f'<rect class="{style}" x="{x:.1f}" y="{y}" width="{width:.1f}" height="{_BAR}">'
                f"<title>{words}</title></rect>"
            )
            if width > _BAR:
                drawn.append(
                    f'<text class="on" x="{x + width / 2:.1f}" y="{y + 17}" text-anchor="middle">{count}</text>'
                )
            x += width
    return f'<svg viewBox="0 0 640 {len(bars) * (_BAR + 8) + 8}" role="img">{"".join(drawn)}</svg>'


def _x(value: float) -> float:
    return round(_LEFT + value * _SIZE, 1)


def _y(value: float) -> float:
    return round(_TOP + (1 - value) * _SIZE, 1)


def _axes(x_name: str, y_name: str) -> str:
    marks = []
    for step in range(6):
        value = step / 5
        marks.append(
            f'<line class="grid" x1="{_x(value)}" y1="{_y(0)}" x2="{_x(value)}" y2="{_y(1)}"/>'
            f'<line class="grid" x1="{_x(0)}" y1="{_y(value)}" x2="{_x(1)}" y2="{_y(value)}"/>'
            f'<text x="{_x(value)}" y="{_y(0) + 16}" text-anchor="middle">{value:.0%}</text>'
            f'<text x="{_x(0) - 6}" y="{_y(value) + 4}" text-anchor="end">{value:.0%}</text>'
        )
    middle = _LEFT + _SIZE / 2
    return (
        f'{"".join(marks)}<text x="{middle}" y="{_SIZE + _TOP + 33}" text-anchor="middle">{escape(x_name)}</text>'
        f"<title>{escape(y_name)}</title>"
    )


def _curve(curve: Curve) -> str:
    places = [(_x(x), _y(y), words) for x, y, words in curve.points]
    line = " ".join(f"{x},{y}" for x, y, _ in places)
    dots = "".join(
        f'<circle class="{curve.style}" cx="{x}" cy="{y}" r="{5 if curve.dots else 3}">'
        f"<title>{escape(words)}</title></circle>"
        for x, y, words in places
        if curve.dots or len(places) <= 40  # noqa: PLR2004 - more would hide the line
    )
    return ("" if curve.dots else f'<polyline class="{curve.style}" points="{line}"/>') + dots
