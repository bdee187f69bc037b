// SPDX-License-Identifier: GPL-2.0-or-later
// The array: patterns written and the currents read back.
"use strict";

(() => {
  const {el, svg, num, list, object, str, short} = hopflow;

  // Cividis (Nunez, Anderton and Renslow 2018), a few stops: reads the same with and without colour vision.
  const stops = ["#00224e", "#123570", "#3b496c", "#575d6d", "#707173", "#8a8678", "#a59c74", "#c3b369", "#e1cc55", "#fee838"];
  hopflow.scale = (x) => {
    const at = Math.min(1, Math.max(0, num(x) || 0)) * (stops.length - 1);
    const low = Math.min(Math.floor(at), stops.length - 2);
    const channel = (hex, k) => parseInt(hex.slice(1 + 2 * k, 3 + 2 * k), 16);
    return "#" + [0, 1, 2].map((k) => Math.round(channel(stops[low], k) + (at - low) * (channel(stops[low + 1], k) - channel(stops[low], k)))
      .toString(16).padStart(2, "0")).join("");
  };
  const grid = (rows, label, colour, title, size) => {
    const width = Math.max(1, ...rows.map((r) => r.length));
    return svg("svg", {viewBox: `0 0 ${width} ${rows.length}`, role: "img", "aria-label": label, class: "map " + size, "shape-rendering": "crispEdges"},
      rows.map((row, i) => row.map((value, j) => svg("rect", {x: j, y: i, width: 1, height: 1, fill: colour(value)}, svg("title", {}, title(value, i, j))))));
  };
  const matrix = (x) => list(x).map((row) => list(row).map(num));

  const array = (material) => {
    const bar = object(material.crossbar);
    const patterns = list(bar.patterns).map(object);
    const head = el("h3", {}, hopflow.nameOf(material));
    if (!patterns.length) return el("div", {class: "block"}, head, hopflow.missing("No pattern was written."));
    const currents = patterns.flatMap((p) => matrix(p.read_current_a).flat()).filter((c) => c !== null).map(Math.abs);
    const positive = currents.filter((c) => c > 0);
    const low = positive.length ? positive.reduce((a, b) => Math.min(a, b)) : 0;
    const high = positive.length ? positive.reduce((a, b) => Math.max(a, b)) : 0;
    const log = high > 50 * low;
    const place = (c) => (!(high > low) ? 0 : log ? (Math.log(Math.max(Math.abs(c), low)) - Math.log(low)) / (Math.log(high) - Math.log(low)) : (Math.abs(c) - low) / (high - low));
    const maps = patterns.map((p) => el("figure", {class: "pattern"},
      el("h4", {}, "Pattern ", str(p.name)),
      el("div", {class: "maps"},
        grid(matrix(p.written), "written pattern " + str(p.name), (v) => (v ? hopflow.scale(1) : hopflow.scale(0)), (v, i, j) => `row ${i + 1}, column ${j + 1}: ${v ? "on" : "off"}`, "small"),
        grid(matrix(p.read_current_a), "read currents of pattern " + str(p.name), (v) => (v === null ? "none" : hopflow.scale(place(v))), (v, i, j) => `row ${i + 1}, column ${j + 1}: ${short(v, 3)} A`, "large")),
      el("figcaption", {}, short(p.errors) + (p.errors === 1 ? " wrong pixel" : " wrong pixels") + "; margin " + short(p.margin, 3) + "; read scheme " + (str(p.scheme) || "not stated"))));
    const legend = el("div", {class: "scale"}, el("span", {}, short(low, 3) + " A"),
      svg("svg", {viewBox: "0 0 64 1", preserveAspectRatio: "none", "aria-hidden": "true"}, Array.from({length: 64}, (_, k) => svg("rect", {x: k, y: 0, width: 1.02, height: 1, fill: hopflow.scale(k / 63)}))),
      el("span", {}, short(high, 3) + " A" + (log ? ", logarithmic" : "")));
    return el("div", {class: "block"}, head,
      el("p", {}, short(bar.rows) + " \u00d7 " + short(bar.columns) + " cells, line resistance " + short(bar.line_resistance_ohm) + " ohm per segment. Left: written; right: current read from each cell."),
      el("div", {class: "patterns"}, maps), legend,
      hopflow.facts([["Residual of the network solution", short(bar.residual, 3)]]), hopflow.notes(bar.notes), hopflow.modelNote([material]));
  };

  hopflow.crossbar = (materials) => {
    const section = hopflow.section("array", "Crossbar array");
    const made = materials.filter((m) => hopflow.has(m.crossbar));
    if (!made.length) return hopflow.fill(section, [hopflow.missing("No array was computed in this run."), hopflow.absent(materials, "crossbar", "array")]);
    return hopflow.fill(section, [hopflow.absent(materials, "crossbar", "array"), made.map(array)]);
  };
})();
