// SPDX-License-Identifier: GPL-2.0-or-later
// Whether this process is one of several that an MPI launcher started.
#pragma once

namespace hopflow {

/// mpirun sets OMPI_COMM_WORLD_SIZE (Open MPI) or PMI_SIZE (MPICH's Hydra); srun --mpi=pmix sets PMIX_RANK.
bool launched_by_mpi();

}  // namespace hopflow
