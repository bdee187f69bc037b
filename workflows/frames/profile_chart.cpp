// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/frames/profile_chart.hpp"

#include <algorithm>

#include <fmt/core.h>

#include "workflows/pipeline/core/chart.hpp"

namespace hopflow {

std::string profile_svg(const BarrierResult& barrier) {
  pipeline::Chart chart;
  chart.title = fmt::format("{}: {:.3f} eV forward, {:.3f} eV reverse", to_string(barrier.ending), barrier.forward_ev,
                            barrier.reverse_ev);
  chart.x_label = "distance along the path (A)";
  chart.y_label = "energy above the initial state (eV)";
  pipeline::ChartSeries& series = chart.series.emplace_back();
  series.name = "images";
  std::size_t highest = 0;
  for (std::size_t i = 0; i < barrier.path.size(); ++i) {
    series.x.push_back(barrier.distance[i]);
    series.y.push_back(barrier.answers[i].energy_ev - barrier.answers.front().energy_ev);
    if (series.y[i] > series.y[highest]) highest = i;
  }
  series.error.assign(series.x.size(), 0.0);
  if (!series.error.empty()) series.error[highest] = barrier.uncertainty_ev;
  return chart_svg(chart);
}

}  // namespace hopflow
