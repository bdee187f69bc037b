// SPDX-License-Identifier: GPL-2.0-or-later
// The number of a material with its total error, its failed checks and what the paper says, and the same at every other
// level of theory the run has. Taken from the summary; run folders written before it had a headline are read as far as
// they go, and say so.
"use strict";

(() => {
  const {num, list, object, str} = hopflow;

  hopflow.tiers = {ff: "classical force field", force_field: "classical force field", mlip: "machine-learned potential",
      semiempirical: "semi-empirical method", dft: "density functional theory",
    analytic: "analytic surface", test: "test engine"};
  hopflow.tierOf = (tier) => hopflow.tiers[tier] || str(tier) || "engine of unstated tier";

  // Programs as they write themselves.
  const programs = {lammps: "LAMMPS", cp2k: "CP2K", espresso: "Quantum ESPRESSO", qe: "Quantum ESPRESSO", chgnet: "CHGNet", sevennet: "SevenNet", xtb: "xtb"};
  hopflow.engineName = (engine) => { const e = object(engine); const name = str(e.name);
      return [programs[name.toLowerCase()] || name, str(e.version)].filter((x) => x).join(" "); };

  const failedIn = (barrier) => list(barrier.checks).map(object).filter((c) => c.passed === false).map((c) => str(c.name));
  const openIn = (barrier) => list(barrier.checks).map(object).filter((c) => c.passed === null || c.passed === undefined).map((c) => str(c.name));
  const words = (name) => str(name).replaceAll("_", " ");

  // A published number or range in words; "" where none was published.
  const published = (x) => (num(x) !== null ? hopflow.short(x, 3) : Array.isArray(x) && x.length === 2 && x.every((v) => num(v) !== null)
      ? x.map((v) => hopflow.short(v, 3)).join(" to ") : "");

  const ends = (x) => (num(x) !== null ? [x, x] : Array.isArray(x) && x.length === 2 && x.every((v) => num(v) !== null) ? x : null);

  // Every hop's failed checks: {hop, checks, deciding}.
  hopflow.failedChecks = (material) => {
    const deciding = hopflow.headlineOf(material).hop;
    return list(material.barriers).map(object).map((b) => ({hop: str(b.hop), checks: failedIn(b).map(words),
        deciding: str(b.hop) === deciding && deciding !== ""}))
      .filter((f) => f.checks.length).sort((a, b) => Number(b.deciding) - Number(a.deciding));
  };

  // The summary's headlines of a material: a list with the best level of theory first, or the one there is.
  const statedOf = (m) => { const many = list(m.headlines).map(object).filter(hopflow.has); return many.length ? many : hopflow.has(m.headline)
      ? [object(m.headline)] : []; };

  // A hop's total error: older folders keep the error of the force field apart.
  hopflow.totalError = (barrier, material) => {
    const own = num(object(barrier).uncertainty_ev);
    const model = num(object(material).model_error_ev);
    if (own === null || object(barrier).parts || statedOf(object(material)).length || model === null) return own;
    return Math.hypot(own, model);
  };

  const rowOf = (m, id) => object(list(m.paper).map(object).find((r) => str(r.id) === id));

  // How far a value may be from a row of the reference file, with its unit; "" where that is no single width.
  const toleranceOf = (m, id) => {
    const row = rowOf(m, id);
    const tolerance = row.tolerance ? hopflow.tolerance(row.tolerance) : "";
    if (!tolerance.startsWith("\u00b1")) return "";
    return /\d$/.test(tolerance) ? tolerance + "\u00a0" + (str(row.unit) || "eV") : tolerance;
  };

  // How a published value was obtained, without the material's name.
  const conditionOf = (m, id) => str(rowOf(m, id).condition).split(/,\s(.*)/s)[1] || "";

  // "5 of 6 passed"; "" where no check is stored. A stored band has checks of its own.
  const checksMade = (m, h, hop, barrier) => {
    const band = num(h.calls) === null ? null : list(m.reference_bands).map(object).find((b) => str(b.hop) === hop && str(b.tier) === str(h.tier));
    const made = list(object(band || barrier).checks).map(object);
    return made.length ? made.filter((c) => c.passed === true).length + " of " + made.length + " passed" : "";
  };

  const read = (m, h, stated) => {
    const network = object(m.network);
    const hop = str(stated ? h.deciding_hop : network.deciding_hop);
    const barrier = list(m.barriers).map(object).find((b) => str(b.hop) === hop);
    const checksFailed = stated ? list(h.checks_failed).map((c) => words(object(c).name || c)) : barrier ? failedIn(barrier).map(words) : [];
    return {
      stated, band: stated && num(h.calls) !== null, name: str(m.name) || "(no name)", model: m.model === true, hop,
      barrier: num(stated ? h.barrier_ev : network.barrier_ev),
      error: stated ? num(h.uncertainty_ev) : hopflow.totalError({uncertainty_ev: network.uncertainty_ev}, m),
      parts: Object.entries(object(h.parts)).map(([name, ev]) => ({name: words(name), ev: num(ev)})).filter((p) => p.ev !== null).sort((a, b) => b.ev - a.ev),
      tier: str(stated ? h.tier : object(m.engine).tier),
      engine: stated && typeof h.engine === "string" ? str(h.engine) : hopflow.engineName(stated ? h.engine : m.engine),
      protocol: str(h.protocol), pathEngine: str(h.path_engine),
      percolating: h.quantity === undefined ? network.percolating === true : h.quantity === "network",
      // The network opens in at least `dimension` directions, the same for every material, and in fact in `reached`.
      dimension: num(stated && h.dimension !== undefined ? h.dimension : network.dimension),
      reached: num(h.dimension_reached) === null ? num(stated && h.dimension !== undefined ? h.dimension : network.dimension) : h.dimension_reached,
      forcefield: ["ff", "force_field"].includes(str(h.tier) || str(object(m.engine).tier)) ? str(object(m.forcefield).name) : "",
      checksFailed, checks: checksMade(m, h, hop, barrier), checksOpen: barrier ? openIn(barrier).map(words) : [],
      status: barrier ? str(barrier.status) : "",
      paper: stated ? list(h.paper).map(object).filter((p) => published(p.value_ev))
          .map((p) => ({id: str(p.id), value: num(p.value_ev), range: ends(p.value_ev), text: published(p.value_ev), quantity: str(p.quantity),
        ours: num(p.ours_ev), error: num(p.uncertainty_ev), verdict: str(p.verdict), reason: str(p.reason),
        tolerance: toleranceOf(m, str(p.id)), condition: conditionOf(m, str(p.id))}))
        : list(m.paper).map(object).filter((r) => /^neb\./.test(str(r.id)) && num(r.value) !== null)
            .map((r) => ({id: str(r.id), value: r.value, range: ends(r.value), text: published(r.value), quantity: "", ours: null, error: null, verdict: "",
                reason: ""})),
    };
  };

  hopflow.headlinesOf = (material) => { const m = object(material); const many = statedOf(m); return many.length ? many.map((h) => read(m, h, true))
      : [read(m, {}, false)]; };
  hopflow.headlineOf = (material) => hopflow.headlinesOf(material)[0];
  // Where a material has several: "classical force field", with the engine where the tiers are the same.
  hopflow.levelOf = (h, others = []) => hopflow.tierOf(h.tier) + (others.some((o) => o !== h && o.tier === h.tier) && h.engine ? ", " + h.engine : "");

  // Which ion's vacancies: the letters of a site label.
  hopflow.ionOf = (materials) => {
    const labels = materials.flatMap((m) => list(m.sites).map(object).map((s) => /^[A-Z][a-z]?/.exec(str(s.label)))).filter((x) => x).map((x) => x[0]);
    const kinds = [...new Set(labels)];
    return kinds.length === 1 ? kinds[0] : "";
  };

  // What a hop is in the structure, in words.
  hopflow.hopWords = (material, id) => {
    const h = list(object(material).hops).map(object).find((x) => str(x.id) === id);
    if (!h) return "";
    const frame = object(object(material).framework);
    const component = {0: "cluster", 1: "chain", 2: "layer"}[num(frame.dimension)];
    const where = !component ? "" : h.component === "intra" ? "inside one " + component : h.component === "inter" ? "between two " + component + "s" : "";
    const metals = h.shared_metal === true ? 1 : h.shared_metal === false ? 0 : num(h.shared_metal);
    const free = num(h.free_radius_angstrom);
    return [where, num(h.length_angstrom) === null ? "" : hopflow.fixed(h.length_angstrom, 2) + "\u00a0\u00c5 long",
      metals === null ? "" : metals === 0 ? "no shared metal" : hopflow.plural(metals, "shared metal"),
      num(h.bottleneck_angstrom) === null ? "" : free === null ? "nearest atom " + hopflow.fixed(h.bottleneck_angstrom, 2) + "\u00a0\u00c5 from the line"
        : "bottleneck of free radius " + hopflow.fixed(free, 2) + "\u00a0\u00c5"].filter((w) => w).join(", ");
  };
  hopflow.frameWords = (material) => {
    const f = object(object(material).framework);
    if (num(f.dimension) === null) return "";
    const kind = {0: "isolated clusters", 1: "chains", 2: "layers", 3: "a 3D frame"}[f.dimension] || "";
    return kind + (str(f.sharing) ? " of " + str(f.sharing) + "-sharing polyhedra" : "");
  };
})();
