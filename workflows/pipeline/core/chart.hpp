// SPDX-License-Identifier: GPL-2.0-or-later
// Small figures as SVG text: points with error bars, and grids of grey images.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace hopflow::pipeline {

struct ChartSeries {
  std::string name;
  std::vector<double> x, y;
  std::vector<double> error;  ///< half-length of the bars, as many as points; empty: none
};

/// A horizontal line with its label, e.g. a published value.
struct ChartLine {
  double y = 0;
  std::string label;
};

struct Chart {
  std::string title, x_label, y_label;
  bool log_x = false;  ///< ticks are then the points themselves
  std::vector<ChartSeries> series;
  std::vector<ChartLine> lines;
};

/// The chart, 640 x 420, self-contained; numbers and names are text that a reader can copy.
/// @throws Error{bad_input} for series whose lists have different lengths, or no finite point at all
std::string chart_svg(const Chart& chart);

/// Images side by side, `columns` in a row, black at 0, white at 1.
/// @param images  each side x side values, row by row
std::string image_grid_svg(const std::string& title, int side, int columns,
                           std::span<const std::vector<double>> images);

/// A grey PNG of 8 bits. @param pixels  width x height, row by row @throws Error{io} if compression fails
std::string grey_png(std::span<const unsigned char> pixels, int width, int height);

}  // namespace hopflow::pipeline
