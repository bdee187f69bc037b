// SPDX-License-Identifier: GPL-2.0-or-later
// Energy profiles of all hops of a material.
"use strict";

(() => {
  const {list, object, str, fixed} = hopflow;

  hopflow.profiles = (material, scenes) => {
    const deciding = hopflow.headlineOf(material).hop;
    const drawn = list(material.barriers).map(object).map((b) => ({b, ...hopflow.profileOf(b, hopflow.sceneOf(scenes, b.path))}))
        .filter((p) => p.points.length > 1);
    if (!drawn.length) return null;
    const converged = (b) => str(b.status).startsWith("converged");
    const decides = (b) => deciding !== "" && str(b.hop) === deciding;
    const top = (p) => Math.max(...p.points.map((q) => q[1]));
    const main = drawn.find((p) => decides(p.b));
    const focus = hopflow.focus(drawn.map(top), main ? top(main) : null);
    return hopflow.lineFigure({title: "Energy profiles, " + str(material.name), file: "profiles-" + hopflow.slug(material.name), height: 360,
      x: {name: "distance along the path (\u00c5)"}, y: {name: "energy (eV)"},
      series: drawn.map((p, i) => ({i, name: str(p.b.hop) + (decides(p.b) ? " (decides)" : "") + (converged(p.b) ? "" : " (" + str(p.b.status).replaceAll("_",
          " ") + ")"),
        points: p.points, curve: hopflow.curve(p.points, p.slopes), symbols: true, bold: decides(p.b), faint: !converged(p.b)})),
      focus: {...focus, what: "profile"},
      caption: "Energy of each image relative to the first. Points are computed; "
        + (drawn.every((p) => p.slopes) ? "the curves take their slopes from the forces." : drawn.some((p) => p.slopes)
            ? "curves take their slopes from the forces where these are known." : "lines are a guide to the eye.")
        + (main ? " The thick line is the deciding hop." : ""),
      tip: (p, k) => ["image " + (k + 1), fixed(p[0], 2) + " \u00c5, " + fixed(p[1], 2) + " eV"]});
  };
})();
