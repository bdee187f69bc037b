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
  /// geometry: atoms stand where no engine is asked; a failed engine otherwise.
  enum class Kind { usage, missing_dependency, bad_input, engine, io, stopped, geometry };

  Error(Kind kind, const std::string& what) : std::runtime_error(what), kind_{kind} {}
  Kind kind() const noexcept { return kind_; }
  /// Whether it is about one question to an engine: another may be answered.
  bool of_engine() const noexcept { return kind_ == Kind::engine || kind_ == Kind::geometry; }

 private:
  Kind kind_;
};

}  // namespace hopflow
