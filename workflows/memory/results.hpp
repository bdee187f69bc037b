// SPDX-License-Identifier: GPL-2.0-or-later
// What a finished procedure of a run is remembered under: everything its result depends on.
#pragma once

#include <string>

#include "workflows/crew/scheduler.hpp"
#include "workflows/memory/aggregate.hpp"
#include "workflows/study/study.hpp"

namespace hopflow::memory {

/// 32 hex digits of this program: another build may find another result, and is to find it itself.
std::string program_hash();

/// Hash of a frozen study, but for what comes after barriers, and of every file it reads.
std::string study_hash(const Study& study);

/// Whole results of procedures of one run.
/// @param inputs  what the results depend on besides the task's name and engine; "" to remember none
/// @param which   tells tasks of one name apart
template <class T>
Memory<T> of(const std::string& inputs, const std::string& which) {
  if (inputs.empty()) return {};
  return {inputs + "/" + which, [](const T& value) { return to_text(value); },
          [](const std::string& bytes) { return from_text<T>(bytes); }};
}

}  // namespace hopflow::memory
