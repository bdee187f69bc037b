// SPDX-License-Identifier: GPL-2.0-or-later
// Where everything comes from: structures, force fields, engines, protocol, licences of the page's libraries.
"use strict";

(() => {
  const {el, num, list, object, str, short, fixed} = hopflow;
  const symmetry = (x) => { const g = object(x); return g.symbol || g.number ? [str(g.symbol), num(g.number) === null ? "" : " (no. " + g.number + ")"] : null; };
  const cell = (c) => (hopflow.has(c) ? ["a", "b", "c"].map((k) => fixed(c[k], 3)).join(", ") + " \u00c5; "
    + ["alpha", "beta", "gamma"].map((k) => fixed(c[k], 2)).join(", ") + "\u00b0" : null);
  const matrix = (rows) => (list(rows).length ? list(rows).map((r) => "[" + list(r).map((x) => short(x)).join(" ") + "]").join(" ") : null);

  const material = (m) => {
    const [engine, force, box, host, framework, found] = [m.engine, m.forcefield, m.supercell, m.host, m.framework, m.symmetry].map(object);
    return el("div", {class: "block"}, el("h3", {}, hopflow.nameOf(m)),
      m.model === true ? hopflow.modelNote([m]) : null,
      hopflow.facts([
        ["Structure", str(m.structure)], ["Hash of the structure", str(m.structure_hash || m.structure_sha256) ? el("code", {}, str(m.structure_hash || m.structure_sha256)) : null],
        ["Formula", str(m.formula) ? hopflow.formula(m.formula) : null], ["Atoms in the cell", num(m.atoms) === null ? null : short(m.atoms)],
        ["Cell", cell(m.cell)], ["Volume", num(m.volume_angstrom3) === null ? null : fixed(m.volume_angstrom3, 2) + " \u00c5\u00b3"],
        ["Space group", symmetry(m.space_group)],
        ["Hops classed by", hopflow.has(m.symmetry) ? ["symmetry of the ", str(found.of), " at ", short(found.symprec_angstrom), " \u00c5: ", symmetry(m.symmetry) || "not found"] : null],
        ["Molecules", list(m.molecules).map(object).map((x) => `${short(x.count)} ${str(x.name)} (${str(x.formula)}` + (num(x.charge) === null ? ")" : `, charge ${x.charge > 0 ? "+" : ""}${x.charge})`)).join("; ")],
        ["Framework", hopflow.has(m.framework) ? short(framework.dimension) + "D, " + str(framework.sharing) + "-sharing" : null],
        ["Supercell", hopflow.has(m.supercell) ? [matrix(box.matrix), "; ", short(box.atoms), " atoms with the vacancy; nearest image ", fixed(box.min_image_distance_angstrom, 2), " \u00c5"] : null],
        ["Host", hopflow.has(m.host) ? ["relaxed: ", str(host.relax), "; ", host.converged === true ? "converged" : "not converged", ", fmax ", fixed(host.fmax_ev_per_angstrom, 4), " eV/\u00c5, ", short(host.evaluations), " evaluations", str(host.problem) ? "; " + str(host.problem) : ""] : null],
        ["Sites", list(m.sites).map(object).map((s) => str(s.label) + " \u00d7 " + short(s.multiplicity)).join(", ")],
        ["Force field", hopflow.has(m.forcefield) ? [str(force.name), force.charge_set ? ", charge set " + str(force.charge_set) : "", force.status ? "; status: " + str(force.status) : ""] : null],
        ["Engine", hopflow.has(m.engine) ? [str(engine.name), " ", str(engine.version)] : null],
        ["Tier", str(engine.tier)], ["Charge", str(engine.charge)],
        ["Hash of the engine's parameters", str(engine.parameters_hash) ? el("code", {}, str(engine.parameters_hash)) : null],
      ]),
      list(m.provenance).length ? [el("h4", {}, "What the structure file says of itself"), hopflow.notes(m.provenance)] : null,
      list(m.warnings).length ? [el("h4", {}, "Warnings"), hopflow.notes(m.warnings)] : null);
  };

  hopflow.protocol = (summary) => hopflow.section("protocol", "Protocol and limits",
    hopflow.notes(summary.notes) || hopflow.missing("The run recorded no notes."));

  hopflow.provenance = (materials) => hopflow.section("provenance", "Provenance", materials.map(material));

  hopflow.licences = (texts) => hopflow.details("Licences of the libraries in this page",
    list(texts).map(object).map((t) => [el("h4", {}, str(t.name).replace(/\/(LICENSE|NOTICE)$/, " $1")), el("pre", {tabindex: "0"}, typeof t.text === "string" ? t.text : "")]));
})();
