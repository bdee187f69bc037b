// SPDX-License-Identifier: GPL-2.0-or-later
// The C interface of liblammps, loaded when first needed: hopflow itself starts without it.
#pragma once

#include <filesystem>

#include "potentials/core/engine.hpp"

namespace hopflow {

/// The functions used, as https://docs.lammps.org/Library.html declares them.
struct LammpsLibrary {
  void* (*open_no_mpi)(int argc, char** argv, void** handle);
  void* (*open_fortran)(int argc, char** argv,
                        int communicator);  ///< needs no MPI header; nullptr in builds without it
  void (*close)(void* handle);
  char* (*command)(void* handle, const char* text);
  int (*version)(void* handle);
  double (*get_thermo)(void* handle, const char* keyword);
  void (*gather_atoms)(void* handle, char* name, int type, int count, void* data);
  void (*scatter_atoms)(void* handle, char* name, int type, int count, void* data);
  int (*has_error)(void* handle);
  int (*get_last_error_message)(void* handle, char* buffer, int size);
};

/// Loads the library on the first call; a process serves one build of LAMMPS only, as two share their symbols' names.
/// @param path  "" for the system's liblammps.so.0
/// @throws Error{missing_dependency} saying what cannot be loaded and what would help, Error{engine} if another one is
/// loaded
const LammpsLibrary& lammps_library(const std::filesystem::path& path = {});

/// Has a LAMMPS spec answered by another build: which one becomes part of the spec's version (release and hash of the
/// file), its place of spec.running.
/// @throws Error{missing_dependency} if there is no such file or it does not say which release it is
void use_library(EngineSpec& spec, const std::filesystem::path& path);

/// Has a LAMMPS spec answered by several ranks together, which becomes part of its version: sums over ranks differ in
/// the last digits.
void use_ranks(EngineSpec& spec, int ranks);

/// True if a library that reports this release is the one a spec's version names.
bool is_release(const std::string& version, const std::string& release);

}  // namespace hopflow
