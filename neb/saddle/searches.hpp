// SPDX-License-Identifier: GPL-2.0-or-later
// One table of searches: how a saddle is reached from a point near it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "neb/saddle/saddle.hpp"

namespace hopflow {

/// How to come from a point near a saddle onto it. A new one is a pair of files in this folder and a row of the table.
struct SaddleSearch {
  std::string_view name;  ///< as users write it
  /// @param there  the answer at the start
  /// @param known  of lowest_modes() there or nearby
  /// @param follow  direction to climb along (norm 1)
  Procedure<Saddle> (*run)(Configuration start, Evaluation there, Mobile mobile, Modes known, Eigen::VectorXd follow,
                           SaddleOptions options);
};

/// All of them; the first is the usual one.
const std::vector<SaddleSearch>& saddle_searches();

/// The search that the options name. @throws Error{bad_input} if there is none of that name
Procedure<Saddle> search_saddle(Configuration start, Evaluation there, Mobile mobile, Modes known,
                                Eigen::VectorXd follow, SaddleOptions options);

}  // namespace hopflow
