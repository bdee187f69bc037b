// SPDX-License-Identifier: GPL-2.0-or-later
// Vacancies and hops: what must agree in a crystal with its force field, and what is noticed when an ion goes astray.
#include <catch2/catch.hpp>

#include <unistd.h>

#include <filesystem>

#include "potentials/registry.hpp"
#include "structures/core/element.hpp"
#include "tests/neb/drive.hpp"
#include "workflows/materials/material_run.hpp"

using namespace hopflow;
using hopflow::testing::drive;
namespace fs = std::filesystem;

namespace {

Study three_cations(double distance) {
  Study study = load_study(fs::path{HOPFLOW_SOURCE_DIR} / "inputs/studies/three-cations.yaml");
  study.min_image_distance = distance;
  study.mobile = Mobility::inorganic;
  return study;
}

/// One material of the shipped study with its relaxed host.
struct Bench {
  Study study;
  MaterialRun material;
  fs::path folder = fs::temp_directory_path() / ("hopflow-test-hops-" + std::to_string(::getpid()));

  Bench(Study given, std::size_t which)
      : study{std::move(given)}, material{plan_material(study, study.materials[which])} {
    const Configuration start = to_configuration(material.supercell.crystal);
    auto potential = make_potential(material.host_engine, folder);
    RelaxOptions options;
    material.host = drive(relax(start, mobile_stages(study, material, {}, start, {}).back(), options), *potential);
  }
  ~Bench() { fs::remove_all(folder); }

  HopProtocol protocol(const std::vector<int>& host_index, const std::vector<int>& centres) const {
    HopProtocol out;
    out.host = material.host->configuration;
    out.element = *atomic_number(study.element);
    out.stages = mobile_stages(study, material, host_index, out.host, centres);
    out.barrier.fmax = study.barrier.fmax;
    out.barrier.relax_endpoints = false;
    out.barrier.one_order = true;
    out.barrier.surrogate = false;
    return out;
  }

  VacancyRun vacancy(int site) const {
    VacancyRun out;
    out.cell = make_vacancy(material.host->configuration, site);
    auto potential = make_potential(engine_of(study, material, site), folder);
    return drive(run_vacancy(out, protocol(out.cell->host_index, {site})), *potential);
  }

  SampleRun run(const HopCell& hop, const VacancyRun& before, const VacancyRun& after, bool by_symmetry = false) const {
    HopProtocol how = protocol(hop.host_index, {hop.vacant_before, hop.vacant_after});
    if (by_symmetry) how.host_symmetries = atomic_symmetries(material.host->configuration, 0.02);
    auto potential = make_potential(engine_of(study, material, hop.removed()), folder);
    return drive(run_sample({}, hop, before, after, molecules_without(material, hop.removed()), how), *potential);
  }

  SampleRun run(const HopCell& hop, bool by_symmetry = false) const {
    return run(hop, vacancy(hop.vacant_before), vacancy(hop.vacant_after), by_symmetry);
  }

  SampleRun run(const SitePair& pair, bool by_symmetry = false) const { return run(hop(pair), by_symmetry); }

  HopCell hop(const SitePair& pair) const { return make_hop(material.supercell, material.host->configuration, pair); }
};

/// The same two sites, the vacancy at the other of them.
HopCell turned(HopCell hop) {
  std::swap(hop.before, hop.after);
  std::swap(hop.vacant_before, hop.vacant_after);
  return hop;
}

SitePair reversed(const SitePair& pair) { return {pair.to, pair.from, Eigen::Vector3i(-pair.image)}; }

/// An iodide at rest in harmonic wells of one strength; the nearest well holds it.
class Wells final : public Potential {
 public:
  std::vector<Eigen::Vector3d> at;
  Evaluation evaluate(const Configuration& c) override {
    Evaluation e;
    e.forces.resize(3, c.size());
    for (int i = 0; i < c.size(); ++i) {
      Eigen::Vector3d nearest = at.front() - c.positions.col(i);
      for (const Eigen::Vector3d& well : at)
        if ((well - c.positions.col(i)).norm() < nearest.norm()) nearest = well - c.positions.col(i);
      e.energy_ev += 0.5 * nearest.squaredNorm();
      e.forces.col(i) = nearest;
    }
    return e;
  }
};

}  // namespace

TEST_CASE("a hop of a pyridinium chain is the same forwards, backwards and in the mirror", "[workflows][hops]") {
  const Bench bench{three_cations(8), 0};
  const HopTable whole = find_hops(bench.material.crystal, bench.material.crystal_symmetry, 53, 5.5);
  const auto& members = whole.hops.front().members;
  const SitePair pair = members.front();
  const SampleRun ahead = bench.run(pair), back = bench.run(reversed(pair));
  REQUIRE(ahead.ending == Ending::converged);
  REQUIRE(back.ending == Ending::converged);
  CHECK(back.barrier->forward_ev == Approx(ahead.barrier->reverse_ev).margin(0.005));
  CHECK(back.barrier->reverse_ev == Approx(ahead.barrier->forward_ev).margin(0.005));
  const auto twin =
      std::ranges::find_if(members, [&](const SitePair& m) { return m.from != pair.from && m.to != pair.to; });
  REQUIRE(twin != members.end());
  const SampleRun mirrored = bench.run(*twin);
  REQUIRE(mirrored.ending == Ending::converged);
  CHECK(mirrored.barrier->forward_ev == Approx(ahead.barrier->forward_ev).margin(0.001));
  CHECK(mirrored.barrier->reverse_ev == Approx(ahead.barrier->reverse_ev).margin(0.001));
  REQUIRE(ahead.moves);
  CHECK(ahead.moves->turned == 0);  // cations are held
}

TEST_CASE("hops the crystal's mirror makes equal are equal in the supercell a study takes", "[workflows][hops]") {
  Study study = three_cations(12);
  study.materials[2].structure = "../structures/mapbi3-pseudocubic.cif";
  study.symmetry_of = SymmetryOf::crystal;
  study.symprec = 0.01;
  const Bench bench{study, 2};
  const auto& hops = bench.material.table.hops;
  const auto hop = std::ranges::find_if(hops, [](const Hop& h) { return h.multiplicity == 2; });
  REQUIRE(hop != hops.end());
  const SitePair one = hop->members.front();
  const auto twin = std::ranges::find_if(
      hop->members, [&](const SitePair& m) { return m.from == one.from && m.to == one.to && m.image != one.image; });
  REQUIRE(twin != hop->members.end());
  const SampleRun here = bench.run(one), there = bench.run(*twin);
  REQUIRE(here.ending == Ending::converged);
  REQUIRE(there.ending == Ending::converged);
  CHECK(there.barrier->forward_ev == Approx(here.barrier->forward_ev).margin(0.001));
  CHECK(there.barrier->reverse_ev == Approx(here.barrier->reverse_ev).margin(0.001));
}

TEST_CASE("atoms are freed in stages: the frame, the cations near the hop, all", "[workflows][hops]") {
  Study study = three_cations(12);
  const auto count = [](const Mask& mask) { return std::ranges::count(mask, true); };
  const MaterialRun material = plan_material(study, study.materials[2]);
  const Configuration host = to_configuration(material.supercell.crystal);
  const VacancyCell cell = make_vacancy(host, material.vacancies.begin()->first.atom);
  const std::vector<int> centres{cell.removed};
  const auto of = [&](Mobility mobile) {
    study.mobile = mobile;
    return mobile_stages(study, material, cell.host_index, host, centres);
  };
  const auto inorganic = of(Mobility::inorganic), near = of(Mobility::near), all = of(Mobility::all);
  REQUIRE(inorganic.size() == 1);
  REQUIRE(near.size() == 2);
  REQUIRE(all.size() == 3);
  CHECK(near[0] == inorganic[0]);
  CHECK(all[1] == near[1]);
  // 4 of 12 atoms of a formula unit are Pb and I; one I is gone. A cation has 8 atoms.
  CHECK(count(inorganic[0]) == host.size() / 3 - 1);
  CHECK((count(near[1]) - count(near[0])) % 8 == 0);
  CHECK(count(near[1]) > count(near[0]));
  CHECK(count(near[1]) < count(all[2]));
  CHECK(count(all[2]) == host.size() - 1);
  for (std::size_t i = 0; i < near[1].size(); ++i) CHECK((!near[0][i] || near[1][i]));
}

TEST_CASE("an ion that falls into another site is named, with the site", "[workflows][hops]") {
  HopProtocol protocol;
  protocol.host.cell = Eigen::Vector3d(12, 30, 30).asDiagonal();
  protocol.host.species = {53, 53, 53};
  protocol.host.positions.resize(3, 3);
  protocol.host.positions << 0, 4, 8, 0, 0, 0, 0, 0, 0;
  protocol.element = 53;
  protocol.stages = {{true, true}};
  protocol.relaxing.fmax = 1e-3;
  Configuration cut = protocol.host;  // site 0 is empty
  cut.species.pop_back();
  cut.positions.resize(3, 2);
  cut.positions << 4, 8, 0, 0, 0, 0;
  Wells wells;
  wells.at = {{4, 0, 0}, {8, 0, 0}};
  CHECK(drive(relax_in_stages(cut, 0, protocol), wells).converged());
  // The second iodide has no well at 8 any more: it goes on to that at 12, which is site 0.
  wells.at = {{4, 0, 0}, {12, 0, 0}};
  cut.positions(0, 1) = 8.5;
  const Relaxed slipped = drive(relax_in_stages(cut, 0, protocol), wells);
  CHECK_FALSE(slipped.converged());
  CHECK_THAT(slipped.reason, Catch::StartsWith("vacancy slipped: empty after relaxation: 2 instead of 0"));
}

TEST_CASE("an ion put where another is starts no relaxation", "[workflows][hops]") {
  HopCell hop;
  hop.vacant_before = 0;
  hop.vacant_after = 1;
  hop.ion = 0;
  hop.host_index = {0, 2};
  hop.before.cell = 20 * Eigen::Matrix3d::Identity();
  hop.before.species = {53, 82};
  hop.before.positions.resize(3, 2);
  hop.before.positions << 5, 9, 0, 0, 0, 0;
  hop.after = hop.before;
  hop.after.positions(0, 0) = 1;
  VacancyRun before, after;
  before.ending = Ending::converged;
  before.cell = VacancyCell{hop.before, 0, {1, 2}};
  before.mobile = {true, true};
  before.relaxed.emplace().configuration = hop.before;
  before.relaxed->configuration.positions(0, 1) = 1.58;  // lead has moved into the vacancy
  after.ending = Ending::slipped;
  after.cell = VacancyCell{hop.after, 1, {0, 2}};
  HopProtocol protocol;
  protocol.stages = {{true, true}};
  auto procedure = run_sample(SampleRun{}, hop, before, after, {}, protocol);
  REQUIRE(procedure.done());
  CHECK(procedure.evaluations() == 0);
  const SampleRun refused = procedure.take();
  CHECK(refused.ending == Ending::slipped);
  CHECK_THAT(refused.reason, Catch::Contains("atoms 0 and 1 would be 0.58 A apart"));
}

TEST_CASE("with its cations free a hop is to the last digit the reverse of its reverse", "[workflows][hops]") {
  Study study = three_cations(12);
  for (const Mobility mobile : {Mobility::near, Mobility::all}) {
    study.mobile = mobile;
    const Bench bench{study, 2};
    const HopTable whole = find_hops(bench.material.crystal, bench.material.crystal_symmetry, 53, 5.5);
    int converged = 0;
    for (const std::size_t k : {std::size_t{0}, std::size_t{4}}) {
      INFO(to_string(mobile) << " " << whole.hops[k].id);
      const HopCell hop = bench.hop(whole.hops[k].representative);
      const SampleRun ahead = bench.run(hop), back = bench.run(turned(hop));
      CHECK(ahead.ending == back.ending);
      REQUIRE(ahead.barrier.has_value() == back.barrier.has_value());
      if (!ahead.barrier) continue;
      converged += ahead.ending == Ending::converged ? 1 : 0;
      CHECK(back.barrier->forward_ev == ahead.barrier->reverse_ev);
      CHECK(back.barrier->reverse_ev == ahead.barrier->forward_ev);
      CHECK(back.barrier->uncertainty_ev == Approx(ahead.barrier->uncertainty_ev));
      REQUIRE(back.barrier->path.size() == ahead.barrier->path.size());
      CHECK(back.barrier->path.front().positions == ahead.barrier->path.back().positions);
      CHECK(empty_sites(bench.material.host->configuration, ahead.barrier->path.front(), 53) ==
            std::vector<int>{hop.vacant_before});
    }
    CHECK(converged > 0);
  }
}

TEST_CASE("a hop whose vacancy slips back from one side is found from the other", "[workflows][hops]") {
  const Bench bench{three_cations(8), 0};
  const HopCell hop = bench.hop(bench.material.table.hops.front().representative);
  VacancyRun before = bench.vacancy(hop.vacant_before), after = bench.vacancy(hop.vacant_after);
  const SampleRun whole = bench.run(hop, before, after);
  REQUIRE(whole.ending == Ending::converged);
  before.ending = Ending::slipped;
  before.reason = "vacancy slipped to 7";
  const SampleRun half = bench.run(hop, before, after);
  REQUIRE(half.ending == Ending::converged);
  CHECK(half.barrier->forward_ev == Approx(whole.barrier->forward_ev).margin(0.005));
  const auto told = [](const std::string& warning) {
    return warning.find("from the vacancy after the hop") != std::string::npos &&
           warning.find("vacancy slipped to 7") != std::string::npos;
  };
  CHECK(std::ranges::any_of(half.barrier->warnings, told));
  after.ending = Ending::slipped;
  after.reason = "vacancy slipped to 9";
  const SampleRun none = bench.run(hop, before, after);
  CHECK(none.ending == Ending::slipped);
  CHECK(none.reason == "vacancy slipped to 7");
  CHECK_FALSE(none.barrier);
}

TEST_CASE("the image of a relaxed vacancy is a relaxed far end, and the barrier is the one relaxing gives",
          "[workflows][hops]") {
  // Orthorhombic MAPbI3 has hops between iodides that an operation of the crystal carries onto each other.
  Study study = three_cations(8);
  study.materials[2].structure = "../structures/mapbi3-orthorhombic.cif";
  const Bench bench{study, 2};
  const auto symmetries = atomic_symmetries(bench.material.host->configuration, 0.02);
  for (const Hop& hop : bench.material.table.hops) {
    const SitePair& pair = hop.representative;
    const int from = locate(bench.material.supercell, pair.from, Eigen::Vector3i::Zero()).atom;
    const int to = locate(bench.material.supercell, pair.to, pair.image).atom;
    if (std::ranges::none_of(symmetries,
                             [&](const AtomicSymmetry& g) { return g.target[static_cast<std::size_t>(from)] == to; }))
      continue;
    const SampleRun built = bench.run(pair, true), relaxed = bench.run(pair);
    REQUIRE(built.barrier);
    REQUIRE(relaxed.barrier);
    CHECK(built.barrier->forward_ev - built.barrier->reverse_ev == Approx(0).margin(1e-3));
    if (built.ending == Ending::converged && relaxed.ending == Ending::converged)
      CHECK(built.barrier->forward_ev == Approx(relaxed.barrier->forward_ev).margin(0.005));
    CHECK(built.barrier->evaluations_endpoints < relaxed.barrier->evaluations_endpoints);
    return;
  }
  FAIL("no hop of this table joins sites that are images of each other");
}
