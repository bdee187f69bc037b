// SPDX-License-Identifier: GPL-2.0-or-later
// Any value made of plain aggregates, numbers, texts, lists and matrices as bytes, and back: field by field, in the
// order of their declaration, so that a field that is added is written without a line here.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <Eigen/Dense>

#include "structures/core/error.hpp"
#include "workflows/crew/bytes.hpp"

namespace hopflow::memory {

// How many fields an aggregate has: the most initialisers it takes.
template <class T>
consteval int field_count() {
  if constexpr (requires {
                  T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {},
                    {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}};
                })
    return 40;
  else if constexpr (requires {
                       T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {},
                         {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}};
                     })
    return 39;
  else if constexpr (requires {
                       T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {},
                         {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}};
                     })
    return 38;
  else if constexpr (requires {
                       T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {},
                         {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}};
                     })
    return 37;
  else if constexpr (requires {
                       T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {},
                         {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}};
                     })
    return 36;
  else if constexpr (requires {
                       T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {},
                         {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}};
                     })
    return 35;
  else if constexpr (requires {
                       T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {},
                         {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}};
                     })
    return 34;
  else if constexpr (requires {
                       T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {},
                         {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}};
                     })
    return 33;
  else if constexpr (requires {
                       T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {},
                         {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}};
                     })
    return 32;
  else if constexpr (requires {
                       T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {},
                         {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}};
                     })
    return 31;
  else if constexpr (requires {
                       T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {},
                         {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}};
                     })
    return 30;
  else if constexpr (requires {
                       T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {},
                         {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}};
                     })
    return 29;
  else if constexpr (requires {
                       T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {},
                         {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}};
                     })
    return 28;
  else if constexpr (requires {
                       T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {},
                         {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}};
                     })
    return 27;
  else if constexpr (requires {
                       T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {},
                         {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}};
                     })
    return 26;
  else if constexpr (requires {
                       T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {},
                         {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}};
                     })
    return 25;
  else if constexpr (requires {
                       T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {},
                         {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}};
                     })
    return 24;
  else if constexpr (requires {
                       T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}};
                     })
    return 23;
  else if constexpr (requires {
                       T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}};
                     })
    return 22;
  else if constexpr (requires {
                       T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}};
                     })
    return 21;
  else if constexpr (requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}}; })
    return 20;
  else if constexpr (requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}}; })
    return 19;
  else if constexpr (requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}}; })
    return 18;
  else if constexpr (requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}}; })
    return 17;
  else if constexpr (requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}}; })
    return 16;
  else if constexpr (requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}}; })
    return 15;
  else if constexpr (requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}}; })
    return 14;
  else if constexpr (requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}}; })
    return 13;
  else if constexpr (requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}}; })
    return 12;
  else if constexpr (requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}}; })
    return 11;
  else if constexpr (requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}}; })
    return 10;
  else if constexpr (requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}}; })
    return 9;
  else if constexpr (requires { T{{}, {}, {}, {}, {}, {}, {}, {}}; })
    return 8;
  else if constexpr (requires { T{{}, {}, {}, {}, {}, {}, {}}; })
    return 7;
  else if constexpr (requires { T{{}, {}, {}, {}, {}, {}}; })
    return 6;
  else if constexpr (requires { T{{}, {}, {}, {}, {}}; })
    return 5;
  else if constexpr (requires { T{{}, {}, {}, {}}; })
    return 4;
  else if constexpr (requires { T{{}, {}, {}}; })
    return 3;
  else if constexpr (requires { T{{}, {}}; })
    return 2;
  else if constexpr (requires { T{{}}; })
    return 1;
  else
    return 0;
}

/// Calls `visit` with every field in turn.
template <class T, class Visit>
void for_each_field(T& value, Visit&& visit) {
  constexpr int count = field_count<std::remove_const_t<T>>();
  static_assert(count > 0, "not an aggregate of up to 40 fields");
  if constexpr (count == 0) {
    return;
  } else if constexpr (count == 1) {
    auto& [f0] = value;
    (visit(f0));
  } else if constexpr (count == 2) {
    auto& [f0, f1] = value;
    (visit(f0), visit(f1));
  } else if constexpr (count == 3) {
    auto& [f0, f1, f2] = value;
    (visit(f0), visit(f1), visit(f2));
  } else if constexpr (count == 4) {
    auto& [f0, f1, f2, f3] = value;
    (visit(f0), visit(f1), visit(f2), visit(f3));
  } else if constexpr (count == 5) {
    auto& [f0, f1, f2, f3, f4] = value;
    (visit(f0), visit(f1), visit(f2), visit(f3), visit(f4));
  } else if constexpr (count == 6) {
    auto& [f0, f1, f2, f3, f4, f5] = value;
    (visit(f0), visit(f1), visit(f2), visit(f3), visit(f4), visit(f5));
  } else if constexpr (count == 7) {
    auto& [f0, f1, f2, f3, f4, f5, f6] = value;
    (visit(f0), visit(f1), visit(f2), visit(f3), visit(f4), visit(f5), visit(f6));
  } else if constexpr (count == 8) {
    auto& [f0, f1, f2, f3, f4, f5, f6, f7] = value;
    (visit(f0), visit(f1), visit(f2), visit(f3), visit(f4), visit(f5), visit(f6), visit(f7));
  } else if constexpr (count == 9) {
    auto& [f0, f1, f2, f3, f4, f5, f6, f7, f8] = value;
    (visit(f0), visit(f1), visit(f2), visit(f3), visit(f4), visit(f5), visit(f6), visit(f7), visit(f8));
  } else if constexpr (count == 10) {
    auto& [f0, f1, f2, f3, f4, f5, f6, f7, f8, f9] = value;
    (visit(f0), visit(f1), visit(f2), visit(f3), visit(f4), visit(f5), visit(f6), visit(f7), visit(f8), visit(f9));
  } else if constexpr (count == 11) {
    auto& [f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10] = value;
    (visit(f0), visit(f1), visit(f2), visit(f3), visit(f4), visit(f5), visit(f6), visit(f7), visit(f8), visit(f9),
     visit(f10));
  } else if constexpr (count == 12) {
    auto& [f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11] = value;
    (visit(f0), visit(f1), visit(f2), visit(f3), visit(f4), visit(f5), visit(f6), visit(f7), visit(f8), visit(f9),
     visit(f10), visit(f11));
  } else if constexpr (count == 13) {
    auto& [f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12] = value;
    (visit(f0), visit(f1), visit(f2), visit(f3), visit(f4), visit(f5), visit(f6), visit(f7), visit(f8), visit(f9),
     visit(f10), visit(f11), visit(f12));
  } else if constexpr (count == 14) {
    auto& [f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13] = value;
    (visit(f0), visit(f1), visit(f2), visit(f3), visit(f4), visit(f5), visit(f6), visit(f7), visit(f8), visit(f9),
     visit(f10), visit(f11), visit(f12), visit(f13));
  } else if constexpr (count == 15) {
    auto& [f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14] = value;
    (visit(f0), visit(f1), visit(f2), visit(f3), visit(f4), visit(f5), visit(f6), visit(f7), visit(f8), visit(f9),
     visit(f10), visit(f11), visit(f12), visit(f13), visit(f14));
  } else if constexpr (count == 16) {
    auto& [f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15] = value;
    (visit(f0), visit(f1), visit(f2), visit(f3), visit(f4), visit(f5), visit(f6), visit(f7), visit(f8), visit(f9),
     visit(f10), visit(f11), visit(f12), visit(f13), visit(f14), visit(f15));
  } else if constexpr (count == 17) {
    auto& [f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16] = value;
    (visit(f0), visit(f1), visit(f2), visit(f3), visit(f4), visit(f5), visit(f6), visit(f7), visit(f8), visit(f9),
     visit(f10), visit(f11), visit(f12), visit(f13), visit(f14), visit(f15), visit(f16));
  } else if constexpr (count == 18) {
    auto& [f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17] = value;
    (visit(f0), visit(f1), visit(f2), visit(f3), visit(f4), visit(f5), visit(f6), visit(f7), visit(f8), visit(f9),
     visit(f10), visit(f11), visit(f12), visit(f13), visit(f14), visit(f15), visit(f16), visit(f17));
  } else if constexpr (count == 19) {
    auto& [f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18] = value;
    (visit(f0), visit(f1), visit(f2), visit(f3), visit(f4), visit(f5), visit(f6), visit(f7), visit(f8), visit(f9),
     visit(f10), visit(f11), visit(f12), visit(f13), visit(f14), visit(f15), visit(f16), visit(f17), visit(f18));
  } else if constexpr (count == 20) {
    auto& [f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19] = value;
    (visit(f0), visit(f1), visit(f2), visit(f3), visit(f4), visit(f5), visit(f6), visit(f7), visit(f8), visit(f9),
     visit(f10), visit(f11), visit(f12), visit(f13), visit(f14), visit(f15), visit(f16), visit(f17), visit(f18),
     visit(f19));
  } else if constexpr (count == 21) {
    auto& [f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20] = value;
    (visit(f0), visit(f1), visit(f2), visit(f3), visit(f4), visit(f5), visit(f6), visit(f7), visit(f8), visit(f9),
     visit(f10), visit(f11), visit(f12), visit(f13), visit(f14), visit(f15), visit(f16), visit(f17), visit(f18),
     visit(f19), visit(f20));
  } else if constexpr (count == 22) {
    auto& [f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21] = value;
    (visit(f0), visit(f1), visit(f2), visit(f3), visit(f4), visit(f5), visit(f6), visit(f7), visit(f8), visit(f9),
     visit(f10), visit(f11), visit(f12), visit(f13), visit(f14), visit(f15), visit(f16), visit(f17), visit(f18),
     visit(f19), visit(f20), visit(f21));
  } else if constexpr (count == 23) {
    auto& [f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21, f22] =
        value;
    (visit(f0), visit(f1), visit(f2), visit(f3), visit(f4), visit(f5), visit(f6), visit(f7), visit(f8), visit(f9),
     visit(f10), visit(f11), visit(f12), visit(f13), visit(f14), visit(f15), visit(f16), visit(f17), visit(f18),
     visit(f19), visit(f20), visit(f21), visit(f22));
  } else if constexpr (count == 24) {
    auto& [f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21, f22,
           f23] = value;
    (visit(f0), visit(f1), visit(f2), visit(f3), visit(f4), visit(f5), visit(f6), visit(f7), visit(f8), visit(f9),
     visit(f10), visit(f11), visit(f12), visit(f13), visit(f14), visit(f15), visit(f16), visit(f17), visit(f18),
     visit(f19), visit(f20), visit(f21), visit(f22), visit(f23));
  } else if constexpr (count == 25) {
    auto& [f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21, f22, f23,
           f24] = value;
    (visit(f0), visit(f1), visit(f2), visit(f3), visit(f4), visit(f5), visit(f6), visit(f7), visit(f8), visit(f9),
     visit(f10), visit(f11), visit(f12), visit(f13), visit(f14), visit(f15), visit(f16), visit(f17), visit(f18),
     visit(f19), visit(f20), visit(f21), visit(f22), visit(f23), visit(f24));
  } else if constexpr (count == 26) {
    auto& [f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21, f22, f23,
           f24, f25] = value;
    (visit(f0), visit(f1), visit(f2), visit(f3), visit(f4), visit(f5), visit(f6), visit(f7), visit(f8), visit(f9),
     visit(f10), visit(f11), visit(f12), visit(f13), visit(f14), visit(f15), visit(f16), visit(f17), visit(f18),
     visit(f19), visit(f20), visit(f21), visit(f22), visit(f23), visit(f24), visit(f25));
  } else if constexpr (count == 27) {
    auto& [f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21, f22, f23,
           f24, f25, f26] = value;
    (visit(f0), visit(f1), visit(f2), visit(f3), visit(f4), visit(f5), visit(f6), visit(f7), visit(f8), visit(f9),
     visit(f10), visit(f11), visit(f12), visit(f13), visit(f14), visit(f15), visit(f16), visit(f17), visit(f18),
     visit(f19), visit(f20), visit(f21), visit(f22), visit(f23), visit(f24), visit(f25), visit(f26));
  } else if constexpr (count == 28) {
    auto& [f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21, f22, f23,
           f24, f25, f26, f27] = value;
    (visit(f0), visit(f1), visit(f2), visit(f3), visit(f4), visit(f5), visit(f6), visit(f7), visit(f8), visit(f9),
     visit(f10), visit(f11), visit(f12), visit(f13), visit(f14), visit(f15), visit(f16), visit(f17), visit(f18),
     visit(f19), visit(f20), visit(f21), visit(f22), visit(f23), visit(f24), visit(f25), visit(f26), visit(f27));
  } else if constexpr (count == 29) {
    auto& [f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21, f22, f23,
           f24, f25, f26, f27, f28] = value;
    (visit(f0), visit(f1), visit(f2), visit(f3), visit(f4), visit(f5), visit(f6), visit(f7), visit(f8), visit(f9),
     visit(f10), visit(f11), visit(f12), visit(f13), visit(f14), visit(f15), visit(f16), visit(f17), visit(f18),
     visit(f19), visit(f20), visit(f21), visit(f22), visit(f23), visit(f24), visit(f25), visit(f26), visit(f27),
     visit(f28));
  } else if constexpr (count == 30) {
    auto& [f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21, f22, f23,
           f24, f25, f26, f27, f28, f29] = value;
    (visit(f0), visit(f1), visit(f2), visit(f3), visit(f4), visit(f5), visit(f6), visit(f7), visit(f8), visit(f9),
     visit(f10), visit(f11), visit(f12), visit(f13), visit(f14), visit(f15), visit(f16), visit(f17), visit(f18),
     visit(f19), visit(f20), visit(f21), visit(f22), visit(f23), visit(f24), visit(f25), visit(f26), visit(f27),
     visit(f28), visit(f29));
  } else if constexpr (count == 31) {
    auto& [f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21, f22, f23,
           f24, f25, f26, f27, f28, f29, f30] = value;
    (visit(f0), visit(f1), visit(f2), visit(f3), visit(f4), visit(f5), visit(f6), visit(f7), visit(f8), visit(f9),
     visit(f10), visit(f11), visit(f12), visit(f13), visit(f14), visit(f15), visit(f16), visit(f17), visit(f18),
     visit(f19), visit(f20), visit(f21), visit(f22), visit(f23), visit(f24), visit(f25), visit(f26), visit(f27),
     visit(f28), visit(f29), visit(f30));
  } else if constexpr (count == 32) {
    auto& [f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21, f22, f23,
           f24, f25, f26, f27, f28, f29, f30, f31] = value;
    (visit(f0), visit(f1), visit(f2), visit(f3), visit(f4), visit(f5), visit(f6), visit(f7), visit(f8), visit(f9),
     visit(f10), visit(f11), visit(f12), visit(f13), visit(f14), visit(f15), visit(f16), visit(f17), visit(f18),
     visit(f19), visit(f20), visit(f21), visit(f22), visit(f23), visit(f24), visit(f25), visit(f26), visit(f27),
     visit(f28), visit(f29), visit(f30), visit(f31));
  } else if constexpr (count == 33) {
    auto& [f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21, f22, f23,
           f24, f25, f26, f27, f28, f29, f30, f31, f32] = value;
    (visit(f0), visit(f1), visit(f2), visit(f3), visit(f4), visit(f5), visit(f6), visit(f7), visit(f8), visit(f9),
     visit(f10), visit(f11), visit(f12), visit(f13), visit(f14), visit(f15), visit(f16), visit(f17), visit(f18),
     visit(f19), visit(f20), visit(f21), visit(f22), visit(f23), visit(f24), visit(f25), visit(f26), visit(f27),
     visit(f28), visit(f29), visit(f30), visit(f31), visit(f32));
  } else if constexpr (count == 34) {
    auto& [f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21, f22, f23,
           f24, f25, f26, f27, f28, f29, f30, f31, f32, f33] = value;
    (visit(f0), visit(f1), visit(f2), visit(f3), visit(f4), visit(f5), visit(f6), visit(f7), visit(f8), visit(f9),
     visit(f10), visit(f11), visit(f12), visit(f13), visit(f14), visit(f15), visit(f16), visit(f17), visit(f18),
     visit(f19), visit(f20), visit(f21), visit(f22), visit(f23), visit(f24), visit(f25), visit(f26), visit(f27),
     visit(f28), visit(f29), visit(f30), visit(f31), visit(f32), visit(f33));
  } else if constexpr (count == 35) {
    auto& [f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21, f22, f23,
           f24, f25, f26, f27, f28, f29, f30, f31, f32, f33, f34] = value;
    (visit(f0), visit(f1), visit(f2), visit(f3), visit(f4), visit(f5), visit(f6), visit(f7), visit(f8), visit(f9),
     visit(f10), visit(f11), visit(f12), visit(f13), visit(f14), visit(f15), visit(f16), visit(f17), visit(f18),
     visit(f19), visit(f20), visit(f21), visit(f22), visit(f23), visit(f24), visit(f25), visit(f26), visit(f27),
     visit(f28), visit(f29), visit(f30), visit(f31), visit(f32), visit(f33), visit(f34));
  } else if constexpr (count == 36) {
    auto& [f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21, f22, f23,
           f24, f25, f26, f27, f28, f29, f30, f31, f32, f33, f34, f35] = value;
    (visit(f0), visit(f1), visit(f2), visit(f3), visit(f4), visit(f5), visit(f6), visit(f7), visit(f8), visit(f9),
     visit(f10), visit(f11), visit(f12), visit(f13), visit(f14), visit(f15), visit(f16), visit(f17), visit(f18),
     visit(f19), visit(f20), visit(f21), visit(f22), visit(f23), visit(f24), visit(f25), visit(f26), visit(f27),
     visit(f28), visit(f29), visit(f30), visit(f31), visit(f32), visit(f33), visit(f34), visit(f35));
  } else if constexpr (count == 37) {
    auto& [f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21, f22, f23,
           f24, f25, f26, f27, f28, f29, f30, f31, f32, f33, f34, f35, f36] = value;
    (visit(f0), visit(f1), visit(f2), visit(f3), visit(f4), visit(f5), visit(f6), visit(f7), visit(f8), visit(f9),
     visit(f10), visit(f11), visit(f12), visit(f13), visit(f14), visit(f15), visit(f16), visit(f17), visit(f18),
     visit(f19), visit(f20), visit(f21), visit(f22), visit(f23), visit(f24), visit(f25), visit(f26), visit(f27),
     visit(f28), visit(f29), visit(f30), visit(f31), visit(f32), visit(f33), visit(f34), visit(f35), visit(f36));
  } else if constexpr (count == 38) {
    auto& [f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21, f22, f23,
           f24, f25, f26, f27, f28, f29, f30, f31, f32, f33, f34, f35, f36, f37] = value;
    (visit(f0), visit(f1), visit(f2), visit(f3), visit(f4), visit(f5), visit(f6), visit(f7), visit(f8), visit(f9),
     visit(f10), visit(f11), visit(f12), visit(f13), visit(f14), visit(f15), visit(f16), visit(f17), visit(f18),
     visit(f19), visit(f20), visit(f21), visit(f22), visit(f23), visit(f24), visit(f25), visit(f26), visit(f27),
     visit(f28), visit(f29), visit(f30), visit(f31), visit(f32), visit(f33), visit(f34), visit(f35), visit(f36),
     visit(f37));
  } else if constexpr (count == 39) {
    auto& [f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21, f22, f23,
           f24, f25, f26, f27, f28, f29, f30, f31, f32, f33, f34, f35, f36, f37, f38] = value;
    (visit(f0), visit(f1), visit(f2), visit(f3), visit(f4), visit(f5), visit(f6), visit(f7), visit(f8), visit(f9),
     visit(f10), visit(f11), visit(f12), visit(f13), visit(f14), visit(f15), visit(f16), visit(f17), visit(f18),
     visit(f19), visit(f20), visit(f21), visit(f22), visit(f23), visit(f24), visit(f25), visit(f26), visit(f27),
     visit(f28), visit(f29), visit(f30), visit(f31), visit(f32), visit(f33), visit(f34), visit(f35), visit(f36),
     visit(f37), visit(f38));
  } else if constexpr (count == 40) {
    auto& [f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21, f22, f23,
           f24, f25, f26, f27, f28, f29, f30, f31, f32, f33, f34, f35, f36, f37, f38, f39] = value;
    (visit(f0), visit(f1), visit(f2), visit(f3), visit(f4), visit(f5), visit(f6), visit(f7), visit(f8), visit(f9),
     visit(f10), visit(f11), visit(f12), visit(f13), visit(f14), visit(f15), visit(f16), visit(f17), visit(f18),
     visit(f19), visit(f20), visit(f21), visit(f22), visit(f23), visit(f24), visit(f25), visit(f26), visit(f27),
     visit(f28), visit(f29), visit(f30), visit(f31), visit(f32), visit(f33), visit(f34), visit(f35), visit(f36),
     visit(f37), visit(f38), visit(f39));
  }
}

template <class T>
inline constexpr bool is_matrix = std::is_base_of_v<Eigen::PlainObjectBase<T>, T>;
template <class T>
inline constexpr bool is_vector = false;
template <class T>
inline constexpr bool is_vector<std::vector<T>> = true;
template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;
template <class T>
inline constexpr bool is_shared = false;
template <class T>
inline constexpr bool is_shared<std::shared_ptr<T>> = true;
template <class T>
inline constexpr bool is_pair = false;
template <class A, class B>
inline constexpr bool is_pair<std::pair<A, B>> = true;
template <class T>
inline constexpr bool is_array = false;
template <class T, std::size_t n>
inline constexpr bool is_array<std::array<T, n>> = true;

template <class T>
void write(ByteWriter& out, const T& value) {
  if constexpr (std::is_arithmetic_v<T>) {
    out.put(value);
  } else if constexpr (std::is_enum_v<T>) {
    out.put(static_cast<std::int64_t>(value));
  } else if constexpr (std::is_same_v<T, std::string>) {
    out.put(std::string_view{value});
  } else if constexpr (std::is_same_v<T, std::filesystem::path>) {
    out.put(std::string_view{value.native()});
  } else if constexpr (is_matrix<T>) {
    out.put(static_cast<std::int64_t>(value.rows())).put(static_cast<std::int64_t>(value.cols()));
    for (Eigen::Index i = 0; i < value.size(); ++i) write(out, value.data()[i]);
  } else if constexpr (std::is_same_v<T, std::vector<bool>>) {
    out.put(static_cast<std::uint64_t>(value.size()));
    for (const bool one : value) out.put(static_cast<std::uint8_t>(one));
  } else if constexpr (is_vector<T>) {
    out.put(static_cast<std::uint64_t>(value.size()));
    for (const auto& one : value) write(out, one);
  } else if constexpr (is_array<T>) {
    for (const auto& one : value) write(out, one);
  } else if constexpr (is_shared<T>) {
    return;  // what searches were helped by is this run's affair, not a remembered one's
  } else if constexpr (is_optional<T>) {
    out.put(static_cast<std::uint8_t>(value.has_value()));
    if (value) write(out, *value);
  } else if constexpr (is_pair<T>) {
    write(out, value.first);
    write(out, value.second);
  } else {
    for_each_field(value, [&out](const auto& field) { write(out, field); });
  }
}

/// A length that the rest can hold: damaged bytes ask for no memory.
inline std::size_t read_length(ByteReader& in) {
  const auto length = in.get<std::uint64_t>();
  if (length > in.left()) throw Error{Error::Kind::io, "a remembered result is shorter than it says"};
  return static_cast<std::size_t>(length);
}

/// @throws Error{io} if bytes are missing
template <class T>
void read(ByteReader& in, T& value) {
  if constexpr (std::is_arithmetic_v<T>) {
    value = in.get<T>();
  } else if constexpr (std::is_enum_v<T>) {
    value = static_cast<T>(in.get<std::int64_t>());
  } else if constexpr (std::is_same_v<T, std::string>) {
    value = in.text();
  } else if constexpr (std::is_same_v<T, std::filesystem::path>) {
    value = in.text();
  } else if constexpr (is_matrix<T>) {
    const auto rows = in.get<std::int64_t>(), columns = in.get<std::int64_t>();
    if (rows < 0 || columns < 0 || rows > 1'000'000'000 || columns > 1'000'000'000 ||
        static_cast<std::uint64_t>(rows) * static_cast<std::uint64_t>(columns) > in.left())
      throw Error{Error::Kind::io, "a remembered result is shorter than it says"};
    value.resize(rows, columns);
    for (Eigen::Index i = 0; i < value.size(); ++i) read(in, value.data()[i]);
  } else if constexpr (std::is_same_v<T, std::vector<bool>>) {
    value.resize(read_length(in));
    for (std::size_t i = 0; i < value.size(); ++i) value[i] = in.get<std::uint8_t>() != 0;
  } else if constexpr (is_vector<T>) {
    value.resize(read_length(in));
    for (auto& one : value) read(in, one);
  } else if constexpr (is_array<T>) {
    for (auto& one : value) read(in, one);
  } else if constexpr (is_shared<T>) {
    return;
  } else if constexpr (is_optional<T>) {
    value.reset();
    if (in.get<std::uint8_t>() != 0) read(in, value.emplace());
  } else if constexpr (is_pair<T>) {
    read(in, value.first);
    read(in, value.second);
  } else {
    for_each_field(value, [&in](auto& field) { read(in, field); });
  }
}

template <class T>
std::string to_text(const T& value) {
  ByteWriter out;
  write(out, value);
  return out.take();
}

/// @throws Error{io} if the bytes are of another type
template <class T>
T from_text(const std::string& bytes) {
  ByteReader in{bytes};
  T value{};
  read(in, value);
  if (!in.empty()) throw Error{Error::Kind::io, "a remembered result is longer than it should be"};
  return value;
}

}  // namespace hopflow::memory
