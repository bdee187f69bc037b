// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/bands/reference_band.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/core.h>

#include "neb/barrier/uncertainty.hpp"
#include "neb/core/mobile.hpp"
#include "neb/delta/prior_relax.hpp"
#include "neb/modes/modes.hpp"
#include "neb/profile/images.hpp"
#include "potentials/labelled/labelled.hpp"
#include "structures/core/cell.hpp"
#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "structures/core/yaml.hpp"
#include "workflows/crew/bytes.hpp"

namespace hopflow {

namespace {

constexpr double side_reach = 0.3;       // A: a neighbour of the saddle further away says nothing of its mode
constexpr double work_tolerance = 3e-3;  // eV: what grids and SCF limits leave between near frames
constexpr double typical_stiffness = 3;  // eV/A^2
constexpr int last_energies = 3;

Eigen::VectorXd gradient_of(const Evaluation& answer) { return -answer.forces.reshaped(); }

void put_path(ReferenceBand& band, std::map<long, LabelledFrame> path, const std::string& place) {
  if (path.size() < 3)
    throw Error{
        Error::Kind::bad_input,
        fmt::format("{}: {} frames have 'image=K'; a band needs its ends and its saddle at least", place, path.size())};
  BarrierResult& barrier = band.barrier;
  for (auto& [image, frame] : path) {
    barrier.path.push_back(std::move(frame.configuration));
    Evaluation answer;
    answer.energy_ev = frame.energy_ev;
    answer.forces = std::move(frame.forces);
    barrier.answers.push_back(std::move(answer));
  }
  barrier.distance = distances_along(barrier.path);
  band.min_image_distance = shortest_lattice_vector(barrier.path.front().cell);
}

/// The neighbours of the saddle, where they are near enough to say something of its mode.
bool has_sides(const BarrierResult& barrier, std::size_t top) {
  const auto apart = [&](std::size_t k) {
    return (barrier.path[k].positions - barrier.path[top].positions).colwise().norm().maxCoeff();
  };
  return top > 0 && top + 1 < barrier.path.size() && apart(top - 1) < side_reach && apart(top + 1) < side_reach;
}

void check_mode(BarrierResult& barrier, std::size_t top) {
  if (!has_sides(barrier, top)) {
    barrier.checks.push_back({"one_negative_mode", std::nullopt, "no frames next to the saddle are stored", true});
    return;
  }
  const Eigen::VectorXd step = (barrier.path[top + 1].positions - barrier.path[top - 1].positions).reshaped();
  const double curvature =
      (gradient_of(barrier.answers[top + 1]) - gradient_of(barrier.answers[top - 1])).dot(step) / step.squaredNorm();
  barrier.checks.push_back({"one_negative_mode", curvature < -flat_curvature,
                            fmt::format("{:.3g} eV/A^2 along the path at the saddle, from the stored forces; further "
                                        "modes are not in the frames",
                                        curvature),
                            true});
  double worst = 0;
  for (const std::size_t k : {top - 1, top + 1}) {
    const Eigen::VectorXd way = (barrier.path[k].positions - barrier.path[top].positions).reshaped();
    const double work = 0.5 * (gradient_of(barrier.answers[k]) + gradient_of(barrier.answers[top])).dot(way);
    worst = std::max(worst, std::abs(barrier.answers[k].energy_ev - barrier.answers[top].energy_ev - work));
  }
  barrier.checks.push_back({"energy_force_consistency", worst < work_tolerance,
                            fmt::format("energies next to the saddle differ from the work of the forces by {:.2g} eV, "
                                        "{} eV at most",
                                        worst, work_tolerance),
                            true});
}

void judge(ReferenceBand& band, double fmax, const std::vector<double>& energies) {
  BarrierResult& barrier = band.barrier;
  const std::size_t top = highest_between_ends(barrier.answers);
  barrier.saddle_energy_ev = barrier.answers[top].energy_ev;
  barrier.forward_ev = barrier.saddle_energy_ev - barrier.answers.front().energy_ev;
  barrier.reverse_ev = barrier.saddle_energy_ev - barrier.answers.back().energy_ev;
  barrier.largest_climb_ev = std::max({barrier.forward_ev, barrier.reverse_ev, 0.0});
  const auto largest = [&](std::size_t k) { return barrier.answers[k].forces.colwise().norm().maxCoeff(); };
  const double ends = std::max(largest(0), largest(barrier.answers.size() - 1));
  barrier.fmax_ev_per_angstrom = std::max(ends, largest(top));
  const auto relaxed = [&](const char* name, const char* where, double force) {
    if (band.geometry.empty())
      return Check{name, force <= fmax,
                   fmt::format("largest force {:.3g} eV/A on the {}, requested {}", force, where, fmax), true};
    return Check{name, std::nullopt,
                 fmt::format("largest force {:.3g} eV/A on the {}, which {} has relaxed", force, where, band.geometry),
                 true};
  };
  barrier.checks.push_back(relaxed("endpoints_relaxed", "endpoints", ends));
  barrier.checks.push_back(relaxed("saddle_converged", "saddle", largest(top)));
  check_mode(barrier, top);
  if (!band.geometry.empty()) return;  // what its forces leave is part of the protocol
  double left = 0;
  for (const std::size_t k : {std::size_t{0}, top, barrier.answers.size() - 1})
    left = std::hypot(left, barrier.answers[k].forces.squaredNorm() / (2 * typical_stiffness));
  barrier.parts.push_back(numerical_part(
      "residual_force", left,
      fmt::format("g^2 / 2k of ends and saddle from the stored forces, k = {} eV/A^2", typical_stiffness)));
  const double range = unsteadiness(energies, last_energies);
  barrier.parts.push_back(
      numerical_part("steadiness", std::isfinite(range) ? std::optional{range} : std::nullopt,
                     fmt::format("range of the last {} energies of the search for the saddle", last_energies)));
}

}  // namespace

ReferenceBand read_reference_band(const std::filesystem::path& file, const std::string& structure_hash) {
  const yaml::Node root = yaml::load(file);
  root.allow_keys({"schema",      "what",     "structure", "structure_hash", "hop",      "frames",
                   "frames_hash", "tier",     "charge",    "engine",         "version",  "functional",
                   "basis",       "k_points", "cutoff_ry", "rel_cutoff_ry",  "scf",      "fmax",
                   "cost",        "limits",   "client",    "geometry",       "cell_size"});
  root.at("schema").one_of({"reference-band/1"});
  ReferenceBand band;
  band.file = file.filename().string();
  const auto words = [&](const char* key) {
    const yaml::Node* node = root.find(key);
    return node != nullptr ? node->text() : std::string{};
  };
  band.what = words("what");
  band.hop = root.at("hop").text();
  band.tier = root.at("tier").one_of({"ff", "mlip", "semiempirical", "dft"});
  band.charge = root.at("charge").text();
  band.engine = root.at("engine").text();
  band.version = words("version");
  band.functional = words("functional");
  band.geometry = words("geometry");
  const double fmax = root.at("fmax").number(1e-4, 0.5);
  const std::filesystem::path frames = file.parent_path() / root.at("frames").text();
  std::map<long, LabelledFrame> path;
  std::vector<double> energies;
  for (LabelledFrame& frame : read_labelled(frames)) {
    ++band.calls;
    if (frame.band == "saddle") energies.push_back(frame.energy_ev);
    if (frame.image) path.emplace(*frame.image, std::move(frame));
  }
  put_path(band, std::move(path), root.at("frames").place());
  const std::string hash = hash128_hex(text::read_file(frames));
  const bool same = hash == root.at("frames_hash").text();
  band.barrier.checks.push_back(
      {"frames_as_stored", same,
       same ? "" : fmt::format("{} has the hash {}, not the one stated", frames.filename().string(), hash), true});
  judge(band, fmax, energies);
  if (const yaml::Node* cell = root.find("cell_size")) {
    cell->allow_keys({"error_ev", "source"});
    band.barrier.parts.push_back(
        {"cell_size", cell->at("error_ev").number(0, 1), "stated with the band: " + cell->at("source").text()});
  }
  complete_error_bar(band);
  const std::vector<std::string> failed = failed_checks(band.barrier.checks);
  band.barrier.ending = failed.empty() ? Ending::converged : Ending::converged_check_failed;
  if (!failed.empty()) band.barrier.reason = "failed from the stored answers: " + text::join(failed, ", ");
  if (root.at("structure_hash").text() != structure_hash)
    band.problem = fmt::format("it belongs to another crystal than this study's ({}): the structure file differs",
                               words("structure"));
  return band;
}

}  // namespace hopflow
