// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/calibration/arrhenius.hpp"

#include <cmath>

#include <fmt/core.h>
#include <boost/math/distributions/students_t.hpp>

#include "structures/core/error.hpp"
#include "structures/core/units.hpp"

namespace hopflow::pipeline {

double Arrhenius::time(double temperature_k) const {
  return prefactor_s * std::exp(activation_ev / (units::boltzmann * temperature_k));
}

Arrhenius arrhenius(std::span<const TimedPoint> points) {
  const auto refuse = [](const std::string& what) { throw Error{Error::Kind::bad_input, "retention points: " + what}; };
  if (points.size() < 2)
    refuse(fmt::format("{} given; an activation energy needs two or more, as 363:1200,400:60", points.size()));
  const auto n = static_cast<double>(points.size());
  double mean_x = 0, mean_y = 0;
  for (const TimedPoint& p : points) {
    if (!(p.temperature_k > 0 && std::isfinite(p.temperature_k)))
      refuse(fmt::format("temperature {} K; give one above 0", p.temperature_k));
    if (!(p.time_s > 0 && std::isfinite(p.time_s))) refuse(fmt::format("time {} s; give one above 0", p.time_s));
    mean_x += 1 / (units::boltzmann * p.temperature_k) / n;
    mean_y += std::log(p.time_s) / n;
  }
  double xx = 0, xy = 0;
  for (const TimedPoint& p : points) {
    const double x = 1 / (units::boltzmann * p.temperature_k) - mean_x;
    xx += x * x;
    xy += x * (std::log(p.time_s) - mean_y);
  }
  if (!(xx > 1e-18 * mean_x * mean_x)) refuse("all at one temperature; give a second one");
  Arrhenius fit;
  fit.activation_ev = xy / xx;
  fit.prefactor_s = std::exp(mean_y - fit.activation_ev * mean_x);
  if (points.size() > 2) {
    double scatter = 0;
    for (const TimedPoint& p : points) {
      const double left = std::log(p.time_s / fit.time(p.temperature_k));
      scatter += left * left;
    }
    fit.sd_ev = std::sqrt(scatter / (n - 2) / xx);
    fit.half_width_ev = *fit.sd_ev * boost::math::quantile(boost::math::students_t{n - 2}, 0.975);
  }
  return fit;
}

}  // namespace hopflow::pipeline
