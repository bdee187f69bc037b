// SPDX-License-Identifier: GPL-2.0-or-later
// The table of hops: sortable, filtered by outcome, the deciding one marked, failed and open checks in sight.
"use strict";

(() => {
  const {el, num, list, object, str, fixed} = hopflow;

  hopflow.checkCell = (b) => {
    const checks = list(b.checks).map(object);
    if (!checks.length) return "\u2013";
    const names = (kind) => checks.filter(kind).map((c) => str(c.name).replaceAll("_", " "));
    const failed = names((c) => c.passed === false), open = names((c) => c.passed !== false && c.passed !== true);
    if (failed.length) return hopflow.state("bad", "failed: " + failed.join(", "));
    return open.length ? hopflow.state("none", open.length + " open") : hopflow.state("good", "all passed");
  };

  // Value and error of a hop in the digits the error allows.
  const energy = (material, key) => ({number: true, cell: (b) => hopflow.measured(num(b[key]), hopflow.totalError(b, material)).value, value: (b) =>
      num(b[key])});

  hopflow.hopTable = (material) => {
    const hops = new Map(list(material.hops).map(object).map((h) => [h.id, h]));
    const of = (b) => object(hops.get(b.hop));
    const deciding = hopflow.headlineOf(material).hop;
    const barriers = list(material.barriers).map(object);
    const any = (key) => barriers.some((b) => num(b[key]) !== null);
    return hopflow.table({
      caption: "Hops of " + str(material.name), file: "hops-" + hopflow.slug(material.name), rows: barriers,
          mark: (b) => deciding !== "" && str(b.hop) === deciding, filter: true,
      facets: [{label: "With a barrier", test: (b) => num(b.forward_ev) !== null}, {label: "Without a barrier", test: (b) => num(b.forward_ev) === null},
        {label: "A check failed", test: (b) => list(b.checks).map(object).some((c) => c.passed === false)},
        {label: "A check was not made", test: (b) => list(b.checks).map(object).some((c) => c.passed !== false && c.passed !== true)},
        {label: "Inside one component", test: (b) => of(b).component === "intra"}, {label: "Between components", test: (b) => of(b).component === "inter"}],
      columns: [
        {head: "Hop", help: "From one symmetry-distinct site to another, and the length (\u00c5). The link shows its path.", value: (b) => str(b.hop),
          cell: (b) => [hopflow.pathLink(material, str(b.hop)), str(b.hop) === deciding && deciding !== "" ? [" ", el("strong", {class: "decides"}, "decides")]
              : null]},
        {head: "Forward (eV)", ...energy(material, "forward_ev"),
            help: "The vacancy moves from the first site to the second, the ion from the second to the first."},
        {head: "Reverse (eV)", ...energy(material, "reverse_ev")},
        {head: "\u00b1 (eV)", number: true, value: (b) => hopflow.totalError(b, material),
            cell: (b) => hopflow.measured(0, hopflow.totalError(b, material)).error || "\u2013",
                help: "Total error: numerical, sampling, cell, protocol and model parts. The CSV has all digits."},
        {head: "Status", value: (b) => str(b.status), cell: (b) => hopflow.status(b.status),
            help: "slipped: an endpoint relaxed to another site; collapsed: the energy fell without limit; failed: the engine or the input gave no answer."},
        {head: "Checks", value: (b) => list(b.checks).map(object).filter((c) => c.passed === false).length, cell: hopflow.checkCell,
            help: "Failed checks by name; open ones were not done. Details under \u201cError bars and checks\u201d."},
        {head: "KRA (eV)", ...energy(material, "kra_ev"), help: "Kinetically resolved activation: saddle above the mean of both ends."},
        {head: "\u0394E (eV)", ...energy(material, "delta_e_ev"), help: "Second end minus first."},
        any("largest_climb_ev") ? {head: "Largest climb (eV)", ...energy(material, "largest_climb_ev"),
            help: "Highest single climb along the path, from a minimum to the next saddle."} : null,
        any("rate_barrier_ev") ? {head: "Rate barrier (eV)", file: true, value: (b) => num(b.rate_barrier_ev)} : null,
        {head: "Length (\u00c5)", number: true, value: (b) => num(of(b).length_angstrom), cell: (b) => fixed(of(b).length_angstrom, 2)},
        {head: "Per cell", file: true, value: (b) => num(of(b).multiplicity)},
        {head: "Component", value: (b) => str(of(b).component), cell: (b) => str(of(b).component) || "\u2013",
            help: "intra: both ends belong to one chain, layer or frame; inter: they do not."},
        {head: "Nearest atom (\u00c5)", file: true, value: (b) => num(of(b).bottleneck_angstrom)},
        {head: "fmax (eV/\u00c5)", file: true, value: (b) => num(b.fmax_ev_per_angstrom)},
        {head: "Evaluations", file: true, value: (b) => num(b.evaluations)},
      ],
      below: (b) => (str(b.reason) ? [hopflow.hopName(b.hop), ": ", str(b.reason)] : null)});
  };

  hopflow.allHops = (material) => (list(material.hops).length ? hopflow.details("All " + list(material.hops).length + " symmetry-distinct hops found in "
      + str(material.name),
    hopflow.table({caption: "Hops found, " + str(material.name), rows: list(material.hops).map(object), columns: [
      {head: "Hop", cell: (h) => hopflow.hopName(h.id), value: (h) => str(h.id)},
      {head: "From", cell: (h) => str(h.from)}, {head: "To", cell: (h) => str(h.to)},
      {head: "Length (\u00c5)", number: true, cell: (h) => fixed(h.length_angstrom, 3), value: (h) => num(h.length_angstrom)},
      {head: "Per cell", number: true, cell: (h) => hopflow.short(h.multiplicity), value: (h) => num(h.multiplicity)},
      {head: "Shared metals", number: true, cell: (h) => hopflow.short(h.shared_metal), value: (h) => num(h.shared_metal)},
      {head: "Component", cell: (h) => str(h.component)},
      {head: "Nearest atom (\u00c5)", number: true, cell: (h) => fixed(h.bottleneck_angstrom, 2), value: (h) => num(h.bottleneck_angstrom)},
      {head: "Forward = reverse by symmetry", cell: (h) => str(h.reversed_by_symmetry)},
      {head: "Computed", cell: (h) => str(h.selected)}]})) : null);
})();
