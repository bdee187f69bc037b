// SPDX-License-Identifier: GPL-2.0-or-later
// Barriers: the headline cards, the table of hops, the paper's values, energy profiles and the reasons to trust them.
"use strict";

(() => {
  const {el, num, list, object, str, fixed} = hopflow;
  const ev = (x) => fixed(x, 3);
  // An error bar below what is printed is not zero.
  const bar = (x) => (num(x) !== null && x > 0 && x < 0.0005 ? "0.001" : ev(x));
  const error = (x) => (num(x) !== null && x > 0 && x < 0.0005 ? "< 0.001" : ev(x));
  const plusMinus = (value, error) => el("span", {class: "value"}, ev(value),
    num(error) === null ? null : el("span", {class: "error"}, " \u00b1\u00a0" + bar(error)), " eV");

  // Rows of the paper that speak of a barrier, and what ours is compared with.
  const barrierRows = (material) => list(material.paper).map(object)
    .filter((row) => /^(neb|ea)\./.test(str(row.id)));
  const headlineRows = (material) => barrierRows(material).filter((row) => /^neb\./.test(str(row.id)) && row.role !== "context" && num(row.value) !== null);
  const tiers = {ff: "classical force field", mlip: "machine-learnt potential", semiempirical: "semi-empirical method", dft: "density functional theory", analytic: "analytic surface"};
  const ours = (material) => num(object(material.network).barrier_ev);

  const verdict = (material, row) => {
    const value = ours(material);
    if (row.value === null || row.value === undefined) return hopflow.state("none", "not reported: a prediction");
    if (value === null) return hopflow.state("none", "no barrier of ours to compare");
    if (row.role === "context") return hopflow.state("none", "context, not scored");
    const inside = hopflow.inside(value, row.value, row.tolerance);
    if (inside === null) return hopflow.state("none", "not compared here");
    const word = inside ? "inside" : "outside";
    // A model cell neither confirms nor refutes: no colour of success or failure.
    if (material.model === true) return hopflow.state("none", word + " (model cell)");
    return hopflow.state(inside ? "good" : "bad", word);
  };

  hopflow.networkWord = (material) => {
    const network = object(material.network);
    if (network.percolating === true) return "network barrier";
    return num(network.barrier_ev) === null ? "no barrier" : "lowest converged hop";
  };

  const card = (material) => {
    const network = object(material.network);
    const counted = {};
    for (const b of list(material.barriers).map(object)) counted[str(b.status)] = (counted[str(b.status)] || 0) + 1;
    const paper = headlineRows(material);
    return el("article", {class: "card"},
      el("h3", {}, str(material.name) || "(no name)"),
      el("p", {class: "formula"}, hopflow.formula(material.formula), material.model === true ? [" ", hopflow.modelMark()] : null),
      el("p", {class: "big"}, num(network.barrier_ev) === null ? "no number" : plusMinus(network.barrier_ev, network.uncertainty_ev)),
      el("p", {class: "what"}, hopflow.networkWord(material), tiers[object(material.engine).tier] ? ", " + tiers[object(material.engine).tier] : ""),
      el("p", {}, network.percolating === true
        ? hopflow.state("good", ["percolating", num(network.dimension) === null ? "" : " in " + network.dimension + "D",
          network.deciding_hop ? [", decided by\u00a0", el("span", {class: "hop"}, str(network.deciding_hop))] : ""])
        : hopflow.state("warn", "not percolating")),
      el("p", {class: "paper"}, "Paper: ", paper.length
        ? paper.map((row, i) => [i ? "; " : "", [str(row.value), hopflow.margin(row.tolerance) === null ? "" : "\u00a0\u00b1\u00a0" + hopflow.short(hopflow.margin(row.tolerance)), "\u00a0", str(row.unit), " "], verdict(material, row)])
        : barrierRows(material).some((row) => /^neb\./.test(str(row.id))) ? "no value reported" : "no value to compare with"),
      el("p", {class: "tally"}, "Hops: ", Object.entries(counted).sort().map(([k, n]) => n + " " + k.replaceAll("_", " ")).join(", ") || "none computed"));
  };

  const forest = (materials) => {
    const rows = [];
    for (const m of materials) {
      const network = object(m.network);
      if (num(network.barrier_ev) !== null) {
        rows.push({label: str(m.name) + (m.model === true ? " (model cell)" : ""), value: network.barrier_ev, error: num(network.uncertainty_ev), paper: false,
          hollow: network.percolating !== true, kind: hopflow.networkWord(m)});
      }
      for (const row of headlineRows(m)) {
        rows.push({label: str(m.name) + ", paper", value: row.value, error: hopflow.margin(row.tolerance), paper: true, kind: str(row.id)});
      }
    }
    if (!rows.length) return null;
    rows.reverse();
    const option = (t) => {
      const lines = rows.map((r, i) => (r.error === null ? null : {
        type: "line", data: [[r.value - r.error, i], [r.value + r.error, i]], symbol: "none", silent: true,
        lineStyle: {width: r.paper ? 6 : 2, opacity: r.paper ? 0.35 : 1, color: r.paper ? t.soft : t.colours[0], type: "solid", cap: "round"},
      })).filter((x) => x);
      const points = rows.map((r, i) => ({
        value: [r.value, i], symbol: r.paper ? "diamond" : "circle",
        itemStyle: r.hollow ? {color: t.ground, borderColor: t.colours[0], borderWidth: 2} : {color: r.paper ? t.soft : t.colours[0]},
      }));
      return {
        legend: {show: false}, grid: {left: 164, right: 28, top: 8, bottom: 50},
        xAxis: hopflow.axis(t, "barrier (eV)", {type: "value", min: (v) => Math.min(0, v.min)}),
        yAxis: hopflow.axis(t, "", {type: "category", data: rows.map((r) => r.label), axisTick: {show: false}, splitLine: {show: false},
          axisLabel: {color: t.ink, fontSize: 12, width: 150, overflow: "truncate"}}),
        tooltip: {...hopflow.base(t).tooltip, formatter: (p) => { const r = rows[p.dataIndex];
          return hopflow.tip([r.label, r.kind, ev(r.value) + (r.error === null ? "" : " \u00b1 " + ev(r.error)) + " eV"]); }},
        series: [...lines, {type: "scatter", data: points, symbolSize: 12, z: 5, itemStyle: {opacity: 1}}],
      };
    };
    return hopflow.figure({title: "Barriers side by side", materials, file: "barriers", height: 66 + 34 * rows.length, option,
      caption: "Circles: this run, with the error bar; open circles: lowest converged hop of a network that does not percolate. "
        + "Diamonds: the paper's values, with the tolerance chosen for the comparison as a broad line."});
  };

  const hopTable = (material) => {
    const hops = new Map(list(material.hops).map(object).map((h) => [h.id, h]));
    const name = str(material.name);
    return hopflow.table({
      caption: "Barriers of " + name, materials: [material], rows: list(material.barriers).map(object),
      columns: [
        {head: "Hop", cell: (b) => el("span", {class: "hop"}, str(b.hop))},
        {head: "Status", cell: (b) => hopflow.status(b.status)},
        {head: "Forward (eV)", number: true, cell: (b) => ev(b.forward_ev)},
        {head: "Reverse (eV)", number: true, cell: (b) => ev(b.reverse_ev)},
        {head: "\u00b1 (eV)", number: true, cell: (b) => error(b.uncertainty_ev)},
        {head: "KRA (eV)", number: true, cell: (b) => ev(b.kra_ev)},
        {head: "\u0394E (eV)", number: true, cell: (b) => ev(b.delta_e_ev)},
        {head: "Length (\u00c5)", number: true, cell: (b) => fixed(object(hops.get(b.hop)).length_angstrom, 2)},
        {head: "Per cell", number: true, cell: (b) => hopflow.short(object(hops.get(b.hop)).multiplicity)},
        {head: "Component", cell: (b) => str(object(hops.get(b.hop)).component)},
        {head: "fmax (eV/\u00c5)", number: true, cell: (b) => fixed(b.fmax_ev_per_angstrom, 3)},
        {head: "Evaluations", number: true, cell: (b) => hopflow.short(b.evaluations)},
      ],
      below: (b) => (str(b.reason) ? [el("span", {class: "hop"}, str(b.hop)), ": ", str(b.reason)] : null)});
  };

  // Every engine's number for a hop, beside the one that made the path.
  const engineRows = (material) => list(material.barriers).map(object).filter((b) => list(b.refinements).length)
    .flatMap((b) => [{hop: b.hop, engine: object(b.engine), path: "its own", forward: b.forward_ev, reverse: b.reverse_ev, force: b.fmax_ev_per_angstrom, reason: b.reason},
      ...list(b.refinements).map(object).flatMap((r) => {
        const kept = object(r.re_evaluated), went = object(r.re_converged);
        const rows = [{hop: b.hop, engine: object(r.engine), path: "that path, re-evaluated", forward: kept.forward_ev, reverse: kept.reverse_ev,
          force: kept.residual_force_ev_per_angstrom, reason: r.re_evaluated ? kept.reason : r.reason,
          linear: object(kept.linear_energy_correction).forward_ev}];
        if (r.re_converged) rows.push({hop: b.hop, engine: object(r.engine), path: "re-converged from there", forward: went.forward_ev, reverse: went.reverse_ev,
          force: went.fmax_ev_per_angstrom, reason: went.reason});
        return rows;
      })]);

  const engines = (material) => {
    const rows = engineRows(material);
    if (!rows.length) return null;
    return hopflow.table({caption: "One path, several engines, " + str(material.name), materials: [material], rows, columns: [
      {head: "Hop", cell: (r) => el("span", {class: "hop"}, str(r.hop))},
      {head: "Engine", cell: (r) => str(r.engine.version)},
      {head: "Tier", cell: (r) => str(r.engine.tier)},
      {head: "Path", cell: (r) => str(r.path)},
      {head: "Forward (eV)", number: true, cell: (r) => (num(r.forward) === null ? "no number" : ev(r.forward))},
      {head: "Reverse (eV)", number: true, cell: (r) => (num(r.reverse) === null ? "no number" : ev(r.reverse))},
      {head: "Forward, linear energy correction (eV)", number: true, cell: (r) => ev(r.linear)},
      {head: "Force left (eV/\u00c5)", number: true, cell: (r) => fixed(r.force, 3)},
      {head: "Charge", cell: (r) => str(r.engine.charge)},
      {head: "Why no number", wide: true, cell: (r) => str(r.reason)},
    ]});
  };

  const enginesFigure = (material) => {
    const drawn = list(material.barriers).map(object).flatMap((b) => [{b, engine: object(b.engine), profile: object(b.profile)},
      ...list(b.refinements).map(object).map((r) => ({b, engine: object(r.engine), profile: object(object(r.re_evaluated).profile)}))]
      .filter(() => list(b.refinements).length))
      .map((p) => ({name: str(p.b.hop) + ", " + str(p.engine.version),
        points: list(p.profile.distance_angstrom).map((x, i) => [num(x), num(list(p.profile.energy_ev)[i])]).filter((v) => v[0] !== null && v[1] !== null)}))
      .filter((p) => p.points.length > 1);
    if (drawn.length < 2) return null;
    const option = (t) => ({
      xAxis: hopflow.axis(t, "distance along the path (\u00c5)", {type: "value"}),
      yAxis: hopflow.axis(t, "energy (eV)", {type: "value", nameGap: 44}),
      tooltip: {...hopflow.base(t).tooltip, formatter: (p) => hopflow.tip([p.seriesName, fixed(p.value[0], 2) + " \u00c5, " + ev(p.value[1]) + " eV"])},
      series: drawn.map((p, i) => ({name: p.name, type: "line", data: p.points, symbol: hopflow.symbols[i % 6], symbolSize: 9,
        itemStyle: {color: t.colours[i % 6]}, lineStyle: {width: 1.5, color: t.colours[i % 6], type: hopflow.strokes[i % 6]}})),
    });
    return hopflow.figure({title: "The same images in several engines, " + str(material.name), option, materials: [material],
      file: "engines-" + str(material.name).replace(/[^\w-]+/g, "-"), height: 310,
      caption: "Energy of each image relative to the first. The first engine of each hop made the path; the others only looked at it."});
  };

  const paperTable = (material) => {
    const rows = barrierRows(material);
    if (!rows.length) return hopflow.missing("The paper's reference rows hold no barrier for this material.");
    const value = ours(material);
    return hopflow.table({
      caption: "The paper's barriers beside ours, " + str(material.name) + " (ours: " + hopflow.networkWord(material) + ")",
      materials: [material], rows, columns: [
        {head: "Row", cell: (r) => [str(r.quantity) || str(r.id), str(r.quantity) ? el("div", {class: "reason"}, str(r.id)) : null]},
        {head: "Paper", number: true, cell: (r) => (r.value === null || r.value === undefined ? "not reported" : Array.isArray(r.value) ? r.value.map(str).join(" to ") : str(r.value)) + (r.value === null || r.value === undefined ? "" : " " + str(r.unit))},
        {head: "Ours (eV)", number: true, cell: () => ev(value)},
        {head: "Difference (eV)", number: true, cell: (r) => (value === null || num(r.value) === null ? "\u2013" : (value - r.value >= 0 ? "+" : "") + ev(value - r.value))},
        {head: "Tolerance", cell: (r) => hopflow.tolerance(r.tolerance)},
        {head: "Verdict", cell: (r) => verdict(material, r)},
        {head: "Role", cell: (r) => str(r.role)},
        {head: "Note from the literature", wide: true, cell: (r) => [str(r.condition), str(r.condition) && str(r.note) ? "; " : "", str(r.note)]},
      ]});
  };

  const profiles = (material) => {
    const drawn = list(material.barriers).map(object).map((b) => {
      const x = list(object(b.profile).distance_angstrom);
      const y = list(object(b.profile).energy_ev);
      const points = x.map((v, i) => [num(v), num(y[i])]).filter((p) => p[0] !== null && p[1] !== null);
      return {hop: str(b.hop), converged: b.status === "converged", points};
    }).filter((p) => p.points.length > 1);
    if (!drawn.length) return hopflow.missing("No energy profile: no path of ", str(material.name), " was kept.");
    const name = (p) => p.hop + (p.converged ? "" : " (not converged)");
    const option = (t) => ({
      xAxis: hopflow.axis(t, "distance along the path (\u00c5)", {type: "value"}),
      yAxis: hopflow.axis(t, "energy (eV)", {type: "value", nameGap: 44}),
      tooltip: {...hopflow.base(t).tooltip, formatter: (p) => hopflow.tip([p.seriesName, "image " + (p.dataIndex + 1),
        fixed(p.value[0], 2) + " \u00c5, " + ev(p.value[1]) + " eV"])},
      series: drawn.flatMap((p, i) => [
        {name: name(p), type: "line", data: hopflow.curve(p.points), symbol: "none", silent: true, itemStyle: {color: t.colours[i % 6]},
          lineStyle: {width: 2, color: t.colours[i % 6], type: p.converged ? hopflow.strokes[i % 6] : "dotted", opacity: p.converged ? 1 : 0.6}},
        {name: name(p), type: "scatter", data: p.points, symbol: hopflow.symbols[i % 6], symbolSize: 9, itemStyle: {opacity: 1, color: t.colours[i % 6]}},
      ]),
    });
    return hopflow.figure({title: "Energy profiles, " + str(material.name), option, materials: [material], file: "profiles-" + str(material.name).replace(/[^\w-]+/g, "-"),
      height: 310, caption: "Energy of each image relative to the first. Points are computed; lines only lead the eye."});
  };

  const moves = (m) => (m === null || m === undefined ? "\u2013" : hopflow.short(object(m).turned_cations) + " / " + hopflow.short(object(m).movers));

  // How cations lay before anything relaxed, where there were several ways.
  const start = (rows) => (rows.some((x) => x.start) ? [{head: "Start", cell: (x) => (x.start ? "turned, " + x.start : "as in the host")}] : []);

  // One row for each sample of a hop class.
  const samples = (material) => list(material.barriers).map(object).filter((b) => list(b.samples).length).map((b) => {
    const s = object(b.kra_statistics);
    return hopflow.details([el("span", {class: "hop"}, str(b.hop)), ": " + list(b.samples).length + " surroundings of this hop"],
      num(s.mean_ev) === null ? null : hopflow.facts([
        ["KRA, mean", plusMinus(s.mean_ev, s.sem_ev)], ["Scatter of one (sd)", ev(s.sd_ev) + " eV"],
        ["Median", ev(s.median_ev) + " eV"], ["Range", ev(s.low_ev) + " to " + ev(s.high_ev) + " eV"]]),
      hopflow.table({caption: "Samples of " + str(b.hop), materials: [material], rows: list(b.samples).map(object), columns: [
        {head: "From", cell: (x) => str(x.from)}, {head: "To", cell: (x) => str(x.to)}, ...start(list(b.samples).map(object)),
        {head: "Status", cell: (x) => hopflow.status(x.status)},
        {head: "Forward (eV)", number: true, cell: (x) => ev(x.forward_ev)},
        {head: "Reverse (eV)", number: true, cell: (x) => ev(x.reverse_ev)},
        {head: "KRA (eV)", number: true, cell: (x) => ev(x.kra_ev)},
        {head: "\u0394E (eV)", number: true, cell: (x) => ev(x.delta_e_ev)},
        {head: "Turned / movers", number: true, cell: (x) => moves(x.moves)},
        {head: "Evaluations", number: true, cell: (x) => hopflow.short(x.evaluations)}],
        below: (x) => (str(x.reason) ? [str(x.from), " to ", str(x.to), ": ", str(x.reason)] : null)}));
  });

  const series = (material) => {
    const s = object(material.cell_series);
    return list(s.cells).length ? [hopflow.table({caption: "Cell size: " + str(s.hop), materials: [material], rows: list(s.cells).map(object), columns: [
      {head: "Atoms", number: true, cell: (c) => hopflow.short(c.atoms)},
      {head: "Volume (\u00c5\u00b3)", number: true, cell: (c) => fixed(c.volume_angstrom3, 0)},
      {head: "Status", cell: (c) => hopflow.status(c.status)},
      {head: "Forward (eV)", number: true, cell: (c) => ev(c.forward_ev)},
      {head: "Reverse (eV)", number: true, cell: (c) => ev(c.reverse_ev)}],
      below: (c) => (str(c.reason) ? [hopflow.short(c.atoms), " atoms: ", str(c.reason)] : null)}),
      num(s.limit_ev) === null ? null : el("p", {}, "In an endless cell: ", plusMinus(s.limit_ev, s.limit_error_ev),
        num(s.forward_limit_ev) === null ? "" : [" (forward ", plusMinus(s.forward_limit_ev, s.forward_limit_error_ev), ", reverse ",
          plusMinus(s.reverse_limit_ev, s.reverse_limit_error_ev), ")"], "; ", str(s.note), ".")] : null;
  };

  const frequency = (b) => {
    const p = object(b.prefactor);
    if (num(b.attempt_frequency_thz) === null) return str(p.reason) ? "none: " + str(p.reason) : "not computed";
    return hopflow.short(b.attempt_frequency_thz) + " THz, from the far end " + hopflow.short(p.reverse_thz) + " THz, within "
      + fixed(100 * (p.factor - 1), 1) + " % (" + hopflow.short(p.atoms) + " atoms)";
  };
  const rate = (b) => {
    const r = object(b.rate);
    return num(r.forward_per_s) === null ? "\u2013" : hopflow.short(r.forward_per_s) + " /s forward, " + hopflow.short(r.reverse_per_s)
      + " /s back, within a factor " + hopflow.short(r.factor);
  };

  const trust = (material) => list(material.barriers).map(object).map((b) => hopflow.details(
    [el("span", {class: "hop"}, str(b.hop)), ": error bar and checks"],
    hopflow.facts([
      ["Evaluations", hopflow.short(b.evaluations)], ["for the endpoints", hopflow.short(b.evaluations_endpoints)],
      ["for the band", hopflow.short(b.evaluations_band)], ["for the certificate", hopflow.short(b.evaluations_certificate)],
      ["Negative modes at the saddle", hopflow.short(b.negative_modes)],
      ["Cations turned / frame atoms moved", moves(b.moves)],
      ["First path", str(b.first_path) || "\u2013"],
      ["Attempt frequency", frequency(b)],
      ["Rate" + (num(object(b.rate).temperature_k) === null ? "" : " at " + hopflow.short(b.rate.temperature_k) + " K"), rate(b)],
    ]),
    list(b.uncertainty_parts).length ? hopflow.table({caption: "Parts of the error bar, " + str(b.hop), materials: [material],
      rows: list(b.uncertainty_parts).map(object), columns: [
        {head: "Part", cell: (p) => str(p.name).replaceAll("_", " ")},
        {head: "Value (eV)", number: true, cell: (p) => (num(p.value_ev) === null ? "not computed" : fixed(p.value_ev, 4))},
        {head: "Note", wide: true, cell: (p) => str(p.note)}]}) : hopflow.missing("No parts of the error bar were recorded."),
    list(b.checks).length ? hopflow.table({caption: "Checks, " + str(b.hop), materials: [material],
      rows: list(b.checks).map(object), columns: [
        {head: "Check", cell: (c) => str(c.name).replaceAll("_", " ")},
        {head: "Passed", cell: (c) => (c.passed === true ? hopflow.state("good", "yes") : c.passed === false ? hopflow.state("bad", "no") : hopflow.state("none", "open"))},
        {head: "Detail", wide: true, cell: (c) => str(c.detail)}]}) : hopflow.missing("No checks were recorded."),
    hopflow.notes(b.warnings), hopflow.notes(object(b.prefactor).warnings)));

  const vacancies = (material) => (list(material.vacancies).length ? hopflow.table({
    caption: "Vacancies of " + str(material.name), materials: [material], rows: list(material.vacancies).map(object), columns: [
      {head: "Site", cell: (v) => str(v.site)},
      {head: "Atom of the supercell", number: true, cell: (v) => hopflow.short(v.supercell_atom)}, ...start(list(material.vacancies).map(object)),
      {head: "Energy (eV)", number: true, cell: (v) => ev(v.energy_ev)},
      {head: "Drift (\u00c5)", number: true, cell: (v) => fixed(v.drift_angstrom, 2)},
      {head: "Evaluations", number: true, cell: (v) => hopflow.short(v.evaluations)},
      {head: "Status", wide: true, cell: (v) => [hopflow.status(v.status), str(v.reason) ? el("div", {class: "reason"}, str(v.reason)) : null]}]}) : null);

  const allHops = (material) => (list(material.hops).length ? hopflow.details("All " + list(material.hops).length + " symmetry-distinct hops found",
    hopflow.table({caption: "Hops of " + str(material.name), materials: [material], rows: list(material.hops).map(object), columns: [
      {head: "Hop", cell: (h) => el("span", {class: "hop"}, str(h.id))},
      {head: "From", cell: (h) => str(h.from)}, {head: "To", cell: (h) => str(h.to)},
      {head: "Length (\u00c5)", number: true, cell: (h) => fixed(h.length_angstrom, 3)},
      {head: "Per cell", number: true, cell: (h) => hopflow.short(h.multiplicity)},
      {head: "Shared metals", number: true, cell: (h) => hopflow.short(h.shared_metal)},
      {head: "Component", cell: (h) => str(h.component)},
      {head: "Bottleneck (\u00c5)", number: true, cell: (h) => fixed(h.bottleneck_angstrom, 2)},
      {head: "Own reverse by symmetry", cell: (h) => str(h.reversed_by_symmetry)},
      {head: "Computed", cell: (h) => str(h.selected)}]})) : null);

  // Where the network opens, along which cell vector, and how fast a vacancy spreads in it.
  const transport = (material) => {
    const network = object(material.network);
    const along = object(network.along_cell);
    const diffusion = object(network.diffusion);
    const at = object(list(diffusion.temperatures)[0]);
    const line = object(diffusion.arrhenius);
    const steps = list(network.by_dimension).map(object);
    const rows = [
      ...steps.map((s) => ({what: "percolating in " + str(s.dimension) + "D", barrier: s})),
      ...["a", "b", "c"].filter((k) => k in along).map((k) => ({what: "along " + k, barrier: object(along[k]),
        speed: num(object(at.along_cell_cm2_per_s)[k]), activation: object(line.activation_along_cell_ev)[k]})),
      hopflow.has(at) ? {what: "mean of all directions", barrier: {}, speed: num(at.mean_cm2_per_s), low: num(at.mean_low_cm2_per_s),
        high: num(at.mean_high_cm2_per_s), activation: line.activation_ev} : null].filter((row) => row);
    if (!rows.length) return null;
    const range = (r) => (r.low === undefined || r.low === null || r.high === null ? "" : " (" + hopflow.short(r.low, 2) + " to " + hopflow.short(r.high, 2) + ")");
    return hopflow.table({
      caption: "The network of " + str(material.name) + (num(at.temperature_k) === null ? "" : "; one vacancy, dilute, at " + hopflow.short(at.temperature_k) + " K, attempt frequency "
        + hopflow.short(diffusion.attempt_frequency_thz) + " THz within a factor of " + hopflow.short(diffusion.attempt_frequency_factor)),
      materials: [material], rows, columns: [
        {head: "Path", cell: (r) => r.what},
        {head: "Highest saddle on it (eV)", number: true, cell: (r) => ev(r.barrier.barrier_ev)},
        {head: "Decided by", cell: (r) => (r.barrier.deciding_hop ? el("span", {class: "hop"}, str(r.barrier.deciding_hop)) : "\u2013")},
        {head: "D (cm\u00b2/s)", number: true, cell: (r) => (r.speed === undefined ? "\u2013" : hopflow.short(r.speed, 3) + range(r))},
        {head: "Activation energy of D (eV)", number: true, cell: (r) => ev(r.activation)}]});
  };

  const arrhenius = (materials) => {
    const lines = materials.map((m, i) => ({m, i, line: object(object(object(m.network).diffusion).arrhenius)}))
      .filter(({line}) => [line.from_k, line.to_k, line.activation_ev, line.prefactor_cm2_per_s].every((x) => num(x) !== null) && line.from_k > 0 && line.prefactor_cm2_per_s > 0);
    if (!lines.length) return null;
    const boltzmann = 8.617333262e-5;  // eV/K
    const series = lines.map(({m, i, line}) => ({i, name: str(m.name) + (m.model === true ? " (model cell)" : ""),
      data: Array.from({length: 11}, (_, k) => 1000 / line.from_k + k / 10 * (1000 / line.to_k - 1000 / line.from_k))
        .map((x) => [x, Math.log10(line.prefactor_cm2_per_s) - line.activation_ev * x / 1000 / boltzmann / Math.LN10])}));
    return hopflow.figure({title: "Diffusivity of one vacancy", file: "diffusivity", materials: lines.map(({m}) => m),
      caption: "Arrhenius line of a third of the trace of the diffusion tensor, exact for the hops that were computed, one attempt frequency for all.",
      option: (t) => ({
        xAxis: hopflow.axis(t, "1000 K / T", {type: "value", scale: true}), yAxis: hopflow.decades(t, "D (cm\u00b2/s)", series.flatMap((s) => s.data.map((p) => p[1]))),
        tooltip: {...hopflow.base(t).tooltip, formatter: (p) => hopflow.tip([p.seriesName, hopflow.short(1000 / p.value[0], 3) + " K", hopflow.short(10 ** p.value[1], 3) + " cm\u00b2/s"])},
        series: series.map((s) => ({type: "line", name: s.name, data: s.data, symbol: hopflow.symbols[s.i % 6], symbolSize: 6,
          itemStyle: {color: t.colours[s.i % 6]}, lineStyle: {width: 2, type: hopflow.strokes[s.i % 6]}}))})});
  };

  const comparisons = (summary) => {
    const rows = list(object(summary).barrier_comparisons).map(object);
    return rows.length ? hopflow.table({caption: "Which barrier is higher", materials: list(object(summary).materials).map(object), rows, columns: [
      {head: "Materials", cell: (c) => str(c.a) + " and " + str(c.b)},
      {head: "Difference (eV)", number: true, cell: (c) => ev(c.difference_ev)},
      {head: "Its error (eV)", number: true, cell: (c) => ev(c.error_ev)},
      {head: "Verdict", cell: (c) => (c.verdict === "separated" ? hopflow.state("good", str(c.higher) + " is higher") : hopflow.state("none", "not separated"))},
      {head: "Because", wide: true, cell: (c) => str(c.reason)}]}) : null;
  };

  hopflow.headline = (materials, summary) => hopflow.section("headline", "Barriers at a glance",
    el("div", {class: "cards"}, materials.map(card)), hopflow.modelNote(materials), forest(materials), comparisons(summary));

  hopflow.barriers = (materials) => hopflow.section("barriers", "Hops and barriers",
    el("p", {}, "Forward is the vacancy's way from the hop's first site to its second, the ion's from the second to the first; KRA (kinetically resolved activation) is the saddle above the mean of both ends; ",
      "\u0394E is the second end minus the first. A hop that slipped, collapsed or did not converge keeps its reason here and enters no average."),
    materials.map((m) => el("div", {class: "block"}, el("h3", {}, hopflow.nameOf(m)),
      object(m.network).note ? el("p", {}, str(object(m.network).note)) : null,
      list(m.barriers).length ? [hopTable(m), engines(m), enginesFigure(m), transport(m)] : hopflow.missing("No barrier was computed for this material."),
      samples(m), series(m), paperTable(m), profiles(m), trust(m), vacancies(m), allHops(m))), arrhenius(materials));
})();
