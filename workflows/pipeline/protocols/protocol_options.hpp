// SPDX-License-Identifier: GPL-2.0-or-later
// The numbers a protocol takes, each declared once: for the command line and for the check of its range.
#pragma once

#include <span>
#include <variant>

#include "workflows/pipeline/protocols/protocols.hpp"

namespace hopflow::pipeline {

/// One number of a protocol's options.
template <class Options>
struct ProtocolOption {
  const char* name;  ///< on the command line, "--width"
  std::variant<double Options::*, int Options::*> place;
  double low, high;  ///< allowed range
  const char* help;  ///< with its unit
};

/// @throws Error{bad_input} naming the first option outside its range
template <class Options>
void require(std::span<const ProtocolOption<Options>> rows, const Options& options) {
  for (const ProtocolOption<Options>& row : rows) {
    require(row.name, std::visit([&](auto place) -> double { return options.*place; }, row.place), row.low, row.high);
  }
}

}  // namespace hopflow::pipeline
