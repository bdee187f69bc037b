// SPDX-License-Identifier: GPL-2.0-or-later
// Fits of force-field tables: the surface against LAMMPS, derivatives, recovery of known numbers, honest errors.
#include <cmath>
#include <random>

#include <catch2/catch.hpp>

#include "potentials/fitting/fit.hpp"
#include "potentials/fitting/frame_model.hpp"
#include "potentials/fitting/free_numbers.hpp"
#include "potentials/forcefield/forcefield.hpp"
#include "structures/cells/supercell.hpp"
#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "structures/formats/structure_file.hpp"
#include "tests/potentials/support.hpp"

using namespace hopflow;
using namespace hopflow::testing;

namespace {

const std::filesystem::path inputs = std::filesystem::path{HOPFLOW_SOURCE_DIR} / "inputs";

Configuration cubic() { return to_configuration(read_structure(inputs / "structures/mapbi3-pseudocubic.cif")); }

/// Box and Muller; a library's normal distribution differs between libraries.
double gauss(std::mt19937& random) {
  const double u = (static_cast<double>(random()) + 1) / 4294967297.0;
  const double v = static_cast<double>(random()) / 4294967296.0;
  return std::sqrt(-2 * std::log(u)) * std::cos(2 * 3.14159265358979323846 * v);
}

std::vector<LabelledFrame> labelled_by(const ForceFieldTable& table, int count, double most) {
  std::vector<LabelledFrame> frames;
  for (int k = 0; k < count; ++k) {
    LabelledFrame& frame = frames.emplace_back();
    frame.configuration = shaken(cubic(), most, 11 + static_cast<std::uint64_t>(k));
    const ModelAnswer answer = FrameModel{table, frame.configuration}.answer(table);
    frame.energy_ev = answer.energy_ev;
    frame.forces = Eigen::Map<const Eigen::Matrix3Xd>(answer.forces.data(), 3, frame.configuration.size());
    frame.band = k % 2 == 0 ? "even" : "odd";
    frame.place = "frame";
  }
  return frames;
}

void compare_with_lammps(const std::string& structure, const std::string& table_file, const std::string& charge_set) {
  Crystal crystal = read_structure(inputs / "structures" / structure);
  const ForceFieldTable table = load_forcefield_table(inputs / "forcefields" / table_file, charge_set);
  const EngineSpec spec = ForceField::load(inputs / "forcefields" / table_file, charge_set).engine(crystal);
  const Folder folder;
  EngineHost host{site_in(folder)};
  double lammps_before = 0, own_before = 0;
  for (const std::uint64_t seed : {1u, 2u}) {
    const Configuration c = shaken(to_configuration(crystal), 0.05, seed);
    const Evaluation lammps = host.evaluate(spec, c);
    const ModelAnswer own = FrameModel{table, c}.answer(table);
    const Eigen::Map<const Eigen::Matrix3Xd> forces(own.forces.data(), 3, c.size());
    // LAMMPS' Ewald sums are good to 1e-5 of the force between two unit charges at 1 A: 14 eV/A.
    CHECK((forces - lammps.forces).cwiseAbs().maxCoeff() < 5e-4);
    if (seed == 2) CHECK(own.energy_ev - own_before == Approx(lammps.energy_ev - lammps_before).margin(2e-3));
    lammps_before = lammps.energy_ev;
    own_before = own.energy_ev;
  }
}

}  // namespace

TEST_CASE("Ewald sums give the Madelung constant of rock salt", "[fitting]") {
  Configuration salt;
  salt.cell = 5.6 * Eigen::Matrix3d::Identity();
  salt.positions.resize(3, 8);
  std::vector<int> kind;
  for (int k = 0; k < 8; ++k) {
    salt.positions.col(k) = 2.8 * Eigen::Vector3d(k & 1, (k >> 1) & 1, (k >> 2) & 1);
    kind.push_back(((k & 1) + ((k >> 1) & 1) + ((k >> 2) & 1)) % 2);
    salt.species.push_back(kind.back() == 0 ? 11 : 17);
  }
  const CoulombResponse response = coulomb_response(salt, kind, 2, {});
  // -1.747564594633 / 2.8 A: E. R. Smith, Proc. R. Soc. A 375, 475 (1981) lists the constant.
  CHECK(response.potential(0, 0) - response.potential(0, 1) == Approx(-1.747564594633 / 2.8).epsilon(1e-6));
  CHECK((response.field.col(0) - response.field.col(1)).cwiseAbs().maxCoeff() < 1e-6);
}

TEST_CASE("gradients of angles and torsions are their slopes", "[fitting]") {
  Configuration c = cubic();
  c.positions.leftCols(4) << 4, 5.2, 5.9, 7.2, 4.1, 4, 5.3, 5.1, 3.9, 4.2, 4.4, 5.6;
  const double h = 1e-5;
  for (int atom = 0; atom < 4; ++atom)
    for (int axis = 0; axis < 3; ++axis) {
      Configuration plus = c, minus = c;
      plus.positions(axis, atom) += h;
      minus.positions(axis, atom) -= h;
      const auto slope = [&](const auto& of) { return (of(plus).value - of(minus).value) / (2 * h); };
      const auto torsion = [](const Configuration& at) { return torsion_of(at, {0, 1, 2, 3}); };
      CHECK(torsion(c).gradient(axis, atom) == Approx(slope(torsion)).margin(1e-8));
      if (atom == 3) continue;
      const auto angle = [](const Configuration& at) { return angle_of(at, {0, 1, 2}); };
      CHECK(angle(c).gradient(axis, atom) == Approx(slope(angle)).margin(1e-8));
    }
}

TEST_CASE("the surface that is fitted is the one LAMMPS computes", "[fitting]") {
  compare_with_lammps("mapbi3-pseudocubic.cif", "myp-mapbi3.yaml", "");
  compare_with_lammps("prpyr-pbi3.cif", "hybrid-pyridinium-pbi3.yaml", "scale-cation");
  compare_with_lammps("bnzpyr-pbi3.cif", "hybrid-pyridinium-pbi3.yaml", "match-I");
}

TEST_CASE("derivatives by a table's numbers are differences of its answers", "[fitting]") {
  const ForceFieldTable table =
      load_forcefield_table(inputs / "forcefields/hybrid-pyridinium-pbi3.yaml", "scale-cation");
  const Configuration c = shaken(to_configuration(read_structure(inputs / "structures/prpyr-pbi3.cif")), 0.05, 3);
  const FrameModel model{table, c};
  const FreeNumbers free{
      table,
      {"cross_terms.I-C.*", "pairs.I-I.*", "bonds.CA-HA.*", "angles.CA-CA-HA.*", "dihedrals.HC-CT-CT-HC.V3",
       "impropers.*", "cross_terms.I-H.*", "charges.I", "charges.cation_scale"},
      3};
  Eigen::VectorXd theta = 0.1 * Eigen::VectorXd::Ones(free.size());
  const ModelAnswer here = model.answer(free.table(theta), free.model_names());
  const Eigen::MatrixXd by = free.derivatives(theta);
  const Eigen::MatrixXd forces_by = here.forces_by * by;
  const Eigen::VectorXd energy_by = by.transpose() * here.energy_by;
  for (int k = 0; k < free.size(); ++k) {
    const double h = 1e-5;
    const Eigen::VectorXd step = h * Eigen::VectorXd::Unit(free.size(), k);
    const ModelAnswer plus = model.answer(free.table(theta + step)), minus = model.answer(free.table(theta - step));
    INFO(free.numbers()[static_cast<std::size_t>(k)].name);
    const Eigen::VectorXd slope = (plus.forces - minus.forces) / (2 * h);
    CHECK((forces_by.col(k) - slope).norm() <= 1e-5 * slope.norm() + 1e-8);
    CHECK(energy_by[k] == Approx((plus.energy_ev - minus.energy_ev) / (2 * h)).epsilon(1e-4).margin(1e-6));
  }
}

TEST_CASE("a fit recovers numbers perturbed by a fifth", "[fitting]") {
  const ForceFieldTable truth = load_forcefield_table(inputs / "forcefields/myp-mapbi3.yaml", "");
  const std::vector<LabelledFrame> frames = labelled_by(truth, 8, 0.08);
  ForceFieldTable start = truth;
  const std::vector<std::string> names{"pairs.I-Pb.A",     "pairs.I-Pb.rho", "pairs.I-N.A",  "pairs.HN-I.eps",
                                       "pairs.HN-I.sigma", "bonds.C-N.K",    "bonds.C-N.r0", "angles.HN-N-HN.K"};
  double sign = 1;
  for (const TableParameter& parameter : parameters_of(start)) {
    if (std::ranges::find(names, parameter.name) == names.end()) continue;
    *parameter.value *= 1 + 0.2 * sign;
    sign = -sign;
  }
  FitOptions options;
  options.free = names;
  options.regularisation = 0;
  options.range = 20;
  options.force_sd = 0.01;
  options.energy_sd = 0.01;
  const FitResult result = fit_table(start, frames, options);
  CHECK(result.converged);
  ForceFieldTable expected = truth;
  REQUIRE(result.numbers.size() == names.size());
  for (const TableParameter& parameter : parameters_of(expected))
    for (const FittedNumber& number : result.numbers) {
      if (number.name != parameter.name) continue;
      INFO(number.name);
      CHECK(number.value == Approx(*parameter.value).epsilon(0.01));
    }
  CHECK(result.after.forces.rmse < 1e-3);
  CHECK(result.before.forces.rmse > 0.1);
  CHECK(result.held_out.size() == 2);
}

TEST_CASE("the errors of fitted numbers cover the truth as often as they say", "[fitting]") {
  const ForceFieldTable truth = load_forcefield_table(inputs / "forcefields/myp-mapbi3.yaml", "");
  const std::vector<LabelledFrame> exact = labelled_by(truth, 2, 0.1);
  FitOptions options;
  options.free = {"pairs.I-Pb.A", "pairs.I-Pb.rho", "angles.HN-N-HN.K"};
  options.regularisation = 0;
  // Small enough for the numbers' errors to be those of a linear fit; A is the exponential of what is fitted.
  options.force_sd = 0.02;
  options.energy_sd = 0.01;
  options.leave_one_out = false;
  const std::vector<double> values{103496.13301, 0.321737, 40.5};
  std::vector<int> within_one(3, 0), within_two(3, 0);
  constexpr int trials = 200;
  for (int trial = 0; trial < trials; ++trial) {
    std::mt19937 random{static_cast<unsigned>(100 + trial)};
    std::vector<LabelledFrame> frames = exact;
    for (LabelledFrame& frame : frames) {
      frame.band = "one";
      frame.energy_ev += options.energy_sd * gauss(random);
      for (Eigen::Index i = 0; i < frame.forces.size(); ++i) frame.forces.data()[i] += options.force_sd * gauss(random);
    }
    const FitResult result = fit_table(truth, frames, options);
    REQUIRE(result.numbers.size() == 3);
    for (std::size_t k = 0; k < 3; ++k) {
      const double off = std::abs(result.numbers[k].value - values[k]) / result.numbers[k].sd;
      within_one[k] += off < 1 ? 1 : 0;
      within_two[k] += off < 1.96 ? 1 : 0;
    }
  }
  // 68.3 % and 95 % of 200 within three binomial standard deviations.
  for (std::size_t k = 0; k < 3; ++k) {
    INFO("number " << k);
    CHECK(within_one[k] == Approx(136.5).margin(20));
    CHECK(within_two[k] == Approx(190).margin(9.3));
  }
}

TEST_CASE("a number no frame depends on is refused by name", "[fitting]") {
  const ForceFieldTable table = load_forcefield_table(inputs / "forcefields/myp-mapbi3.yaml", "");
  std::vector<LabelledFrame> frames = labelled_by(table, 1, 0.1);
  FitOptions options;
  options.free = {"pairs.I-Cs.A"};
  CHECK_THROWS_WITH(fit_table(table, frames, options), Catch::Contains("no such number"));
  // Two ions alone know nothing of methylammonium.
  LabelledFrame& ions = frames[0];
  ions.configuration.species = {82, 53};
  ions.configuration.positions = Eigen::Matrix3Xd::Zero(3, 2);
  ions.configuration.positions(0, 1) = 3.2;
  ions.forces = Eigen::Matrix3Xd::Zero(3, 2);
  options.free = {"bonds.C-N.K", "pairs.I-Pb.A"};
  CHECK_THROWS_WITH(fit_table(table, frames, options), Catch::Contains("bonds.C-N.K") && Catch::Contains("no frame"));
}

TEST_CASE("charges that are fitted keep the crystal neutral", "[fitting]") {
  const ForceFieldTable table =
      load_forcefield_table(inputs / "forcefields/hybrid-pyridinium-pbi3.yaml", "scale-cation");
  const FreeNumbers free{table, {"charges.*"}, 3};
  CHECK(free.size() == 2);  // lead's follows from iodide's and the cation's
  const ForceFieldTable moved = free.table(Eigen::Vector2d(0.5, -0.8));
  double sum = moved.cation_scale;
  sum += moved.find_type("Pb")->charge + 3 * moved.find_type("I")->charge;
  CHECK(sum == Approx(0).margin(1e-12));
  CHECK(moved.find_type("NAP")->charge == Approx(0.15 * moved.cation_scale));
}

TEST_CASE("a table's adjusted numbers replace those of the table it extends, and must exist there", "[fitting]") {
  const Folder folder;
  const std::string head = "schema: potential/1\nname: mine\nextends: " +
                           std::filesystem::relative(inputs / "forcefields/myp-mapbi3.yaml", folder.path()).string() +
                           "\n";
  const auto table = [&](const std::string& rest) {
    text::write_file(folder.path() / "mine.yaml", head + rest);
    return load_forcefield_table(folder.path() / "mine.yaml", "");
  };
  const ForceFieldTable adjusted = table("adjusted:\n  pairs.I-Pb.rho: {value: 0.33, start: 0.321737, sd: 0.002}\n");
  CHECK(adjusted.pairs.at({"I", "Pb"}).rho == 0.33);
  CHECK(adjusted.pairs.at({"I", "Pb"}).a == 103496.13301);
  CHECK_THROWS_WITH(table("adjusted:\n  pairs.Pb-I.rho: {value: 0.33}\n"),
                    Catch::Contains("mine.yaml:5") && Catch::Contains("no parameter 'pairs.Pb-I.rho'"));
  CHECK_THROWS_WITH(table("adjusted:\n  pairs.I-Pb.rho: {value: -1}\n"), Catch::Contains("out of range"));
}
