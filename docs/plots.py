#!/usr/bin/env python3
"""Makes the tables and plots of the pages about performance.

usage: docs/plots.py [--check]

Reads docs/figures and benches/instructions.json, which `just bench` and `just instructions --update` write. Writes an SVG for each
plot into docs/src/images, and a Markdown file for each table into docs/src/parts, which a page includes. With --check, it writes
nothing and fails if a file differs. Needs python3 only.
"""
import json
import pathlib
import sys
from xml.sax.saxutils import escape

DOCS = pathlib.Path(__file__).resolve().parent
WIDTH, LEFT, RIGHT, TOP, ROW = 760, 250, 70, 44, 26
STYLE = """  <style>
    text { font: 13px system-ui, sans-serif; fill: #767c86; }
    .head { font-weight: 600; }
    .label { text-anchor: end; }
    .middle { text-anchor: middle; }
    .line { stroke: #767c86; stroke-width: 1.5; }
    .better { fill: #2f6690; }
    .worse { fill: #9a5b16; }
    .curve { fill: none; stroke: #2f6690; stroke-width: 2; }
  </style>"""
# The rows of a bar chart: those that are worth a comparison.
BARS = ("instructions", "CPU time", "start", "peak memory", "size")

# The rows without a ratio.
UNCOMPARED = ("connections", "threads")


def svg(title, height, lines):
    """Returns an SVG with a title."""
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" role="img" aria-labelledby="title">',
        f'  <title id="title">{escape(title)}</title>',
        STYLE,
        f'  <text class="head" x="10" y="18">{escape(title)}</text>',
        *lines, "</svg>", ""])


def bars(table):
    """Returns a bar chart of the ratios of the second program. The vertical line is the first program, and a shorter bar is better."""
    values = [(row["name"], row["cells"][1]["ratio"]) for row in table["rows"] if row["name"].startswith(BARS)]
    scale = (WIDTH - LEFT - RIGHT) / max(1.0, *(value for _, value in values))
    height, one = TOP + ROW * len(values) + 12, LEFT + scale
    lines = [f'  <text class="middle" x="{one:.0f}" y="38">1</text>']
    for number, (name, value) in enumerate(values):
        y = TOP + ROW * number
        kind = "better" if value <= 1 else "worse"
        lines += [
            f'  <text class="label" x="{LEFT - 10}" y="{y + 14}">{escape(name)}</text>',
            f'  <rect class="{kind}" x="{LEFT}" y="{y}" width="{value * scale:.1f}" height="18" rx="2"/>',
            f'  <text x="{max(LEFT + value * scale, one if value > 0.9 else 0) + 8:.1f}" y="{y + 14}">{value:.3g}</text>',
        ]
    lines.append(f'  <path class="line" d="M{one:.1f} {TOP - 4} V{height - 8}"/>')
    first, second = table["programs"][:2]
    return svg(f"{table['title']}: {second}, as a ratio to {first} (less is better)", height, lines)


def short(value):
    """Returns a number with at most four digits, such as 12.3 M."""
    for factor, unit in ((1e6, " M"), (1e3, " k")):
        if value >= factor:
            return f"{value / factor:.3g}{unit}" if value < 999.5 * factor else f"{value / factor:.0f}{unit}"
    return f"{value:.3g}"


def curve(series):
    """Returns a plot of the points of a series, with both axes from 0."""
    points, height, left, bottom = series["points"], 240, 80, 190
    x_max, y_max = max(x for x, _ in points), 1.15 * max(y for _, y in points)
    x_scale, y_scale = (WIDTH - left - RIGHT) / x_max, (bottom - TOP) / y_max
    places = [(left + x * x_scale, bottom - y * y_scale) for x, y in points]
    lines = [f'  <path class="line" fill="none" d="M{left} {TOP} V{bottom} H{WIDTH - RIGHT}"/>']
    for share in (0, 0.5, 1):
        x, y = x_max * share, max(y for _, y in points) * share
        lines += [
            f'  <text class="middle" x="{left + x * x_scale:.0f}" y="{bottom + 18}">{short(x)}</text>',
            f'  <text class="label" x="{left - 8}" y="{bottom - y * y_scale + 4:.0f}">{short(y)}</text>',
        ]
    lines += [
        f'  <text class="middle" x="{(left + WIDTH - RIGHT) / 2:.0f}" y="{bottom + 38}">{escape(series["x"])}</text>',
        f'  <path class="curve" d="M{" L".join(f"{x:.1f} {y:.1f}" for x, y in places)}"/>',
        *(f'  <circle class="better" cx="{x:.1f}" cy="{y:.1f}" r="3"/>' for x, y in places),
    ]
    return svg(series["title"] if series["title"].lower().startswith(series["y"]) else f"{series['title']}, in {series['y']}", height, lines)


def cell(value, is_first, is_lodger, name, unit):
    """Returns the text of a cell: the median, and the ratio to the first program, in bold if Lodger is behind."""
    median = f"{value['median']:,.0f}" if unit == "KB" else short(value["median"])
    if is_first or not value["ratio"] or unit.startswith("%") or name.startswith(UNCOMPARED):
        return median
    is_behind = value["ratio"] < 0.98 if unit == "requests per second" else value["ratio"] > 1
    ratio = f"{value['ratio']:.3g}" if value["ratio"] >= 0.001 else "< 0.001"
    return f"{median}; " + (f"**{ratio}**" if is_lodger and is_behind else ratio)


def source(document):
    """Returns the origin of figures."""
    rounds = f", in {document['rounds']} rounds" if document["rounds"] > 1 else ""
    return (f"Measured on {document['date']} at commit `{document['commit']}`, with rustc {document['rustc']} on "
            f"{document['arch']}{rounds}.\n")


def table(document, group):
    """Returns a table in Markdown: medians, ratios to the first program, and half the distance of the quartiles."""
    programs = group["programs"]
    lines = ["| | " + " | ".join(programs) + " | spread |", "|---" * (len(programs) + 2) + "|"]
    for row in group["rows"]:
        unit = row["unit"]
        cells = [cell(value, at == 0, programs[at].startswith("Lodger"), row["name"], unit) for at, value in enumerate(row["cells"])]
        spread = max((value["high"] - value["low"]) / value["median"] / 2 if value["median"] else 0 for value in row["cells"])
        name = f"{row['name']}, {unit}" if unit else row["name"]
        lines.append(f"| {name} | " + " | ".join(cells) + f" | {f'± {100 * spread:.0f} %' if spread > 0.0005 else ''} |")
    return "\n".join([*lines, "", source(document)])


def growth(document):
    """Returns a table of the smallest and the largest size of each series."""
    lines = ["| | range | cost | growth |", "|---|---|---|---|"]
    for series in document["figures"]:
        (x_min, first), (x_max, last) = series["points"][0], series["points"][-1]
        step = (last - first) / (x_max - x_min)
        cost = f"{last / first:.3g} times" if series["flat"] else f"{short(step)} {series['y']} for each"
        steps = f"{short(x_min)} to {short(x_max)} {series['x']}"
        lines.append(f"| {series['title']} | {steps} | {short(first)} to {short(last)} {series['y']} | {cost} |")
    return "\n".join([*lines, "", source(document)])


def instructions(document):
    """Returns a table of the counts that CI checks."""
    lines = ["| | instructions |", "|---|---|"]
    lines += [f"| {name} | {count:,} |" for name, count in sorted(document["instructions"].items(), key=lambda pair: pair[1])]
    return "\n".join([*lines, "", f"Counted with rustc {document['rustc']} on {document['arch']}.", ""])


def files():
    """Returns the files by their paths."""
    made = {}
    for path in sorted((DOCS / "figures").glob("*.json")):
        document = json.loads(path.read_text())
        if path.stem == "growth":
            made["parts/figures_growth.md"] = growth(document)
            for series in document["figures"]:
                if len(series["points"]) > 2:
                    made[f"images/{series['name']}.svg"] = curve(series)
            continue
        for group in document["figures"]:
            made[f"parts/figures_{group['name']}.md"] = table(document, group)
            if path.stem in ("lambda", "vercel"):
                made[f"images/plot_{group['name']}.svg"] = bars(group)
    made["parts/instructions.md"] = instructions(json.loads((DOCS.parent / "benches/instructions.json").read_text()))
    return made


def main():
    is_check = sys.argv[1:] == ["--check"]
    stale = []
    for name, text in files().items():
        path = DOCS / "src" / name
        if not is_check:
            path.write_text(text)
        elif not path.exists() or path.read_text() != text:
            stale.append(name)
    if stale:
        sys.exit(", ".join(stale) + ": not the figures of docs/figures and benches/instructions.json; run docs/plots.py")


main()
