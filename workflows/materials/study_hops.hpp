// SPDX-License-Identifier: GPL-2.0-or-later
// The hops of a study's materials, for those who only look at them.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "structures/core/crystal.hpp"
#include "structures/hops/hops.hpp"
#include "structures/symmetry/symmetry.hpp"

namespace hopflow {

/// A material of a study, and the hops that are run for it.
struct ListedMaterial {
  std::string name;
  std::string file;  ///< as the study names it
  Crystal crystal;
  Symmetry symmetry;
  HopTable table;
  std::vector<int> selected;  ///< indices into table.hops
  std::string element;        ///< that hops
  double max_length = 0;      ///< A
};

/// Reads a study and works out the hops of each material. Programs without studies have none.
using StudyReader = std::function<std::vector<ListedMaterial>(const std::filesystem::path& file)>;

/// @throws Error{bad_input} as load_study()
std::vector<ListedMaterial> hops_of_study(const std::filesystem::path& file);

}  // namespace hopflow
