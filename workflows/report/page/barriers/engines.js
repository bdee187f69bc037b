// SPDX-License-Identifier: GPL-2.0-or-later
// One path, several engines.
"use strict";

(() => {
  const {num, list, object, str, fixed} = hopflow;

  // Every engine's number for a hop, next to that of the engine that made the path.
  const engineRows = (material) => list(material.barriers).map(object).filter((b) => list(b.refinements).length)
    .flatMap((b) => [{hop: b.hop, engine: object(b.engine), path: "its own", forward: b.forward_ev, reverse: b.reverse_ev, force: b.fmax_ev_per_angstrom,
        reason: b.reason},
      ...list(b.refinements).map(object).flatMap((r) => {
        const kept = object(r.re_evaluated), went = object(r.re_converged);
        const rows = [{hop: b.hop, engine: object(r.engine), path: "that path, re-evaluated", forward: kept.forward_ev, reverse: kept.reverse_ev,
          force: kept.residual_force_ev_per_angstrom, reason: r.re_evaluated ? kept.reason : r.reason,
          linear: object(kept.linear_energy_correction).forward_ev}];
        if (r.re_converged) rows.push({hop: b.hop, engine: object(r.engine), path: "re-converged from there", forward: went.forward_ev,
            reverse: went.reverse_ev,
          force: went.fmax_ev_per_angstrom, reason: went.reason});
        return rows;
      })]);

  hopflow.engineTable = (material) => {
    const rows = engineRows(material);
    if (!rows.length) return null;
    const ev = (key, words) => ({number: true, value: (r) => num(r[key]), cell: (r) => (num(r[key]) === null ? words : fixed(r[key], 2))});
    return hopflow.table({caption: "One path, several engines, " + str(material.name), rows, columns: [
      {head: "Hop", cell: (r) => hopflow.hopName(r.hop), value: (r) => str(r.hop)},
      {head: "Engine", cell: (r) => hopflow.engineName(r.engine)},
      {head: "Tier", cell: (r) => hopflow.tierOf(r.engine.tier)},
      {head: "Path", cell: (r) => str(r.path)},
      {head: "Forward (eV)", ...ev("forward", "no number")},
      {head: "Reverse (eV)", ...ev("reverse", "no number")},
      {head: "Linear correction (eV)", ...ev("linear", "\u2013"), help: "Forward barrier to first order in the difference between the engines."},
      {head: "Force left (eV/\u00c5)", number: true, value: (r) => num(r.force), cell: (r) => fixed(r.force, 3)},
      {head: "Charge", cell: (r) => str(r.engine.charge)}],
      below: (r) => (str(r.reason) ? [hopflow.hopName(r.hop), ", ", str(r.engine.name), ": ", str(r.reason)] : null)});
  };

  hopflow.engineFigure = (material) => {
    const drawn = list(material.barriers).map(object).filter((b) => list(b.refinements).length)
      .flatMap((b) => [{b, engine: object(b.engine), profile: object(b.profile)},
        ...list(b.refinements).map(object).map((r) => ({b, engine: object(r.engine), profile: object(object(r.re_evaluated).profile)}))])
      .map((p, i) => ({i, name: str(p.b.hop) + ", " + hopflow.engineName(p.engine), symbols: true,
        points: hopflow.pairs(p.profile.distance_angstrom, p.profile.energy_ev)})).filter((p) => p.points.length > 1);
    if (drawn.length < 2) return null;
    return hopflow.lineFigure({title: "The same images in several engines, " + str(material.name), file: "engines-" + hopflow.slug(material.name), height: 310,
      x: {name: "distance along the path (\u00c5)"}, y: {name: "energy (eV)"}, series: drawn,
      caption: "Energy of each image relative to the first. The first engine of each hop made the path; the others only re-evaluated it.",
      tip: (p, k) => ["image " + (k + 1), fixed(p[0], 2) + " \u00c5, " + fixed(p[1], 2) + " eV"]});
  };
})();
