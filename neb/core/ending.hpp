// SPDX-License-Identifier: GPL-2.0-or-later
// How a relaxation, a band or a whole search ended: what decides a status; the words next to it are for readers.
#pragma once

#include <array>
#include <string>

namespace hopflow {

/// Ordered from the best to the worst, so that the worse of two is the larger.
enum class Ending {
  converged,               ///< and no check that can decide has failed
  converged_check_failed,  ///< numerically converged, but a check that can decide has failed
  not_converged,           ///< a result of the method: what there is stands, marked
  slipped,                 ///< an end relaxed into another state than the one it was made for
  collapsed,               ///< the model broke down: the energy fell without limit
  failed                   ///< the engine or the input gave no answer
};

/// All of them, for tables that count.
inline constexpr std::array endings{Ending::converged,     Ending::converged_check_failed,
                                    Ending::not_converged, Ending::slipped,
                                    Ending::collapsed,     Ending::failed};

/// True where barriers may be quoted; a failed check is quoted with them.
constexpr bool has_numbers(Ending ending) {
  return ending == Ending::converged || ending == Ending::converged_check_failed;
}

/// The word of an ending in results: "converged", "converged_check_failed", ...
std::string to_string(Ending ending);

}  // namespace hopflow
