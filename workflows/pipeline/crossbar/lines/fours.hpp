// SPDX-License-Identifier: GPL-2.0-or-later
// Four numbers as one, wherever they lie. Vectors of any width agree with it bit by bit.
#pragma once

namespace hopflow::pipeline {

using Four = double __attribute__((vector_size(32), aligned(8), may_alias));

/// The T (a double, or four) that begins at `at`.
template <class T>
[[gnu::always_inline]] inline T& as(double* at) {
  return *reinterpret_cast<T*>(at);
}
template <class T>
[[gnu::always_inline]] inline const T& as(const double* at) {
  return *reinterpret_cast<const T*>(at);
}

[[gnu::always_inline]] inline double total(double a) { return a; }
[[gnu::always_inline]] inline double total(const Four& a) { return (a[0] + a[1]) + (a[2] + a[3]); }

}  // namespace hopflow::pipeline
