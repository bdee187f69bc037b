// SPDX-License-Identifier: GPL-2.0-or-later
// How a command ends, for whoever called it.
#pragma once

namespace hopflow {

/// The exit codes scripts of others rely on.
enum class Exit : int {
  converged = 0,
  usage = 2,
  missing_dependency = 3,
  bad_input = 4,
  not_converged = 5,
  engine = 6,
  io = 74,
  stopped = 75,
};

}  // namespace hopflow
