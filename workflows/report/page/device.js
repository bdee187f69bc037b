// SPDX-License-Identifier: GPL-2.0-or-later
// The device each barrier makes: currents, retention, analogue steps, and the paper's numbers beside the model's.
"use strict";

(() => {
  const {el, num, list, object, str, short} = hopflow;
  const pairs = (x, y) => list(x).map((v, i) => [num(v), num(list(y)[i])]).filter((p) => p[0] !== null && p[1] !== null);
  const verdicts = {hit: "good", miss: "bad", not_computed: "none"};

  // Values stand in decades above each other; with {decades: true} beside each other, too.
  const chart = ({decades, ...what}, devices, seriesOf, xName, yName, tip) => {
    const across = decades ? {to: Math.log10, back: (x) => 10 ** x, fits: (x) => x > 0} : {to: (x) => x, back: (x) => x, fits: () => true};
    const series = devices.map((d, i) => seriesOf(d, i)).flat()
      .map((s) => ({...s, data: s.data.filter((p) => p[1] > 0 && across.fits(p[0])).map((p) => [across.to(p[0]), Math.log10(p[1])])})).filter((s) => s.data.length > 1);
    if (!series.length) return hopflow.missing("No data: ", what.title, ".");
    const option = (t) => ({
      xAxis: decades ? hopflow.decades(t, xName, series.flatMap((s) => s.data.map((p) => p[0])), 30) : hopflow.axis(t, xName, {type: "value", scale: true}),
      yAxis: hopflow.decades(t, yName, series.flatMap((s) => s.data.map((p) => p[1]))),
      legend: {...hopflow.base(t).legend, data: [...new Set(series.filter((s) => !s.limit).map((s) => s.name))]},
      tooltip: {...hopflow.base(t).tooltip, formatter: (p) => hopflow.tip([p.seriesName, ...tip([across.back(p.value[0]), 10 ** p.value[1]])])},
      series: series.map((s) => ({
        type: "line", name: s.name, data: s.data, symbol: s.points ? hopflow.symbols[s.i % 6] : "none", symbolSize: 6, showSymbol: Boolean(s.points),
        triggerLineEvent: true, itemStyle: {color: t.colours[s.i % 6]},
        lineStyle: {width: s.thin ? 1 : 2, type: s.thin ? "dotted" : hopflow.strokes[s.i % 6], color: t.colours[s.i % 6]},
      })),
    });
    return hopflow.figure({...what, option, materials: devices.map((d) => d.material)});
  };

  const value = (x) => (typeof x === "number" ? short(x, 3) : str(x) || "\u2013");
  const unit = (r) => (str(r.unit) && str(r.unit) !== "-" ? " " + str(r.unit) : "");
  const verdict = (material, r) => {
    const word = str(r.verdict).replaceAll("_", " ") || "not stated";
    // A model cell neither confirms nor refutes: no colour of success or failure.
    return material.model === true && r.verdict !== "not_computed" ? hopflow.state("none", word + " (model cell)") : hopflow.state(verdicts[r.verdict] || "none", word);
  };
  const name = {head: "Row", cell: (r) => [str(r.quantity) || str(r.id), str(r.quantity) ? el("div", {class: "reason"}, str(r.id)) : null]};
  const rowTables = ({material, device}) => {
    const rows = list(device.rows).map(object);
    if (!rows.length) return hopflow.missing("No rows of the paper were compared.");
    const told = rows.filter((r) => r.verdict !== "not_computed");
    const untold = rows.filter((r) => r.verdict === "not_computed");
    const count = (verdict, among = rows) => among.filter((r) => r.verdict === verdict).length;
    const independent = rows.filter((r) => r.role === "holdout" && r.kind === "independent");
    const unseen = rows.filter((r) => r.role === "holdout");
    const kinds = [...new Set(unseen.map((r) => str(r.kind)))].map((kind) => count("hit", unseen.filter((r) => str(r.kind) === kind)) + " " + kind);
    return [
      el("p", {}, "Independent tests (rows the fit never saw and that are no arithmetic on fitted numbers): " + count("hit", independent) + " hit, " + count("miss", independent) + " missed. ",
        "Rows the fit never saw: " + count("hit", unseen) + " of " + unseen.length + " hit (" + kinds.join(", ") + "). ",
        "All rows: " + count("hit") + " hit, " + count("miss") + " missed, " + count("not_computed") + " not computed."),
      told.length ? hopflow.table({caption: "The paper's device numbers beside the model's, " + str(material.name), materials: [material], rows: told, columns: [
        name, {head: "Verdict", cell: (r) => verdict(material, r)},
        {head: "Paper", amount: true, cell: (r) => value(r.paper) + unit(r)}, {head: "Computed", amount: true, cell: (r) => value(r.model) + (typeof r.model === "number" ? unit(r) : "")},
        {head: "5 to 95 %", amount: true, cell: (r) => (num(r.p05) === null && num(r.p95) === null ? "\u2013" : value(r.p05) + " to " + value(r.p95) + (num(r.median) === null ? "" : ", median " + value(r.median)))},
        {head: "Role", cell: (r) => str(r.role)},
        {head: "Kind of test", cell: (r) => str(r.kind).replaceAll("_", " ")}, {head: "Reason", wide: true, cell: (r) => str(r.reason)}]}) : null,
      untold.length ? hopflow.details(untold.length + " rows not computed, with the reason",
        hopflow.table({caption: "Rows not computed, " + str(material.name), materials: [material], rows: untold, columns: [
          name, {head: "Role", cell: (r) => str(r.role)}, {head: "Paper", amount: true, cell: (r) => value(r.paper) + unit(r)}, {head: "Reason", wide: true, cell: (r) => str(r.reason)}]})) : null];
  };

  // How the fitted numbers hang together: the covariance of the fit, scaled by its standard deviations.
  const correlation = ({material, device}) => {
    const fit = object(device.fit), names = list(fit.names).map(str), sds = list(fit.sd).map(num), lines = list(fit.covariance).map(list);
    if (!names.length) return null;
    const title = "Correlation of the fitted numbers, " + str(material.name);
    if (!lines.length) return hopflow.details(title, hopflow.missing("The calibrate rows leave a fitted number free: there is no covariance."));
    // "ln off_conductance_s of iv.off.prpyr"
    const label = (name) => name.split(" ").map((word) => (word.includes("_") ? hopflow.label(word) : hopflow.visible(word))).join(" ");
    const cell = (i, j) => {
      const scaled = num(lines[i][j]) / (sds[i] * sds[j]);
      return num(lines[i][j]) !== null && sds[i] > 0 && sds[j] > 0 ? {text: hopflow.fixed(scaled, 2), share: (scaled + 1) / 2} : {text: "\u2013", share: null};
    };
    return hopflow.details(title,
      el("p", {}, "From the covariance of the fit, each calibrate row weighing with its tolerance as one standard deviation. Near 1 or \u22121 the rows fix only a combination of two numbers."),
      hopflow.shaded({caption: title + ": value, standard deviation, and correlation with each of the others", corner: "Fitted number", materials: [material],
        heads: ["Value", "\u00b1", ...names.map((_, j) => String(j + 1))],
        rows: lines.slice(0, names.length).map((_, i) => ({head: (i + 1) + " " + label(names[i]),
          cells: [{text: value(num(list(fit.values)[i])), share: null}, {text: value(sds[i]), share: null}, ...names.map((_, j) => cell(i, j))]}))}));
  };

  // What a fit would have made of another barrier: predictions that do not move say nothing about it.
  const identifiability = ({material, device}) => {
    const rows = list(device.identifiability).map(object);
    if (!rows.length) return null;
    return hopflow.details("What another barrier would have changed, " + str(material.name),
      el("p", {}, "Everything is fitted again with the barrier moved. A prediction that stays the same confirms no barrier."),
      hopflow.table({caption: "Refits around the barrier, " + str(material.name), materials: [material], rows,
        columns: Object.keys(rows[0]).map((key) => ({head: hopflow.label(key), number: true, cell: (r) => value(r[key])}))}));
  };

  // What the paper doesn't say, varied.
  const nuisance = ({material, device}) => {
    const rows = list(device.nuisance).map(object);
    return rows.length ? hopflow.details("What the paper does not say, varied, " + str(material.name),
      el("p", {}, "Dwell, pulse width, start state and read voltage are not published. Each is moved alone; the rest stays as in the fit."),
      hopflow.table({caption: "Unpublished protocol numbers, " + str(material.name), materials: [material], rows, columns: [
        {head: "Number", cell: (r) => hopflow.label(str(r.key))}, {head: "Value", number: true, cell: (r) => value(r.value)},
        {head: "Prediction", cell: (r) => str(r.prediction)},
        {head: "Model", amount: true, cell: (r) => (Array.isArray(r.model) ? list(r.model).map((x) => short(x, 3)).join(" to ") : value(r.model))}]})) : null;
  };

  const energy = ({material, device}) => {
    const rows = list(device.energy).map(object);
    return rows.length ? hopflow.details("Energy of the paper's pulses, " + str(material.name),
      hopflow.table({caption: "Write energy two ways, " + str(material.name), materials: [material], rows, columns: [
        {head: "Pulse", cell: (r) => str(r.pulse)}, {head: "Voltage (V)", number: true, cell: (r) => value(r.voltage_v)}, {head: "Width (s)", number: true, cell: (r) => value(r.width_s)},
        {head: "Integral of V I dt (J)", number: true, cell: (r) => value(r.integral_j)}, {head: "Final current for the whole pulse (J), as the paper counts", number: true, cell: (r) => value(r.final_current_j)},
        {head: "Hottest filament (K)", number: true, cell: (r) => value(r.hottest_k)}]})) : null;
  };

  // What barriers say about the order of the films, and what they don't.
  const comparison = (found, materials) => {
    const told = list(object(found).materials).map(object);
    if (!told.length) return null;
    const band = (b) => (num(object(b).median) === null ? "\u2013" : value(object(b).median) + " (" + value(object(b).p05) + " to " + value(object(b).p95) + ")");
    const orders = list(found.orders).map(object);
    return [el("h3", {}, "The films side by side"),
      hopflow.table({caption: "What each barrier means at 300 K: median (5 to 95 %)", materials, rows: told, columns: [
        {head: "Material", cell: (r) => str(r.name)}, {head: "Barrier (eV)", amount: true, cell: (r) => value(r.barrier_ev) + " \u00b1 " + value(r.barrier_sd_ev)},
        {head: "Retention (s)", amount: true, cell: (r) => band(r.tau_s)}, {head: "Switching at " + value(found.write_voltage_v) + " V (s)", amount: true, cell: (r) => band(r.switching_s)},
        {head: "Update pulses (V)", amount: true, cell: (r) => (hopflow.has(r.update) ? value(object(r.update).up_v) + " / " + value(object(r.update).down_v) : "\u2013")}]}),
      orders.length ? hopflow.table({caption: "How surely one film is above another, given the error bars", materials, rows: orders, columns: [
        {head: "Order", cell: (r) => str(r.larger) + " > " + str(r.smaller)}, {head: "Probability, barrier", number: true, cell: (r) => value(r.barrier)}, {head: "Probability, retention", number: true, cell: (r) => value(r.tau_s)}]}) : null,
      el("p", {class: "reason"}, str(found.note)),
      hopflow.table({caption: "Where each property comes from", materials, rows: list(found.properties).map(object), columns: [
        {head: "Property", cell: (r) => str(r.property)}, {head: "From", cell: (r) => (str(r.from) === "barrier" ? "from the barrier" : str(r.from))}, {head: "In a sentence", wide: true, cell: (r) => str(r.sentence)}]})];
  };

  const parameters = ({material, device}) => {
    const rows = Object.entries(object(device.parameters));
    return rows.length ? hopflow.details("Parameters of the device model, " + str(material.name),
      hopflow.table({caption: "Device parameters, " + str(material.name), materials: [material], rows, columns: [
        {head: "Parameter", cell: ([key]) => hopflow.label(key)},
        {head: "Value", cell: ([, value]) => (typeof value === "number" ? short(value, 5) : str(value))}]})) : null;
  };

  hopflow.device = (materials, found) => {
    const devices = materials.filter((m) => hopflow.has(m.device)).map((m) => ({material: m, device: object(m.device), name: str(m.name) + (m.model === true ? " (model cell)" : "")}));
    const section = hopflow.section("device", "Device");
    if (!devices.length) return hopflow.fill(section, [hopflow.missing("No device was computed in this run."), hopflow.absent(materials, "device", "device")]);
    // What every device has to say is said once.
    const counts = new Map();
    for (const d of devices) for (const note of new Set(list(d.device.notes).map(str))) counts.set(note, (counts.get(note) || 0) + 1);
    const shared = [...counts.keys()].filter((note) => devices.length > 1 && counts.get(note) === devices.length);
    const own = (d) => list(d.device.notes).filter((note) => !shared.includes(str(note)));
    const steps = (d, i) => ["ltp", "ltd"].map((key) => ({i, name: d.name + ", " + key.toUpperCase(), points: true,
      data: pairs(object(d.device[key]).pulse, object(d.device[key]).conductance_s), thin: key === "ltd"}));
    hopflow.fill(section, [
      hopflow.absent(materials, "device", "device"),
      el("div", {class: "pair"}, chart({title: "Current against voltage", file: "iv", caption: "Magnitude of the current through one DC cycle; points of zero current are left out."}, devices,
        (d, i) => ({i, name: d.name, data: pairs(object(d.device.iv).voltage_v, list(object(d.device.iv).current_a).map((c) => (num(c) === null || c === 0 ? null : Math.abs(c))))}),
        "voltage (V)", "|current| (A)", (v) => [short(v[0]) + " V", short(v[1], 3) + " A"]),
      chart({title: "Retention against temperature", file: "retention", caption: "Time until the low-resistance state is lost. Thin lines: 5 % and 95 % limits from the barrier's and the attempt frequency's uncertainty."}, devices,
        (d, i) => {
          const r = object(d.device.retention);
          return [{i, name: d.name, points: true, data: pairs(r.temperature_k, r.tau_s)},
            {i, name: d.name + ", 5 %", thin: true, limit: true, data: pairs(r.temperature_k, r.p05_s)}, {i, name: d.name + ", 95 %", thin: true, limit: true, data: pairs(r.temperature_k, r.p95_s)}];
        }, "temperature (K)", "retention time (s)", (v) => [short(v[0]) + " K", short(v[1], 3) + " s"])),
      chart({title: "Potentiation and depression", file: "pulses", caption: "Conductance after each pulse: potentiation (LTP) and depression (LTD)."}, devices, steps,
        "pulse", "conductance (S)", (v) => ["pulse " + short(v[0]), short(v[1], 3) + " S"]),
      el("div", {class: "pair"}, chart({title: "Programming map", file: "map", caption: "Largest over smallest conductance after 300 pulses of 10 ms from state 0.5 (both assumed): 1 is none, to 100 analog, above digital."}, devices,
        (d, i) => ({i, name: d.name, points: true, data: pairs(object(d.device.map).voltage_v, object(d.device.map).ratio)}), "pulse voltage (V)", "Gmax / Gmin", (v) => [short(v[0]) + " V", "x " + short(v[1], 3)]),
      chart({title: "Spike timing", file: "stdp", caption: "Conductance after over before two spikes; post after pre to the right. The spikes' shape is assumed: signs and decay mean something, sizes don't."}, devices,
        (d, i) => ({i, name: d.name, points: true, data: pairs(list(object(d.device.stdp).distance_s).map((x) => 1e6 * x), list(object(d.device.stdp).relative_change).map((x) => 1 + x))}),
        "post after pre (\u00b5s)", "conductance ratio", (v) => [short(v[0]) + " \u00b5s", "x " + short(v[1], 3)])),
      chart({title: "Impedance", file: "impedance", decades: true, caption: "Magnitude without (solid) and with (dotted) a filament. The slow branch is the film's ions; area, permittivity and vacancy density are assumed."}, devices,
        (d, i) => [["eis_off", "off"], ["eis_on", "on"]].map(([key, state]) => {
          const e = object(d.device[key]);
          return {i, name: d.name + ", " + state, thin: state === "on", data: pairs(e.frequency_hz, list(e.real_ohm).map((r, k) => Math.hypot(r, list(e.imaginary_ohm)[k])))};
        }), "frequency (Hz)", "|Z| (ohm)", (v) => [short(v[0], 3) + " Hz", short(v[1], 3) + " ohm"]),
      comparison(found, devices.map((d) => d.material)),
      shared.length ? [el("h3", {}, "What is fitted, and what a barrier cannot explain"), hopflow.notes(shared), hopflow.modelNote(devices.map((d) => d.material))] : null,
      devices.map((d) => el("div", {class: "block"}, el("h3", {}, hopflow.nameOf(d.material)),
        own(d).length ? [el("h4", {}, shared.length ? "What holds for this material" : "What is fitted, and what a barrier cannot explain"), hopflow.notes(own(d)), hopflow.modelNote([d.material])] : null,
        rowTables(d), correlation(d), identifiability(d), nuisance(d), energy(d), parameters(d))),
    ]);
    return section;
  };
})();
