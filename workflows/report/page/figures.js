// SPDX-License-Identifier: GPL-2.0-or-later
// Line figures: one look for all, light and dark, on screen and on paper, saved as SVG.
"use strict";

hopflow.figures = [];  // {box, option, height, chart and width once drawn}

// Okabe and Ito's colours, ordered so that neighbours differ in lightness too; each series has its own line and symbol.
hopflow.palette = (dark) => (dark
  ? ["#56b4e9", "#e69f00", "#2fc59a", "#cc79a7", "#f0e442", "#ff8a3d"]
  : ["#0072b2", "#d55e00", "#009e73", "#a8518a", "#b07c00", "#3b8fc4"]);
hopflow.strokes = ["solid", "dashed", "dotted", [8, 3, 2, 3], [12, 4], [2, 2]];
hopflow.symbols = ["circle", "diamond", "rect", "triangle", "emptyCircle", "emptyRect"];

hopflow.theme = () => {
  const style = getComputedStyle(document.documentElement);
  const read = (name) => style.getPropertyValue(name).trim();
  return {
    ink: read("--ink"), soft: read("--soft"), line: read("--line"), ground: read("--ground"), panel: read("--panel"),
    colours: hopflow.palette(read("--dark") === "1"), font: style.fontFamily,
  };
};

hopflow.axis = (t, name, more) => ({
  name, nameLocation: "middle", nameGap: 30, nameTextStyle: {color: t.soft, fontSize: 12},
  axisLine: {show: true, onZero: false, lineStyle: {color: t.soft}}, axisTick: {show: true, lineStyle: {color: t.soft}},
  axisLabel: {color: t.soft, fontSize: 12, hideOverlap: true}, splitLine: {lineStyle: {color: t.line}}, ...more,
});
// An axis of decades for values already given as log10: whole decades only, at most nine of them labelled.
hopflow.power = (p) => "10" + String(Math.round(p)).replace(/[-0-9]/g,
  (c) => (c === "-" ? "\u207b" : "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079"[Number(c)]));
hopflow.decades = (t, name, logs, nameGap = 46) => {
  const low = Math.floor(logs.reduce((a, b) => Math.min(a, b)) + 1e-9);
  const high = Math.max(low + 1, Math.ceil(logs.reduce((a, b) => Math.max(a, b)) - 1e-9));
  const step = Math.ceil((high - low) / 8);
  return hopflow.axis(t, name, {type: "value", nameGap, min: low, max: low + step * Math.ceil((high - low) / step), interval: step,
    axisLabel: {color: t.soft, fontSize: 12, formatter: hopflow.power}});
};

// A smooth line through points that never overshoots them: piecewise cubic with slopes after Fritsch and Butland
// (SIAM J. Sci. Stat. Comput. 5, 300 (1984)).
hopflow.curve = (points, pieces = 16) => {
  const n = points.length;
  const h = points.slice(1).map((p, i) => p[0] - points[i][0]);
  if (n < 3 || h.some((d) => !(d > 0))) return points;
  const slope = h.map((d, i) => (points[i + 1][1] - points[i][1]) / d);
  const at = points.map((_, i) => {
    if (i === 0) return slope[0];
    if (i === n - 1) return slope[n - 2];
    if (slope[i - 1] * slope[i] <= 0) return 0;
    const [a, b] = [2 * h[i] + h[i - 1], h[i] + 2 * h[i - 1]];
    return (a + b) / (a / slope[i - 1] + b / slope[i]);
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

// Lines of a tooltip as elements: the default one is put together as markup.
hopflow.tip = (lines) => hopflow.el("div", {class: "tip"}, lines.map((line) => hopflow.el("div", {}, line)));

hopflow.base = (t) => ({
  animation: false, color: t.colours, textStyle: {fontFamily: t.font, color: t.ink},
  grid: {left: 64, right: 20, top: 44, bottom: 48},
  legend: {top: 4, left: 0, right: 0, type: "plain", textStyle: {color: t.ink, fontSize: 12, width: 240, overflow: "truncate"}, itemWidth: 28, inactiveColor: t.line},
  tooltip: {trigger: "item", backgroundColor: t.panel, borderColor: t.line, textStyle: {color: t.ink, fontSize: 12}, confine: true},
});

// option(theme) gives what ECharts draws; caption says what is seen; materials: whose numbers these are.
hopflow.figure = ({title, caption, option, height = 340, materials = [], file = "figure"}) => {
  const el = hopflow.el;
  const box = el("div", {class: "chart", role: "img", "aria-label": title + ". " + caption});
  const save = el("button", {type: "button", class: "quiet", "aria-label": "Save this figure as SVG: " + title,
    onclick: () => hopflow.saveSvg(box.querySelector("svg"), file)}, "Save as SVG");
  hopflow.figures.push({box, option, height});
  return el("figure", {}, el("div", {class: "figure-head"}, el("h4", {}, title), save), box,
    el("figcaption", {}, caption), hopflow.modelNote(materials));
};

hopflow.saveSvg = (svg, name) => {
  if (!svg) return;
  const copy = svg.cloneNode(true);
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  const file = new Blob([new XMLSerializer().serializeToString(copy)], {type: "image/svg+xml"});
  hopflow.save(file, name + ".svg");
};
hopflow.save = (blob, name) => {
  const url = URL.createObjectURL(blob);
  const link = hopflow.el("a", {href: url, download: name});
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
};

// Lines a legend needs at a width: the drawing makes room for them.
hopflow.legendLines = (option, width) => {
  if (option.legend && option.legend.show === false) return 0;
  const names = (option.legend && option.legend.data) || [...new Set(option.series.map((s) => s.name))];
  let lines = 1;
  let used = 0;
  for (const name of names) {
    const item = 50 + Math.min(240, 7.2 * name.length);
    if (used > 0 && used + item > width) { ++lines; used = 0; }
    used += item;
  }
  return lines;
};
hopflow.drawFigure = (figure, theme, width = figure.box.clientWidth) => {
  const option = {...hopflow.base(theme), ...figure.option(theme)};
  const lines = hopflow.legendLines(option, width);
  if (lines > 0) option.grid = {...option.grid, top: 24 + 21 * lines};
  const height = figure.height + 21 * Math.max(0, lines - 1);
  figure.box.style.height = height + "px";
  if (figure.chart) figure.chart.resize({width, height});
  else figure.chart = echarts.init(figure.box, null, {renderer: "svg", width, height});
  figure.width = width;
  figure.chart.setOption(option, true);
};
hopflow.drawFigures = (width) => {
  const theme = hopflow.theme();
  for (const figure of hopflow.figures) {
    if (!figure.box.isConnected) continue;
    const first = !figure.chart;
    hopflow.drawFigure(figure, theme, width);
    // A page being captured or hidden has no width for a moment: keep the last drawing.
    if (first) {
      new ResizeObserver(() => {
        const width = figure.box.clientWidth;
        if (!hopflow.onPaper && width > 60 && width !== figure.width) hopflow.drawFigure(figure, hopflow.theme());
      }).observe(figure.box);
    }
  }
};
