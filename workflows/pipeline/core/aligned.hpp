// SPDX-License-Identifier: GPL-2.0-or-later
// Arrays that begin on a cache line: no vector of the loops over them straddles two.
#pragma once

#include <cstddef>
#include <new>
#include <vector>

namespace hopflow::pipeline {

template <class T>
struct CacheLineAllocator {
  using value_type = T;
  static constexpr std::align_val_t alignment{64};

  CacheLineAllocator() = default;
  template <class U>
  CacheLineAllocator(const CacheLineAllocator<U>&) noexcept {}
  T* allocate(std::size_t n) { return static_cast<T*>(::operator new(n * sizeof(T), alignment)); }
  void deallocate(T* p, std::size_t) noexcept { ::operator delete(p, alignment); }
  bool operator==(const CacheLineAllocator&) const = default;
};

template <class T>
using Aligned = std::vector<T, CacheLineAllocator<T>>;

}  // namespace hopflow::pipeline
