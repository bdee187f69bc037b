// SPDX-License-Identifier: GPL-2.0-or-later
// A new search is one row here.
#include "neb/saddle/searches.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "neb/saddle/dimer.hpp"
#include "structures/core/error.hpp"
#include "structures/core/text.hpp"

namespace hopflow {

const std::vector<SaddleSearch>& saddle_searches() {
  static const std::vector<SaddleSearch> table{
      {"modes", follow_mode},
      {"dimer", dimer},
  };
  return table;
}

Procedure<Saddle> search_saddle(Configuration start, Evaluation there, Mobile mobile, Modes known,
                                Eigen::VectorXd follow, SaddleOptions options) {
  const auto found = std::ranges::find(saddle_searches(), options.search, &SaddleSearch::name);
  if (found != saddle_searches().end())
    return found->run(std::move(start), std::move(there), std::move(mobile), std::move(known), std::move(follow),
                      std::move(options));
  std::vector<std::string> names;
  for (const SaddleSearch& row : saddle_searches()) names.emplace_back(row.name);
  throw Error(Error::Kind::bad_input, fmt::format("saddle search '{}' is not known here; allowed are {}",
                                                  options.search, text::join(names, ", ")));
}

}  // namespace hopflow
