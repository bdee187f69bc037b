// SPDX-License-Identifier: GPL-2.0-or-later
// The device each barrier makes.
"use strict";

(() => {
  const {el, num, list, object, str} = hopflow;
  const value = hopflow.value;

  // What barriers say about the order of the films, and what they don't.
  const comparison = (found) => {
    const rows = list(object(found).materials).map(object).filter((r) => hopflow.has(r));
    if (!rows.length) return null;
    const band = (b) => hopflow.bandWords(num(object(b).median), num(object(b).p05), num(object(b).p95));
    const median = (key) => (r) => num(object(r[key]).median);
    const orders = list(found.orders).map(object).filter((r) => hopflow.has(r));
    const properties = list(found.properties).map(object).filter((r) => hopflow.has(r));
    return [el("h3", {}, "The films side by side"),
      hopflow.table({caption: "What each barrier means at 300 K: median (5 to 95 %)", file: "films", rows, columns: [
        {head: "Material", cell: (r) => str(r.name)}, {head: "Barrier (eV)", amount: true, value: (r) => num(r.barrier_ev),
            cell: (r) => hopflow.withError(r.barrier_ev, r.barrier_sd_ev)},
        {head: "Retention (s)", amount: true, value: median("tau_s"), cell: (r) => band(r.tau_s)},
            {head: "Switching at " + value(found.write_voltage_v) + " V (s)", amount: true, value: median("switching_s"), cell: (r) => band(r.switching_s)},
        {head: "Update pulses (V)", amount: true, cell: (r) => (hopflow.has(r.update) ? value(object(r.update).up_v) + " / " + value(object(r.update).down_v)
            : "\u2013")}]}),
      orders.length ? hopflow.table({caption: "Probability that one film is above another, given the error bars", file: "film-order", rows: orders, columns: [
        {head: "Order", cell: (r) => str(r.larger) + " > " + str(r.smaller)},
            {head: "P, barrier", number: true, value: (r) => num(r.barrier), cell: (r) => hopflow.probability(num(r.barrier))},
        {head: "P, retention", number: true, value: (r) => num(r.tau_s), cell: (r) => hopflow.probability(num(r.tau_s))}]}) : null,
      str(found.note) ? el("p", {class: "caption"}, hopflow.sentence(found.note)) : null,
      properties.length ? hopflow.table({caption: "Where each property comes from", file: "properties", rows: properties, columns: [
        {head: "Property", cell: (r) => str(r.property)}, {head: "From", cell: (r) => (str(r.from) === "barrier" ? "from the barrier" : str(r.from))},
            {head: "Explanation", wide: true, cell: (r) => str(r.sentence)}]}) : null];
  };

  hopflow.device = (runs, materials) => {
    const devices = materials.filter((m) => hopflow.has(m.device)).map((m) => ({material: m, device: object(m.device), name: str(m.name) || "(no name)"}));
    if (!devices.length) return null;
    const {shared, own} = hopflow.sharedNotes(devices.map((d) => d.device.notes));
    const rows = devices.flatMap((d) => list(d.device.rows).map(object)).filter((r) => r.role === "holdout" && r.kind === "independent");
    const gist = rows.length ? "independent tests against the paper: " + rows.filter((r) => r.verdict === "hit").length + " hit, "
        + rows.filter((r) => r.verdict === "miss").length + " missed" : hopflow.plural(devices.length, "device");
    return hopflow.fold({id: "device", title: "Device", gist, models: devices.map((d) => d.material), make: () => [
      hopflow.absent(materials, "device", "device"), hopflow.deviceFigures(devices),
      runs.map((r) => comparison(object(r.summary.device_comparison))),
      hopflow.noteFold("What is fitted, and what a barrier cannot explain", shared),
      devices.map((d, i) => el("div", {class: "block"}, el("h3", {}, hopflow.nameOf(d.material)),
        hopflow.noteFold(shared.length ? "What holds for this material" : "What is fitted, and what a barrier cannot explain", own[i]),
        hopflow.rowTables(d), hopflow.correlation(d), hopflow.identifiability(d), hopflow.nuisance(d), hopflow.pulseEnergy(d), hopflow.parameters(d)))]});
  };
})();
