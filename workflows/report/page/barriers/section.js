// SPDX-License-Identifier: GPL-2.0-or-later
// Hops and barriers of every material.
"use strict";

hopflow.barriers = (materials, comparisons, scenes) => {
  const {el, list, object, str} = hopflow;
  const hops = materials.flatMap((m) => list(m.barriers).map(object));
  const withNumber = hops.filter((b) => hopflow.num(b.forward_ev) !== null).length;
  const failed = materials.reduce((n, m) => n + hopflow.failedChecks(m).length, 0);
  const gist = [hopflow.plural(hops.length, "hop") + ", " + withNumber + " with a barrier", failed
      ? ["; ", hopflow.state("bad", hopflow.plural(failed, "hop") + " with a failed check")] : ""];
  return hopflow.fold({id: "barriers", title: "Hops and barriers", gist, models: materials, make: () => [
    hopflow.comparisonTable(comparisons),
    materials.map((m) => el("div", {class: "block"}, el("h3", {}, hopflow.nameOf(m)),
      str(object(m.network).note) ? el("p", {}, hopflow.sentence(object(m.network).note)) : null,
      list(m.barriers).length ? hopflow.hopTable(m) : hopflow.missing("No barrier was computed for this material."),
      hopflow.profiles(m, scenes), hopflow.referenceBands(m), hopflow.engineTable(m), hopflow.engineFigure(m), hopflow.paperTable(m), hopflow.cellSeries(m),
          hopflow.samples(m),
      hopflow.trust(m), hopflow.vacancies(m), hopflow.allHops(m)))]});
};

hopflow.diffusion = (materials, scenes) => {
  const {el, has, object} = hopflow;
  const shown = materials.filter((m) => has(object(m.network).diffusion) || hopflow.list(object(m.network).by_dimension).length || hopflow.hasEdges(m));
  if (!shown.length) return null;
  const gist = shown.map((m) => { const h = hopflow.headlineOf(m); return h.percolating && h.dimension !== null ? h.name + " " + h.reached + "D" : ""; })
      .filter((w) => w).join(", ");
  return hopflow.fold({id: "hop-network", title: "Hop network and diffusion", gist, models: shown, make: () => [
    hopflow.networkCell(shown.filter(hopflow.hasEdges), scenes), shown.map((m) => { const table = hopflow.transport(m); return table ? el("div",
        {class: "block"}, el("h3", {}, hopflow.nameOf(m)), table) : null; }), hopflow.arrhenius(shown)]});
};
