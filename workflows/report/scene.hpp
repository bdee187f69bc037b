// SPDX-License-Identifier: GPL-2.0-or-later
// A path of images, reduced to what a 3D viewer draws.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace hopflow::report {

/// The frames of an extended-XYZ text, one per image of a path, as
/// {"cell": [a, b, c] (each [x, y, z], A), "elements": ["Pb", ...], "organic": [0 or 1, ...],
///  "radii": {element: covalent radius (A)}, "bonds": [[i, j], ...], "moving": i, "shift": A,
///  "start": [x, y, z, x, y, z, ...] (0.001 A, the first frame), "moved": [i, ...],
///  "frames": [{"energy_ev": number or null, "distance_angstrom": A, "slope_ev_per_angstrom": number or null,
///              "positions": [x, y, z, ...] (0.001 A, of the atoms in "moved" only)}, ...]}.
///
/// Molecules are whole and their first atom lies in the cell; every other atom lies in the cell in the first frame, and
/// all follow from there without jumping over an edge. `bonds` are covalent bonds of the organic part only; `moving` is
/// the inorganic atom that is displaced most, by `shift`, between the first and the last frame (any atom, if all are
/// organic). `distance_angstrom` is the length of the path so far in all 3N coordinates, `slope_ev_per_angstrom` the
/// derivative of the energy along it, from the forces (null where the file has none).
///
/// Never throws: a text that can't be drawn (no frame, another number of atoms in a later frame, no cell) gives
/// {"error": "line 3: ..."}; the page says so instead of drawing.
nlohmann::json make_scene(const std::string& extxyz);

}  // namespace hopflow::report
