// SPDX-License-Identifier: GPL-2.0-or-later
// What a failed task means for the results.
#pragma once

#include <exception>
#include <string>

#include "workflows/system/progress.hpp"

namespace hopflow {

struct Failure {
  std::string reason;   ///< one line, the same wherever the run is
  bool engine = false;  ///< an engine failed, not the input
};

/// What `error` says; whatever it holds beyond one line is shown to whoever watches, and kept out of results.
Failure failure_of(const std::exception_ptr& error, ProgressView& view);

}  // namespace hopflow
