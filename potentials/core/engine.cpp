// SPDX-License-Identifier: GPL-2.0-or-later
// The identity of an engine.
#include "potentials/core/engine.hpp"

#include "potentials/core/hashing.hpp"

namespace hopflow {

std::string EngineSpec::hash() const {
  Hasher hasher;
  hasher.text(kind);
  hasher.text(version);
  hasher.text(document);
  return hasher.hex();
}

}  // namespace hopflow
