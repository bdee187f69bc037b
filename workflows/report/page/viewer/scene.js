// SPDX-License-Identifier: GPL-2.0-or-later
// Paths as the page carries them: held atoms once, moved ones for each image.
"use strict";

(() => {
  const {num, list, object} = hopflow;

  hopflow.sceneOf = (scenes, path) => {
    if (typeof path !== "string" || !Object.hasOwn(scenes, path)) return null;
    const scene = object(scenes[path]);
    return scene.error || !list(scene.frames).length ? null : scene;
  };
  // Coordinates of all atoms in an image: [x, y, z, ...] (A).
  hopflow.positionsOf = (scene, frame) => {
    const all = Float64Array.from(scene.start, (x) => x / 1000);
    const by = scene.frames[frame].displacements;
    scene.moved.forEach((i, k) => { for (let axis = 0; axis < 3; ++axis) all[3 * i + axis] = (scene.start[3 * i + axis] + by[3 * k + axis]) / 1000; });
    return all;
  };
  hopflow.moverAt = (scene, frame) => {
    const all = hopflow.positionsOf(scene, frame);
    return [0, 1, 2].map((axis) => all[3 * scene.moving + axis]);
  };
  // The image of highest energy between the ends; the middle one where no energies are there.
  hopflow.saddleFrame = (scene) => {
    const e = scene.frames.map((f) => num(f.energy_ev));
    if (e.some((x) => x === null) || e.length < 3) return Math.floor(e.length / 2);
    let top = 1;
    for (let k = 2; k + 1 < e.length; ++k) if (e[k] > e[top]) top = k;
    return top;
  };
  // The path as extended XYZ, to the digits the page has.
  hopflow.sceneXyz = (scene) => {
    const cell = scene.cell.flat().map((x) => x.toFixed(3)).join(" ");
    return scene.frames.map((frame, k) => {
      const r = hopflow.positionsOf(scene, k);
      return scene.elements.length + "\nLattice=\"" + cell + "\" Properties=species:S:1:pos:R:3 pbc=\"T T T\""
        + (num(frame.energy_ev) === null ? "" : " energy=" + frame.energy_ev) + " image=" + k + "\n"
        + scene.elements.map((e, i) => [e, ...[0, 1, 2].map((axis) => r[3 * i + axis].toFixed(3))].join(" ") + "\n").join("");
    }).join("");
  };
})();
