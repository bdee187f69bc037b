// SPDX-License-Identifier: GPL-2.0-or-later
// Ranked bars with total errors, every level of theory of a material next to the others, and the published values.
"use strict";

// A bar for each level of theory of each material: the material with the highest first level first, its levels together.
const rankedEntries = (materials) => {
  const {str} = hopflow;
  // With several runs a material's bars stand together.
  const bare = new Map(materials.map((m) => [str(m.name) || "(no name)", str(m.bare || m.name)]));
  const whose = (h) => bare.get(h.name) || h.name;
  const top = new Map();
  for (const h of materials.map(hopflow.headlineOf)) if (h.barrier !== null) top.set(whose(h),
      Math.max(h.barrier, top.has(whose(h)) ? top.get(whose(h)) : -Infinity));
  return materials.map((m) => hopflow.headlinesOf(m)).filter((all) => all[0].barrier !== null)
    .sort((a, b) => top.get(whose(b[0])) - top.get(whose(a[0])) || (whose(a[0]) === whose(b[0]) ? 0 : whose(a[0]).localeCompare(whose(b[0])))
        || b[0].barrier - a[0].barrier)
    .flatMap((all) => all.filter((h) => h.barrier !== null).map((h, k) => ({...h, first: k === 0, level: all.length > 1 ? hopflow.levelOf(h, all) : ""})));
};

// Of an axis that spans so much: 1, 2, 5 or 10 times a power of ten, five steps or fewer.
const axisStep = (span) => {
  const decade = 10 ** Math.floor(Math.log10(span / 5 || 1));
  const raw = span / 5 / decade;
  return Number(((raw > 5 ? 10 : raw > 2 ? 5 : raw > 1 ? 2 : 1) * decade).toPrecision(1));
};

hopflow.bars = (materials) => {
  const {str} = hopflow;
  const entries = rankedEntries(materials);
  if (!entries.length) return null;
  const several = entries.some((h) => !h.first);
  const published = entries.filter((h) => h.first).flatMap((h) => h.paper.filter((p) => p.value !== null).map((p) => ({...p, name: h.name})));
  const short = {"classical force field": "force field", "machine-learned potential": "learned potential", "density functional theory": "DFT"};
  const under = (h, narrow) => [Object.entries(short).reduce((level, [long, word]) => level.replace(long, word), h.level || ""),
    !h.percolating || h.reached === null ? "one hop"
      : (h.level || narrow ? "" : "network, ") + h.reached + "D", h.model && !h.level ? "model" : ""].filter((w) => w).join(", ");
  const label = (narrow) => (h) => h.name + "\n" + under(h, narrow);
  const words = (h) => { const m = hopflow.measured(h.barrier, h.error); return m.value
      + (m.error ? (m.error.startsWith("<") ? " (" + m.error + ")" : " \u00b1 " + m.error) : "") + " eV"; };
  const upside = [...entries].reverse();  // the axis counts from below
  const row = new Map(upside.map((h, i) => [h.name, i]));  // the last set is the first level of the material: it stands highest
  const ends = (side) => [...entries.map((h) => h.barrier + side * (h.error || 0)), ...published.map((p) => p.value)];
  const [least, most] = [Math.min(...ends(-1)), Math.max(...ends(1)) || 1];
  const step = axisStep(Math.max(most, 0) - Math.min(least, 0));
  const option = (t, state) => {
    const narrow = state.width < 440;
    const hatch = (h) => (h.percolating ? {} : {decal: {symbol: "rect", dashArrayX: [1, 0], dashArrayY: [3, 4], rotation: -Math.PI / 4, color: t.panel}});
    return {
      grid: {left: 8, right: 8, top: 4, bottom: 40, containLabel: true},
      xAxis: hopflow.axis(t, "barrier (eV)", {type: "value", min: Math.min(0, step * Math.floor(least / step)), max: step * Math.ceil(most / step),
          interval: step}),
      yAxis: [hopflow.axis(t, "", {type: "category", data: upside.map(label(narrow)), axisTick: {show: false}, splitLine: {show: false},
        axisLabel: {color: t.ink, fontSize: 12, lineHeight: 15, width: narrow ? 95 : 200, overflow: "truncate"}}),
      {type: "category", position: "right", data: upside.map(words), axisLine: {show: false}, axisTick: {show: false},
          axisLabel: {color: t.ink, fontSize: 13, fontWeight: 600}}],
      tooltip: {...hopflow.base(t).tooltip, formatter: (p) => (p.seriesName === "published"
        ? hopflow.tip([published[p.dataIndex].name + ", published", hopflow.short(published[p.dataIndex].value, 3) + " eV", published[p.dataIndex].id])
        : hopflow.tip([str(upside[p.dataIndex].name), hopflow.tierOf(upside[p.dataIndex].tier),
            hopflow.withError(upside[p.dataIndex].barrier, upside[p.dataIndex].error)]))},
      series: [
        {name: "this run", type: "bar", barWidth: "46%", data: upside.map((h) => ({value: h.barrier, itemStyle: {color: h.first ? t.colours[0] : t.soft,
            opacity: h.first ? 0.8 : 0.55, ...hatch(h)}}))},
        ...upside.map((h, i) => {
          const cap = {symbol: "rect", symbolSize: h.error ? [2, 12] : [0.1, 0.1]};
          return {name: "error", type: "line", silent: true, z: 4, lineStyle: {width: 2, color: t.ink, type: "solid"}, itemStyle: {color: t.ink, opacity: 1},
            data: [-1, 1].map((side) => ({value: [h.barrier + side * (h.error || 0), i], ...cap}))};
        }),
        {name: "published", type: "scatter", symbol: "diamond", symbolSize: 13, z: 6, data: published.map((p) => [p.value, row.get(p.name)]),
          itemStyle: {color: t.colours[3], opacity: 1, borderColor: t.panel, borderWidth: 1}}],
    };
  };
  const figure = hopflow.figure({title: "Barriers by material and level", file: "barriers", height: 54 + 46 * entries.length, option, level: "h3",
    caption: "Bars: computed, with one standard deviation, all parts of the error."
        + (entries.some((h) => h.percolating)
            ? " Network: highest saddle on the lowest-barrier percolating path; 1D, 2D, 3D: dimensions in which it percolates." : "")
                + (several ? " Blue: the level of the first sentence; grey: other levels of theory." : "")
                    + (entries.some((h) => !h.percolating) ? " Hatched: barrier of one hop, not of a network." : "")
      + (published.length ? " Diamonds: published values." : ""),
    rows: () => [["material", "source", "barrier (eV)", "total error (eV)", "deciding hop", "dimension", "tier"],
      ...entries.map((h) => [h.name, "this run", h.barrier, h.error, h.hop, h.reached, h.tier]),
      ...published.map((p) => [p.name, "published, " + p.id, p.value, null, "", null, ""])]});
  return figure;
};
