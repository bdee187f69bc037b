// SPDX-License-Identifier: GPL-2.0-or-later
// Which hops of a structure a command means.
#pragma once

#include <string>

#include <CLI/CLI.hpp>

#include "structures/hops/hops.hpp"

namespace hopflow {

struct HopArguments {
  std::string element;      ///< "": the structure's only halide, or alkali metal
  std::string of = "auto";  ///< or frame, crystal
  double max_length = 5.5;  ///< A
  bool length_asked = false;
  double symprec = 0;  ///< A; 0: as SymmetryChoice says
};

/// --element, --max-length, --symmetry, --symprec.
void add_hop_options(CLI::App& command, HopArguments& arguments);

/// The element that hops: as asked, else the only halide outside molecules, without one the only alkali metal.
/// @throws Error{usage} if none is named and there is none or more than one
int mobile_element(const Crystal& crystal, const std::string& asked);

struct HopSearch {
  int element;
  Symmetry symmetry;
  HopTable table;
  double max_length;  ///< A
};

/// Where the usual length holds no hop and none was asked for, it becomes that of the nearest two atoms and 10 % more.
HopSearch search_hops(const Crystal& crystal, const HopArguments& arguments);

}  // namespace hopflow
