// SPDX-License-Identifier: GPL-2.0-or-later
// Programs that leave their process group, or fork into the background, still carry the environment they were started
// with: a mark in it finds them.
#pragma once

#include <string>

namespace hopflow {

/// An entry for the environment of a child that no other process has: "NAME=PID-RANDOM".
std::string stray_mark(const std::string& name);

/// Kills every process of this user, but for this one, that carries the mark.
void end_strays(const std::string& mark);

}  // namespace hopflow
