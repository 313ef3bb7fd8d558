"""A page of HTML that plots a load: latencies over the time, and the share of requests that ended within a latency."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape

from pymacaron_testing.load.drive import Reply
from pymacaron_testing.load.measured import Measured, percentile

__all__ = ["as_html"]

STYLE = "body{font:14px sans-serif;margin:2em}td{padding:.2em 1em;border-bottom:1px solid #ddd}svg{display:block}"
WIDTH, HEIGHT, LEFT, BOTTOM = 800, 260, 70, 30
BUCKETS = 60
STEPS = 200
LINES = {"p50": (50, "#2a7"), "p99": (99, "#d80"), "max": (100, "#c33")}

Points = list[tuple[float, float]]


def as_html(measured: Measured, replies: Sequence[Reply]) -> str:
    """Return one page that needs nothing else."""
    table = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in measured.lines())
    title = escape(f"{measured.operation} at {measured.rate:g} a second")
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{title}</title><style>{STYLE}</style>"
        f"<h1>{title}</h1><table>{table}</table>"
        f"<h2>Latency over the time</h2>{_over_time(replies)}<h2>Share within a latency</h2>{_shares(replies)}</html>\n"
    )


def _over_time(replies: Sequence[Reply]) -> str:
    last = max(reply.due for reply in replies) or 1
    buckets: list[list[float]] = [[] for _ in range(BUCKETS)]
    for reply in replies:
        buckets[min(BUCKETS - 1, int(reply.due / last * BUCKETS))].append(reply.latency * 1000)
    filled = [((index + 0.5) / BUCKETS, sorted(bucket)) for index, bucket in enumerate(buckets) if bucket]
    most = max(latencies[-1] for _, latencies in filled)
    lines = {
        name: [(x, percentile(latencies, percent) / most) for x, latencies in filled]
        for name, (percent, _) in LINES.items()
    }
    return _plot(lines, ["0 s", f"{last:.3g} s"], ["0 ms", f"{most:.3g} ms"])


def _shares(replies: Sequence[Reply]) -> str:
    """Plot latencies on a scale of powers, where a long tail can be seen."""
    ordered = sorted(max(reply.latency * 1000, 0.01) for reply in replies)
    least, most = math.log(ordered[0]), math.log(ordered[-1])
    span = (most - least) or 1
    points = [
        ((math.log(percentile(ordered, 100 * step / STEPS)) - least) / span, step / STEPS) for step in range(STEPS + 1)
    ]
    return _plot({"share": points}, [f"{ordered[0]:.3g} ms", f"{ordered[-1]:.3g} ms"], ["0 %", "100 %"])


def _plot(lines: dict[str, Points], x_ends: Iterable[str], y_ends: Iterable[str]) -> str:
    """Return an SVG of lines through points from 0 to 1."""
    right, top = WIDTH - 20, 15
    low = HEIGHT - BOTTOM
    parts = [f'<path d="M{LEFT} {top}V{low}H{right}" fill="none" stroke="#888"/>']
    for x, text in zip((LEFT, right), x_ends, strict=True):
        parts.append(f'<text x="{x}" y="{HEIGHT - 10}" text-anchor="middle">{escape(text)}</text>')
    for y, text in zip((low, top), y_ends, strict=True):
        parts.append(f'<text x="{LEFT - 6}" y="{y + 4}" text-anchor="end">{escape(text)}</text>')
    for index, (name, points) in enumerate(lines.items()):
        color = LINES.get(name, (0, "#2a7"))[1]
        path = " ".join(f"{LEFT + x * (right - LEFT):.1f},{low - y * (low - top):.1f}" for x, y in points)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="1.5"/>')
        parts.append(f'<text x="{LEFT + 12 + 60 * index}" y="{top + 4}" fill="{color}">{escape(name)}</text>')
    drawn = "".join(parts)
    return f'<svg width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">{drawn}</svg>'
