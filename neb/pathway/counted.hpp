// SPDX-License-Identifier: GPL-2.0-or-later
// What a procedure costs, counted where its questions pass.
#pragma once

#include <utility>

#include "neb/core/procedure.hpp"

namespace hopflow {

/// What a procedure gave, and how many of the answers it took an engine was asked for.
template <class T>
struct Counted {
  T value{};
  int calls = 0;
};

/// Runs a procedure as it is and counts its answers, those of procedures it awaits included; so none of them has to.
template <class T>
Procedure<Counted<T>> counted(Procedure<T> procedure) {
  const int before = co_await CallsSoFar();
  T value = co_await std::move(procedure);
  const int after = co_await CallsSoFar();
  Counted<T> result;
  result.value = std::move(value);
  result.calls = after - before;
  co_return result;
}

}  // namespace hopflow
