// SPDX-License-Identifier: GPL-2.0-or-later
// Where the camera stands: a direction in which the hop is not hidden, a distance at which nothing is cut off, and the
// cell's directions in a corner of the picture.
"use strict";

(() => {
  const {cross, dot, minus} = hopflow.vector;
  const unit = (a) => { const size = Math.hypot(...a); return size > 1e-9 ? a.map((x) => x / size) : null; };
  const combine = (p, a, q, b) => a.map((x, k) => p * x + q * b[k]);
  // Any direction across one.
  const across = (a) => unit(cross(a, Math.abs(a[0]) < 0.8 ? [1, 0, 0] : [0, 1, 0]));

  // rows: the screen's right, up and towards the reader, as directions in the crystal -> [x, y, z, w].
  hopflow.quaternion = ([[a, b, c], [d, e, f], [g, h, i]]) => {
    const parts = [1 + a - e - i, 1 - a + e - i, 1 - a - e + i, 1 + a + e + i].map((s) => Math.sqrt(Math.max(0, s)) / 2);
    const [x, y, z, w] = parts;
    const largest = parts.indexOf(Math.max(...parts));
    if (largest === 3) return [(h - f) / (4 * w), (c - g) / (4 * w), (d - b) / (4 * w), w];
    if (largest === 0) return [x, (b + d) / (4 * x), (c + g) / (4 * x), (h - f) / (4 * x)];
    if (largest === 1) return [(b + d) / (4 * y), y, (f + h) / (4 * y), (c - g) / (4 * y)];
    return [(c + g) / (4 * z), (f + h) / (4 * z), z, (d - b) / (4 * z)];
  };
  // The rows of a quaternion.
  hopflow.rotation = ([x, y, z, w]) => [
    [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
    [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
    [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)]];

  // How much of the places to be seen other atoms hide: whole for what stands before them, a fifth for what is behind.
  hopflow.hidden = (rows, places, others) => places.reduce((sum, p) => sum + others.reduce((s, o) => {
    const [x, y, z] = rows.map((r) => dot(r, minus(o, p)));
    const near = 1.7 - Math.hypot(x, y);
    return near > 0 && Math.hypot(x, y, z) > 1.2 ? s + near * (z > 0 ? 1 : 0.2) : s;
  }, 0), 0);

  // The screen's directions in which the hop lies across the picture and is hidden least. places: [first, saddle, last site].
  hopflow.aroundHop = (places, others) => {
    const right = unit(minus(places[places.length - 1], places[0])) || [1, 0, 0];
    const [u, v] = [across(right), cross(right, across(right))];
    const turns = Array.from({length: 36}, (_, k) => {
      const towards = combine(Math.cos(k * Math.PI / 18), u, Math.sin(k * Math.PI / 18), v);
      return [right, cross(towards, right), towards];
    });
    return turns.map((rows) => ({rows, score: hopflow.hidden(rows, places, others)})).reduce((a, b) => (b.score < a.score - 1e-9 ? b : a)).rows;
  };
  // Down a cell vector with another one to the right and the third upwards, a little from the side and from above: the one in
  // which the hop is longest and hidden least.
  hopflow.downCell = (cell, places, others) => {
    const hop = unit(minus(places[places.length - 1], places[0])) || [0, 0, 0];
    // 10 degrees about the vertical, 14 about the horizontal.
    const [s, c, p, q] = [Math.sin(10 * Math.PI / 180), Math.cos(10 * Math.PI / 180), Math.sin(14 * Math.PI / 180), Math.cos(14 * Math.PI / 180)];
    const looks = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]].map(([k, first, second]) => {
      const side = dot(cross(cell[k], cell[first]), cell[second]) > 0 ? 1 : -1;
      const back = unit(cell[k].map((x) => side * x));
      const right = unit(combine(1, cell[first], -dot(cell[first], back), back));
      const [sideways, towards] = [combine(c, right, s, back), combine(c, back, -s, right)];
      const up = cross(back, right);
      return [sideways, combine(q, up, -p, towards), combine(q, towards, p, up)];
    });
    const score = (rows) => hopflow.hidden(rows, places, others) + 6 * Math.abs(dot(hop, rows[2])) - Math.abs(dot(hop, rows[0]));
    return looks.map((rows) => ({rows, score: score(rows)})).reduce((a, b) => (b.score < a.score - 1e-9 ? b : a)).rows;
  };

  // points: [x, y, z, radius]. The middle of the picture and how far the camera must stand from it so that none is cut
  // off, for an angle of view of `half` to each side of the vertical middle.
  hopflow.fit = (rows, points, aspect, half = 10) => {
    const turned = points.map(([x, y, z, r]) => [...rows.map((row) => dot(row, [x, y, z])), r]);
    const ends = (k) => [Math.min(...turned.map((p) => p[k] - p[3])), Math.max(...turned.map((p) => p[k] + p[3]))];
    const middle = [0, 1, 2].map((k) => { const [low, high] = ends(k); return (low + high) / 2; });
    const tangent = Math.tan(half * Math.PI / 180);
    const distance = Math.max(...turned.map(([x, y, z, r]) => z + r - middle[2]
        + Math.max((Math.abs(x - middle[0]) + r) / (tangent * aspect), (Math.abs(y - middle[1]) + r) / tangent)));
    const depth = Math.max(...turned.map(([x, y, z, r]) => Math.hypot(x - middle[0], y - middle[1], z - middle[2]) + r));
    return {centre: [0, 1, 2].map((k) => rows.reduce((s, row, m) => s + row[k] * middle[m], 0)), distance, depth};
  };

  // The whole picture. 3Dmol's camera stands 150 before the middle.
  hopflow.lookAt = (viewer, box) => {
    const {points, places, others, cell} = viewer.hopflowSeen;
    const rows = viewer.hopflowSeen.rows || (cell ? hopflow.downCell(cell, places, others) : hopflow.aroundHop(places, others));
    const {centre, distance, depth} = hopflow.fit(rows, points, Math.max(0.2, box.clientWidth / Math.max(1, box.clientHeight)));
    viewer.setSlab(-1.2 * depth - 2, 1.2 * depth + 2);
    viewer.setView([...centre.map((x) => -x), 150 - 1.04 * distance, ...hopflow.quaternion(rows)]);
    viewer.render();
  };

  // Ends of the cell's directions on the screen, as parts of a radius, those pointing away first.
  hopflow.axisEnds = (cell, view) => {
    const rows = hopflow.rotation(view.slice(4));
    return cell.map((v, k) => { const [x, y, z] = rows.map((r) => dot(r, unit(v) || [0, 0, 0])); return {name: "abc"[k], x, y: -y, z}; })
        .sort((p, q) => p.z - q.z);
  };
  // A corner that turns with the picture; of(): the cell vectors.
  hopflow.axesCorner = (viewer, box, of) => {
    const corner = hopflow.svg("svg", {class: "axes", viewBox: "-50 -50 100 100", width: 84, height: 84, "aria-hidden": "true"});
    box.append(corner);
    viewer.setViewChangeCallback((view) => {
      const cell = of();
      corner.replaceChildren(...(cell ? hopflow.axisEnds(cell, view).flatMap(({name, x, y}) => [
        hopflow.svg("line", {x1: 0, y1: 0, x2: 30 * x, y2: 30 * y, stroke: "currentColor", "stroke-width": 2.5, "stroke-linecap": "round"}),
        hopflow.svg("text", {x: 41 * x, y: 41 * y + 5, "text-anchor": "middle", "font-size": 15, fill: "currentColor"}, name)]) : []));
    });
  };
  // The same with a pen, for pictures that are saved or printed.
  hopflow.penAxes = (pen, cell, view, x0, y0, size, colour) => {
    pen.strokeStyle = pen.fillStyle = colour;
    pen.lineWidth = size / 12;
    pen.lineCap = "round";
    pen.font = Math.round(size / 2.2) + "px sans-serif";
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    for (const {name, x, y} of hopflow.axisEnds(cell, view)) {
      pen.beginPath();
      pen.moveTo(x0, y0);
      pen.lineTo(x0 + size * x, y0 + size * y);
      pen.stroke();
      pen.fillText(name, x0 + 1.35 * size * x, y0 + 1.35 * size * y);
    }
  };
})();
