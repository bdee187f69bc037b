// SPDX-License-Identifier: GPL-2.0-or-later
// dlopen and dlsym.
#include "potentials/lammps/library.hpp"

#include <dlfcn.h>

#include <type_traits>

#include <fmt/core.h>

#include "structures/error.hpp"

namespace hopflow {

namespace {

LammpsLibrary load() {
  constexpr const char* name = "liblammps.so.0";
  // Global: Open MPI's plugins look for their symbols among those already loaded.
  void* handle = dlopen(name, RTLD_NOW | RTLD_GLOBAL);
  if (handle == nullptr) {
    throw Error(Error::Kind::missing_dependency,
                fmt::format("LAMMPS cannot be loaded: {}; install the package liblammps0", dlerror()));
  }
  LammpsLibrary library{};
  const auto take = [&](auto& function, const char* symbol) {
    void* address = dlsym(handle, symbol);
    if (address == nullptr) {
      throw Error(Error::Kind::missing_dependency,
                  fmt::format("{} has no function {}; install the package liblammps0 of Debian 12", name, symbol));
    }
    function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(address);
  };
  take(library.open_no_mpi, "lammps_open_no_mpi");
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

const LammpsLibrary& lammps_library() {
  static const LammpsLibrary library = load();
  return library;
}

}  // namespace hopflow
