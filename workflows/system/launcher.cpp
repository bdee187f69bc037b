// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/system/launcher.hpp"

#include <cstdlib>
#include <initializer_list>

namespace hopflow {

bool launched_by_mpi() {
  for (const char* name : {"OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_SIZE"})
    if (std::getenv(name) != nullptr) return true;
  return false;
}

}  // namespace hopflow
