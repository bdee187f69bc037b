// SPDX-License-Identifier: GPL-2.0-or-later
// Why a barrier may be trusted, hop by hop: its error's parts, its checks, its attempt frequency and rate.
"use strict";

(() => {
  const {el, num, list, object, str, fixed} = hopflow;

  hopflow.moves = (m) => (m === null || m === undefined ? "\u2013" : hopflow.short(object(m).turned_cations) + " / " + hopflow.short(object(m).movers));

  const frequency = (b) => {
    const p = object(b.prefactor);
    if (num(b.attempt_frequency_thz) === null) return str(p.reason) ? "none: " + str(p.reason) : "not computed";
    return hopflow.short(b.attempt_frequency_thz, 2) + " THz, reverse " + hopflow.short(p.reverse_thz, 2) + " THz, within "
      + fixed(100 * (p.factor - 1), 0) + " % (" + hopflow.short(p.atoms) + " atoms)";
  };
  const rate = (b) => {
    const r = object(b.rate);
    return num(r.forward_per_s) === null ? "\u2013" : hopflow.withinFactor(r.forward_per_s, r.factor) + " /s forward, "
        + hopflow.withinFactor(r.reverse_per_s, r.factor)
      + " /s back; one standard deviation is a factor of " + hopflow.factorWords(r.factor);
  };
  const parts = (b) => {
    const named = list(b.uncertainty_parts).map(object);
    const rows = named.length ? named.map((p) => ({name: str(p.name), ev: num(p.value_ev), note: str(p.note)}))
      : Object.entries(object(b.parts)).map(([name, ev]) => ({name: hopflow.visible(name), ev: num(ev), note: ""}));
    return rows.length ? hopflow.table({caption: "Parts of the error bar, " + str(b.hop), rows, columns: [
      {head: "Part", cell: (p) => p.name.replaceAll("_", " ")},
      {head: "Value (eV)", number: true, value: (p) => p.ev, cell: (p) => (p.ev === null ? "not computed" : hopflow.short(p.ev, 2))},
      rows.some((p) => p.note) ? {head: "Note", wide: true, cell: (p) => p.note} : null]}) : null;
  };

  hopflow.trust = (material) => {
    const barriers = list(material.barriers).map(object).filter((b) => list(b.checks).length || list(b.uncertainty_parts).length || list(b.warnings).length
        || num(b.forward_ev) !== null);
    if (!barriers.length) return null;
    const one = (b) => {
      const bad = list(b.checks).map(object).some((c) => c.passed === false);
      return hopflow.details([hopflow.hopName(b.hop), " ", bad ? hopflow.checkCell(b) : ""],
        hopflow.facts([
          ["Evaluations: ends, band, certificate", [b.evaluations_endpoints, b.evaluations_band, b.evaluations_certificate].map((n) => hopflow.short(n))
              .join(", ") + "; all " + hopflow.short(b.evaluations)],
          ["Largest force left on the path", num(b.fmax_ev_per_angstrom) === null ? null : fixed(b.fmax_ev_per_angstrom, 3) + " eV/\u00c5"],
          ["Rate barrier", num(b.rate_barrier_ev) === null ? null : hopflow.withError(b.rate_barrier_ev, hopflow.totalError(b, material))],
          ["Negative modes at the saddle", hopflow.short(b.negative_modes)],
          ["Cations turned / frame atoms moved", hopflow.moves(b.moves)],
          ["First path", str(b.first_path) || "\u2013"],
          ["Attempt frequency", frequency(b)],
          ["Rate" + (num(object(b.rate).temperature_k) === null ? "" : " at " + hopflow.short(b.rate.temperature_k) + " K"), rate(b)]]),
        parts(b),
        list(b.checks).length ? hopflow.table({caption: "Checks, " + str(b.hop), rows: list(b.checks).map(object), columns: [
          {head: "Check", cell: (c) => str(c.name).replaceAll("_", " ")},
          {head: "Passed", value: (c) => (c.passed === true ? "yes" : c.passed === false ? "no" : "open"),
            cell: (c) => (c.passed === true ? hopflow.state("good", "yes") : c.passed === false ? hopflow.state("bad", "no") : hopflow.state("none", "open"))},
          {head: "Detail", wide: true, cell: (c) => str(c.detail)}]}) : null,
        hopflow.notes(b.warnings), hopflow.notes(object(b.prefactor).warnings));
    };
    const failed = barriers.filter((b) => list(b.checks).map(object).some((c) => c.passed === false)).length;
    return hopflow.details(["Error bars and checks of " + hopflow.plural(barriers.length, "hop"), failed
        ? [" ", hopflow.state("bad", hopflow.plural(failed, "hop") + " with a failed check")] : null], el("div", {class: "within"}, barriers.map(one)));
  };
})();
