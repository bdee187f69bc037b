// SPDX-License-Identifier: GPL-2.0-or-later
// What keeps the cells of an array from being one ideal synapse: spread between devices, stuck cells, noisy and lost
// pulses. All of it off is the ideal synapse, bit by bit.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "workflows/pipeline/core/update_curve.hpp"
#include "workflows/pipeline/spiking/encode.hpp"

namespace hopflow::pipeline {

/// The effects; by default none.
struct CellEffects {
  int devices = 1;      ///< distinct devices; every cell is one of them, at random
  double step_sd = 0;   ///< between devices: sd of ln(step), up and down independently
  double range_sd = 0;  ///< between devices: sd of the range Gmax - Gmin relative to its mean
  double shape_sd = 0;  ///< between devices: sd of the exponent c in F(g) -> mean (F(g)/mean)^c, mean exponent 1
  std::vector<DeviceCurve>
      measured{};  ///< the devices' own curves, measured or of a fitted population; then no spread is drawn
  double stuck_low = 0, stuck_high = 0;  ///< shares of cells that never change: at 0, at the top of their range
  double write_noise = 0;                ///< sd of a step relative to its size, pulse by pulse
  double write_probability = 1;          ///< a write pulse is sent with this probability
  std::uint64_t seed = 1;                ///< which devices, which cell is which; apart from the training's seed

  bool cells_differ() const { return devices > 1 || !measured.empty() || stuck_low > 0 || stuck_high > 0; }
  bool any() const { return cells_differ() || write_noise > 0 || write_probability < 1; }
  /// @throws Error{bad_input} naming what is out of its range
  void check() const;
};

/// Sixteen devices whose steps, ranges and shapes differ by as much as is usual. Assumed: the curves of the sixteen
/// devices the published loss rests on are not at hand.
CellEffects usual_spread();

/// What writing cost: pulses are as long as their amount says, so current and energy follow from these sums.
struct WriteCount {
  std::int64_t pulses_up = 0, pulses_down = 0;
  double amount_up = 0, amount_down = 0;  ///< sum of amounts, in full pulses
  double state_up = 0, state_down = 0;    ///< sum of amount x state before the pulse
};

/// Write pulses onto the cells of one array of inputs x stride weights.
template <class Real>
class CellWriter {
 public:
  /// @param curve  of the mean device
  /// @param seed  of the training: which pulses are lost and what their noise is
  CellWriter(const DeviceCurve& curve, const CellEffects& effects, std::uint64_t seed);

  /// Gives every cell its device and its stuck state. @param weights  inputs x stride; stuck cells are set
  void place(std::span<Real> weights, int inputs, int neurons, int stride);
  /// Sets stuck cells again, after all weights were scaled.
  void restore_stuck(std::span<Real> weights) const;

  /// One pulse of `amount` full pulses on the weight at `cell`, an index into the array.
  void up(Real& weight, std::size_t cell, Real amount) noexcept { write<true>(weight, cell, amount); }
  void down(Real& weight, std::size_t cell, Real amount) noexcept { write<false>(weight, cell, amount); }

  const WriteCount& count() const noexcept { return count_; }

 private:
  struct Device {
    InterpolatedSteps<Real> steps;
    Real range, inverse_range;
  };
  struct Stuck {
    std::size_t cell;
    Real weight;
  };

  template <bool rise>
  void write(Real& weight, std::size_t cell, Real amount) noexcept {
    if (probability_ < 1 && !sends()) return;
    const Device& device = devices_[device_of_.empty() ? 0 : device_of_[cell]];
    const Real place = weight * device.inverse_range;
    const Real state = place > 1 ? Real{1} : place;  // rescaled weights may lie above
    Real step = (rise ? device.steps.up(state) : device.steps.down(state)) * amount * device.range;
    if (noise_ > 0) step *= 1 + noise_ * normal();
    const Real moved = rise ? weight + step : weight - step;
    weight = moved < 0 ? Real{0} : moved > device.range ? device.range : moved;
    (rise ? count_.pulses_up : count_.pulses_down) += 1;
    (rise ? count_.amount_up : count_.amount_down) += static_cast<double>(amount);
    (rise ? count_.state_up : count_.state_down) += static_cast<double>(amount * state);
  }

  bool sends() noexcept;
  Real normal() noexcept;

  std::vector<Device> devices_;          ///< the last may be a stuck one, whose steps are 0
  std::vector<std::uint8_t> device_of_;  ///< per cell; empty: all are the first
  std::vector<Stuck> stuck_;
  CellEffects effects_;
  std::uint64_t seed_;
  double probability_;
  Real noise_;
  WriteCount count_;
  std::uint64_t sends_asked_ = 0, normals_asked_ = 0;
  std::array<std::uint32_t, 4> send_numbers_{}, normal_numbers_{};
  std::vector<Real> quantiles_;  ///< of the standard normal distribution, equally likely
};

}  // namespace hopflow::pipeline
