// SPDX-License-Identifier: GPL-2.0-or-later
// A liblammps.so.0 that is the real one, except that chosen geometries end the process as Debian's build does on an
// error: a line in the log, exit code 1. Chosen are, of the systems with HOPFLOW_FAULT_ATOMS atoms, the geometries
// whose hash is divisible by HOPFLOW_FAULT_EVERY: the same geometry fails every time.
#include <dlfcn.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

void* real_library() {
  static void* const handle = dlopen(std::getenv("HOPFLOW_REAL_LAMMPS"), RTLD_NOW | RTLD_GLOBAL);
  if (handle == nullptr) std::abort();
  return handle;
}

template <class Function>
Function real(const char* name) {
  return reinterpret_cast<Function>(dlsym(real_library(), name));
}

std::vector<double> last_positions;

bool chosen() {
  const long atoms = std::atol(std::getenv("HOPFLOW_FAULT_ATOMS"));
  const unsigned long every = std::strtoul(std::getenv("HOPFLOW_FAULT_EVERY"), nullptr, 10);
  if (static_cast<long>(last_positions.size()) != 3 * atoms) return false;
  unsigned long hash = 1469598103934665603ul;  // FNV-1a over the bytes
  for (const double x : last_positions) {
    unsigned char bytes[sizeof x];
    std::memcpy(bytes, &x, sizeof x);
    for (const unsigned char byte : bytes) hash = (hash ^ byte) * 1099511628211ul;
  }
  return (hash >> 16) % every == 0;
}

}  // namespace

extern "C" {

void* lammps_open_no_mpi(int argc, char** argv, void** handle) {
  return real<void* (*)(int, char**, void**)>("lammps_open_no_mpi")(argc, argv, handle);
}
void lammps_close(void* handle) { real<void (*)(void*)>("lammps_close")(handle); }
int lammps_version(void* handle) { return real<int (*)(void*)>("lammps_version")(handle); }
int lammps_has_error(void* handle) { return real<int (*)(void*)>("lammps_has_error")(handle); }
int lammps_get_last_error_message(void* handle, char* buffer, int size) {
  return real<int (*)(void*, char*, int)>("lammps_get_last_error_message")(handle, buffer, size);
}
double lammps_get_thermo(void* handle, const char* keyword) {
  return real<double (*)(void*, const char*)>("lammps_get_thermo")(handle, keyword);
}
void lammps_gather_atoms(void* handle, char* name, int type, int count, void* data) {
  real<void (*)(void*, char*, int, int, void*)>("lammps_gather_atoms")(handle, name, type, count, data);
}
void lammps_scatter_atoms(void* handle, char* name, int type, int count, void* data) {
  if (std::strcmp(name, "x") == 0) {
    const auto atoms = static_cast<std::size_t>(real<double (*)(void*)>("lammps_get_natoms")(handle));
    last_positions.assign(static_cast<double*>(data), static_cast<double*>(data) + 3 * atoms);
  }
  real<void (*)(void*, char*, int, int, void*)>("lammps_scatter_atoms")(handle, name, type, count, data);
}
char* lammps_command(void* handle, const char* text) {
  const auto command = real<char* (*)(void*, const char*)>("lammps_command");
  if (std::strncmp(text, "run", 3) == 0 && chosen()) {
    command(handle, "print 'ERROR: Lost atoms: provoked by a test (src/thermo.cpp:438)'");
    std::fflush(nullptr);
    _exit(1);
  }
  return command(handle, text);
}

}  // extern "C"
