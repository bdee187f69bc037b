// SPDX-License-Identifier: GPL-2.0-or-later
// What the tests of engines share: a host with a folder of its own, crystals, blocks, random numbers.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "potentials/forcefield/forcefield.hpp"
#include "potentials/host/engine_host.hpp"
#include "potentials/lammps/document.hpp"
#include "structures/core/crystal.hpp"
#include "structures/core/error.hpp"

namespace hopflow::testing {

/// A fresh folder, removed with the object.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// A host whose engine process is the tests' own worker.
EngineSite site_in(const Folder& folder, double deadline_s = 120);

Crystal shipped_crystal(const std::string& name);                                     ///< inputs/structures/NAME.cif
ForceField shipped_forcefield(const std::string& name, const std::string& set = "");  ///< inputs/forcefields/NAME.yaml

/// Spec of a LAMMPS block given as the YAML of a case file.
EngineSpec block_engine(const std::string& yaml, const Configuration& configuration,
                        const std::filesystem::path& folder = ".");

/// The same engine with its document changed.
EngineSpec changed(const EngineSpec& spec, const std::function<void(LammpsDocument&)>& change);

/// Central differences of the energy along one coordinate (eV/A), as a force.
double numerical_force(EngineHost& host, const EngineSpec& spec, const Configuration& configuration, int axis, int atom,
                       double step);

/// Uniform numbers in [-1, 1), the same on every machine; for geometries of tests only.
class Scatter {
 public:
  explicit Scatter(std::uint64_t seed) : state_{seed} {}
  double next();

 private:
  std::uint64_t state_;
};

Configuration shaken(Configuration configuration, double amplitude, std::uint64_t seed);

/// Kind and text of the error a call throws; fails the test if it throws none.
struct Caught {
  Error::Kind kind;
  std::string what;
};
Caught error_of(const std::function<void()>& call);

bool contains(const std::string& text, const std::string& part);

}  // namespace hopflow::testing
