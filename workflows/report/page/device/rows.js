// SPDX-License-Identifier: GPL-2.0-or-later
// The paper's device numbers next to the model's.
"use strict";

(() => {
  const {el, num, list, object, str, short} = hopflow;
  const verdicts = {hit: "good", miss: "bad", not_computed: "none"};
  hopflow.value = (x, digits = 3) => (typeof x === "number" ? short(x, digits)
    : Array.isArray(x) && x.length === 2 && x.every((v) => num(v) !== null) ? x.map((v) => short(v, digits)).join(" to ") : str(x) || "\u2013");
  // A computed number to the digits that its limits, or the error of the barrier it is, allow.
  const computedWords = (material, r) => {
    if (num(r.model) === null) return value(r.model);
    if (/^(neb|ea)\./.test(str(r.id))) return hopflow.measured(r.model, hopflow.headlineOf(material).error).value;
    const [low, high] = [num(r.p05), num(r.p95)];
    if (low === null || high === null || !(high > low)) return value(r.model);
    return r.model > 0 && low > 0 && high > 9 * low ? hopflow.power(Math.log10(r.model))
        : short(r.model, Math.min(4, Math.max(1, Math.ceil(Math.log10(3.29 * Math.abs(r.model) / (high - low))) + 1)));
  };
  const limits = (r) => {
    const [low, high] = [num(r.p05), num(r.p95)];
    if (low === null && high === null) return "\u2013";
    const wide = low > 0 && high > 9 * low;
    const one = (x) => (wide && x > 0 ? hopflow.power(Math.log10(x)) : value(x, 2));
    return one(low) + " to " + one(high) + (num(r.median) === null ? "" : ", median " + one(r.median));
  };
  const value = hopflow.value;
  const unit = (r) => (str(r.unit) && str(r.unit) !== "-" ? " " + str(r.unit) : "");

  const verdict = (material, r) => {
    const word = str(r.verdict).replaceAll("_", " ") || "not stated";
    // A model cell neither confirms nor refutes: no colour of success or failure.
    return material.model === true && r.verdict !== "not_computed" ? hopflow.state("none", word + " (model cell)")
        : hopflow.state(verdicts[r.verdict] || "none", word);
  };
  const name = {head: "Row", value: (r) => str(r.id), cell: (r) => [str(r.quantity) || str(r.id), str(r.quantity) ? el("div", {class: "reason"}, str(r.id))
      : null]};
  const paper = {head: "Paper", amount: true, value: (r) => (num(r.paper) === null ? str(r.paper) : r.paper), cell: (r) => value(r.paper) + unit(r)};
  const reason = (r) => str(r.reason) || null;

  hopflow.rowTables = ({material, device}) => {
    const all = list(device.rows).map(object);
    // Rows of other films stand with those films.
    const foreign = (r) => str(r.film) !== "" && str(r.film).toLowerCase() !== str(material.bare || material.name).toLowerCase();
    const rows = all.filter((r) => !foreign(r));
    if (!rows.length) return null;
    const computed = rows.filter((r) => r.verdict !== "not_computed");
    const without = rows.filter((r) => r.verdict === "not_computed");
    const count = (verdict, among = rows) => among.filter((r) => r.verdict === verdict).length;
    const independent = rows.filter((r) => r.role === "holdout" && r.kind === "independent");
    const unseen = rows.filter((r) => r.role === "holdout");
    const kinds = [...new Set(unseen.map((r) => str(r.kind)))].map((kind) => count("hit", unseen.filter((r) => str(r.kind) === kind)) + " " + kind);
    const caption = "The paper's device numbers and the model's, " + str(material.name);
    return [
      el("p", {}, "Independent tests (rows not used in the fit, and not calculable from fitted parameters alone): " + count("hit", independent) + " hit, "
          + count("miss", independent) + " missed. ",
        "Rows the fit never saw: " + count("hit", unseen) + " of " + unseen.length + " hit (" + kinds.join(", ") + "). ",
        "All rows: " + count("hit") + " hit, " + count("miss") + " missed, " + count("not_computed") + " not computed."),
      computed.length ? hopflow.table({caption, file: "device-" + hopflow.slug(material.name), rows: computed, below: reason,
        facets: [["Hit", "hit"], ["Missed", "miss"]].map(([label, v]) => ({label, test: (r) => r.verdict === v}))
            .concat({label: "Never seen by the fit", test: (r) => r.role === "holdout"}),
        columns: [name, {head: "Verdict", value: (r) => str(r.verdict), cell: (r) => verdict(material, r)}, paper,
          {head: "Computed", amount: true, value: (r) => (num(r.model) === null ? str(r.model) : r.model), cell: (r) => computedWords(material, r)
              + (typeof r.model === "number" ? unit(r) : "")},
          {head: "5 to 95 %", amount: true, cell: limits, help: "From the errors of the barrier, the attempt frequency and the fit."},
          {head: "Role", cell: (r) => str(r.role), help: "calibrate: the fit may use it; holdout: the fit never sees it; context: not scored."},
          {head: "Kind of test", cell: (r) => str(r.kind).replaceAll("_", " "),
            help: "independent: could have failed; arithmetic: follows from fitted numbers; sign: only a direction or an order; "
                + "bound: only a limit; given: an input of the device."}]}) : null,
      without.length ? hopflow.details(hopflow.plural(without.length, "row") + " not computed, with the reason",
        hopflow.table({caption: "Rows not computed, " + str(material.name), rows: without, below: reason,
            columns: [name, {head: "Role", cell: (r) => str(r.role)}, paper]})) : null];
  };
})();
