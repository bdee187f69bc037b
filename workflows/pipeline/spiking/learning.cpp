// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/spiking/learning.hpp"

#include <cmath>
#include <type_traits>

#include <fmt/core.h>

#include "structures/core/error.hpp"
#include "structures/core/text.hpp"

namespace hopflow::pipeline {

template <class Real>
Trace<Real>::Trace(double tau_ms, double dt_ms) {
  const int length = static_cast<int>(std::ceil(20 * tau_ms / dt_ms));
  for (int n = 0; n < length; ++n) values_.push_back(static_cast<Real>(std::exp(-n * dt_ms / tau_ms)));
}

template <class Real>
Trace<Real>::Trace(std::span<const double> at_ms, std::span<const double> values, double dt_ms) {
  std::size_t piece = 0;
  for (int n = 0; n * dt_ms <= at_ms.back(); ++n) {
    const double t = n * dt_ms;
    while (piece + 2 < at_ms.size() && t > at_ms[piece + 1]) ++piece;
    const double share = (t - at_ms[piece]) / (at_ms[piece + 1] - at_ms[piece]);
    values_.push_back(static_cast<Real>(values[piece] + share * (values[piece + 1] - values[piece])));
  }
}

const Preset& preset_named(std::string_view name) {
  std::vector<std::string> known;
  for (const Preset& preset : presets()) {
    if (preset.name == name) return preset;
    known.emplace_back(preset.name);
  }
  throw Error{Error::Kind::bad_input, fmt::format("preset: '{}' is unknown; known are {}",
                                                  text::printable(std::string{name}), text::join(known, ", "))};
}

template <class Real>
std::unique_ptr<LearningRule<Real>> make_rule(const RuleOptions& options) {
  const Preset& preset = preset_named(options.preset);
  options.cells.check();
  if (options.anneal && !(*options.anneal > 0 && *options.anneal <= 1)) {
    throw Error{Error::Kind::bad_input, fmt::format("anneal: {} is not in (0, 1]", text::shortest(*options.anneal))};
  }
  if (!preset.takes_device && (options.device || options.cells.any() || options.anneal)) {
    throw Error{Error::Kind::bad_input, fmt::format("preset: {} is the published rule with ideal synapses; a device, "
                                                    "its effects and anneal need preset pair or post-only",
                                                    preset.name)};
  }
  if constexpr (std::is_same_v<Real, float>) {
    return preset.make_float(options, preset);
  } else {
    return preset.make_double(options, preset);
  }
}

template class Trace<float>;
template class Trace<double>;
template std::unique_ptr<LearningRule<float>> make_rule<float>(const RuleOptions&);
template std::unique_ptr<LearningRule<double>> make_rule<double>(const RuleOptions&);

}  // namespace hopflow::pipeline
