// SPDX-License-Identifier: GPL-2.0-or-later
// Programs that leave their process group, or fork into the background, still carry the environment they were started
// with: a mark in it finds them.
#pragma once

#include <sys/types.h>

#include <string>

namespace hopflow {

/// An entry for the environment of a child that no other process has: "NAME=PID-RANDOM".
std::string stray_mark(const std::string& name);

/// Kills every process of this user, but for this one, that carries the mark.
void end_strays(const std::string& mark);

/// A child of this process that waits for the end of it, killed or not, and then ends what carries the mark. It leaves
/// this process's group, holds none of its descriptors, and goes on when it has been stopped.
/// @throws Error{io}
pid_t guard_strays(const std::string& mark);

}  // namespace hopflow
