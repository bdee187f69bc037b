// SPDX-License-Identifier: GPL-2.0-or-later
// Where everything comes from: protocol, structures, force fields, engines, what to cite, licences of the page's libraries.
"use strict";

(() => {
  const {el, num, list, object, str, short, fixed} = hopflow;
  const symmetry = (x) => { const g = object(x); return g.symbol || g.number ? [str(g.symbol), num(g.number) === null ? "" : " (no. " + g.number + ")"] : null;
      };
  const cell = (c) => (hopflow.has(c) ? ["a", "b", "c"].map((k) => fixed(c[k], 3)).join(", ") + " \u00c5; "
    + ["alpha", "beta", "gamma"].map((k) => fixed(c[k], 2)).join(", ") + "\u00b0" : null);
  const matrix = (rows) => (list(rows).length ? list(rows).map((r) => "[" + list(r).map((x) => short(x)).join(" ") + "]").join(" ") : null);
  const code = (x) => (str(x) ? el("code", {}, str(x)) : null);

  const material = (m) => {
    const [engine, force, box, host, framework, found] = [m.engine, m.forcefield, m.supercell, m.host, m.framework, m.symmetry].map(object);
    return el("div", {class: "block"}, el("h3", {}, hopflow.nameOf(m)),
      hopflow.facts([
        ["Structure", str(m.structure)], ["Hash of the structure", code(m.structure_hash || m.structure_sha256)],
        ["Formula", str(m.formula) ? hopflow.formula(m.formula) : null], ["Atoms in the cell", num(m.atoms) === null ? null : short(m.atoms)],
        ["Cell", cell(m.cell)], ["Volume", num(m.volume_angstrom3) === null ? null : fixed(m.volume_angstrom3, 2) + " \u00c5\u00b3"],
        ["Space group", symmetry(m.space_group)],
        ["Hops classed by", hopflow.has(m.symmetry) ? ["symmetry of the ", str(found.of), " at ", short(found.symprec_angstrom), " \u00c5: ",
            symmetry(m.symmetry) || "not found"] : null],
        ["Molecules", list(m.molecules).map(object).map((x) => `${short(x.count)} ${str(x.name)} (${str(x.formula)}`
            + (num(x.charge) === null ? ")" : `, charge ${x.charge > 0 ? "+" : ""}${x.charge})`)).join("; ")],
        ["Framework", hopflow.has(m.framework) ? short(framework.dimension) + "D, " + str(framework.sharing) + "-sharing" : null],
        ["Supercell", hopflow.has(m.supercell) ? [matrix(box.matrix), "; ", short(box.atoms), " atoms; nearest image ",
            fixed(box.min_image_distance_angstrom, 2), " \u00c5"] : null],
        ["Host", hopflow.has(m.host) ? ["relaxed: ", str(host.relax), "; ", host.converged === true ? "converged" : "not converged", ", fmax ",
            fixed(host.fmax_ev_per_angstrom, 4), " eV/\u00c5, ", short(host.evaluations), " evaluations", str(host.problem) ? "; " + str(host.problem) : ""]
                : null],
        ["Sites", list(m.sites).map(object).map((s) => str(s.label) + " \u00d7 " + short(s.multiplicity)).join(", ")],
        ["Force field", hopflow.has(m.forcefield) ? [str(force.name), force.charge_set ? ", charge set " + str(force.charge_set) : "", force.status
            ? "; status: " + str(force.status) : ""] : null],
        ["Engine", hopflow.has(m.engine) ? hopflow.engineName(engine) : null], ["Tier", hopflow.has(m.engine) ? hopflow.tierOf(engine.tier) : null],
            ["Charge", str(engine.charge)],
        ["Hash of the engine's parameters", code(engine.parameters_hash)]]),
      list(m.provenance).length ? [el("h4", {}, "What the structure file says of itself"), hopflow.notes(m.provenance)] : null,
      list(m.warnings).length ? [el("h4", {}, "Warnings"), hopflow.notes(m.warnings)] : null);
  };

  hopflow.protocol = (runs) => {
    const noted = runs.filter((r) => hopflow.notes(r.summary.notes));
    if (!noted.length) return null;
    return hopflow.fold({id: "protocol", title: "Protocol and limits", gist: hopflow.plural(noted.reduce((n, r) => n + list(r.summary.notes).length, 0),
        "note"),
      make: () => noted.map((r) => [runs.length > 1 ? el("h3", {}, r.name) : null, hopflow.notes(r.summary.notes)])});
  };

  const text = (title, words, file, type) => {
    const area = el("pre", {tabindex: "0", class: "paste", "aria-label": title}, words);
    const copy = hopflow.button("Copy", () => {
      const done = () => { copy.textContent = "Copied"; setTimeout(() => { copy.textContent = "Copy"; }, 1500); };
      const range = document.createRange();
      range.selectNodeContents(area);
      getSelection().removeAllRanges();
      getSelection().addRange(range);
      if (navigator.clipboard) navigator.clipboard.writeText(words).then(done, () => {});
    }, {"aria-label": "Copy: " + title});
    return el("div", {class: "group"}, el("div", {class: "figure-head"}, el("h3", {}, title),
        el("div", {class: "tools"}, copy, hopflow.button("Save", () => hopflow.save(words, type, file), {"aria-label": "Save: " + title}))), area);
  };

  hopflow.cite = (runs, materials) => hopflow.fold({id: "cite", title: "Methods and citations", gist: "a paragraph and BibTeX to paste", make: () => [
    runs.map((r) => { const words = hopflow.methods(r); return words ? text("Methods paragraph" + (runs.length > 1 ? ", " + r.name : ""), words, "methods.txt",
        "text/plain") : null; }),
    text("BibTeX", hopflow.bibtex(materials), "hopflow.bib", "text/plain")]});

  hopflow.provenance = (materials) => hopflow.fold({id: "provenance", title: "Provenance", gist: "structures, force fields, engines and their hashes",
      models: materials, make: () => materials.map(material)});

  hopflow.licences = (texts) => hopflow.details("Licences of the libraries in this page",
    list(texts).map(object).map((t) => [el("h4", {}, str(t.name).replace(/\/(LICENSE|NOTICE)$/, " $1")),
        el("pre", {tabindex: "0"}, typeof t.text === "string" ? t.text : "")]));
})();
