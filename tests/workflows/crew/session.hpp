// SPDX-License-Identifier: GPL-2.0-or-later
// The one MPI session of the test program.
#pragma once

#include "workflows/crew/mpi_session.hpp"

hopflow::MpiSession& test_session();
