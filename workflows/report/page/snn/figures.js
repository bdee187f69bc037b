// SPDX-License-Identifier: GPL-2.0-or-later
// Figures of the spiking network: learning curve, confusion, receptive fields, histograms.
"use strict";

(() => {
  const {el, num, list, object, str, short, fixed} = hopflow;

  hopflow.confusion = (matrix, material) => {
    const rows = list(matrix).map((r) => list(r).map(num));
    if (!rows.length || !rows.flat().some((v) => v > 0)) return null;
    const top = Math.max(1, ...rows.flat().map((v) => v || 0));
    const width = Math.max(...rows.map((r) => r.length));
    return hopflow.shaded({caption: "Confusion matrix, " + str(material.name), corner: "digit", file: "confusion-" + hopflow.slug(material.name),
        note: "Rows are the digits shown, columns the answers; images of the test set.",
      heads: Array.from({length: width}, (_, j) => String(j)),
      rows: rows.map((row, i) => ({head: String(i), cells: row.map((v) => ({text: short(v), share: Math.sqrt((v || 0) / top), value: v}))}))});
  };

  hopflow.fields = (data, material) => {
    const side = num(data.side) || 28;
    const values = list(data.values).map(list).filter((v) => v.length === side * side);
    if (!values.length) return null;
    const columns = Math.ceil(Math.sqrt(values.length));
    const lines = Math.ceil(values.length / columns);
    const pitch = side + 1;
    const canvas = el("canvas", {class: "fields", width: String(columns * pitch - 1), height: String(lines * pitch - 1), role: "img",
      "aria-label": "Receptive fields of " + values.length + " neurons"});
    const pen = canvas.getContext("2d");
    const shades = Array.from({length: 256}, (_, k) => hopflow.scale(k / 255));
    values.forEach((field, n) => field.forEach((v, p) => {
      pen.fillStyle = shades[Math.round(255 * Math.min(1, Math.max(0, num(v) || 0)))];
      pen.fillRect((n % columns) * pitch + p % side, Math.floor(n / columns) * pitch + Math.floor(p / side), 1, 1);
    }));
    const name = "fields-" + hopflow.slug(material.name);
    return el("figure", {class: "narrow"}, el("div", {class: "figure-head"}, el("h4", {}, "Receptive fields"), hopflow.pictureTools("receptive fields", name,
      () => `<svg xmlns="http://www.w3.org/2000/svg" width="${2 * canvas.width}" height="${2 * canvas.height}" viewBox="0 0 ${canvas.width} ${canvas.height}">`
          + `<path d="M0 0h${canvas.width}v${canvas.height}h${-canvas.width}z" fill="#ffffff"/>`
          + `<image width="${canvas.width}" height="${canvas.height}" style="image-rendering:pixelated" `
              + `href="${canvas.toDataURL("image/png")}"/></svg>`,
      () => [["neuron", ...Array.from({length: side * side}, (_, p) => "pixel " + (p + 1))], ...values.map((v, n) => [n + 1, ...v])])), canvas,
    el("figcaption", {}, "Input weights of " + hopflow.plural(values.length, "neuron") + ", " + side + " \u00d7 " + side + " each; dark is 0, bright is 1."));
  };

  hopflow.learning = (runs) => hopflow.lineFigure({title: "Learning curve", file: "learning",
      caption: "Accuracy of the first seed against the number of training images.",
    x: {name: "training images"}, y: {name: "accuracy (%)", scale: true},
    series: runs.flatMap(({material, snn}, i) => list(snn.seeds).map(object).slice(0, 1).map((seed) => ({i, name: str(material.name), symbols: true,
      points: hopflow.pairs(list(seed.curve).map((p) => object(p).samples),
          list(seed.curve).map((p) => (num(object(p).accuracy) === null ? null : 100 * p.accuracy)))}))),
    tip: (p) => [short(p[0]) + " images", fixed(p[1], 1) + " %"]});

  hopflow.histogram = (data, material, title, label, file) => {
    const edges = list(data.edges).map(num), counts = list(data.counts).map(num);
    if (edges.length !== counts.length + 1 || !counts.length || !counts.some((c) => c > 0)) return null;
    return hopflow.figure({title: title + ", " + str(material.name), file: file + "-" + hopflow.slug(material.name),
        caption: "First seed; the last bin holds everything above.", height: 260,
      rows: () => [["from", "to", "count"], ...counts.map((c, k) => [edges[k], edges[k + 1], c])],
      option: (t) => ({xAxis: hopflow.axis(t, label, {type: "category", data: edges.slice(0, -1).map((e) => short(e, 3))}),
        yAxis: hopflow.axis(t, "count", {type: "log", min: 0.5, nameGap: 48,
            axisLabel: {color: t.soft, fontSize: 12, hideOverlap: true, showMinLabel: false}}),
        tooltip: {...hopflow.base(t).tooltip, formatter: (p) => hopflow.tip([short(edges[p.dataIndex], 3) + " to " + short(edges[p.dataIndex + 1], 3),
            short(counts[p.dataIndex])])},
        series: [{type: "bar", name: str(material.name), data: counts.map((c) => c || null), itemStyle: {color: t.colours[0]}}]})});
  };
})();
