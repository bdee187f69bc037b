// SPDX-License-Identifier: GPL-2.0-or-later
// Curves of one quantity against another: any number distinguishable, axes linear or in decades, cut off where one would
// flatten the rest.
"use strict";

(() => {
  const {num} = hopflow;

  // Pairs of two lists, without those that miss a number.
  hopflow.pairs = (x, y) => hopflow.list(x).map((v, i) => [num(v), num(hopflow.list(y)[i])]).filter((p) => p[0] !== null && p[1] !== null);

  const drawn = (s, to) => s.map((p) => [to.x(p[0]), to.y(p[1])]).filter((p) => p.every((v) => num(v) !== null));
  const logs = (axis) => (axis.log ? (v) => (v > 0 ? Math.log10(v) : null) : (v) => v);

  // Where curves of many points run over each other every curve shows its symbol at points of its own.
  const symbolSize = (s, curves) => (curves > 1 && s.data.length > 20 ? (value, p) => ((p.dataIndex + s.i) % 5 ? 3 : 8) : 8);

  // x, y: {name, log, min, scale}; series: {name, i, points, curve, symbols, thin, silent, faint, bold}: i chooses the look, curve
  // is drawn instead of straight lines, a silent one has no legend. focus: {max, beyond, what}; tip([x, y]): words.
  hopflow.lineFigure = ({x, y, series, focus, tip, ...what}) => {
    const to = {x: logs(x), y: logs(y)};
    const kept = series.map((s) => ({...s, data: drawn(s.points, to), line: s.curve ? drawn(s.curve, to) : null}))
        .filter((s) => s.data.length > (s.symbols ? 0 : 1));
    if (!kept.length) return null;
    const look = (s, colours) => {
      const own = hopflow.look(s.i, colours);
      return {...own, stroke: s.thin ? "dotted" : own.stroke, width: s.thin ? 1 : s.bold ? own.width + 1.5 : own.width, points: Boolean(s.symbols)};
    };
    const cut = Boolean(focus) && focus.max !== null && focus.max !== undefined;
    const axis = (t, spec, values, gap) => (spec.log ? hopflow.decades(t, spec.name, values, gap)
      : hopflow.axis(t, spec.name, {type: "value", scale: Boolean(spec.scale), nameGap: gap, ...(spec.min === undefined ? {} : {min: spec.min})}));
    const option = (t, state) => {
      const shown = kept.filter((s) => !state.hidden.has(s.name) && !(s.parent && state.hidden.has(s.parent)));
      const used = shown.length ? shown : kept;
      const yAxis = axis(t, y, used.flatMap((s) => s.data.map((p) => p[1])), 46);
      if (cut && !state.full) { yAxis.max = focus.max; yAxis.axisLabel = {...yAxis.axisLabel, showMaxLabel: false}; }
      return {
        xAxis: axis(t, x, used.flatMap((s) => s.data.map((p) => p[0])), 30), yAxis,
        tooltip: {...hopflow.base(t).tooltip, formatter: (p) => { const raw = used[Math.floor(p.seriesIndex / 2)].points.filter((q) => num(to.x(q[0])) !== null
            && num(to.y(q[1])) !== null)[p.dataIndex];
          return raw ? hopflow.tip([p.seriesName, ...tip(raw, p.dataIndex)]) : ""; }},
        series: used.flatMap((s) => {
          const l = look(s, t.colours);
          const opacity = s.faint ? 0.55 : 1;
          return [
            {name: s.name, type: "line", data: s.line || s.data, symbol: "none", silent: true, clip: true, z: s.bold ? 4 : 2,
              lineStyle: {width: l.width, type: l.stroke, color: l.colour, opacity}, itemStyle: {color: l.colour}},
            {name: s.name, type: "scatter", data: s.data, symbol: s.symbols ? l.symbol : "circle", symbolSize: s.symbols ? symbolSize(s, used.length) : 10,
                clip: true, z: 5,
              itemStyle: s.symbols ? {color: l.colour, opacity} : {color: "transparent"}}];
        })};
    };
    return hopflow.figure({...what, option,
      caption: what.caption + (cut ? " The axis is cut off above the range of interest; " + hopflow.plural(focus.beyond, focus.what || "curve") + " rise"
          + (focus.beyond === 1 ? "s" : "") + " beyond it." : ""),
      more: cut ? [{label: (state) => (state.full ? "Focus" : "Show all"), act: (state) => { state.full = !state.full; }}] : [],
      legend: (t) => kept.filter((s) => !s.silent).map((s) => ({name: s.name, look: look(s, t.colours)})),
      rows: () => [["series", x.name, y.name], ...kept.flatMap((s) => s.points.map((p) => [s.name, p[0], p[1]]))]});
  };
})();
