// SPDX-License-Identifier: GPL-2.0-or-later
// dlopen and dlsym; a release is read off the file, as the build does it.
#include "potentials/lammps/library.hpp"

#include <dlfcn.h>

#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>
#include <type_traits>

#include <fmt/core.h>

#include "potentials/core/hashing.hpp"
#include "structures/core/error.hpp"
#include "structures/core/text.hpp"

namespace hopflow {

namespace {

namespace fs = std::filesystem;

std::string advice(const fs::path& path) {
  return path.empty()
             ? "install the package liblammps0"
             : "give the shared library of a LAMMPS build for this machine, with its dependencies on LD_LIBRARY_PATH";
}

LammpsLibrary load(const fs::path& path) {
  const std::string name = path.empty() ? "liblammps.so.0" : path.string();
  // Global: Open MPI's plugins look for their symbols among those already loaded.
  void* handle = dlopen(name.c_str(), RTLD_NOW | RTLD_GLOBAL);
  if (handle == nullptr) {
    throw Error(Error::Kind::missing_dependency,
                fmt::format("LAMMPS cannot be loaded: {}; {}", dlerror(), advice(path)));
  }
  LammpsLibrary library{};
  const auto take = [&](auto& function, const char* symbol, bool needed = true) {
    void* address = dlsym(handle, symbol);
    if (address == nullptr && needed) {
      throw Error(Error::Kind::missing_dependency,
                  fmt::format("{} has no function {}; {}", name, symbol, advice(path)));
    }
    function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(address);
  };
  take(library.open_no_mpi, "lammps_open_no_mpi");
  take(library.open_fortran, "lammps_open_fortran", false);
  take(library.close, "lammps_close");
  take(library.command, "lammps_command");
  take(library.version, "lammps_version");
  take(library.get_thermo, "lammps_get_thermo");
  take(library.gather_atoms, "lammps_gather_atoms");
  take(library.scatter_atoms, "lammps_scatter_atoms");
  take(library.has_error, "lammps_has_error");
  take(library.get_last_error_message, "lammps_get_last_error_message");
  return library;
}

}  // namespace

const LammpsLibrary& lammps_library(const fs::path& path) {
  static const fs::path loaded = path;
  if (path != loaded) {
    throw Error(Error::Kind::engine,
                fmt::format("this engine process has loaded {}, so it cannot load {}",
                            loaded.empty() ? "the system's LAMMPS" : loaded.string(), path.string()));
  }
  static const LammpsLibrary library = load(loaded);
  return library;
}

void use_library(EngineSpec& spec, const fs::path& path) {
  std::error_code problem;
  const fs::path whole = fs::canonical(path, problem);
  if (problem || !fs::is_regular_file(whole)) {
    throw Error(Error::Kind::missing_dependency,
                fmt::format("the LAMMPS library '{}' cannot be opened: {}", text::printable(path.string()),
                            problem ? problem.message() : "not a file"));
  }
  // Loading it here could end this process, and would bring a second MPI into it.
  std::ifstream in{whole, std::ios::binary};
  const std::string content{std::istreambuf_iterator<char>{in}, {}};
  static const std::regex release{"[0-9]{1,2} (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) 20[0-9]{2}"};
  std::set<std::string> found;
  for (std::size_t at = content.find(" 20"); at != std::string::npos; at = content.find(" 20", at + 1)) {
    const std::size_t end = content.find('\0', at);
    const std::size_t begin = content.rfind('\0', at) + 1;
    if (end - begin > 11) continue;
    if (const std::string word = content.substr(begin, end - begin); std::regex_match(word, release))
      found.insert(word);
  }
  if (found.size() != 1) {
    throw Error(Error::Kind::missing_dependency, fmt::format("{} does not say which LAMMPS release it is; {}",
                                                             text::printable(path.string()), advice(path)));
  }
  spec.version = fmt::format("{} ({})", *found.begin(), hash_of_file(whole).substr(0, 12));
  spec.running.library = whole;
}

void use_ranks(EngineSpec& spec, int ranks) {
  if (ranks == 1) return;
  spec.running.ranks = ranks;
  spec.version += fmt::format(" ({} ranks)", ranks);
}

bool is_release(const std::string& version, const std::string& release) {
  return version == release || version.starts_with(release + " (");
}

}  // namespace hopflow
