"""A plot of simulated nights: a small SVG, without a library."""

from html import escape

from app.cases.domain.priority import Priority
from app.commands.simulated import Runs

_BAR, _GAP, _LEFT, _WIDTH = 16, 14, 140, 520
_COLOURS = ("#b3261e", "#e07b00", "#2b6cb0", "#6b7280")


def draw_plot(runs: Runs) -> str:
    """Draw P95 to the signature as bars: a group for each policy, a colour for each priority."""
    rows: list[tuple[str, Priority, float]] = []
    for name, tally in runs.tallies.items():
        found = tally.to_json()["by_priority"]
        for priority in Priority:
            figures = found.get(priority.value)
            if figures is not None and figures["signature_minutes"] is not None:
                rows.append((name, priority, figures["signature_minutes"]["p95"]))
    longest = max((minutes for *_, minutes in rows), default=1.0)
    parts, top, last = [], 40, ""
    for name, priority, minutes in rows:
        if name != last:
            top += _GAP
            parts.append(f'<text x="8" y="{top + _BAR}">{escape(name)}</text>')
            last = name
        colour = _COLOURS[tuple(Priority).index(priority)]
        width = _WIDTH * minutes / longest
        parts.append(
            f'<rect x="{_LEFT}" y="{top}" width="{width:.1f}" height="{_BAR - 2}" fill="{colour}"/>'
            f'<text x="{_LEFT + width + 6:.1f}" y="{top + _BAR - 4}">'
            f"{priority} {minutes:.0f}</text>"
        )
        top += _BAR
    title = f"P95 from arrival to signature in minutes, {runs.nights} nights"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_LEFT + _WIDTH + 90}" '
        f'height="{top + 20}" font-family="sans-serif" font-size="12" role="img">'
        f'<title>{title}</title><rect width="100%" height="100%" fill="white"/>'
        f'<text x="8" y="24" font-size="15">{title}</text>{"".join(parts)}</svg>\n'
    )
