#!/usr/bin/env python3
"""Draws the plots of the page about performance.

usage: docs/plots.py [--check]

Reads docs/figures.json, and writes an SVG for each entry into docs/src/images. With --check, it writes nothing and fails if a
file differs. Each bar is a ratio: the vertical line is the other program, and a shorter bar is better. Needs python3 only.
"""
import json
import pathlib
import sys
from xml.sax.saxutils import escape

DOCS = pathlib.Path(__file__).resolve().parent
WIDTH, LEFT, RIGHT, TOP, ROW = 760, 190, 70, 44, 26
STYLE = """  <style>
    text { font: 13px system-ui, sans-serif; fill: #767c86; }
    .head { font-weight: 600; }
    .label { text-anchor: end; }
    .middle { text-anchor: middle; }
    .line { stroke: #767c86; stroke-width: 1.5; }
    .better { fill: #2f6690; }
    .worse { fill: #9a5b16; }
  </style>"""


def plot(title, bars):
    """Returns the SVG of a bar chart."""
    longest = max(1.0, *(value for _, value in bars))
    scale = (WIDTH - LEFT - RIGHT) / longest
    height = TOP + ROW * len(bars) + 12
    one = LEFT + scale
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" role="img" aria-labelledby="title">',
        f'  <title id="title">{escape(title)}</title>',
        STYLE,
        f'  <text class="head" x="10" y="18">{escape(title)}</text>',
        f'  <text class="middle" x="{one:.0f}" y="38">1</text>',
    ]
    for number, (name, value) in enumerate(bars):
        y = TOP + ROW * number
        kind = "better" if value <= 1 else "worse"
        lines += [
            f'  <text class="label" x="{LEFT - 10}" y="{y + 14}">{escape(name)}</text>',
            f'  <rect class="{kind}" x="{LEFT}" y="{y}" width="{value * scale:.1f}" height="18" rx="2"/>',
            f'  <text x="{max(LEFT + value * scale, one if value > 0.9 else 0) + 8:.1f}" y="{y + 14}">{value}</text>',
        ]
    lines += [f'  <path class="line" d="M{one:.1f} {TOP - 4} V{height - 8}"/>', "</svg>", ""]
    return "\n".join(lines)


def main():
    is_check = sys.argv[1:] == ["--check"]
    figures = json.loads((DOCS / "figures.json").read_text())
    stale = []
    for name, figure in figures.items():
        path = DOCS / "src/images" / f"{name}.svg"
        svg = plot(f"{figure['title']}", figure["bars"])
        if not is_check:
            path.write_text(svg)
        elif not path.exists() or path.read_text() != svg:
            stale.append(path.name)
    if stale:
        sys.exit(", ".join(stale) + ": not the figures of docs/figures.json; run docs/plots.py")


main()
