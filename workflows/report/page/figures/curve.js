// SPDX-License-Identifier: GPL-2.0-or-later
// Smooth lines through computed points.
"use strict";

// points: [x, y] with rising x; slopes: dy/dx at each point (from the forces), or null. Cubic Hermite pieces. Without
// slopes those of Fritsch and Butland (SIAM J. Sci. Stat. Comput. 5, 300 (1984)), which never overshoot.
hopflow.curve = (points, slopes = null, pieces = 16) => {
  const n = points.length;
  const h = points.slice(1).map((p, i) => p[0] - points[i][0]);
  if (n < 2 || h.some((d) => !(d > 0))) return points;
  const known = Array.isArray(slopes) && slopes.length === n && slopes.every((s) => hopflow.num(s) !== null);
  if (n < 3 && !known) return points;
  const chord = h.map((d, i) => (points[i + 1][1] - points[i][1]) / d);
  const at = known ? slopes : points.map((_, i) => {
    if (i === 0) return chord[0];
    if (i === n - 1) return chord[n - 2];
    if (chord[i - 1] * chord[i] <= 0) return 0;
    const [a, b] = [2 * h[i] + h[i - 1], h[i] + 2 * h[i - 1]];
    return (a + b) / (a / chord[i - 1] + b / chord[i]);
  });
  const line = [];
  for (let i = 0; i + 1 < n; ++i) {
    for (let k = 0; k < pieces; ++k) {
      const s = k / pieces;
      line.push([points[i][0] + s * h[i], (1 + 2 * s) * (1 - s) ** 2 * points[i][1] + s * (1 - s) ** 2 * h[i] * at[i]
        + s * s * (3 - 2 * s) * points[i + 1][1] + s * s * (s - 1) * h[i] * at[i + 1]]);
    }
  }
  line.push(points[n - 1]);
  return line;
};

// The largest value an axis should show, given the tops of its curves and the value that matters: what lies far above
// is cut off and counted, so that one steep hop does not flatten the others.
hopflow.focus = (tops, reference) => {
  const known = tops.filter((t) => hopflow.num(t) !== null && t > 0).sort((a, b) => a - b);
  if (!known.length) return {max: null, beyond: 0};
  const matters = hopflow.num(reference) > 0 ? reference : known[Math.floor((known.length - 1) / 2)];
  const inside = known.filter((t) => t <= 2 * matters);
  const max = 1.15 * Math.max(matters, inside.length ? inside[inside.length - 1] : 0);
  const step = 10 ** Math.floor(Math.log10(max)) / 2;
  const end = Number((step * Math.ceil(max / step)).toPrecision(3));
  const beyond = known.filter((t) => t > end).length;
  return {max: beyond ? end : null, beyond};
};
