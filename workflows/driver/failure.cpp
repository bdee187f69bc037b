// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/driver/failure.hpp"

#include "structures/core/error.hpp"
#include "structures/core/text.hpp"

namespace hopflow {

Failure failure_of(const std::exception_ptr& error, ProgressView& view) {
  try {
    std::rethrow_exception(error);
  } catch (const Error& problem) {
    const std::string what = problem.what();
    const auto end_of_line = what.find('\n');
    // Results hold what is the same wherever the run is; an engine's log is for whoever watches.
    if (end_of_line != std::string::npos) view.say(what);
    // What an engine said last may be in any encoding.
    return {text::printable(what.substr(0, end_of_line)), problem.of_engine()};
  } catch (const std::exception& problem) {
    return {text::printable(problem.what()), false};
  }
}

}  // namespace hopflow
