// SPDX-License-Identifier: GPL-2.0-or-later
// The C interface of liblammps, loaded when first needed: hopflow itself starts without it.
#pragma once

namespace hopflow {

/// The functions used, as https://docs.lammps.org/Library.html declares them.
struct LammpsLibrary {
  void* (*open_no_mpi)(int argc, char** argv, void** handle);
  void (*close)(void* handle);
  char* (*command)(void* handle, const char* text);
  int (*version)(void* handle);
  double (*get_thermo)(void* handle, const char* keyword);
  void (*gather_atoms)(void* handle, char* name, int type, int count, void* data);
  void (*scatter_atoms)(void* handle, char* name, int type, int count, void* data);
  int (*has_error)(void* handle);
  int (*get_last_error_message)(void* handle, char* buffer, int size);
};

/// Loads liblammps.so.0 on the first call. @throws Error{missing_dependency} naming the Debian package
const LammpsLibrary& lammps_library();

}  // namespace hopflow
