// SPDX-License-Identifier: GPL-2.0-or-later
// Barriers found before with a dear engine and derived again from their stored answers.
"use strict";

hopflow.referenceBands = (material) => {
  const {num, list, object, str} = hopflow;
  const rows = list(material.reference_bands).map(object).filter((b) => hopflow.has(b));
  if (!rows.length) return null;
  const energy = (key) => ({number: true, value: (b) => num(b[key]), cell: (b) => hopflow.measured(num(b[key]), num(b.uncertainty_ev)).value});
  return hopflow.table({caption: "Stored bands, " + str(material.name), file: "stored-bands-" + hopflow.slug(material.name), rows, columns: [
    {head: "Hop", cell: (b) => hopflow.hopName(b.hop), value: (b) => str(b.hop)},
    {head: "Forward (eV)", ...energy("forward_ev")}, {head: "Reverse (eV)", ...energy("reverse_ev")},
    {head: "\u00b1 (eV)", number: true, value: (b) => num(b.uncertainty_ev), cell: (b) => hopflow.measured(0, num(b.uncertainty_ev)).error || "\u2013",
        help: "Total error, including the parts that a band alone cannot give."},
    {head: "Level of theory", cell: (b) => hopflow.tierOf(b.tier)},
    {head: "Status", value: (b) => str(b.status), cell: (b) => (b.applies === false ? hopflow.state("bad", "does not belong to this crystal")
        : hopflow.status(b.status))},
    {head: "Checks", value: (b) => list(b.checks).map(object).filter((c) => c.passed === false).length, cell: hopflow.checkCell},
    {head: "Charge", cell: (b) => str(b.charge)},
    {head: "Calls", number: true, value: (b) => num(b.calls), cell: (b) => hopflow.short(b.calls), help: "Number of stored engine evaluations."}],
  below: (b) => [str(b.what), str(b.problem), str(b.reason)].filter((x) => x).join("; ") || null});
};
