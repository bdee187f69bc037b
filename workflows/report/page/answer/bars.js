// SPDX-License-Identifier: GPL-2.0-or-later
// Ranked bars with total errors and the published values next to them.
"use strict";

hopflow.bars = (headlines) => {
  const {str} = hopflow;
  const ranked = headlines.filter((h) => h.barrier !== null).sort((a, b) => b.barrier - a.barrier);
  if (!ranked.length) return null;
  const published = ranked.flatMap((h) => h.paper.filter((p) => p.value !== null).map((p) => ({...p, name: h.name})));
  const label = (h) => h.name + "\n" + [h.percolating && h.dimension !== null ? h.dimension + "D" : "one hop", h.model ? "model" : ""].filter((w) => w).join(", ");
  const words = (h) => { const m = hopflow.measured(h.barrier, h.error); return m.value + (m.error ? " \u00b1 " + m.error : ""); };
  const upside = [...ranked].reverse();  // the axis counts from below
  const row = new Map(upside.map((h, i) => [h.name, i]));
  const option = (t) => {
    const hatch = (h) => (h.percolating ? {} : {decal: {symbol: "rect", dashArrayX: [1, 0], dashArrayY: [3, 4], rotation: -Math.PI / 4, color: t.panel}});
    return {
      grid: {left: 8, right: 8, top: 4, bottom: 40, containLabel: true},
      xAxis: hopflow.axis(t, "barrier (eV)", {type: "value", min: (v) => Math.min(0, v.min),
        max: Number((1.02 * Math.max(...ranked.map((h) => h.barrier + (h.error || 0)), ...published.map((p) => p.value))).toPrecision(2))}),
      yAxis: [hopflow.axis(t, "", {type: "category", data: upside.map(label), axisTick: {show: false}, splitLine: {show: false},
        axisLabel: {color: t.ink, fontSize: 12, lineHeight: 15, width: 130, overflow: "truncate"}}),
      {type: "category", position: "right", data: upside.map(words), axisLine: {show: false}, axisTick: {show: false}, axisLabel: {color: t.ink, fontSize: 13, fontWeight: 600}}],
      tooltip: {...hopflow.base(t).tooltip, formatter: (p) => (p.seriesName === "published"
        ? hopflow.tip([published[p.dataIndex].name + ", published", hopflow.short(published[p.dataIndex].value, 3) + " eV", published[p.dataIndex].id])
        : hopflow.tip([str(upside[p.dataIndex].name), hopflow.withError(upside[p.dataIndex].barrier, upside[p.dataIndex].error)]))},
      series: [
        {name: "this run", type: "bar", barWidth: "46%", data: upside.map((h) => ({value: h.barrier, itemStyle: {color: t.colours[0], opacity: 0.8, ...hatch(h)}}))},
        ...upside.map((h, i) => {
          const cap = {symbol: "rect", symbolSize: h.error ? [2, 12] : [0.1, 0.1]};
          return {name: "error", type: "line", silent: true, z: 4, lineStyle: {width: 2, color: t.ink, type: "solid"}, itemStyle: {color: t.ink, opacity: 1},
            data: [-1, 1].map((side) => ({value: [h.barrier + side * (h.error || 0), i], ...cap}))};
        }),
        {name: "published", type: "scatter", symbol: "diamond", symbolSize: 13, z: 6, data: published.map((p) => [p.value, row.get(p.name)]),
          itemStyle: {color: t.colours[1], opacity: 1, borderColor: t.panel, borderWidth: 1}}],
    };
  };
  const figure = hopflow.figure({title: "Barriers, ranked", file: "barriers", height: 54 + 46 * ranked.length, option, level: "h3",
    caption: "Bars: this run, with the total error." + (ranked.some((h) => !h.percolating) ? " Hatched: lowest converged hop, no network." : "")
      + (published.length ? " Diamonds: published values." : ""),
    rows: () => [["material", "source", "barrier (eV)", "total error (eV)", "deciding hop", "dimension", "tier"],
      ...ranked.map((h) => [h.name, "this run", h.barrier, h.error, h.hop, h.dimension, h.tier]),
      ...published.map((p) => [p.name, "published, " + p.id, p.value, null, "", null, ""])]});
  return figure;
};
