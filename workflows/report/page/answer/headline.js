// SPDX-License-Identifier: GPL-2.0-or-later
// The one number of a material with its total error, its failed checks and what the paper says. Taken from the summary;
// run folders written before it had a headline are read as far as they go, and say so.
"use strict";

(() => {
  const {num, list, object, str} = hopflow;

  hopflow.tiers = {ff: "classical force field", mlip: "machine-learned potential", semiempirical: "semi-empirical method", dft: "density functional theory",
    analytic: "analytic surface", test: "test engine"};
  hopflow.tierOf = (tier) => hopflow.tiers[tier] || str(tier) || "engine of unstated tier";

  const failedIn = (barrier) => list(barrier.checks).map(object).filter((c) => c.passed === false).map((c) => str(c.name));
  const openIn = (barrier) => list(barrier.checks).map(object).filter((c) => c.passed === null || c.passed === undefined).map((c) => str(c.name));
  const words = (name) => str(name).replaceAll("_", " ");

  // A published number or range in words; "" where none was published.
  const published = (x) => (num(x) !== null ? hopflow.short(x, 3) : Array.isArray(x) && x.length === 2 && x.every((v) => num(v) !== null) ? x.map((v) => hopflow.short(v, 3)).join(" to ") : "");

  // Every hop's failed checks: {hop, checks, deciding}.
  hopflow.failedChecks = (material) => {
    const deciding = hopflow.headlineOf(material).hop;
    return list(material.barriers).map(object).map((b) => ({hop: str(b.hop), checks: failedIn(b).map(words), deciding: str(b.hop) === deciding && deciding !== ""}))
      .filter((f) => f.checks.length).sort((a, b) => Number(b.deciding) - Number(a.deciding));
  };

  // A hop's total error: older folders keep the error of the force field apart.
  hopflow.totalError = (barrier, material) => {
    const own = num(object(barrier).uncertainty_ev);
    const model = num(object(material).model_error_ev);
    if (own === null || object(barrier).parts || object(material).headline || model === null) return own;
    return Math.hypot(own, model);
  };

  hopflow.headlineOf = (material) => {
    const m = object(material);
    const [h, network] = [object(m.headline), object(m.network)];
    const stated = hopflow.has(m.headline);
    const hop = str(stated ? h.deciding_hop : network.deciding_hop);
    const barrier = list(m.barriers).map(object).find((b) => str(b.hop) === hop);
    const checksFailed = stated ? list(h.checks_failed).map((c) => words(object(c).name || c)) : barrier ? failedIn(barrier).map(words) : [];
    return {
      stated, name: str(m.name) || "(no name)", model: m.model === true, hop,
      barrier: num(stated ? h.barrier_ev : network.barrier_ev),
      error: stated ? num(h.uncertainty_ev) : hopflow.totalError({uncertainty_ev: network.uncertainty_ev}, m),
      parts: Object.entries(object(h.parts)).map(([name, ev]) => ({name: words(name), ev: num(ev)})).filter((p) => p.ev !== null).sort((a, b) => b.ev - a.ev),
      tier: str(stated ? h.tier : object(m.engine).tier),
      engine: str(stated ? object(h.engine).name ? [h.engine.name, h.engine.version].map(str).join(" ") : h.engine : [object(m.engine).name, object(m.engine).version].map(str).join(" ")).trim(),
      protocol: str(h.protocol),
      percolating: network.percolating === true,
      dimension: num(stated && h.dimension !== undefined ? h.dimension : network.dimension),
      checksFailed, checksOpen: barrier ? openIn(barrier).map(words) : [],
      status: barrier ? str(barrier.status) : "",
      paper: stated ? list(h.paper).map(object).filter((p) => published(p.value_ev)).map((p) => ({id: str(p.id), value: num(p.value_ev), text: published(p.value_ev), quantity: str(p.quantity),
        ours: num(p.ours_ev), error: num(p.uncertainty_ev), verdict: str(p.verdict), reason: str(p.reason)}))
        : list(m.paper).map(object).filter((r) => /^neb\./.test(str(r.id)) && num(r.value) !== null).map((r) => ({id: str(r.id), value: r.value, text: published(r.value), quantity: "", ours: null, error: null, verdict: "", reason: ""})),
    };
  };

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
      num(h.bottleneck_angstrom) === null ? "" : "nearest atom " + hopflow.fixed(h.bottleneck_angstrom, 2) + "\u00a0\u00c5 from the line",
      free === null ? "" : "free radius " + hopflow.fixed(free, 2) + "\u00a0\u00c5"].filter((w) => w).join(", ");
  };
  hopflow.frameWords = (material) => {
    const f = object(object(material).framework);
    if (num(f.dimension) === null) return "";
    const kind = {0: "isolated clusters", 1: "chains", 2: "layers", 3: "a 3D frame"}[f.dimension] || "";
    return kind + (str(f.sharing) ? " of " + str(f.sharing) + "-sharing polyhedra" : "");
  };
})();
