// SPDX-License-Identifier: GPL-2.0-or-later
// The device each barrier makes: currents, retention, analogue steps, and the paper's numbers beside the model's.
"use strict";

(() => {
  const {el, num, list, object, str, short} = hopflow;
  const pairs = (x, y) => list(x).map((v, i) => [num(v), num(list(y)[i])]).filter((p) => p[0] !== null && p[1] !== null);
  const verdicts = {hit: "good", miss: "bad", not_computed: "none"};

  const chart = (what, devices, seriesOf, xName, yName, tip) => {
    const series = devices.map((d, i) => seriesOf(d, i)).flat()
      .map((s) => ({...s, data: s.data.filter((p) => p[1] > 0).map((p) => [p[0], Math.log10(p[1])])})).filter((s) => s.data.length > 1);
    if (!series.length) return hopflow.missing("No data: ", what.title, ".");
    const option = (t) => ({
      xAxis: hopflow.axis(t, xName, {type: "value", scale: true}),
      yAxis: hopflow.decades(t, yName, series.flatMap((s) => s.data.map((p) => p[1]))),
      legend: {...hopflow.base(t).legend, data: [...new Set(series.filter((s) => !s.limit).map((s) => s.name))]},
      tooltip: {...hopflow.base(t).tooltip, formatter: (p) => hopflow.tip([p.seriesName, ...tip([p.value[0], 10 ** p.value[1]])])},
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
    return [
      el("p", {}, "Independent tests (rows the fit never saw and that are no arithmetic on fitted numbers): " + count("hit", independent) + " hit, " + count("miss", independent) + " missed. ",
        "All rows: " + count("hit") + " hit, " + count("miss") + " missed, " + count("not_computed") + " not computed."),
      told.length ? hopflow.table({caption: "The paper's device numbers beside the model's, " + str(material.name), materials: [material], rows: told, columns: [
        name, {head: "Verdict", cell: (r) => verdict(material, r)},
        {head: "Paper", amount: true, cell: (r) => value(r.paper) + unit(r)}, {head: "Computed", amount: true, cell: (r) => value(r.model) + (typeof r.model === "number" ? unit(r) : "")},
        {head: "5 to 95 %", amount: true, cell: (r) => (num(r.p05) === null && num(r.p95) === null ? "\u2013" : value(r.p05) + " to " + value(r.p95))},
        {head: "Role", cell: (r) => str(r.role)},
        {head: "Kind of test", cell: (r) => str(r.kind).replaceAll("_", " ")}, {head: "Reason", wide: true, cell: (r) => str(r.reason)}]}) : null,
      untold.length ? hopflow.details(untold.length + " rows not computed, with the reason",
        hopflow.table({caption: "Rows not computed, " + str(material.name), materials: [material], rows: untold, columns: [
          name, {head: "Role", cell: (r) => str(r.role)}, {head: "Paper", amount: true, cell: (r) => value(r.paper) + unit(r)}, {head: "Reason", wide: true, cell: (r) => str(r.reason)}]})) : null];
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

  const parameters = ({material, device}) => {
    const rows = Object.entries(object(device.parameters));
    return rows.length ? hopflow.details("Parameters of the device model, " + str(material.name),
      hopflow.table({caption: "Device parameters, " + str(material.name), materials: [material], rows, columns: [
        {head: "Parameter", cell: ([key]) => hopflow.label(key)},
        {head: "Value", cell: ([, value]) => (typeof value === "number" ? short(value, 5) : str(value))}]})) : null;
  };

  hopflow.device = (materials) => {
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
      shared.length ? [el("h3", {}, "What is fitted, and what a barrier cannot explain"), hopflow.notes(shared), hopflow.modelNote(devices.map((d) => d.material))] : null,
      devices.map((d) => el("div", {class: "block"}, el("h3", {}, hopflow.nameOf(d.material)),
        own(d).length ? [el("h4", {}, shared.length ? "What holds for this material" : "What is fitted, and what a barrier cannot explain"), hopflow.notes(own(d)), hopflow.modelNote([d.material])] : null,
        rowTables(d), identifiability(d), parameters(d))),
    ]);
    return section;
  };
})();
