// SPDX-License-Identifier: GPL-2.0-or-later
// What is drawn of a periodic structure: bonds through the cell's faces with the atoms they end at, atoms on faces
// repeated on the opposite ones, and the polyhedra around metal atoms.
"use strict";

(() => {
  const anions = new Set(["F", "Cl", "Br", "I", "At", "O", "S", "Se", "Te", "N", "P", "As", "C", "H"]);
  const largestCentre = 1.9;  // A, covalent: larger ions (K, Rb, Cs, Sr, Ba, La) sit in cages, without bonds
  const stretch = 1.3;        // longest bond over the sum of covalent radii: 3.7 A for Pb-I, a strained bond of a saddle
  const onFace = 0.02;        // of the cell: an atom this near to a face is repeated on the opposite one

  const cross = (a, b) => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
  const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
  const minus = (a, b) => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
  hopflow.vector = {cross, dot, minus, length: (a) => Math.hypot(...a)};

  // rows: cell vectors. to(r): fractional; from(f): Cartesian.
  hopflow.lattice = (rows) => {
    const volume = dot(rows[0], cross(rows[1], rows[2]));
    const reciprocal = [cross(rows[1], rows[2]), cross(rows[2], rows[0]), cross(rows[0], rows[1])].map((v) => v.map((x) => x / volume));
    return {rows, volume: Math.abs(volume), to: (r) => reciprocal.map((v) => dot(v, r)),
      from: (f) => [0, 1, 2].map((k) => f[0] * rows[0][k] + f[1] * rows[1][k] + f[2] * rows[2][k]),
      heights: reciprocal.map((v) => 1 / Math.hypot(...v))};
  };

  // Faces of the convex hull of a few points, as triples of indices turned outwards.
  hopflow.hull = (points) => {
    const faces = [];
    const n = points.length;
    for (let i = 0; i < n; ++i) {
      for (let j = i + 1; j < n; ++j) {
        for (let k = j + 1; k < n; ++k) {
          const normal = cross(minus(points[j], points[i]), minus(points[k], points[i]));
          const size = Math.hypot(...normal);
          if (size < 1e-6) continue;
          const sides = points.map((p, m) => (m === i || m === j || m === k ? 0 : dot(normal, minus(p, points[i])) / size));
          if (sides.every((s) => s <= 1e-3)) faces.push([i, j, k]);
          else if (sides.every((s) => s >= -1e-3)) faces.push([i, k, j]);
        }
      }
    }
    return faces;
  };

  const isCentre = (scene, i) => !scene.organic[i] && !anions.has(scene.elements[i]) && scene.radii[scene.elements[i]] <= largestCentre;
  const isLigand = (scene, i) => !scene.organic[i] && anions.has(scene.elements[i]);

  // Copies of an atom on faces of the cell: shifts by whole cells, the atom itself first.
  hopflow.faceShifts = (f) => {
    let shifts = [[0, 0, 0]];
    f.forEach((x, axis) => {
      const step = Math.abs(x) < onFace ? 1 : Math.abs(x - 1) < onFace ? -1 : 0;
      if (step) shifts = shifts.flatMap((s) => [s, s.map((v, k) => (k === axis ? v + step : v))]);
    });
    return shifts;
  };

  // Whole-cell shifts (A) that bring molecules near a centre.
  const homes = (scene, positions, lattice, around) => {
    const out = scene.elements.map(() => [0, 0, 0]);
    if (!around) return out;
    const middle = lattice.to(around.centre);
    const shiftOf = (i) => lattice.from(lattice.to([0, 1, 2].map((k) => positions[3 * i + k])).map((f, axis) => -Math.round(f - middle[axis])));
    const bonded = new Map();
    for (const [a, b] of scene.bonds) for (const [x, y] of [[a, b], [b, a]]) bonded.set(x, [...(bonded.get(x) || []), y]);
    const done = new Set();
    scene.elements.forEach((_, i) => {
      if (done.has(i) || !scene.organic[i]) return;
      const shift = shiftOf(i);
      for (const queue = [i]; queue.length;) {
        const k = queue.pop();
        if (done.has(k)) continue;
        done.add(k);
        out[k] = shift;
        queue.push(...(bonded.get(k) || []));
      }
    });
    return out;
  };

  // scene and its coordinates -> {atoms: [{i, r, copy}], bonds: [[a, b]], polyhedra: [{centre, corners: [a, ...]}]}, indices
  // into atoms. copy: an atom that is there only to complete what the cell's faces cut. around: {centre: [x, y, z], radius}
  // takes all images of atoms within a sphere instead of those in the cell, and molecules in their image nearest to it.
  hopflow.structure = (scene, positions, around = null) => {
    const lattice = hopflow.lattice(scene.cell);
    const n = scene.elements.length;
    const home = homes(scene, positions, lattice, around);
    const place = (i) => [0, 1, 2].map((k) => positions[3 * i + k] + home[i][k]);
    const fractional = Array.from({length: n}, (_, i) => lattice.to(place(i)));
    const atoms = [];
    const index = new Map();
    const add = (i, shift, copy) => {
      const key = i + ":" + shift.join(",");
      if (!index.has(key)) {
        index.set(key, atoms.length);
        const r = place(i), t = lattice.from(shift);
        atoms.push({i, r: r.map((x, k) => x + t[k]), copy: copy && shift.some((s) => s !== 0)});
      }
      return index.get(key);
    };
    const middle = around ? lattice.to(around.centre) : null;
    const reach = around ? lattice.heights.map((h) => Math.ceil(around.radius / h)) : null;
    const imagesOf = (i) => {
      if (!around) return hopflow.faceShifts(fractional[i]);
      if (i === scene.moving) return [];
      const nearest = fractional[i].map((f, axis) => Math.round(middle[axis] - f));
      const found = [];
      for (let u = -reach[0]; u <= reach[0]; ++u) for (let v = -reach[1]; v <= reach[1]; ++v) for (let w = -reach[2]; w <= reach[2]; ++w) {
        const shift = [nearest[0] + u, nearest[1] + v, nearest[2] + w];
        if (Math.hypot(...lattice.from(fractional[i].map((f, axis) => f + shift[axis] - middle[axis]))) < around.radius) found.push(shift);
      }
      return found;
    };
    for (let i = 0; i < n; ++i) add(i, [0, 0, 0], false);
    const bonds = scene.bonds.map(([i, j]) => [i, j]);
    for (let i = 0; i < n; ++i) if (!scene.organic[i]) for (const shift of imagesOf(i)) add(i, shift, true);

    const ligands = Array.from({length: n}, (_, i) => i).filter((i) => isLigand(scene, i));
    const polyhedra = [];
    const centres = atoms.map((a, k) => ({a, k})).filter(({a}) => isCentre(scene, a.i));
    for (const {a, k} of centres) {
      const at = lattice.to(a.r);
      const corners = [];
      for (const j of ligands) {
        const limit = stretch * (scene.radii[scene.elements[a.i]] + scene.radii[scene.elements[j]]);
        const nearest = fractional[j].map((f, axis) => Math.round(at[axis] - f));
        const around = lattice.heights.some((h) => h < 2 * limit) ? [-1, 0, 1] : [0];
        for (const u of around) for (const v of around) for (const w of around) {
          const shift = [nearest[0] + u, nearest[1] + v, nearest[2] + w];
          const t = lattice.from(fractional[j].map((f, axis) => f + shift[axis] - at[axis]));
          if (Math.hypot(...t) < limit) corners.push(add(j, shift, true));
        }
      }
      for (const c of corners) bonds.push([k, c]);
      if (corners.length >= 4 && corners.length <= 8 && a.i !== scene.moving) polyhedra.push({centre: k, corners});
    }
    return {atoms, bonds, polyhedra, lattice};
  };
})();
