// SPDX-License-Identifier: GPL-2.0-or-later
// The hop network in the cell: sites, and every hop that was computed in the colour of its barrier.
"use strict";

(() => {
  const {el, num, list, object, str} = hopflow;
  const edgesOf = (hop) => list(object(hop).edges_fractional).map((e) => list(e).map(num)).filter((e) => e.length === 6 && e.every((x) => x !== null));
  hopflow.hasEdges = (material) => list(object(material).hops).some((h) => edgesOf(h).length);

  // An edge as [from, to], shifted by whole cells so that it begins in the cell; where it leaves the cell also so that it
  // ends there: chains through the cell's faces are then seen from both sides.
  hopflow.homed = (e) => {
    const images = [0, 3].map((end) => { const home = e.slice(end, end + 3).map((x) => Math.floor(x + 1e-3));
        return [0, 3].map((k) => home.map((h, axis) => e[k + axis] - h)); });
    return images[0].every((f, k) => f.every((x, axis) => Math.abs(x - images[1][k][axis]) < 1e-6)) ? [images[0]] : images;
  };
  const inside = (f) => f.every((x) => x > -1e-2 && x < 1 + 1e-2);
  // Colours of sites: without the oranges, which mark the deciding hop.
  const siteColour = (theme, k) => [0, 2, 3, 6, 7].map((i) => theme.colours[i])[k % 5];
  // Dark ends of the scale are lost on a dark ground.
  const shade = (theme, x) => hopflow.scale(theme.dark ? 0.3 + 0.7 * x : x);

  // Cell vectors from lengths and angles: a along x, b in the xy plane.
  hopflow.cellRows = (c) => {
    const rad = (x) => x * Math.PI / 180;
    const [ca, cb, cg, sg] = [Math.cos(rad(c.alpha)), Math.cos(rad(c.beta)), Math.cos(rad(c.gamma)), Math.sin(rad(c.gamma))];
    const y = (ca - cb * cg) / sg;
    return [[c.a, 0, 0], [c.b * cg, c.b * sg, 0], [c.c * cb, c.c * y, c.c * Math.sqrt(Math.max(0, 1 - cb * cb - y * y))]];
  };

  // What opens when saddles up to a height may be crossed: {hop, barrier, edges: [[from, to] fractional]}, lowest first.
  hopflow.networkEdges = (material) => {
    const barriers = new Map(list(object(material).barriers).map(object).map((b) => [str(b.hop), b]));
    return list(object(material).hops).map(object).map((h) => {
      const b = object(barriers.get(str(h.id)));
      const ev = [num(b.forward_ev), num(b.reverse_ev)].filter((x) => x !== null);
      return {hop: str(h.id), barrier: ev.length ? Math.max(...ev) : null, edges: edgesOf(h).flatMap(hopflow.homed), from: str(h.from), to: str(h.to)};
    }).filter((h) => h.edges.length && h.barrier !== null).sort((a, b) => a.barrier - b.barrier);
  };

  const draw = (viewer, material, hops, limit, deciding) => {
    const theme = hopflow.theme();
    const lattice = hopflow.lattice(hopflow.cellRows(material.cell));
    const xyz = (f) => { const r = lattice.from(f); return {x: r[0], y: r[1], z: r[2]}; };
    const [low, high] = [hops[0].barrier, hops[hops.length - 1].barrier];
    viewer.removeAllShapes();
    viewer.removeAllLabels();
    viewer.setBackgroundColor(theme.panel);
    const at = (i, j, k) => xyz([i, j, k]);
    for (const [u, v] of [[0, 0], [0, 1], [1, 0], [1, 1]]) {
      for (const [s, e] of [[at(0, u, v), at(1, u, v)], [at(u, 0, v), at(u, 1, v)], [at(u, v, 0), at(u, v, 1)]]) viewer.addLine({start: s, end: e,
          color: theme.soft});
    }
    const sites = new Map();
    const places = [];
    for (const h of hops) {
      const open = h.barrier <= limit + 1e-9;
      for (const [from, to] of h.edges) {
        for (const [f, label] of [[from, h.from], [to, h.to]]) {
          const key = f.map((x) => x.toFixed(2)).join(",");
          if (inside(f) || open) sites.set(key, {f, label});
          places.push([...lattice.from(f), 0.5]);
        }
        if (!open) continue;
        const decides = h.hop === deciding;
        viewer.addCylinder({start: xyz(from), end: xyz(to), radius: decides ? 0.2 : 0.11, fromCap: 1, toCap: 1, color: decides ? hopflow.moverColour
            : shade(theme, high > low ? (h.barrier - low) / (high - low) : 0)});
      }
    }
    const kinds = [...new Set(hops.flatMap((h) => [h.from, h.to]))].sort();
    for (const {f, label} of sites.values()) viewer.addSphere({center: xyz(f), radius: 0.36, color: siteColour(theme, kinds.indexOf(label))});
    // Seen across the direction in which it is easiest to go far.
    const along = object(object(material.network).along_cell);
    const easiest = ["a", "b", "c"].map((k, axis) => ({axis, ev: num(object(along[k]).barrier_ev)})).filter((x) => x.ev !== null)
        .sort((x, y) => x.ev - y.ev)[0];
    const far = lattice.rows[easiest ? easiest.axis : 0];
    const corners = [0, 1].flatMap((u) => [0, 1].flatMap((v) => [0, 1].map((w) => [...lattice.from([u, v, w]), 0.2])));
    viewer.hopflowSeen = {points: [...places, ...corners], places: [[0, 0, 0], far.map((x) => x / 2), far], others: [], cell: lattice.rows};
    viewer.hopflowCell = lattice.rows;
    viewer.render();
    return kinds;
  };

  hopflow.networkCell = (materials) => {
    const shown = materials.map((material) => ({material, hops: hopflow.networkEdges(material)})).filter((s) => s.hops.length && hopflow.has(s.material.cell));
    if (!shown.length) return null;
    const choose = el("select", {id: "cell-material"}, shown.map((s, i) => el("option", {value: String(i)}, str(s.material.name) || "(no name)")));
    const slider = el("input", {type: "range", id: "cell-limit", min: "1", step: "1"});
    const words = el("p", {class: "readout", "aria-live": "polite"});
    const box = el("div", {class: "viewer middle", tabindex: "0", role: "img"});
    const still = el("canvas", {class: "still", width: "640", height: "520", "aria-hidden": "true"});
    const key = el("ul", {class: "elements", "aria-label": "Colours of the network"});
    let viewer = null;
    let started = false;
    const current = () => shown[Number(choose.value)] || shown[0];
    const show = () => {
      const {material, hops} = current();
      const k = Math.min(hops.length, Number(slider.value));
      const limit = hops[k - 1].barrier;
      const h = hopflow.headlineOf(material);
      const ev = (x) => hopflow.measured(x, h.error || 0.01).value + "\u00a0eV";
      const text = k + " of " + hopflow.plural(hops.length, "hop") + " drawn, saddles up to " + ev(limit) + " above the lower end of each; "
          + (h.hop ? h.hop + " is the deciding hop (orange)." : "there is no deciding hop.");
      words.textContent = text;
      slider.setAttribute("aria-valuetext", text);
      box.setAttribute("aria-label", "Hop network of " + str(material.name) + " in its cell. " + text);
      if (!viewer) return;
      const kinds = draw(viewer, material, hops, limit, h.hop);
      const theme = hopflow.theme();
      const dot = (colour, name) => el("li", {}, hopflow.svg("svg", {viewBox: "0 0 12 12", width: 12, height: 12, "aria-hidden": "true"}, hopflow.svg("circle",
          {cx: 6, cy: 6, r: 5, fill: colour})), " ", name);
      key.replaceChildren(el("li", {}, "Sites:"), ...kinds.map((label, i) => dot(siteColour(theme, i), label)), el("li", {}, "Hops:"),
          dot(hopflow.moverColour, "the one that decides"),
        el("li", {}, "the others, ", ev(hops[0].barrier) + " ", hopflow.ramp((x) => shade(theme, x)), " " + ev(hops[hops.length - 1].barrier)));
    };
    const chosen = () => {
      const {hops, material} = current();
      const decided = hops.findIndex((h) => h.hop === hopflow.headlineOf(material).hop);
      slider.max = String(hops.length);
      slider.value = String(decided >= 0 ? decided + 1 : hops.length);
      show();
      if (viewer) { hopflow.lookAt(viewer, box); }
    };
    choose.addEventListener("change", chosen);
    slider.addEventListener("input", show);
    const start = () => {
      if (started) return;
      started = true;
      viewer = hopflow.makeViewer(box);
      if (!viewer) box.replaceWith(hopflow.noWebgl());
      chosen();
    };
    new ResizeObserver(() => {
      if (box.clientWidth < 60) return;
      start();
      if (viewer) { viewer.resize(); viewer.render(); }
    }).observe(box);
    hopflow.repaintNetwork = () => { if (started) show(); };
    hopflow.stillNetwork = () => { start(); if (viewer) { show(); hopflow.copyPicture(viewer, box, still); } };
    return el("div", {class: "block"}, el("h3", {}, "The network in the cell"),
      el("div", {class: "controls"}, el("div", {class: "field"}, el("label", {for: "cell-material"}, "Material"), choose),
          el("div", {class: "field"}, el("label", {for: "cell-limit"}, "Saddles up to"), slider)),
      words, box, still, key,
      el("div", {class: "tools"}, hopflow.button("Picture (PNG)", () => hopflow.savePicture(viewer, box, "network-" + hopflow.slug(current().material.name)))));
  };
  // The colour scale as a bar.
  hopflow.ramp = (colour = hopflow.scale) => hopflow.svg("svg", {viewBox: "0 0 64 1", preserveAspectRatio: "none", class: "ramp", "aria-hidden": "true"},
    Array.from({length: 64}, (_, k) => hopflow.svg("rect", {x: k, y: 0, width: 1.1, height: 1, fill: colour(k / 63)})));
})();
