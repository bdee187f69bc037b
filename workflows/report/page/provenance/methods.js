// SPDX-License-Identifier: GPL-2.0-or-later
// A methods paragraph, made from what the run recorded and nothing else.
"use strict";

(() => {
  const {num, list, object, str, joined} = hopflow;

  // One text for all materials that share it, or each with its own.
  const shared = (materials, of) => {
    const byText = new Map();
    for (const m of materials) { const text = of(m); if (text) byText.set(text, [...(byText.get(text) || []), str(m.name)]); }
    const texts = [...byText];
    if (!texts.length) return "";
    return texts.length === 1 ? texts[0][0] : joined(texts.map(([text, names]) => text + " (" + names.join(", ") + ")"));
  };

  // What a barrier and its error bar are.
  const barrierWords = (materials) => {
    const out = [];
    const stated = materials.map(hopflow.headlineOf).filter((h) => h.barrier !== null);
    const parts = [...new Set(stated.flatMap((h) => h.parts.map((p) => p.name)))];
    if (parts.length) out.push("Error bars are total errors: " + joined(parts) + ".");
    const number = (h) => h.name + " " + hopflow.withError(h.barrier, h.error) + (h.reached === null || !h.percolating ? "" : " (" + h.reached + "D)");
    const [open, alone] = [true, false].map((percolates) => stated.filter((h) => h.percolating === percolates).map(number));
    if (open.length) out.push("The barrier of a material is the highest saddle on the lowest-barrier percolating path: " + joined(open) + ".");
    if (alone.length) out.push("Where no path percolates, the barrier of a material is that of its lowest converged hop: " + joined(alone) + ".");
    return out;
  };

  hopflow.methods = (run) => {
    const {summary, materials} = run;
    if (!materials.length) return "";
    const ion = hopflow.ionOf(materials);
    const protocol = (key) => (m) => str(object(m.protocol)[key]);
    const sentences = [];
    sentences.push("Migration paths of " + (ion ? ion + " vacancies" : "vacancies") + " in " + joined(materials.map((m) => str(m.name) || "(no name)"))
        + " were computed with hopflow " + (str(summary.hopflow) || "(version not recorded)") + ".");
    const cut = shared(materials, protocol("max_length_angstrom"));
    const classes = shared(materials, (m) => { const s = object(m.symmetry); return str(s.of) ? "the symmetry of the "
        + (s.of === "frame" ? "inorganic frame" : "crystal") + " at a tolerance of " + str(s.symprec_angstrom) + " \u00c5" : ""; });
    if (classes) sentences.push("Hops" + (cut ? " up to " + cut + " \u00c5" : "") + " were enumerated as distinct under " + classes + ".");
    const box = shared(materials, (m) => { const s = object(m.supercell); return num(s.atoms) === null ? "" : s.atoms
        + " atoms with a shortest image distance of " + hopflow.fixed(s.min_image_distance_angstrom, 1) + " \u00c5"; });
    if (box) sentences.push("Supercells, before a vacancy is made, hold " + box
        + (materials.every((m) => object(m.host).relax !== "cell") ? "; the cells stay as in the structure files" : "") + ".");
    const mobile = shared(materials, (m) => ({inorganic: "the inorganic atoms were relaxed and organic cations held",
        near: "the inorganic atoms and the organic cations near the hop were relaxed", all: "all atoms were relaxed"}[str(object(m.protocol).mobile)] || ""));
    if (mobile) sentences.push(mobile[0].toUpperCase() + mobile.slice(1) + ".");
    const images = shared(materials, (m) => { const n = Math.max(0, ...list(m.barriers).map((b) => list(object(object(b).profile).energy_ev).length));
        return n > 2 ? String(n - 2) : ""; });
    const force = shared(materials, protocol("fmax_ev_per_angstrom"));
    sentences.push("Minimum-energy paths were found with " + (images ? images + " images between the ends" : "a band of images between the ends")
        + (force ? ", until no force on the path exceeded " + force + " eV/\u00c5" : "") + ".");
    const engine = shared(materials, (m) => {
      const [e, f] = [object(m.engine), object(m.forcefield)];
      const name = hopflow.engineName(e);
      if (!name && !str(e.tier)) return "";
      return "a " + hopflow.tierOf(e.tier) + (hopflow.has(m.forcefield) ? ", " + str(f.name)
          + (str(f.charge_set) ? " with charge set " + str(f.charge_set) : "") : "") + (name ? " (" + name + ")" : "")
              + (str(object(m.protocol).charge || e.charge) ? ", charge of a cell with a vacancy: " + str(object(m.protocol).charge || e.charge) : "");
    });
    if (engine) sentences.push("Energies and forces come from " + engine + ".");
    const samples = shared(materials, (m) => (num(object(m.protocol).orientations) > 1 ? str(m.protocol.orientations) : ""));
    const deciding = shared(materials, protocol("sampled_hops")) === "deciding";
    if (samples) sentences.push((deciding ? "The hop that decides each network" : "Each hop") + " was sampled up to "
        + samples + " times over orientations of the organic cations.");
    sentences.push(...barrierWords(materials));
    const models = materials.filter((m) => m.model === true).map((m) => str(m.name));
    if (models.length) sentences.push(joined(models) + (models.length === 1 ? " is a model structure" : " are model structures") + ", not experimental.");
    return sentences.join(" ");
  };
})();
