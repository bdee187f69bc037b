// SPDX-License-Identifier: GPL-2.0-or-later
// The path of a hop in three dimensions.
"use strict";

(() => {
  const {el, num, list, object, str, fixed} = hopflow;
  const colours = {H: "#d9d9d9", C: "#8c8c8c", N: "#3b76c4", O: "#d55e00", S: "#c9a400", Pb: "#5f6b73", I: "#9a6fb0", Br: "#a5522d", Cl: "#2fa36b", Sn: "#6f8a96"};
  const moverColour = "#e69f00";

  const hasWebgl = () => {
    try {
      const canvas = document.createElement("canvas");
      return Boolean(canvas.getContext("webgl2") || canvas.getContext("webgl"));
    } catch {
      return false;
    }
  };

  hopflow.viewer = (materials, scenes) => {
    const section = hopflow.section("paths", "Migration paths in 3D");
    const paths = [];
    const problems = [];
    for (const m of materials) {
      for (const b of list(m.barriers).map(object)) {
        if (!str(b.path)) continue;
        const scene = Object.hasOwn(scenes, b.path) ? scenes[b.path] : undefined;
        const name = str(m.name) + ", " + str(b.hop);
        if (scene === undefined) problems.push(name + ": " + str(b.path) + " was not found in the run folder.");
        else if (scene.error) problems.push(name + ": " + str(b.path) + " cannot be drawn, " + str(scene.error) + ".");
        else paths.push({material: m, barrier: b, scene});
      }
    }
    if (!paths.length) {
      section.append(hopflow.missing("No path to show: no barrier of this run kept one that can be drawn."));
      if (problems.length) section.append(hopflow.notes(problems));
      return section;
    }

    const shown = [...new Set(paths.map((p) => p.material))];
    const chooseMaterial = el("select", {id: "path-material"}, shown.map((m, i) => el("option", {value: String(i)}, str(m.name) + (m.model === true ? " (model structure)" : ""))));
    const chooseHop = el("select", {id: "path-hop"});
    const slider = el("input", {type: "range", id: "path-image", min: "0", value: "0", step: "1"});
    const play = el("button", {type: "button"}, "Play");
    const reset = el("button", {type: "button"}, "Reset view");
    const cations = el("input", {type: "checkbox", id: "path-cations", checked: true});
    const readout = el("p", {class: "readout", "aria-live": "polite"});
    const box = el("div", {class: "viewer", tabindex: "0", role: "img"});
    const mark = el("div", {});
    const field = (label, input) => el("div", {class: "field"}, el("label", {for: input.id}, label), input);
    section.append(
      el("p", {}, "The iodide ion that moves is orange, its way through all images a trail of small spheres; the box is the supercell. ",
        "Drag to turn; click the picture first to zoom with the wheel."),
      el("div", {class: "controls"}, field("Material", chooseMaterial), field("Hop", chooseHop), field("Image", slider), play, reset,
        el("div", {class: "field check"}, cations, el("label", {for: "path-cations"}, "Show organic cations"))),
      readout, box, mark);
    if (problems.length) section.append(hopflow.notes(problems));

    let viewer = null;
    let current = paths[0];
    let timer = null;
    const option = (p, i) => el("option", {value: String(i)}, str(p.barrier.hop) + (p.barrier.status === "converged" ? "" : " (" + str(p.barrier.status).replaceAll("_", " ") + ")"));
    const own = () => paths.filter((p) => p.material === shown[Number(chooseMaterial.value)]);

    const point = (positions, i) => ({x: positions[3 * i], y: positions[3 * i + 1], z: positions[3 * i + 2]});
    const drawBox = (cell) => {
      const at = (i, j, k) => ({
        x: i * cell[0][0] + j * cell[1][0] + k * cell[2][0],
        y: i * cell[0][1] + j * cell[1][1] + k * cell[2][1],
        z: i * cell[0][2] + j * cell[1][2] + k * cell[2][2]});
      const colour = hopflow.theme().soft;
      for (const [u, v] of [[0, 0], [0, 1], [1, 0], [1, 1]]) {
        viewer.addLine({start: at(0, u, v), end: at(1, u, v), color: colour});
        viewer.addLine({start: at(u, 0, v), end: at(u, 1, v), color: colour});
        viewer.addLine({start: at(u, v, 0), end: at(u, v, 1), color: colour});
      }
    };
    const atomsOf = (scene, positions) => {
      const atoms = [];
      const index = new Map();
      scene.elements.forEach((element, i) => {
        if (scene.organic[i] && !cations.checked) return;
        index.set(i, atoms.length);
        atoms.push({elem: element, ...point(positions, i), serial: atoms.length, index: atoms.length, hetflag: true,
          bonds: [], bondOrder: [], properties: {organic: scene.organic[i], moving: i === scene.moving ? 1 : 0}});
      });
      const bond = (i, j) => {
        const [a, b] = [index.get(i), index.get(j)];
        if (a === undefined || b === undefined) return;
        atoms[a].bonds.push(b); atoms[a].bondOrder.push(1);
        atoms[b].bonds.push(a); atoms[b].bondOrder.push(1);
      };
      for (const [i, j] of scene.bonds) bond(i, j);
      const metals = scene.elements.map((e, i) => i).filter((i) => !scene.organic[i] && !["I", "Br", "Cl", "F"].includes(scene.elements[i]));
      const halides = scene.elements.map((e, i) => i).filter((i) => !scene.organic[i] && ["I", "Br", "Cl", "F"].includes(scene.elements[i]));
      for (const i of metals) {
        for (const j of halides) {
          const d = Math.hypot(...[0, 1, 2].map((k) => positions[3 * i + k] - positions[3 * j + k]));
          if (d < 3.7) bond(i, j);
        }
      }
      return atoms;
    };
    const draw = () => {
      const frame = Number(slider.value);
      const {scene, barrier, material} = current;
      const energies = list(object(barrier.profile).energy_ev);
      const distances = list(object(barrier.profile).distance_angstrom);
      hopflow.fill((readout.replaceChildren(), readout), ["Image " + (frame + 1) + " of " + scene.frames.length,
        num(distances[frame]) === null ? "" : ", " + fixed(distances[frame], 2) + " \u00c5 along the path",
        num(energies[frame]) === null ? "" : ", " + fixed(energies[frame], 3) + " eV",
        barrier.status === "converged" ? "" : "; this path is " + str(barrier.status).replaceAll("_", " ")]);
      box.setAttribute("aria-label", "Image " + (frame + 1) + " of the path of hop " + str(barrier.hop) + " in " + str(material.name)
        + "; the moving ion travels " + fixed(scene.shift, 2) + " \u00c5 in all");
      mark.replaceChildren(...[hopflow.modelNote([material])].filter((n) => n));
      if (!viewer) return;
      viewer.removeAllModels();
      viewer.removeAllShapes();
      viewer.setBackgroundColor(hopflow.theme().panel);
      const model = viewer.addModel();
      model.addAtoms(atomsOf(scene, scene.frames[frame].positions));
      const paint = (atom) => colours[atom.elem] || "#7f7f7f";
      viewer.setStyle({}, {sphere: {radius: 0.55, colorfunc: paint}, stick: {radius: 0.07, colorfunc: paint}});
      viewer.setStyle({elem: "Pb"}, {sphere: {radius: 0.45, colorfunc: paint}, stick: {radius: 0.07, colorfunc: paint}});
      viewer.setStyle({properties: {organic: 1}}, {stick: {radius: 0.13, colorfunc: paint}});
      viewer.setStyle({properties: {organic: 1}, elem: "H"}, {stick: {radius: 0.07, colorfunc: paint}});
      viewer.setStyle({properties: {moving: 1}}, {sphere: {radius: 0.85, color: moverColour}, stick: {radius: 0.07, color: moverColour}});
      scene.frames.forEach((f, k) => {
        if (k !== frame) viewer.addSphere({center: point(f.positions, scene.moving), radius: 0.22, color: moverColour, opacity: 0.85});
        if (k > 0) viewer.addCylinder({start: point(scene.frames[k - 1].positions, scene.moving), end: point(f.positions, scene.moving), radius: 0.05, color: moverColour, fromCap: 1, toCap: 1});
      });
      drawBox(scene.cell);
      viewer.render();
    };
    const lookAt = () => {
      if (!viewer) return;
      viewer.setView([0, 0, 0, 0, 0, 0, 0, 1]);
      viewer.zoomTo();
      viewer.rotate(-75, "x");
      viewer.rotate(20, "y");
      // The fit is to the height; a narrow picture needs the width.
      viewer.zoom(1.1 * Math.min(1, 1.25 * box.clientWidth / Math.max(1, box.clientHeight)));
      viewer.render();
    };
    const stop = () => { clearInterval(timer); timer = null; play.textContent = "Play"; };
    const choose = () => {
      stop();
      current = own()[Number(chooseHop.value)] || own()[0];
      slider.max = String(current.scene.frames.length - 1);
      slider.value = "0";
      draw();
      lookAt();
    };
    const chooseHops = () => { chooseHop.replaceChildren(...own().map(option)); choose(); };
    chooseMaterial.addEventListener("change", chooseHops);
    chooseHop.addEventListener("change", choose);
    slider.addEventListener("input", () => { stop(); draw(); });
    cations.addEventListener("change", draw);
    reset.addEventListener("click", lookAt);
    play.addEventListener("click", () => {
      if (timer) return stop();
      play.textContent = "Stop";
      timer = setInterval(() => { slider.value = String((Number(slider.value) + 1) % current.scene.frames.length); draw(); }, 350);
      return undefined;
    });
    // The wheel scrolls the page until the reader has taken hold of the picture.
    let held = false;
    box.addEventListener("pointerdown", () => { held = true; box.focus({preventScroll: true}); }, true);
    box.addEventListener("blur", () => { held = false; });
    box.addEventListener("wheel", (event) => { if (!held) event.stopPropagation(); }, true);
    box.addEventListener("keydown", (event) => {
      const turn = {ArrowLeft: [-10, "y"], ArrowRight: [10, "y"], ArrowUp: [-10, "x"], ArrowDown: [10, "x"]}[event.key];
      if (turn && viewer) { viewer.rotate(...turn); viewer.render(); event.preventDefault(); }
    });

    hopflow.startViewer = () => {
      if (hasWebgl()) {
        try {
          viewer = $3Dmol.createViewer(box, {antialias: true, disableFog: true});
        } catch {
          viewer = null;
        }
      }
      if (!viewer) box.replaceWith(hopflow.missing("This browser offers no WebGL, so the path is not drawn; the images are in path.extxyz of the run folder."));
      chooseHops();
    };
    hopflow.repaintViewer = () => { if (viewer) draw(); };
    return section;
  };
})();
