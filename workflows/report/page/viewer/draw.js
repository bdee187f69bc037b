// SPDX-License-Identifier: GPL-2.0-or-later
// One image of a path, drawn.
"use strict";

(() => {
  const {el, list} = hopflow;

  // Near those of VESTA and CPK, dark or light enough for both grounds.
  hopflow.elementColours = {H: "#d0d0d0", C: "#8c8c8c", N: "#3b76c4", O: "#d55e00", S: "#c9a400", F: "#7fb069", Cl: "#2fa36b", Br: "#a5522d", I: "#9a6fb0",
    Pb: "#5f6b73", Sn: "#6f8a96", Cs: "#5a3fb0", Li: "#7fb84f", Na: "#d9b13a", Co: "#3a5bb0", Ni: "#4f9a4f", Mn: "#a05a8c", Fe: "#b5651d", Al: "#8fa3b5",
        Cu: "#b06a3b",
    Ce: "#c9b458", Zr: "#6fae9f", Ti: "#7f8fa6", La: "#5aa9a9", P: "#c77d2b", Ag: "#9aa4ad"};
  hopflow.moverColour = "#e69f00";
  hopflow.vacancyColour = "#d6336c";
  const paint = (element) => hopflow.elementColours[element] || "#7f7f7f";
  const xyz = (r) => ({x: r[0], y: r[1], z: r[2]});

  const drawCell = (viewer, rows, colour) => {
    const at = (i, j, k) => xyz([0, 1, 2].map((m) => i * rows[0][m] + j * rows[1][m] + k * rows[2][m]));
    for (const [u, v] of [[0, 0], [0, 1], [1, 0], [1, 1]]) {
      viewer.addLine({start: at(0, u, v), end: at(1, u, v), color: colour});
      viewer.addLine({start: at(u, 0, v), end: at(u, 1, v), color: colour});
      viewer.addLine({start: at(u, v, 0), end: at(u, v, 1), color: colour});
    }
  };
  const drawPolyhedra = (viewer, found, visible, paintOf, opacity) => {
    const byColour = new Map();
    for (const p of found.polyhedra) {
      if (!visible(p)) continue;
      const colour = paintOf(found.atoms[p.centre]);
      const mesh = byColour.get(colour) || {vertexArr: [], normalArr: [], faceArr: []};
      byColour.set(colour, mesh);
      const corners = p.corners.map((c) => found.atoms[c].r);
      for (const face of hopflow.hull(corners)) {
        const [a, b, c] = face.map((k) => corners[k]);
        const normal = hopflow.vector.cross(hopflow.vector.minus(b, a), hopflow.vector.minus(c, a));
        const size = Math.hypot(...normal);
        for (const corner of [a, b, c]) {
          mesh.faceArr.push(mesh.vertexArr.length);
          mesh.vertexArr.push(xyz(corner));
          mesh.normalArr.push(xyz(normal.map((x) => x / size)));
        }
      }
    }
    for (const [color, mesh] of byColour) if (mesh.faceArr.length) viewer.addCustom({...mesh, color, opacity});
  };

  const drawTrail = (viewer, trail, frame) => {
    trail.forEach((r, k) => {
      if (k !== frame) viewer.addSphere({center: xyz(r), radius: 0.2, color: hopflow.moverColour, opacity: 0.85});
      if (k > 0) viewer.addCylinder({start: xyz(trail[k - 1]), end: xyz(r), radius: 0.06, color: hopflow.moverColour, fromCap: 1, toCap: 1});
    });
  };

  const drawVacancy = (viewer, scene, trail, frame) => {
    // The site the ion goes to is empty until it is near, the one it left from then on; at the saddle both are.
    const own = trail[frame];
    for (const site of [trail[trail.length - 1], trail[0]]) {
      if (Math.hypot(...site.map((x, k) => x - own[k])) > 0.3 * Math.max(scene.shift, 1)) {
        viewer.addSphere({center: xyz(site), radius: 0.84, color: hopflow.vacancyColour, opacity: 0.65});
      }
    }
  };

  // Atoms of molecules that reach into what is near, whole.
  const wholeMolecules = (scene, found, near) => {
    const bonded = new Map();
    for (const [a, b] of scene.bonds) for (const [x, y] of [[a, b], [b, a]]) bonded.set(x, [...(bonded.get(x) || []), y]);
    const whole = new Set();
    const queue = found.atoms.map((a, k) => k).filter((k) => scene.organic[found.atoms[k].i] && near(found.atoms[k].r));
    while (queue.length) { const k = queue.pop(); if (!whole.has(k)) { whole.add(k); queue.push(...(bonded.get(k) || [])); } }
    return whole;
  };

  // Whether an atom (and its number) is drawn: all, or of what is near whole molecules and polyhedra.
  const visibleAtoms = (scene, found, polyhedra, near, options) => {
    const kept = new Set(polyhedra.flatMap((p) => [p.centre, ...p.corners]));
    const whole = options.around ? wholeMolecules(scene, found, near) : new Set();
    return (a, k) => (scene.organic[a.i] ? options.cations && (!options.around || whole.has(k))
      : a.i === scene.moving && !a.copy ? true : options.frame !== false && (!options.around || (polyhedra.length ? kept.has(k) : near(a.r))));
  };

  // What is visible as the viewer wants it, and where each atom stands in it.
  const modelAtoms = (scene, found, visible) => {
    const atoms = [];
    const index = new Map();
    found.atoms.forEach((a, k) => {
      if (!visible(a, k)) return;
      index.set(k, atoms.length);
      const moving = a.i === scene.moving && !a.copy;
      atoms.push({elem: scene.elements[a.i], ...xyz(a.r), serial: atoms.length, index: atoms.length, hetflag: true, bonds: [], bondOrder: [],
        properties: {organic: scene.organic[a.i], moving: moving ? 1 : 0, centre: 0}});
    });
    for (const [a, b] of found.bonds) {
      const [i, j] = [index.get(a), index.get(b)];
      if (i === undefined || j === undefined) continue;
      atoms[i].bonds.push(j); atoms[i].bondOrder.push(1);
      atoms[j].bonds.push(i); atoms[j].bondOrder.push(1);
    }
    return {atoms, index};
  };

  // options: octahedra, frame, cations, trail, vacancy, cell; around: draw only what lies this near to the path (A).
  hopflow.drawScene = (viewer, scene, frame, options) => {
    const theme = hopflow.theme(options.paper);
    const positions = hopflow.positionsOf(scene, frame);
    const trail = scene.frames.map((_, k) => hopflow.moverAt(scene, k));
    const middle = trail.reduce((a, r) => a.map((x, k) => x + r[k] / trail.length), [0, 0, 0]);
    const found = hopflow.structure(scene, positions, options.around ? {centre: middle, radius: options.around + scene.shift / 2} : null);
    const near = (r) => !options.around || trail.some((t) => Math.hypot(t[0] - r[0], t[1] - r[1], t[2] - r[2]) < options.around);
    // Molecules and polyhedra come whole or not at all.
    const polyhedra = found.polyhedra.filter((p) => near(found.atoms[p.centre].r));
    const visible = visibleAtoms(scene, found, polyhedra, near, options);
    viewer.removeAllModels();
    viewer.removeAllShapes();
    viewer.removeAllLabels();
    viewer.setBackgroundColor(theme.panel);
    const {atoms, index} = modelAtoms(scene, found, visible);
    for (const p of polyhedra) if (index.has(p.centre)) atoms[index.get(p.centre)].properties.centre = 1;
    const model = viewer.addModel();
    model.addAtoms(atoms);
    const colorfunc = (atom) => paint(atom.elem);
    viewer.setStyle({}, {sphere: {radius: 0.5, colorfunc}, stick: {radius: 0.08, colorfunc}});
    viewer.setStyle({properties: {centre: 1}}, {sphere: {radius: 0.4, colorfunc}, stick: {radius: 0.08, colorfunc}});
    viewer.setStyle({properties: {organic: 1}}, {stick: {radius: 0.13, colorfunc}});
    viewer.setStyle({properties: {organic: 1}, elem: "H"}, {stick: {radius: 0.07, colorfunc}});
    viewer.setStyle({properties: {moving: 1}}, {sphere: {radius: 0.8, color: hopflow.moverColour}, stick: {radius: 0.08, color: hopflow.moverColour}});
    if (options.octahedra && options.frame !== false) drawPolyhedra(viewer, found, (p) => index.has(p.centre) && (!options.around || polyhedra.includes(p)),
        (a) => paint(scene.elements[a.i]), theme.dark ? 0.5 : 0.42);
    if (options.trail) drawTrail(viewer, trail, frame);
    if (options.vacancy) drawVacancy(viewer, scene, trail, frame);
    if (options.cell !== false && !options.around) drawCell(viewer, scene.cell, theme.soft);
    // What must be in the picture, what must not be hidden, and what could hide it.
    const places = [trail[0], trail[hopflow.saddleFrame(scene)], trail[trail.length - 1]];
    const corners = options.around || options.cell === false ? [] : [0,
        1].flatMap((u) => [0, 1].flatMap((v) => [0, 1].map((w) => [0, 1, 2].map((k) => u * scene.cell[0][k] + v * scene.cell[1][k] + w * scene.cell[2][k]))));
    viewer.hopflowSeen = {points: [...atoms.map((a) => [a.x, a.y, a.z, a.properties.organic ? 0.2 : 0.6]), ...trail.map((r) => [...r, 0.9]),
        ...corners.map((r) => [...r, 0.1])],
      places, others: atoms.filter((a) => !a.properties.moving).map((a) => [a.x, a.y, a.z]), cell: options.around ? null : scene.cell};
    viewer.hopflowCell = scene.cell;
    viewer.hopflowDrawn = new Set(atoms.map((a) => a.elem));
    viewer.render();
  };

  // Which colour is which element, and what the marks are.
  // organic: whether organic molecules are drawn.
  hopflow.elementKey = (scenes, organic = true) => {
    const elements = [...new Set(scenes.flatMap((s) => list(s.elements).filter((_, i) => organic || !s.organic[i])))];
    // As they are drawn: what is not there is see-through.
    const dot = (colour, name, through) => el("li", {}, hopflow.svg("svg", {viewBox: "0 0 12 12", width: 12, height: 12, "aria-hidden": "true"},
      hopflow.svg("circle", {cx: 6, cy: 6, r: 5, fill: colour, "fill-opacity": through ? 0.5 : 1})), " ", name);
    return el("ul", {class: "elements", "aria-label": "Colours of the 3D pictures"}, elements.map((e) => dot(paint(e), e)),
      dot(hopflow.moverColour, "moving ion and its path"), dot(hopflow.vacancyColour, "vacancy, before and after", true));
  };
})();
