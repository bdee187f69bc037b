// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/potentials/support.hpp"

#include <cstdlib>

#include <catch2/catch.hpp>

#include "potentials/engine_block.hpp"
#include "structures/cif/cif.hpp"

namespace hopflow::testing {

namespace fs = std::filesystem;

Folder::Folder() {
  // A name LAMMPS would split and expand if it ever saw it.
  std::string name = (fs::temp_directory_path() / "hopflow potentials &$x-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw Error(Error::Kind::io, "no temporary folder");
  path_ = name;
}

Folder::~Folder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

EngineSite site_in(const Folder& folder, double deadline_s) {
  return EngineSite{.folder = folder.path(), .deadline_s = deadline_s, .program = HOPFLOW_TEST_WORKER};
}

Crystal shipped_crystal(const std::string& name) {
  return read_cif(fs::path{HOPFLOW_SOURCE_DIR} / "inputs/structures" / (name + ".cif"));
}

ForceField shipped_forcefield(const std::string& name, const std::string& set) {
  return ForceField::load(fs::path{HOPFLOW_SOURCE_DIR} / "inputs/forcefields" / (name + ".yaml"), set);
}

EngineSpec block_engine(const std::string& yaml, const Configuration& configuration, const fs::path& folder) {
  return engine_from_block(yaml::parse(yaml, "case.yaml"), configuration, folder);
}

EngineSpec changed(const EngineSpec& spec, const std::function<void(LammpsDocument&)>& change) {
  LammpsDocument document = LammpsDocument::parse(spec.document);
  change(document);
  EngineSpec result = spec;
  result.document = document.dump();
  return result;
}

double numerical_force(EngineHost& host, const EngineSpec& spec, const Configuration& configuration, int axis, int atom,
                       double step) {
  Configuration moved = configuration;
  moved.positions(axis, atom) = configuration.positions(axis, atom) + step;
  const double ahead = host.evaluate(spec, moved).energy_ev;
  moved.positions(axis, atom) = configuration.positions(axis, atom) - step;
  const double back = host.evaluate(spec, moved).energy_ev;
  return -(ahead - back) / (2 * step);
}

double Scatter::next() {
  // splitmix64 (Steele, Lea & Flood 2014)
  std::uint64_t z = (state_ += 0x9E3779B97F4A7C15U);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
  return static_cast<double>((z ^ (z >> 31)) >> 11) * 0x1p-52 - 1;
}

Configuration shaken(Configuration configuration, double amplitude, std::uint64_t seed) {
  Scatter scatter{seed};
  for (double& x : configuration.positions.reshaped()) x += amplitude * scatter.next();
  return configuration;
}

Caught error_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return {error.kind(), error.what()};
  }
  FAIL("no error was thrown");
  return {};
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace hopflow::testing
