// SPDX-License-Identifier: GPL-2.0-or-later
// Puts the sections together and keeps figures right when colours, width or medium change.
"use strict";

(() => {
  const {el, str} = hopflow;
  const data = hopflow.object(JSON.parse(document.getElementById("data").textContent));
  const {runs, several, scenes, materials} = hopflow.gather(data);
  const study = several ? runs.map((r) => r.name).join(", ") : runs.length && str(runs[0].summary.study) || "unnamed study";
  document.title = study + " \u2013 hopflow report";

  // One section that cannot be drawn takes no other with it.
  const main = document.getElementById("main");
  const made = (make, ...input) => {
    try {
      return make(...input);
    } catch (problem) {
      console.error(problem);
      return hopflow.missing("A section could not be drawn: ", String(problem.message));
    }
  };
  hopflow.fill(document.getElementById("head"), [
    el("h1", {}, several ? "Runs compared: " + study : study), el("p", {class: "kicker"}, "hopflow report \u00b7 ", made(hopflow.metaLine, runs, materials))]);

  const viewer = materials.length ? made(hopflow.viewer, materials, scenes) : null;  // first: other sections link to its paths
  const comparisons = runs.flatMap((r) => r.comparisons);
  hopflow.fill(main, materials.length ? [
    made(hopflow.headline, runs, materials, scenes), el("nav", {id: "contents", "aria-label": "Contents"}),
    made(hopflow.runsSection, runs), made(hopflow.barriers, materials, comparisons, scenes), viewer, made(hopflow.diffusion, materials, scenes),
        made(hopflow.device, runs, materials),
    made(hopflow.crossbar, materials), made(hopflow.network, materials), made(hopflow.protocol, runs), made(hopflow.cite, runs, materials),
        made(hopflow.provenance, materials)]
    : [hopflow.missing("This run holds no material."), made(hopflow.protocol, runs)]);
  const contents = document.getElementById("contents");
  if (contents) {
    const all = hopflow.button("Open all", () => {
      const open = hopflow.folds.some((f) => !f.details.open);
      for (const f of hopflow.folds) { if (open) f.build(); f.details.open = open; }
      all.textContent = open ? "Close all" : "Open all";
    });
    const shown = hopflow.folds.filter((f) => f.details.isConnected).sort((a, b) =>
        (a.details.compareDocumentPosition(b.details) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1));
    hopflow.fill(contents, [el("ul", {}, shown.map((f) => el("li", {}, el("a", {href: "#" + f.id}, f.title))), el("li", {}, all))]);
  }
  hopflow.fill(document.getElementById("foot"), [
    el("p", {}, "Energies in eV, lengths in \u00c5, temperatures in K. "
        + "Tables and paths are also in the run folder as summary.json, barriers.csv and path.extxyz."),
    hopflow.licences(data.licences)]);

  // A link opens the section it leads to.
  const follow = () => { let id = ""; try { id = decodeURIComponent(location.hash.slice(1)); } catch { /* no such place */ } const fold = hopflow.openFold(id);
      if (fold) fold.details.scrollIntoView({block: "start"}); };
  addEventListener("hashchange", follow);
  document.addEventListener("click", (event) => {
    const link = event.target.closest ? event.target.closest("a[href^='#']") : null;
    if (link) hopflow.openFold(link.getAttribute("href").slice(1));
  });
  follow();

  hopflow.watchFigures();
  hopflow.startViews();
  hopflow.fillFolds();

  const repaint = (width) => {
    hopflow.redrawFigures(width);
    for (const again of [hopflow.repaintViews, hopflow.repaintViewer, hopflow.repaintNetwork]) if (again) again();
  };
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => repaint());
  // Paper shows every section; what is folded inside a section is printed if the reader has opened it.
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = hopflow.folds.map((f) => f.details).filter((d) => !d.open);
    for (const f of hopflow.folds) { f.build(); f.details.open = true; }
    document.documentElement.classList.add("paper");
    hopflow.onPaper = true;
    hopflow.redrawFigures(680);  // px between the margins of A4; no observer runs while a page is prepared for paper
    for (const still of [hopflow.stillViews, hopflow.stillViewer, hopflow.stillNetwork]) if (still) made(still);
  });
  addEventListener("afterprint", () => {
    for (const d of opened) d.open = false;
    document.documentElement.classList.remove("paper");
    hopflow.onPaper = false;
    repaint();
  });
})();
