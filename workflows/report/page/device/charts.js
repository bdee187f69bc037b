// SPDX-License-Identifier: GPL-2.0-or-later
// Curves of the devices: current, retention, pulses, map, spike timing, impedance.
"use strict";

(() => {
  const {el, num, list, object, short} = hopflow;
  const pairs = hopflow.pairs;

  hopflow.deviceFigures = (devices) => {
    const each = (make) => devices.flatMap((d, i) => make(d, i));
    const iv = hopflow.lineFigure({title: "Current against voltage", file: "iv",
        caption: "Magnitude of the current through one DC cycle; points of zero current are left out.",
      x: {name: "voltage (V)"}, y: {name: "|current| (A)", log: true}, tip: (p) => [short(p[0], 3) + " V", short(p[1], 3) + " A"],
      series: each((d, i) => ({i, name: d.name, points: pairs(object(d.device.iv).voltage_v,
          list(object(d.device.iv).current_a).map((c) => (num(c) === null || c === 0 ? null : Math.abs(c))))}))});
    const retention = hopflow.lineFigure({title: "Retention against temperature", file: "retention",
        caption: "Time until the low-resistance state is lost. Thin lines: 5 % and 95 % limits from the errors of the barrier and the attempt frequency.",
      x: {name: "temperature (K)", scale: true}, y: {name: "retention time (s)", log: true}, tip: (p) => [short(p[0]) + " K", short(p[1], 2) + " s"],
      series: each((d, i) => {
        const r = object(d.device.retention);
        return [{i, name: d.name, symbols: true, points: pairs(r.temperature_k, r.tau_s)},
          ...[["p05_s", ", 5 %"], ["p95_s", ", 95 %"]].map(([key, word]) =>
              ({i, name: d.name + word, parent: d.name, thin: true, silent: true, points: pairs(r.temperature_k, r[key])}))];
      })});
    const pulses = hopflow.lineFigure({title: "Potentiation and depression", file: "pulses",
        caption: "Conductance after each pulse: potentiation (LTP) and depression (LTD, dotted).",
      x: {name: "pulse"}, y: {name: "conductance (S)", log: true}, tip: (p) => ["pulse " + short(p[0]), short(p[1], 3) + " S"],
      series: each((d, i) => ["ltp", "ltd"].map((key) => ({i, name: d.name + ", " + key.toUpperCase(), symbols: true, thin: key === "ltd",
          points: pairs(object(d.device[key]).pulse, object(d.device[key]).conductance_s)})))});
    const map = hopflow.lineFigure({title: "Programming map", file: "programming-map",
        caption: "Largest over smallest conductance after 300 pulses of 10 ms from state 0.5 (both assumed): 1 is none, to 100 analog, above digital.",
      x: {name: "pulse voltage (V)"}, y: {name: "Gmax / Gmin", log: true}, tip: (p) => [short(p[0], 3) + " V", "\u00d7 " + short(p[1], 3)],
      series: each((d, i) => ({i, name: d.name, symbols: true, points: pairs(object(d.device.map).voltage_v, object(d.device.map).ratio)}))});
    const stdp = hopflow.lineFigure({title: "Spike timing", file: "spike-timing",
        caption: "Conductance after over before two spikes; post after pre to the right. "
            + "The spikes' shape is assumed: signs and decay mean something, sizes do not.",
      x: {name: "post after pre (\u00b5s)"}, y: {name: "conductance ratio", log: true}, tip: (p) => [short(p[0], 3) + " \u00b5s", "\u00d7 " + short(p[1], 3)],
      series: each((d, i) => ({i, name: d.name, symbols: true, points: pairs(list(object(d.device.stdp).distance_s).map((x) => (num(x) === null ? null
          : 1e6 * x)),
        list(object(d.device.stdp).relative_change).map((x) => (num(x) === null ? null : 1 + x)))}))});
    const impedance = hopflow.lineFigure({title: "Impedance", file: "impedance",
        caption: "Magnitude without and with (dotted) a filament. The slow branch is the film's ions; area, permittivity and vacancy density are assumed.",
      x: {name: "frequency (Hz)", log: true}, y: {name: "|Z| (ohm)", log: true}, tip: (p) => [short(p[0], 3) + " Hz", short(p[1], 3) + " ohm"],
      series: each((d, i) => [["eis_off", "off"], ["eis_on", "on"]].map(([key, state]) => {
        const e = object(d.device[key]);
        const imaginary = list(e.imaginary_ohm).map(num);
        return {i, name: d.name + ", " + state, thin: state === "on", points: pairs(e.frequency_hz,
            list(e.real_ohm).map((r, k) => (num(r) === null || imaginary[k] === null || imaginary[k] === undefined ? null : Math.hypot(r, imaginary[k]))))};
      }))});
    const kept = [iv, retention, pulses, map, stdp, impedance].filter((f) => f);
    return kept.length ? el("div", {class: "pair"}, kept) : null;
  };
})();
