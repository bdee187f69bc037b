// SPDX-License-Identifier: GPL-2.0-or-later
// A matrix as a coloured map.
#pragma once

#include <optional>
#include <string>

#include <Eigen/Core>

namespace hopflow::pipeline {

/// One square a cell, dark to bright with the magnitude, logarithmic where it spans more than a factor 50; cells that
/// are no finite number stay empty. Colours: cividis, which reads the same with and without colour vision.
/// @param title, unit  plain text, e.g. "cell currents", "A"
/// @param brightest  given: the brightest colour's magnitude on a linear scale from 0
std::string map_svg(const Eigen::MatrixXd& values, const std::string& title, const std::string& unit,
                    std::optional<double> brightest = {});

}  // namespace hopflow::pipeline
