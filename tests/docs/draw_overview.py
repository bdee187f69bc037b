# SPDX-License-Identifier: GPL-2.0-or-later
"""Draws the README's picture, workflows/overview.svg, from a finished run: every shape in it is a number of that run.

    /usr/bin/python3 tests/docs/draw_overview.py RUN MATERIAL >workflows/overview.svg
"""
import base64
import csv
import json
import math
import struct
import sys
import zlib
from pathlib import Path

WIDTH, HEIGHT, GAP = 300, 178, 30
INK, FAINT, LEAD, IODIDE, MOVING = "#1b2a3a", "#b9c2cc", "#47566b", "#7b4fa3", "#d9622b"
COLOURS = {"Pb": LEAD, "I": IODIDE, "N": "#3f7fbf", "C": "#8d99a6"}


def frames(path):
    """(species, positions, cell rows) of every image of an extxyz path."""
    lines = path.read_text().splitlines()
    out = []
    while lines:
        count = int(lines[0])
        cell = [float(x) for x in lines[1].split('Lattice="')[1].split('"')[0].split()]
        rows = [line.split() for line in lines[2:2 + count]]
        out.append(([r[0] for r in rows], [[float(x) for x in r[1:4]] for r in rows], [cell[0:3], cell[3:6], cell[6:9]]))
        lines = lines[2 + count:]
    return out


def circle(x, y, r, fill, extra=""):
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r:.1f}" fill="{fill}" {extra}/>'


def line(x1, y1, x2, y2, colour, width, extra=""):
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" stroke-width="{width}" {extra}/>'


def polyline(points, colour, width):
    text = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polyline points="{text}" fill="none" stroke="{colour}" stroke-width="{width}" stroke-linejoin="round"/>'


def words(x, y, text, size=12, anchor="middle", colour=INK, weight="normal"):
    return (f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" fill="{colour}" '
            f'font-weight="{weight}">{text}</text>')


def moving_atom(images):
    first, last = images[0][1], images[-1][1]
    return max(range(len(first)), key=lambda k: math.dist(first[k], last[k]))


def around(image, middle, half):
    """Atoms and their periodic images within a box about a point: (species, position, index)."""
    species, x, cell = image
    out = []
    for n in [(i, j, k) for i in (-1, 0, 1) for j in (-1, 0, 1) for k in (-1, 0, 1)]:
        shift = [sum(n[row] * cell[row][axis] for row in range(3)) for axis in range(3)]
        for index, (kind, p) in enumerate(zip(species, x)):
            q = [p[axis] + shift[axis] for axis in range(3)]
            if all(abs(q[axis] - middle[axis]) < half[axis] for axis in range(3)):
                out.append((kind, q, index))
    return out


def drawn(atoms, place, depth, scale):
    """Bonds, then atoms from back to front."""
    out = []
    for n, (kind, p, _) in enumerate(atoms):
        for other, q, _ in atoms[:n]:
            pair = {kind, other}
            limit = 1.75 if pair <= {"C", "N"} else 3.75 if pair == {"Pb", "I"} else 0
            if math.dist(p, q) < limit:
                out.append(line(*place(p), *place(q), FAINT, 0.12 * scale))
    radius = {"Pb": 0.6, "I": 0.48, "N": 0.28, "C": 0.28}
    for kind, p, _ in sorted((a for a in atoms if a[0] in radius), key=lambda a: a[1][depth]):
        out.append(circle(*place(p), radius[kind] * scale, COLOURS[kind]))
    return out


def crystal(images):
    _, x, _ = images[-1]
    middle = [(max(p[k] for p in x) + min(p[k] for p in x)) / 2 for k in range(3)]
    scale = HEIGHT / 17.0
    place = lambda p: (WIDTH / 2 + (p[1] - middle[1]) * scale, HEIGHT / 2 - (p[2] - middle[2]) * scale)
    half = [4.0, WIDTH / scale / 2 + 2, HEIGHT / scale / 2 + 2]
    return drawn(around(images[-1], middle, half), place, 0, scale)


def hop(images):
    start, end = images[0][1], images[-1][1]
    mover = moving_atom(images)
    middle = [(a + b) / 2 for a, b in zip(start[mover], end[mover])]
    # Seen along the shortest extent of the move, so that the path is long on the page.
    move = [abs(a - b) for a, b in zip(start[mover], end[mover])]
    depth = move.index(min(move))
    across, up = [k for k in range(3) if k != depth]
    scale = HEIGHT / 10.0
    place = lambda p: (WIDTH / 2 + (p[across] - middle[across]) * scale, HEIGHT / 2 - (p[up] - middle[up]) * scale)
    half = [0, 0, 0]
    half[depth], half[across], half[up] = 3.6, WIDTH / scale / 2 + 2, HEIGHT / scale / 2 + 2
    out = drawn([a for a in around(images[0], middle, half) if a[0] in ("Pb", "I") and a[2] != mover], place, depth, scale)
    for n, (_, x, _) in enumerate(images):
        out.append(circle(*place(x[mover]), 0.42 * scale, MOVING, f'fill-opacity="{0.3 + 0.7 * n / (len(images) - 1):.2f}"'))
    out.append(polyline([place(x[mover]) for _, x, _ in images], MOVING, 1.5))
    return out


def steps(low, high, count):
    """Round numbers from low to high, about so many."""
    raw = (high - low) / count
    decade = 10 ** math.floor(math.log10(raw))
    step = min((m * decade for m in (1, 2, 5, 10)), key=lambda s: abs(s - raw))
    return [k * step for k in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)]


LEFT, RIGHT, TOP, BOTTOM = 58, WIDTH - 14, 14, HEIGHT - 40


def superscript(n):
    return "10" + str(n).translate(str.maketrans("-0123456789", "\u207b\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079"))


def chart(xs, ys, label_x, label_y, ticks_x, ticks_y):
    """Axes with ticks (position, text) on them, and the points in the panel."""
    low_x, high_x = min(*xs, *(p for p, _ in ticks_x)), max(*xs, *(p for p, _ in ticks_x))
    low_y, high_y = min(*ys, *(p for p, _ in ticks_y)), max(*ys, *(p for p, _ in ticks_y))
    at_x = lambda x: LEFT + (x - low_x) / (high_x - low_x) * (RIGHT - LEFT)
    at_y = lambda y: BOTTOM - (y - low_y) / (high_y - low_y) * (BOTTOM - TOP)
    out = [line(LEFT, BOTTOM, RIGHT, BOTTOM, LEAD, 1), line(LEFT, TOP, LEFT, BOTTOM, LEAD, 1), words((LEFT + RIGHT) / 2, HEIGHT - 8, label_x, 11, colour=LEAD),
           f'<g transform="rotate(-90 15 {(TOP + BOTTOM) / 2})">{words(15, (TOP + BOTTOM) / 2, label_y, 11, colour=LEAD)}</g>']
    for x, text in ticks_x:
        out += [line(at_x(x), BOTTOM, at_x(x), BOTTOM + 4, LEAD, 1), words(at_x(x), BOTTOM + 15, text, 10, colour=LEAD)]
    for y, text in ticks_y:
        out += [line(LEFT - 4, at_y(y), LEFT, at_y(y), LEAD, 1), words(LEFT - 6, at_y(y) + 3.5, text, 10, "end", LEAD)]
    return out, [(at_x(x), at_y(y)) for x, y in zip(xs, ys)]


def rounded(value, error):
    """Value and error to the first digit of the error, to the second where the first is a 1."""
    digits = -math.floor(math.log10(error)) + (1 if f"{error:e}"[0] == "1" else 0)
    return f"{value:.{max(0, digits)}f} \u00b1 {error:.{max(0, digits)}f}"


def band(rows, barrier):
    xs, ys = ([float(r[key]) for r in rows] for key in ("distance_angstrom", "energy_above_first_ev"))
    top = max(range(len(rows)), key=lambda k: ys[k])
    ticks_y = [(y, f"{y:.1f}") for y in steps(min(0, *ys), 1.25 * max(ys), 4)]
    out, points = chart(xs, ys + [1.25 * max(ys)], "distance along the path (\u00c5)", "energy (eV)", [(x, f"{x:g}") for x in steps(0, max(xs), 6)], ticks_y)
    points = points[:len(xs)]
    # Dots are what was computed; the curve between them leads the eye.
    return out + [polyline(points, FAINT, 1.5)] + [circle(*p, 5, MOVING if k == top else INK) for k, p in enumerate(points)] + [
        words(points[top][0], points[top][1] - 12, rounded(barrier["forward_ev"], barrier["uncertainty_ev"]) + " eV", 13, colour=MOVING, weight="bold")]


def sweep(rows):
    shown = [r for r in rows if abs(float(r["current_a"])) > 1e-13]
    xs, ys = [float(r["voltage_v"]) for r in shown], [math.log10(abs(float(r["current_a"]))) for r in shown]
    decades = range(math.floor(min(ys)), math.ceil(max(ys)) + 1)
    out, points = chart(xs, ys, "voltage (V)", "|current| (A)", [(x, f"{x:g}") for x in steps(min(xs), max(xs), 5)], [(y, superscript(y)) for y in decades])
    return out + [polyline(points, INK, 1.5)]


def shade(t):
    return "rgb({},{},{})".format(*(round(245 + t * (c - 245)) for c in (123, 79, 163)))


def array(rows):
    values = [[math.log10(max(float(v), 1e-12)) for v in row] for row in rows]
    low, high = min(map(min, values)), max(map(max, values))
    side = (HEIGHT - 24) / max(len(values), len(values[0]))
    left, top = (WIDTH - side * len(values[0])) / 2 - 44, (HEIGHT - side * len(values)) / 2
    # The scale of the shades, in decades.
    right, tall = left + side * len(values[0]) + 26, side * len(values) / 20
    out = [f'<rect x="{right:.1f}" y="{top + k * tall:.1f}" width="12" height="{tall + 0.5:.1f}" fill="{shade(1 - (k + 0.5) / 20)}"/>' for k in range(20)]
    for power in range(math.ceil(low), math.floor(high) + 1, 2):
        out.append(words(right + 17, top + (high - power) / (high - low) * 20 * tall + 3.5, superscript(power) + " A", 10, "start", LEAD))
    for i, row in enumerate(values):
        for j, value in enumerate(row):
            out.append(f'<rect x="{left + j * side:.1f}" y="{top + i * side:.1f}" width="{side - 0.8:.1f}" '
                       f'height="{side - 0.8:.1f}" fill="{shade((value - low) / (high - low))}"/>')
    return out


def png(pixels):
    """A grey picture as a data: address."""
    height, width = len(pixels), len(pixels[0])
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    raw = b"".join(b"\0" + bytes(row) for row in pixels)
    data = (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(raw, 9)) + chunk(b"IEND", b""))
    return "data:image/png;base64," + base64.b64encode(data).decode()


def network(seed):
    fields = seed["receptive_fields"]
    side, columns, rows = fields["side"], 5, 5
    picture = [[255] * (columns * (side + 2)) for _ in range(rows * (side + 2))]
    for n, values in enumerate(fields["values"][:columns * rows]):
        peak = max(values) or 1
        for k, value in enumerate(values):
            picture[n // columns * (side + 2) + k // side][n % columns * (side + 2) + k % side] = round(245 - 215 * value / peak)
    size = HEIGHT - 20
    right = 18 + size + (WIDTH - 18 - size) / 2
    return [f'<image x="18" y="10" width="{size}" height="{size}" href="{png(picture)}"/>',
            words(right, HEIGHT / 2 - 4, rounded(100 * seed["accuracy"], 100 * seed["accuracy_sampling_error"]) + " %", 15, weight="bold"),
            words(right, HEIGHT / 2 + 16, f"of {seed['test']} digits", 12, colour=LEAD), words(right, HEIGHT / 2 + 32, "read right", 12, colour=LEAD)]


def main(run, name):
    run = Path(run)
    material = next(m for m in json.loads((run / "summary.json").read_text())["materials"] if m["name"] == name)
    deciding = material["network"]["deciding_hop"]
    barrier = next(b for b in material["barriers"] if b["hop"] == deciding)
    if barrier["path"] is None or not material["snn"]["seeds"]:
        sys.exit(f"draw_overview.py: {name} has no path or no trained network in {run}")
    images = frames(run / barrier["path"])
    table = lambda path: list(csv.DictReader(path.open()))
    letter = sorted((run / "crossbar").glob(f"{name}-*.csv"))[0]
    first = material["snn"]["seeds"][0]
    panels = [
        ("crystal", " ".join(f'<tspan fill="{COLOURS[e]}">\u25cf</tspan> {e}' for e in ("Pb", "I", "N", "C")), crystal(images)),
        ("hop", "into an iodide vacancy", hop(images)),
        ("barrier", "saddle, with its total error", band(table((run / barrier["path"]).with_name("profile.csv")), barrier)),
        ("device", "current of one sweep", sweep(table(run / "device" / f"{name}-iv.csv"))),
        ("array", "currents of a written letter", array(list(csv.reader(letter.open())))),
        ("network", f"weights of 25 of {first['neurons']} neurons", network(first)),
    ]
    total_w, total_h = 3 * WIDTH + 4 * GAP, 2 * (HEIGHT + 62) + GAP
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {total_w} {total_h}" font-family="Helvetica, Arial, sans-serif">',
           f"<title>From the crystal of {name} to a spiking network, drawn from one run</title>",
           f"<desc>Barrier of the network of hops: {material['headline']['barrier_ev']:.4f} eV</desc>",
           f'<rect width="{total_w}" height="{total_h}" rx="12" fill="#ffffff"/>']
    for n, (title, under, shapes) in enumerate(panels):
        x, y = GAP + n % 3 * (WIDTH + GAP), 44 + n // 3 * (HEIGHT + 62)
        out.append(words(x + 2, y - 10, f"{n + 1}. {title}", 16, "start", weight="bold"))
        out.append(words(x + WIDTH - 2, y - 10, under, 12, "end", LEAD))
        out.append(f'<svg x="{x}" y="{y}" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}">'
                   f'<rect x="0.5" y="0.5" width="{WIDTH - 1}" height="{HEIGHT - 1}" rx="8" fill="#fbfbfd" stroke="{FAINT}"/>')
        out += shapes + ["</svg>"]
        if n % 3 < 2:
            out.append(f'<path d="M{x + WIDTH + 8} {y + HEIGHT / 2 - 7} l13 7 l-13 7 z" fill="{MOVING}"/>')
    print("\n".join(out + ["</svg>"]))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: draw_overview.py RUN MATERIAL")
    main(*sys.argv[1:])
