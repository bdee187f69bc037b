// SPDX-License-Identifier: GPL-2.0-or-later
// Axes and what every figure has in common.
"use strict";

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

// Lines of a tooltip as elements: the default one is put together as markup.
hopflow.tip = (lines) => hopflow.el("div", {class: "tip"}, lines.map((line) => hopflow.el("div", {}, line)));

hopflow.base = (t) => ({
  animation: false, color: t.colours, textStyle: {fontFamily: t.font, color: t.ink},
  grid: {left: 64, right: 20, top: 14, bottom: 48}, legend: {show: false},
  tooltip: {trigger: "item", backgroundColor: t.panel, borderColor: t.line, textStyle: {color: t.ink, fontSize: 12}, confine: true},
});
