// SPDX-License-Identifier: GPL-2.0-or-later
// Samples of a hop, cells of several sizes, and the vacancies hops begin from.
"use strict";

(() => {
  const {el, num, list, object, str, fixed} = hopflow;
  const ev = (key, decimals = 2) => ({number: true, value: (x) => num(x[key]), cell: (x) => fixed(x[key], decimals)});
  const status = {head: "Status", value: (x) => str(x.status), cell: (x) => hopflow.status(x.status)};
  // How cations were turned before anything relaxed, where there were several starts.
  const start = (rows) => (rows.some((x) => x.start) ? [{head: "Start", cell: (x) => (x.start ? "turned, " + x.start : "as in the host")}] : []);

  hopflow.samples = (material) => list(material.barriers).map(object).filter((b) => list(b.samples).length).map((b) => {
    const s = object(b.kra_statistics);
    const rows = list(b.samples).map(object);
    return hopflow.details([hopflow.hopName(b.hop), ": " + rows.length + " samples of this hop"],
      num(s.mean_ev) === null ? null : hopflow.facts([
        ["KRA, mean and standard error", hopflow.withError(s.mean_ev, s.sem_ev)], ["Standard deviation of one", fixed(s.sd_ev, 2) + " eV"],
        ["Median", fixed(s.median_ev, 2) + " eV"], ["Range", fixed(s.low_ev, 2) + " to " + fixed(s.high_ev, 2) + " eV"]]),
      hopflow.table({caption: "Samples of " + str(b.hop), rows, columns: [
        {head: "From", cell: (x) => str(x.from)}, {head: "To", cell: (x) => str(x.to)}, ...start(rows), status,
        {head: "Forward (eV)", ...ev("forward_ev")}, {head: "Reverse (eV)", ...ev("reverse_ev")}, {head: "KRA (eV)", ...ev("kra_ev")},
            {head: "\u0394E (eV)", ...ev("delta_e_ev")},
        {head: "Turned / moved", number: true, cell: (x) => hopflow.moves(x.moves),
            help: "Organic cations turned by more than 30\u00b0, other atoms moved by more than 0.5 \u00c5."},
        {head: "Evaluations", number: true, value: (x) => num(x.evaluations), cell: (x) => hopflow.short(x.evaluations)}],
      below: (x) => (str(x.reason) ? [str(x.from), " to ", str(x.to), ": ", str(x.reason)] : null)}));
  });

  hopflow.cellSeries = (material) => {
    const s = object(material.cell_series);
    if (!list(s.cells).length) return null;
    return [hopflow.table({caption: "Cell size, " + str(s.hop), rows: list(s.cells).map(object), columns: [
      {head: "Atoms", number: true, value: (c) => num(c.atoms), cell: (c) => hopflow.short(c.atoms)},
      {head: "Volume (\u00c5\u00b3)", ...ev("volume_angstrom3", 0)}, status, {head: "Forward (eV)", ...ev("forward_ev", 3)},
          {head: "Reverse (eV)", ...ev("reverse_ev", 3)}],
    below: (c) => (str(c.reason) ? [hopflow.short(c.atoms), " atoms: ", str(c.reason)] : null)}),
    num(s.limit_ev) === null ? null : el("p", {}, "Extrapolated to infinite cell size: ", hopflow.withError(s.limit_ev, s.limit_error_ev),
      num(s.forward_limit_ev) === null ? "" : [" (forward ", hopflow.withError(s.forward_limit_ev, s.forward_limit_error_ev), ", reverse ",
        hopflow.withError(s.reverse_limit_ev, s.reverse_limit_error_ev), ")"], "; ", str(s.note), ".")];
  };

  hopflow.vacancies = (material) => {
    const rows = list(material.vacancies).map(object);
    return rows.length ? hopflow.details(hopflow.plural(rows.length, "vacancy", "vacancies") + " of " + str(material.name),
      hopflow.table({caption: "Vacancies of " + str(material.name), rows, columns: [
        {head: "Site", cell: (v) => str(v.site)},
        {head: "Atom of the supercell", number: true, value: (v) => num(v.supercell_atom), cell: (v) => hopflow.short(v.supercell_atom)}, ...start(rows),
            status,
        {head: "Energy (eV)", ...ev("energy_ev", 3), help: "Total energy of the relaxed cell."},
        {head: "Drift (\u00c5)", ...ev("drift_angstrom"), help: "How far the vacancy moved while the cell relaxed."},
        {head: "Evaluations", number: true, value: (v) => num(v.evaluations), cell: (v) => hopflow.short(v.evaluations)}],
      below: (v) => (str(v.reason) ? [str(v.site), ": ", str(v.reason)] : null)})) : null;
  };
})();
