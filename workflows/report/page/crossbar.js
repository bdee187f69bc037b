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

  // One margin a row: never without its scheme and line resistance.
  const margins = (material, patterns) => {
    const rows = patterns.flatMap((p) => list(p.margins).map(object).map((margin) => ({...margin, pattern: str(p.name)})));
    return rows.length ? hopflow.table({
      caption: "Read margins: smallest current of a set cell over the largest of a bare one",
      columns: [{head: "Pattern", cell: (r) => r.pattern}, {head: "Unselected lines", cell: (r) => str(r.scheme)},
        {head: "ohm per segment", number: true, cell: (r) => short(r.line_resistance_ohm)}, {head: "Margin", number: true, cell: (r) => short(r.margin, 3)},
        {head: "Wrong at one threshold", number: true, cell: (r) => short(r.errors)},
        {head: "Verdict", cell: (r) => (r.readable === undefined ? "" : r.readable === true ? hopflow.state("good", "readable") : hopflow.state("bad", "unreadable"))}],
      rows, materials: [material]}) : null;
  };
  const writing = (bar, patterns) => {
    const half = object(bar.half_select), made = object(bar.yield), interval = object(made.interval);
    const percent = (x) => (num(x) === null ? "\u2013" : short(100 * x, 3) + " %");
    return hopflow.facts([
      ["Residual of the network solution", short(bar.residual, 3)],
      ["Write energy", patterns.map((p) => (num(p.write_energy_j) === null ? "" : str(p.name) + " " + short(p.write_energy_j, 3) + " J")).filter((t) => t).join(", ")],
      ["Power of a read", patterns.map((p) => (num(p.read_power_w) === null ? "" : str(p.name) + " " + short(p.read_power_w, 3) + " W")).filter((t) => t).join(", ")],
      hopflow.has(half) ? ["Resetting one set cell with half the voltage on other lines", short(half.pulses) + " pulses put " + short(half.voltage_v) + " V on its neighbours: "
        + (num(half.cells) > 0 ? short(half.cells) + " set cells lose conductance, the worst keeps " + percent(half.least_share) : "no set cell loses conductance")] : null,
      hopflow.has(made) ? ["Yield (on/off above " + short(made.least_ratio) + ")", short(made.working) + " of " + short(made.devices) + ", 95 % interval " + percent(interval.low) + " to " + percent(interval.high)
        + ", with " + percent(made.stuck_fraction) + " stuck devices assumed"] : null]);
  };

  const tile = (material, bar) => {
    const made = object(bar.network_tile), rows = list(made.schemes).map(object);
    return rows.length ? hopflow.table({
      caption: short(made.rows) + " \u00d7 " + short(made.columns) + " weights of a network at " + short(made.line_resistance_ohm) + " ohm per segment: what the wires leave of a conductance",
      columns: [{head: "Rows without a spike", cell: (r) => str(r.scheme)}, {head: "Median", number: true, cell: (r) => short(r.median_share, 3)},
        {head: "Least", number: true, cell: (r) => short(r.least_share, 3)}, {head: "J per spike", number: true, cell: (r) => short(r.read_energy_j, 3)},
        {head: "W at rest", number: true, cell: (r) => short(r.idle_power_w, 3)}],
      rows, materials: [material]}) : null;
  };

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
      el("div", {class: "patterns"}, maps), legend, margins(material, patterns), writing(bar, patterns), tile(material, bar), hopflow.notes(bar.notes), hopflow.modelNote([material]));
  };

  hopflow.crossbar = (materials) => {
    const section = hopflow.section("array", "Crossbar array");
    const made = materials.filter((m) => hopflow.has(m.crossbar));
    if (!made.length) return hopflow.fill(section, [hopflow.missing("No array was computed in this run."), hopflow.absent(materials, "crossbar", "array")]);
    return hopflow.fill(section, [hopflow.absent(materials, "crossbar", "array"), made.map(array)]);
  };
})();
