// SPDX-License-Identifier: GPL-2.0-or-later
// The deciding saddles side by side, each to be turned.
"use strict";

(() => {
  const {el, list, object, str} = hopflow;
  const most = 4;

  hopflow.saddles = (materials, scenes) => {
    const shown = [];
    for (const m of materials) {
      const h = hopflow.headlineOf(m);
      const own = list(m.barriers).map(object);
      const decides = [h.hop, str(object(m.network).deciding_hop)];
      const barrier = decides.map((id) => own.find((b) => str(b.hop) === id && str(b.path))).find((b) => b)
          || own.find((b) => str(b.status).startsWith("converged") && str(b.path));
      const scene = barrier ? hopflow.sceneOf(scenes, barrier.path) : null;
      if (scene) shown.push({material: m, barrier, scene, band: h.band});
    }
    if (!shown.length) return null;
    const tiles = shown.slice(0, most).map(({material, barrier, scene, band}) => {
      const frame = hopflow.saddleFrame(scene);
      const name = str(material.name);
      const box = el("div", {class: "viewer small", tabindex: "0", role: "img",
        "aria-label": "Saddle of the deciding hop " + str(barrier.hop) + " of " + name + "; arrow keys turn it"});
      const still = el("canvas", {class: "still", width: "480", height: "360", "aria-hidden": "true"});
      hopflow.views.push({box, still, scene, frame, options: {octahedra: true, trail: true, vacancy: true, around: 6.5}});
      return el("figure", {class: "saddle"}, el("div", {class: "figure-head"}, el("h4", {}, name), hopflow.pathLink(material, str(barrier.hop))), box, still,
        // A number of another level of theory than the headline's would be taken for it.
        el("figcaption", {}, band ? "Geometry by " + hopflow.tierOf(object(material.engine).tier) + ", not that of the barrier above."
          : hopflow.energyWords(barrier, material, scene, frame)));
    });
    return el("div", {class: "saddles-block"}, el("h3", {}, "Saddles side by side"),
      el("div", {class: tiles.length > 3 ? "saddles four" : "saddles"}, tiles),
      hopflow.elementKey(shown.slice(0, most).map((s) => s.scene), false),
      shown.some((s) => list(s.scene.organic).some((o) => o)) ? el("p", {class: "caption"}, "Organic cations are left out here; they are in ",
          el("a", {href: "#paths"}, "Paths in 3D"), ".") : null,
      shown.length > most ? el("p", {class: "caption"}, hopflow.plural(shown.length - most, "more saddle") + " under ",
          el("a", {href: "#paths"}, "Paths in 3D"), ".") : null);
  };
})();
