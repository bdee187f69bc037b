// SPDX-License-Identifier: GPL-2.0-or-later
// What one call costs beside the engine's own work: LAMMPS bare, as a Potential, and in its engine process; an i-PI
// client that computes a sum of cosines. Hidden from the tests; run it on an idle machine:
//
//   build/release/tests/potentials/test_potentials "[.calls]"
#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "potentials/core/checks.hpp"
#include "potentials/ipi/ipi.hpp"
#include "potentials/ipi/settings.hpp"
#include "potentials/lammps/box.hpp"
#include "potentials/lammps/lammps.hpp"
#include "potentials/lammps/library.hpp"
#include "structures/cells/supercell.hpp"
#include "structures/core/yaml.hpp"
#include "tests/potentials/support.hpp"

using namespace hopflow;
using namespace hopflow::testing;

namespace {

/// Least and median of a call's times (ms).
template <class Call>
void time(const std::string& what, int calls, Call call) {
  std::vector<double> ms;
  for (int k = 0; k < calls; ++k) {
    const auto begin = std::chrono::steady_clock::now();
    call(k);
    ms.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count());
  }
  std::sort(ms.begin(), ms.end());
  fmt::print("{:<52} least {:.3f} ms, median {:.3f} ms\n", what, ms.front(), ms[ms.size() / 2]);
  std::fflush(stdout);
}

/// The library's functions and nothing else, on the files a Potential of the same spec has written.
class Bare {
 public:
  Bare(const EngineSpec& spec, const std::filesystem::path& scratch) {
    std::string words[] = {"bare", "-log", "none", "-screen", "none", "-nocite"};
    char* arguments[] = {words[0].data(), words[1].data(), words[2].data(),
                         words[3].data(), words[4].data(), words[5].data()};
    handle_ = lammps_.open_no_mpi(6, arguments, nullptr);
    const LammpsDocument document = LammpsDocument::parse(spec.document);
    // LAMMPS would read $ and & in the folder's name: from inside it the name isn't needed.
    const std::filesystem::path before = std::filesystem::current_path();
    std::filesystem::current_path(scratch);
    for (const std::string& line :
         {"units " + document.units, "atom_style " + document.atom_style, std::string{"atom_modify map array sort 0 0"},
          std::string{"box tilt large"}, std::string{"neighbor 0.1 bin"},
          std::string{"neigh_modify delay 0 every 1 check yes"}, std::string{"read_data box.data"}}) {
      lammps_.command(handle_, line.c_str());
    }
    for (const std::string& line : document.commands) {
      lammps_.command(handle_, line.c_str());
      if (line.starts_with("pair_style")) lammps_.command(handle_, "pair_modify table 0");
    }
    for (const char* line :
         {"thermo_style custom step pe pxx pyy pzz pxy pxz pyz", "thermo_modify norm no", "thermo 1"})
      lammps_.command(handle_, line);
    std::filesystem::current_path(before);
  }
  ~Bare() { lammps_.close(handle_); }
  double call(Eigen::Matrix3Xd& x) {
    char names[2][2] = {"x", "f"};
    lammps_.scatter_atoms(handle_, names[0], 1, 3, x.data());
    lammps_.command(handle_, "run 0 post no");
    const double energy = lammps_.get_thermo(handle_, "pe");
    lammps_.gather_atoms(handle_, names[1], 1, 3, x.data());
    return energy;
  }

 private:
  const LammpsLibrary& lammps_ = lammps_library();
  void* handle_ = nullptr;
};

}  // namespace

TEST_CASE("what a call costs", "[.calls]") {
  const Folder folder;
  const Crystal crystal = find_supercell(shipped_crystal("mapbi3-tetragonal"), 14).crystal;
  const Configuration atoms = to_configuration(crystal);
  const EngineSpec spec = shipped_forcefield("myp-mapbi3").engine(crystal);
  std::vector<Configuration> questions;
  for (std::uint64_t k = 0; k < 8; ++k) questions.push_back(shaken(atoms, 0.02, k));
  const auto question = [&](int k) -> const Configuration& {
    return questions[static_cast<std::size_t>(k) % questions.size()];
  };
  const int calls = 200;
  fmt::print("MAPbI3, {} atoms\n", atoms.size());

  const std::vector<double> limits = contact_limits(atoms.species);
  time("the look for atoms too close", calls, [&](int k) { (void)too_close(question(k), limits); });
  auto layer = make_lammps(spec, folder.path());
  layer->evaluate(atoms);
  Bare bare{spec, folder.path() / ("lammps-" + spec.hash().substr(0, 8))};
  const LammpsBox box = make_lammps_box(atoms.cell, atoms.periodic);
  EngineHost host{site_in(folder)};
  host.evaluate(spec, atoms);
  for (int round = 0; round < 2; ++round) {
    time("LAMMPS bare: scatter, run 0, energy, gather", calls, [&](int k) {
      Eigen::Matrix3Xd x = box.to_box(question(k).positions);
      bare.call(x);
    });
    time("LAMMPS as a Potential: checked, with stress", calls, [&](int k) { layer->evaluate(question(k)); });
    time("LAMMPS in its engine process", calls, [&](int k) { host.evaluate(spec, question(k)); });
  }

  time("the first answer after a kill -9, by a fresh process", 8, [&](int k) {
    kill(host.process(), SIGKILL);
    try {
      host.evaluate(spec, question(k));
    } catch (const Error&) {
    }
    host.evaluate(spec, question(k));
  });

  const std::string block = fmt::format("{{kind: ipi, command: \"{} {{path}}\", tier: test}}", HOPFLOW_TEST_IPI_CLIENT);
  const EngineSpec client = ipi_engine(read_ipi(yaml::parse(block, "block"), folder.path()), atoms, folder.path());
  auto near = make_ipi(client, folder.path());
  near->evaluate(atoms);
  host.evaluate(client, atoms);
  time("i-PI client, asked from this process", 10 * calls, [&](int k) { near->evaluate(question(k)); });
  time("i-PI client, through the engine process", 10 * calls, [&](int k) { host.evaluate(client, question(k)); });
}
