// SPDX-License-Identifier: GPL-2.0-or-later
// The one exception type: bad input, a failed engine, a full disk.
#pragma once

#include <stdexcept>
#include <string>

namespace hopflow {

/// Thrown where a problem is noticed and caught once, in main, which alone knows exit codes.
/// what() reads: place, what was found, what is allowed, one fix.
class Error : public std::runtime_error {
 public:
  enum class Kind { usage, missing_dependency, bad_input, engine, io, stopped };

  Error(Kind kind, const std::string& what) : std::runtime_error(what), kind_{kind} {}
  Kind kind() const noexcept { return kind_; }

 private:
  Kind kind_;
};

}  // namespace hopflow
