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
    colour = {"Pb": LEAD, "I": IODIDE, "N": "#3f7fbf", "C": "#8d99a6"}
    for kind, p, _ in sorted((a for a in atoms if a[0] in radius), key=lambda a: a[1][depth]):
        out.append(circle(*place(p), radius[kind] * scale, colour[kind]))
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


def axes(label_x, label_y):
    return [line(40, HEIGHT - 28, WIDTH - 12, HEIGHT - 28, FAINT, 1), line(40, 12, 40, HEIGHT - 28, FAINT, 1),
            words(WIDTH / 2 + 14, HEIGHT - 8, label_x, 11, colour=LEAD),
            f'<g transform="rotate(-90 16 {HEIGHT / 2 - 10})">{words(16, HEIGHT / 2 - 6, label_y, 11, colour=LEAD)}</g>']


def in_axes(xs, ys):
    low_x, high_x, low_y, high_y = min(xs), max(xs), min(ys), max(ys)
    return [(48 + (a - low_x) / (high_x - low_x) * (WIDTH - 70), HEIGHT - 38 - (b - low_y) / (high_y - low_y) * (HEIGHT - 62))
            for a, b in zip(xs, ys)]


def band(rows):
    points = in_axes([float(r["distance_angstrom"]) for r in rows], [float(r["energy_above_first_ev"]) for r in rows])
    top = min(range(len(rows)), key=lambda k: points[k][1])
    barrier = float(rows[top]["energy_above_first_ev"])
    return axes("path (A)", "energy (eV)") + [polyline(points, INK, 1.2)] + [
        circle(*p, 5, MOVING if k == top else INK) for k, p in enumerate(points)] + [
        words(points[top][0], points[top][1] - 10, f"{barrier:.2f} eV", 13, colour=MOVING, weight="bold")]


def sweep(rows):
    shown = [r for r in rows if abs(float(r["current_a"])) > 1e-13]
    points = in_axes([float(r["voltage_v"]) for r in shown], [math.log10(abs(float(r["current_a"]))) for r in shown])
    return axes("voltage (V)", "log |current|") + [polyline(points, INK, 1.5)]


def array(rows):
    values = [[math.log10(max(float(v), 1e-12)) for v in row] for row in rows]
    low, high = min(map(min, values)), max(map(max, values))
    side = (HEIGHT - 24) / max(len(values), len(values[0]))
    left, top = (WIDTH - side * len(values[0])) / 2, (HEIGHT - side * len(values)) / 2
    out = []
    for i, row in enumerate(values):
        for j, value in enumerate(row):
            t = (value - low) / (high - low)
            grey = [round(245 + t * (c - 245)) for c in (123, 79, 163)]
            out.append(f'<rect x="{left + j * side:.1f}" y="{top + i * side:.1f}" width="{side - 0.8:.1f}" '
                       f'height="{side - 0.8:.1f}" fill="rgb({grey[0]},{grey[1]},{grey[2]})"/>')
    return out


def png(pixels):
    """A grey picture as a data: address."""
    height, width = len(pixels), len(pixels[0])
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    raw = b"".join(b"\0" + bytes(row) for row in pixels)
    data = (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(raw, 9)) + chunk(b"IEND", b""))
    return "data:image/png;base64," + base64.b64encode(data).decode()


def network(snn):
    fields = snn["receptive_fields"]
    side, columns, rows = fields["side"], fields["columns"], fields["rows"]
    picture = [[255] * (columns * (side + 2)) for _ in range(rows * (side + 2))]
    for n, values in enumerate(fields["values"][:columns * rows]):
        peak = max(values) or 1
        for k, value in enumerate(values):
            picture[n // columns * (side + 2) + k // side][n % columns * (side + 2) + k % side] = round(245 - 215 * value / peak)
    size = HEIGHT - 20
    return [f'<image x="{(WIDTH - size) / 2:.1f}" y="10" width="{size}" height="{size}" href="{png(picture)}"/>']


def main(run, name):
    run = Path(run)
    material = next(m for m in json.loads((run / "summary.json").read_text())["materials"] if m["name"] == name)
    deciding = material["network"]["deciding_hop"]
    barrier = next(b for b in material["barriers"] if b["hop"] == deciding)
    images = frames(run / barrier["path"])
    table = lambda path: list(csv.DictReader(path.open()))
    letter = sorted((run / "crossbar").glob(f"{name}-*.csv"))[0]
    accuracy = material["snn"]["seeds"][0]
    panels = [
        ("crystal", "read from a CIF and checked", crystal(images)),
        ("hop", "into an iodide vacancy", hop(images)),
        ("barrier", "climbing-image band", band(table((run / barrier["path"]).with_name("profile.csv")))),
        ("device", "ions hop at that rate", sweep(table(run / "device" / f"{name}-iv.csv"))),
        ("array", "crossbar, lines resist", array(list(csv.reader(letter.open())))),
        ("network", "what its neurons learned", network(accuracy | material["snn"])),
    ]
    total_w, total_h = 3 * WIDTH + 4 * GAP, 2 * (HEIGHT + 62) + GAP
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {total_w} {total_h}" font-family="Helvetica, Arial, sans-serif">',
           f"<title>From the crystal of {name} to a spiking network, drawn from one run</title>",
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
