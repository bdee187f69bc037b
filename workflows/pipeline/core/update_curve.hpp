// SPDX-License-Identifier: GPL-2.0-or-later
// How far one write pulse moves a synapse: ideal soft bounds, or the measured or calculated curve of a device.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace hopflow::pipeline {

/// The steps of a synapse at its states: what one potentiating or depressing write pulse changes.
/// States and steps are fractions of Gmax - Gmin.
struct DeviceCurve {
  std::vector<double> nodes;  ///< states, ascending from 0 to 1
  std::vector<double> up;     ///< F+ at the nodes, >= 0
  std::vector<double> down;   ///< F- at the nodes, >= 0
  /// The STDP window of preset pair: the share of a full pulse at a distance of the two spikes, 0 beyond the last.
  std::vector<double> window_ms{}, window_up{}, window_down{};  ///< ascending from 0; empty: exp(-t/20 ms)

  /// From {"nodes": [...], "up": [...], "down": [...], "window": {"ms": [...], "up": [...], "down": [...]}}; `window`
  /// may be missing, other keys are left alone.
  /// @throws Error{bad_input} naming the key: other lengths, nodes that don't ascend from 0 to 1, negative or
  /// non-finite steps
  static DeviceCurve from_json(const nlohmann::json& synapse);

  /// The devices of a population under the same pulses, "members": [{"up", "down"}, ...] at the synapse's nodes; none
  /// if the synapse lists none. @throws as from_json()
  static std::vector<DeviceCurve> members_from_json(const nlohmann::json& synapse);

  /// F+ = a (1 - g), F- = b g.
  static DeviceCurve linear_bounds(double a, double b);
  /// F+ = a exp(-beta g), F- = b exp(-beta (1 - g)), within 2e-5 of it everywhere.
  static DeviceCurve exponential_bounds(double a, double b, double beta);

  /// Largest of the steps that fit into the range, min(F+(g), 1 - g) or min(F-(g), g) over all nodes; near 1 the device
  /// is a switch.
  double largest_step() const;
};

/// A curve made fast: linear between its nodes, looked up in constant time. States are in [0, 1].
template <class Real>
class InterpolatedSteps {
 public:
  explicit InterpolatedSteps(const DeviceCurve& curve);
  Real up(Real g) const noexcept {
    const Piece& piece = piece_at(g);
    return piece.up + (g - piece.start) * piece.up_slope;
  }
  Real down(Real g) const noexcept {
    const Piece& piece = piece_at(g);
    return piece.down + (g - piece.start) * piece.down_slope;
  }

 private:
  struct Piece {
    Real start, end, up, up_slope, down, down_slope;
  };
  static constexpr int cells = 256;

  const Piece& piece_at(Real g) const noexcept {
    std::size_t i = first_[static_cast<std::size_t>(g * cells)];
    while (g > pieces_[i].end && i + 1 < pieces_.size()) ++i;
    return pieces_[i];
  }

  std::vector<Piece> pieces_;
  std::array<std::size_t, cells + 1> first_{};  ///< piece that holds the start of each of `cells` equal parts of [0, 1]
};

}  // namespace hopflow::pipeline
