// SPDX-License-Identifier: GPL-2.0-or-later
// A state with a known speed at every point, moved on by exact quadrature instead of time steps.
#pragma once

#include <concepts>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace hopflow::pipeline {

/// dx/dt as a function of x alone (1/s): what a constant voltage makes of a device. Made from anything that answers
/// f(x); if it also answers f.smooth(a, b) - true only if one analytic expression holds from state a to state b > a -
/// then nothing between two points of a quadrature can be overlooked. One that doesn't is followed by its values alone.
class Speed {
 public:
  template <class Function>
  requires(!std::same_as<std::remove_cvref_t<Function>, Speed> &&
           std::is_invocable_r_v<double, const Function&, double>) Speed(Function function)
      : law_{std::make_shared<const Holder<Function>>(std::move(function))} {}

  double operator()(double x) const { return law_->at(x); }
  bool smooth(double a, double b) const { return law_->smooth(a, b); }

 private:
  struct Law {
    virtual ~Law() = default;
    virtual double at(double x) const = 0;
    virtual bool smooth(double a, double b) const = 0;
  };
  template <class Function>
  struct Holder final : Law {
    explicit Holder(Function f) : function{std::move(f)} {}
    double at(double x) const override { return function(x); }
    bool smooth([[maybe_unused]] double a, [[maybe_unused]] double b) const override {
      if constexpr (requires { function.smooth(a, b); })
        return function.smooth(a, b);
      else
        return true;
    }
    Function function;
  };
  std::shared_ptr<const Law> law_;
};

/// The state after `duration_s`, starting at x in [0, 1] and stopping at the ends. At constant voltage x is monotone,
/// so t(x) = integral of dx / speed is inverted; no time step, and splitting the duration changes nothing beyond
/// rounding. Where the speed vanishes x comes to rest.
double advance(const Speed& speed, double x, double duration_s);

/// The time until `target` is reached (s); nullopt if the state moves away from it or rests before it.
std::optional<double> time_to(const Speed& speed, double x, double target);

}  // namespace hopflow::pipeline
