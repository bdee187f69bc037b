// SPDX-License-Identifier: GPL-2.0-or-later
// Puts the sections together and keeps figures right when colours, width or medium change.
"use strict";

(() => {
  const {el, num, list, object, str, short} = hopflow;
  const data = object(JSON.parse(document.getElementById("data").textContent));
  const summary = object(data.summary);
  const materials = list(summary.materials).filter((m) => m !== null && typeof m === "object" && !Array.isArray(m));
  const study = str(summary.study) || "unnamed study";
  document.title = study + " \u2013 hopflow report";

  hopflow.fill(document.getElementById("head"), [
    el("p", {class: "kicker"}, "hopflow report"),
    el("h1", {}, study),
    el("p", {class: "state-line"},
      summary.converged === true ? hopflow.state("good", "Everything asked for converged")
        : hopflow.state("warn", "Finished, but not everything converged; the reasons stand beside each hop"),
      summary.quick === true ? [" ", hopflow.state("warn", "Quick run: small cells, few hops")] : null),
    el("p", {class: "meta"}, materials.length + (materials.length === 1 ? " material" : " materials"),
      num(summary.evaluations) === null ? "" : ", " + summary.evaluations.toLocaleString("en-US") + " force evaluations",
      summary.hopflow ? ", hopflow " + str(summary.hopflow) : ""),
    hopflow.modelNote(materials),
  ]);

  // One section that cannot be drawn takes no other with it.
  const main = document.getElementById("main");
  const add = (make, ...input) => {
    try {
      main.append(make(...input));
    } catch (problem) {
      console.error(problem);
      main.append(hopflow.missing("A section could not be drawn: ", String(problem.message)));
    }
  };
  if (materials.length) {
    add(hopflow.headline, materials, summary);
    add(hopflow.protocol, summary);
    add(hopflow.barriers, materials);
    add(hopflow.viewer, materials, object(data.scenes));
    add(hopflow.device, materials, object(summary.device_comparison));
    add(hopflow.crossbar, materials);
    add(hopflow.network, materials);
  } else {
    main.append(hopflow.missing("This run holds no material."));
  }
  if (materials.length) add(hopflow.provenance, materials);
  else add(hopflow.protocol, summary);
  hopflow.fill(document.getElementById("contents"), [el("ul", {}, [...main.querySelectorAll("section")].map((s) =>
    el("li", {}, el("a", {href: "#" + s.id}, s.querySelector("h2").textContent))))]);
  hopflow.fill(document.getElementById("foot"), [
    el("p", {}, "Energies in eV, lengths in \u00c5, temperatures in K. Tables and paths are also in the run folder as summary.json, barriers.csv and path.extxyz."),
    hopflow.licences(data.licences)]);

  hopflow.drawFigures();
  if (hopflow.startViewer) hopflow.startViewer();

  const repaint = (width) => { hopflow.drawFigures(width); if (hopflow.repaintViewer) hopflow.repaintViewer(); };
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => repaint());
  // Paper shows what a reader would have to click for.
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("main details:not([open])")];
    for (const d of opened) d.open = true;
    document.documentElement.classList.add("paper");
    hopflow.onPaper = true;
    repaint(680);  // px between the margins of A4; no observer runs while a page is laid out for paper
  });
  addEventListener("afterprint", () => {
    for (const d of opened) d.open = false;
    document.documentElement.classList.remove("paper");
    hopflow.onPaper = false;
    repaint();
  });
})();
