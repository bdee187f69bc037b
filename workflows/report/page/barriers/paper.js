// SPDX-License-Identifier: GPL-2.0-or-later
// The paper's barriers next to ours; verdicts are the summary's.
"use strict";

(() => {
  const {el, num, list, object, str} = hopflow;
  const given = (r) => r.value !== null && r.value !== undefined;

  hopflow.paperTable = (material) => {
    const rows = list(material.paper).map(object).filter((row) => /^(neb|ea)\./.test(str(row.id)));
    if (!rows.length) return null;
    const h = hopflow.headlineOf(material);
    const verdicts = new Map(h.paper.map((p) => [p.id, p]));
    // Ours is the number of the kind that was published: of the network, or of the easiest single hop.
    const ours = (r) => { const v = verdicts.get(str(r.id)); return v && v.ours !== null ? v.ours : h.barrier; };
    const error = (r) => { const v = verdicts.get(str(r.id)); return v && v.ours !== null ? v.error : h.error; };
    const verdict = (r) => {
      if (!given(r)) return hopflow.state("none", "not reported: a prediction");
      const v = verdicts.get(str(r.id));
      if (!v || !v.verdict) return hopflow.state("none", r.role === "context" ? "context, not scored" : "no verdict in this run");
      const word = {hit: "inside", miss: "outside", not_comparable: "not comparable"}[v.verdict] || v.verdict;
      // A model cell neither confirms nor refutes: no colour of success or failure.
      return [hopflow.state(material.model === true || v.verdict === "not_comparable" ? "none" : v.verdict === "hit" ? "good" : "bad", word
          + (material.model === true ? " (model cell)" : "")),
        v.reason ? el("div", {class: "reason"}, hopflow.prose(v.reason)) : null];
    };
    return hopflow.table({
      caption: "Published barriers and ours, " + str(material.name), file: "paper-" + hopflow.slug(material.name), rows, columns: [
        {head: "Row", help: "Name of the row in the reference file (inputs/reference); what was measured or computed stands below it.",
            value: (r) => str(r.id), cell: (r) => [str(r.quantity) || str(r.id), str(r.quantity) ? el("div", {class: "reason"}, str(r.id)) : null]},
        {head: "Published", amount: true, value: (r) => (num(r.value) === null ? str(r.value) : r.value),
          cell: (r) => (given(r) ? (Array.isArray(r.value) ? r.value.map(str).join(" to ") : str(r.value)) + " " + str(r.unit) : "not reported")},
        {head: "Ours (eV)", number: true, value: ours, cell: (r) => hopflow.measured(ours(r), error(r)).value},
        [...verdicts.values()].some((v) => v.quantity) ? {head: "Of", cell: (r) => object(verdicts.get(str(r.id))).quantity || "network",
            help: "Which of our numbers is of the kind that was published."} : null,
        {head: "Difference (eV)", number: true, value: (r) => (ours(r) === null || num(r.value) === null ? null : ours(r) - r.value),
          cell: (r) => (ours(r) === null || num(r.value) === null ? "\u2013" : (ours(r) >= r.value ? "+" : "")
              + hopflow.measured(ours(r) - r.value, error(r)).value)},
        {head: "Tolerance", cell: (r) => hopflow.tolerance(r.tolerance), help: "Chosen for the comparison, not published."},
        {head: "Verdict", value: (r) => object(verdicts.get(str(r.id))).verdict || "", cell: verdict},
        {head: "Role", cell: (r) => str(r.role), help: "holdout: only compared, nothing was fitted to it; calibrate: used in a fit; context: not scored."}],
      below: (r) => [str(r.condition), str(r.note)].filter((x) => x).join("; ") || null});
  };

  hopflow.comparisonTable = (comparisons) => (comparisons.length ? hopflow.table({caption: "Which barrier is higher", file: "comparisons", rows: comparisons,
      columns: [
    {head: "Materials", cell: (c) => str(c.a) + " \u2212 " + str(c.b)},
    {head: "Verdict", value: (c) => str(c.verdict), cell: (c) => hopflow.state(c.verdict === "separated" ? "good" : "none", c.verdict === "separated"
        ? str(c.higher) + " is higher" : "not separated")},
    {head: "Difference (eV)", number: true, value: (c) => num(c.difference_ev),
        cell: (c) => { const m = hopflow.measured(num(c.difference_ev), num(c.error_ev)); return m.value + (m.error ? " \u00b1 " + m.error : ""); },
            help: "With both total errors in quadrature."},
    {head: "Error (eV)", file: true, value: (c) => num(c.error_ev)},
    {head: "P", number: true, value: (c) => num(c.probability), cell: (c) => hopflow.probability(num(c.probability)),
        help: "Probability that the barrier with the larger value is the higher one, given the errors. An order is stated if it is at least 0.95."},
    {head: "Because", wide: true, cell: (c) => str(c.reason)}]}) : null);
})();
