// SPDX-License-Identifier: GPL-2.0-or-later
// The array: patterns written, the currents read back, and the margins between them.
"use strict";

(() => {
  const {el, svg, num, list, object, str, short} = hopflow;

  const grid = (rows, label, colour, title, size) => {
    const width = Math.max(1, ...rows.map((r) => r.length));
    return svg("svg", {viewBox: `0 0 ${width} ${rows.length}`, role: "img", "aria-label": label, class: "map " + size, "shape-rendering": "crispEdges"},
      rows.map((row, i) => row.map((value, j) => svg("rect", {x: j, y: i, width: 1, height: 1, fill: colour(value)}, svg("title", {}, title(value, i, j))))));
  };
  // Maps of coloured cells next to each other, as a file.
  hopflow.cellsSvg = (words, maps, size = 16) => {
    const gap = 24;
    const widths = maps.map((m) => size * Math.max(1, ...m.map((r) => r.length)));
    const [width, height] = [Math.max(640, widths.reduce((a, b) => a + b, 0) + gap * (maps.length + 1)), size * Math.max(...maps.map((m) => m.length))
        + 2 * gap + 20];
    const cells = maps.flatMap((m, k) => { const left = gap + widths.slice(0, k).reduce((a, b) => a + b + gap, 0);
      return m.flatMap((row, i) => row.map((fill, j) => `<path d="M${left + j * size} ${gap + 20 + i * size}h${size}v${size}h${-size}z" fill="${fill}"/>`)); });
    const safe = words.replace(/[&<>"]/g, (c) => "&#" + c.charCodeAt(0) + ";");
    return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`
        + `<rect width="${width}" height="${height}" fill="#ffffff"/>`
        + `<text x="${gap}" y="24" font-size="13" font-family="Helvetica, Arial, sans-serif" fill="#1b1f23">${safe}</text>${cells.join("")}</svg>`;
  };

  const matrix = (x) => list(x).map((row) => list(row).map(num));
  const percent = (x) => (num(x) === null ? "\u2013" : short(100 * x, 3) + " %");

  // Margins as a map: a row for each pattern, a column for each scheme and line resistance.
  hopflow.marginMap = (material, patterns) => {
    const all = patterns.flatMap((p) => list(p.margins).map(object).map((m) => ({...m, pattern: str(p.name)})));
    if (!all.length) return null;
    const key = (m) => str(m.scheme) + "\n" + short(m.line_resistance_ohm);
    const columns = [...new Set(all.map(key))];
    const logs = all.map((m) => num(m.margin)).filter((x) => x > 0).map(Math.log10);
    const [low, high] = logs.length ? [Math.min(0, ...logs), Math.max(0.1, ...logs)] : [0, 1];
    return hopflow.shaded({caption: "Read margins, " + str(material.name), file: "margins-" + hopflow.slug(material.name), corner: "Pattern",
      heads: columns.map((c) => c.replace("\n", ", ") + " ohm"),
      rows: patterns.map((p) => str(p.name)).map((name) => ({head: name, cells: columns.map((c) => {
        const m = all.find((x) => x.pattern === name && key(x) === c);
        if (!m || num(m.margin) === null) return {text: "\u2013", share: null, value: null};
        const wrong = num(m.errors);
        return {text: short(m.margin, 2) + (m.readable === false ? " \u2717" : "") + (wrong ? " (" + wrong + ")" : ""), share: m.margin > 0
            ? (Math.log10(m.margin) - low) / (high - low) : 0, value: m.margin};
      })})),
      note: "Smallest current of a set cell divided by the largest of a reset cell, for each read scheme and resistance of a wire segment. "
          + "\u2717: not readable; "
          + "in brackets: number of cells read wrongly at one threshold. The colour scale is logarithmic."});
  };

  const writing = (bar, patterns) => {
    const half = object(bar.half_select), made = object(bar.yield), interval = object(made.interval);
    const each = (key, unit) => patterns.map((p) => (num(p[key]) === null ? "" : str(p.name) + " " + short(p[key], 3) + " " + unit)).filter((t) => t)
        .join(", ");
    return hopflow.facts([
      ["Residual of the array's equations", short(bar.residual, 2)], ["Write energy", each("write_energy_j", "J")],
          ["Power of a read", each("read_power_w", "W")],
      hopflow.has(half) ? ["Resetting one set cell with half the voltage on other lines", short(half.pulses) + " pulses put " + short(half.voltage_v)
          + " V on its neighbours: "
        + (num(half.cells) > 0 ? short(half.cells) + " set cells lose conductance, the worst keeps " + percent(half.least_share)
            : "no set cell loses conductance")] : null,
      hopflow.has(made) ? ["Yield (on/off above " + short(made.least_ratio) + ")", short(made.working) + " of " + short(made.devices) + ", 95 % interval "
          + percent(interval.low) + " to " + percent(interval.high)
        + ", with " + percent(made.stuck_fraction) + " stuck devices assumed"] : null]);
  };

  const tile = (material, bar) => {
    const made = object(bar.network_tile), rows = list(made.schemes).map(object);
    const of = (key) => ({number: true, value: (r) => num(r[key]), cell: (r) => short(r[key], 2)});
    return rows.length ? hopflow.table({
      caption: "Effective over ideal conductance, " + short(made.rows) + " \u00d7 " + short(made.columns) + " weights at " + short(made.line_resistance_ohm)
          + " ohm per segment",
      file: "tile-" + hopflow.slug(material.name), rows,
      columns: [{head: "Rows without a spike", cell: (r) => str(r.scheme)}, {head: "Median share", ...of("median_share")},
          {head: "Least share", ...of("least_share")},
        {head: "Energy (J per spike)", ...of("read_energy_j")}, {head: "Power at rest (W)", ...of("idle_power_w")}]}) : null;
  };

  const array = (material) => {
    const bar = object(material.crossbar);
    const patterns = list(bar.patterns).map(object);
    if (!patterns.length) return null;
    const positive = patterns.flatMap((p) => matrix(p.read_current_a).flat()).filter((c) => c !== null).map(Math.abs).filter((c) => c > 0);
    const low = positive.length ? positive.reduce((a, b) => Math.min(a, b)) : 0;
    const high = positive.length ? positive.reduce((a, b) => Math.max(a, b)) : 0;
    const log = high > 50 * low;
    const place = (c) => (!(high > low) ? 0 : log ? (Math.log(Math.max(Math.abs(c), low)) - Math.log(low)) / (Math.log(high) - Math.log(low))
        : (Math.abs(c) - low) / (high - low));
    const rows = (p) => [["row", "column", "written", "current (A)"], ...matrix(p.read_current_a)
        .flatMap((r, i) => r.map((c, j) => [i + 1, j + 1, (matrix(p.written)[i] || [])[j], c]))];
    const tools = (p) => {
      const file = hopflow.slug("pattern-" + str(material.name) + "-" + str(p.name));
      const words = "Pattern " + str(p.name) + ", " + str(material.name) + ": written, and current from " + short(low, 3) + " to " + short(high, 3) + " A"
          + (log ? " (logarithmic)" : "");
      const picture = () => hopflow.cellsSvg(words, [matrix(p.written).map((r) => r.map((v) => hopflow.scale(v ? 1 : 0))),
          matrix(p.read_current_a).map((r) => r.map((v) => (v === null ? "none" : hopflow.scale(place(v)))))]);
      return hopflow.pictureTools("pattern " + str(p.name), file, picture, () => rows(p));
    };
    const maps = patterns.map((p) => el("figure", {class: "pattern"},
      el("div", {class: "figure-head"}, el("h4", {}, "Pattern ", str(p.name)), tools(p)),
      el("div", {class: "maps"},
        grid(matrix(p.written), "written pattern " + str(p.name), (v) => (v ? hopflow.scale(1) : hopflow.scale(0)),
            (v, i, j) => `row ${i + 1}, column ${j + 1}: ${v ? "on" : "off"}`, "small"),
        grid(matrix(p.read_current_a), "read currents of pattern " + str(p.name), (v) => (v === null ? "none" : hopflow.scale(place(v))),
            (v, i, j) => `row ${i + 1}, column ${j + 1}: ${short(v, 3)} A`, "large")),
      el("figcaption", {}, hopflow.plural(num(p.errors) === null ? 0 : p.errors, "wrong pixel") + "; margin " + short(p.margin, 2) + "; read scheme "
          + (str(p.scheme) || "not stated"))));
    return el("div", {class: "block"}, el("h3", {}, hopflow.nameOf(material)),
      el("p", {}, short(bar.rows) + " \u00d7 " + short(bar.columns) + " cells, line resistance " + short(bar.line_resistance_ohm)
          + " ohm per segment. Left: written; right: current read from each cell."),
      el("div", {class: "patterns"}, maps), el("div", {class: "scale"}, el("span", {}, short(low, 3) + " A"), hopflow.ramp(),
          el("span", {}, short(high, 3) + " A" + (log ? ", logarithmic" : ""))),
      hopflow.marginMap(material, patterns), writing(bar, patterns), tile(material, bar), hopflow.noteFold("What the array rests on", bar.notes));
  };

  hopflow.crossbar = (materials) => {
    const made = materials.filter((m) => list(object(m.crossbar).patterns).map(object).length);
    if (!made.length) return null;
    const wrong = made.map((m) => str(m.name) + " " + list(m.crossbar.patterns).map(object).reduce((n, p) => n + (num(p.errors) || 0), 0));
    return hopflow.fold({id: "array", title: "Crossbar array", models: made, gist: "wrong pixels: " + wrong.join(", "),
        make: () => [hopflow.absent(materials, "crossbar", "array"), made.map(array)]});
  };
})();
