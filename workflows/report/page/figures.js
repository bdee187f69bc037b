// SPDX-License-Identifier: GPL-2.0-or-later
// Line figures: one look for all, light and dark, on screen and on paper, saved as SVG.
"use strict";

hopflow.figures = [];  // {chart, box, option}

// Okabe and Ito's colours, ordered so that neighbours differ in lightness too; each series has its own line and symbol.
hopflow.palette = (dark) => (dark
  ? ["#56b4e9", "#e69f00", "#2fc59a", "#cc79a7", "#f0e442", "#ff8a3d"]
  : ["#0072b2", "#d55e00", "#009e73", "#a8518a", "#b07c00", "#3b8fc4"]);
hopflow.strokes = ["solid", "dashed", "dotted", [8, 3, 2, 3], [12, 4], [2, 2]];
hopflow.symbols = ["circle", "diamond", "rect", "triangle", "pin", "arrow"];

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
hopflow.power = (x) => {
  const p = Math.round(Math.log10(x));
  if (Math.abs(Math.log10(x) - p) > 1e-6) return hopflow.short(x, 2);
  return "10" + String(p).replace(/[-0-9]/g, (c) => (c === "-" ? "\u207b" : "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079"[Number(c)]));
};
hopflow.logAxis = (t, name, more) => hopflow.axis(t, name, {
  type: "log", nameGap: 48, ...more, axisLabel: {color: t.soft, fontSize: 12, hideOverlap: true, formatter: hopflow.power},
});

// Lines of a tooltip as elements: the default one is put together as markup.
hopflow.tip = (lines) => hopflow.el("div", {class: "tip"}, lines.map((line) => hopflow.el("div", {}, line)));

hopflow.base = (t) => ({
  animation: false, color: t.colours, textStyle: {fontFamily: t.font, color: t.ink},
  grid: {left: 64, right: 20, top: 44, bottom: 48},
  legend: {top: 4, left: 0, type: "plain", textStyle: {color: t.ink, fontSize: 12}, itemWidth: 28, inactiveColor: t.line},
  tooltip: {trigger: "item", backgroundColor: t.panel, borderColor: t.line, textStyle: {color: t.ink, fontSize: 12}, confine: true},
});

// option(theme) gives what ECharts draws; caption says what is seen; materials: whose numbers these are.
hopflow.figure = ({title, caption, option, height = 340, materials = [], file = "figure"}) => {
  const el = hopflow.el;
  const box = el("div", {class: "chart", role: "img", "aria-label": title + ". " + caption});
  box.style.height = height + "px";
  const save = el("button", {type: "button", class: "quiet", "aria-label": "Save this figure as SVG: " + title,
    onclick: () => hopflow.saveSvg(box.querySelector("svg"), file)}, "Save as SVG");
  hopflow.figures.push({box, option});
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

hopflow.drawFigures = () => {
  const theme = hopflow.theme();
  for (const figure of hopflow.figures) {
    if (!figure.box.isConnected) continue;
    if (!figure.chart) {
      figure.chart = echarts.init(figure.box, null, {renderer: "svg"});
      new ResizeObserver(() => figure.chart.resize()).observe(figure.box);
    }
    figure.chart.setOption({...hopflow.base(theme), ...figure.option(theme)}, true);
  }
};
