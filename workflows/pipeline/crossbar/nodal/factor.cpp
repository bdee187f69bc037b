// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/crossbar/nodal/factor.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <utility>
#include <vector>

#include <cholmod.h>
#include <fmt/core.h>

#include "structures/core/error.hpp"
#include "workflows/pipeline/crossbar/array/array.hpp"

namespace hopflow::pipeline {

struct Factor::Workspace {
  cholmod_common common{};
  cholmod_factor* factor = nullptr;
  cholmod_dense *x = nullptr, *y = nullptr, *e = nullptr;
  std::vector<int> outer, inner, place;  ///< pattern analysed; where each unknown went

  Workspace() {
    cholmod_start(&common);
    common.print = 0;
    common.nmethods = 1;
    common.method[0].ordering = CHOLMOD_AMD;
    common.supernodal = CHOLMOD_SIMPLICIAL;
    common.final_ll = 0;
  }
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;
  ~Workspace() {
    cholmod_free_dense(&x, &common);
    cholmod_free_dense(&y, &common);
    cholmod_free_dense(&e, &common);
    cholmod_free_factor(&factor, &common);
    cholmod_finish(&common);
  }
};

namespace {

/// The library reads the arrays only.
cholmod_sparse view(int rows, int columns, const int* outer, const int* inner, const double* value, int entries,
                    int triangle) {
  cholmod_sparse a{};
  a.nrow = static_cast<std::size_t>(rows);
  a.ncol = static_cast<std::size_t>(columns);
  a.nzmax = static_cast<std::size_t>(entries);
  a.p = const_cast<int*>(outer);
  a.i = const_cast<int*>(inner);
  a.x = const_cast<double*>(value);
  a.stype = triangle;
  a.itype = CHOLMOD_INT;
  a.xtype = CHOLMOD_REAL;
  a.dtype = CHOLMOD_DOUBLE;
  a.sorted = 1;
  a.packed = 1;
  return a;
}

}  // namespace

Factor::Factor() : workspace_{std::make_unique<Workspace>()} {}
Factor::~Factor() = default;
Factor::Factor(Factor&&) noexcept = default;
Factor& Factor::operator=(Factor&&) noexcept = default;

bool Factor::factorize(const Eigen::SparseMatrix<double>& lower) {
  Workspace& w = *workspace_;
  const int n = static_cast<int>(lower.cols()), entries = static_cast<int>(lower.nonZeros());
  const std::span outer{lower.outerIndexPtr(), static_cast<std::size_t>(n) + 1},
      inner{lower.innerIndexPtr(), static_cast<std::size_t>(entries)};
  cholmod_sparse a = view(n, n, outer.data(), inner.data(), lower.valuePtr(), entries, -1);
  if (!std::ranges::equal(outer, w.outer) || !std::ranges::equal(inner, w.inner)) {
    cholmod_free_factor(&w.factor, &w.common);
    w.factor = cholmod_analyze(&a, &w.common);
    const double bytes = w.common.lnz * (sizeof(double) + sizeof(int));
    if (w.factor == nullptr || bytes > memory_here()) {
      w.outer.clear();
      throw Error{Error::Kind::bad_input, fmt::format("array: the factor of its {} nodal equations would need about "
                                                      "{:.3g} GB, this machine has {:.3g} GB; solve it in tiles",
                                                      n, bytes * 1e-9, memory_here() * 1e-9)};
    }
    w.outer.assign(outer.begin(), outer.end());
    w.inner.assign(inner.begin(), inner.end());
    w.place.resize(static_cast<std::size_t>(n));
    const int* order = static_cast<const int*>(w.factor->Perm);
    for (int k = 0; k < n; ++k) w.place[static_cast<std::size_t>(order[k])] = k;
  }
  w.common.status = CHOLMOD_OK;
  return cholmod_factorize(&a, w.factor, &w.common) != 0 && w.common.status == CHOLMOD_OK &&
         w.factor->minor == w.factor->n;
}

bool Factor::change(int a, int b, double delta) {
  Workspace& w = *workspace_;
  const double root = std::sqrt(std::abs(delta));
  std::array<std::pair<int, double>, 2> entries{{{w.place[static_cast<std::size_t>(a)], root}, {0, 0}}};
  const int count = b < 0 ? 1 : 2;
  if (b >= 0) entries[1] = {w.place[static_cast<std::size_t>(b)], -root};
  std::sort(entries.begin(), entries.begin() + count);
  const std::array<int, 2> outer{0, count}, inner{entries[0].first, entries[1].first};
  const std::array<double, 2> value{entries[0].second, entries[1].second};
  cholmod_sparse column = view(static_cast<int>(w.place.size()), 1, outer.data(), inner.data(), value.data(), count, 0);
  w.common.status = CHOLMOD_OK;
  return cholmod_updown(delta > 0 ? 1 : 0, &column, w.factor, &w.common) != 0 && w.common.status == CHOLMOD_OK;
}

Eigen::VectorXd Factor::solve(const Eigen::VectorXd& b) {
  Workspace& w = *workspace_;
  cholmod_dense right{};
  right.nrow = right.nzmax = right.d = static_cast<std::size_t>(b.size());
  right.ncol = 1;
  right.x = const_cast<double*>(b.data());
  right.xtype = CHOLMOD_REAL;
  right.dtype = CHOLMOD_DOUBLE;
  cholmod_solve2(CHOLMOD_A, w.factor, &right, nullptr, &w.x, nullptr, &w.y, &w.e, &w.common);
  return Eigen::Map<const Eigen::VectorXd>(static_cast<const double*>(w.x->x), b.size());
}

}  // namespace hopflow::pipeline
