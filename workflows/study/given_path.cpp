// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/study/given_path.hpp"

#include <algorithm>

#include <fmt/core.h>

#include "structures/core/cell.hpp"
#include "structures/core/element.hpp"
#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "workflows/frames/frames.hpp"

namespace hopflow {

namespace {

constexpr double same_cell = 1e-3;  // A

[[noreturn]] void refuse(const std::string& place, const std::string& problem) {
  throw Error{Error::Kind::bad_input, fmt::format("{}: {}", place, problem)};
}

}  // namespace

std::vector<Configuration> read_path(const std::filesystem::path& file, const std::string& place,
                                     const Configuration& like) {
  const std::string name = text::printable(file.string());
  std::vector<Configuration> points;
  try {
    for (PathFrame& frame : read_frames(file)) points.push_back(std::move(frame.configuration));
  } catch (const Error& refusal) {
    refuse(place, refusal.what());
  }
  if (points.empty()) refuse(place, fmt::format("{} holds no frames; a path has at least one point", name));
  for (std::size_t k = 0; k < points.size(); ++k) {
    const Configuration& point = points[k];
    if (point.size() != like.size())
      refuse(place, fmt::format("frame {} of {} has {} atoms, the band's ends have {}; give a path of the same cell",
                                k + 1, name, point.size(), like.size()));
    const auto differs = std::ranges::mismatch(point.species, like.species);
    if (differs.in1 != point.species.end())
      refuse(place, fmt::format("atom {} of frame {} of {} is {}, of the band's ends {}; both need one order of atoms",
                                differs.in1 - point.species.begin() + 1, k + 1, name, symbol_of(*differs.in1),
                                symbol_of(*differs.in2)));
    const double apart = (point.cell - like.cell).colwise().norm().maxCoeff();
    if (apart > same_cell)
      refuse(place, fmt::format("frame {} of {} has another cell than the band's ends (vectors differ by {:.3g} A)",
                                k + 1, name, apart));
  }
  return points;
}

void check_ion(const std::vector<Configuration>& points, const std::string& place, int ion, const Eigen::Vector3d& from,
               const Eigen::Vector3d& to) {
  const Configuration &first = points.front(), &last = points.back();
  const auto apart = [&](const Eigen::Vector3d& a, const Eigen::Vector3d& b) {
    return minimum_image(first.cell, Eigen::Matrix3Xd(a - b), first.periodic).norm();
  };
  const Eigen::Vector3d start = first.positions.col(ion), end = last.positions.col(ion);
  const bool between = apart(start, from) + apart(start, to) < 2 * apart(from, to);
  const bool ahead = apart(start, from) <= apart(end, from) && apart(end, to) <= apart(start, to);
  if (between && ahead) return;
  refuse(
      place,
      fmt::format(
          "this path does not lead the hopping ion (atom {}) from its site to the vacant one, {:.2f} A away: its first "
          "point is {:.2f} and {:.2f} A from them, its last {:.2f} and {:.2f} A; give a path of this very hop, "
          "beginning where the ion has not moved",
          ion + 1, apart(from, to), apart(start, from), apart(start, to), apart(end, from), apart(end, to)));
}

}  // namespace hopflow
