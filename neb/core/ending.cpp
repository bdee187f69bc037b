// SPDX-License-Identifier: GPL-2.0-or-later
#include "neb/core/ending.hpp"

namespace hopflow {

std::string to_string(Ending ending) {
  switch (ending) {
    case Ending::converged: return "converged";
    case Ending::converged_check_failed: return "converged_check_failed";
    case Ending::not_converged: return "not_converged";
    case Ending::slipped: return "slipped";
    case Ending::collapsed: return "collapsed";
    case Ending::failed: return "failed";
  }
  return "failed";
}

}  // namespace hopflow
