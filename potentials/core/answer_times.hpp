// SPDX-License-Identifier: GPL-2.0-or-later
// How long an engine may take for an answer, by how long it took before.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <vector>

namespace hopflow {

/// Remembers the latest answers of one engine. A hung one is noticed after ten times its usual time, not after a limit
/// made for the slowest.
class AnswerTimes {
 public:
  void note(double seconds) {
    if (latest_.size() < kept)
      latest_.push_back(seconds);
    else
      latest_[next_++ % kept] = seconds;
  }

  /// @param limit  s; that much before there is something to judge by, and never more
  /// @return max(60, 10 times the median) s once five answers are known
  double allowed(double limit) const {
    const std::optional<double> usual = median();
    return usual ? std::min(limit, std::max(60.0, 10 * *usual)) : limit;
  }

  /// None before five answers are known.
  std::optional<double> median() const {
    if (latest_.size() < 5) return std::nullopt;
    std::vector<double> sorted = latest_;
    const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
    std::nth_element(sorted.begin(), middle, sorted.end());
    return *middle;
  }

 private:
  static constexpr std::size_t kept = 50;
  std::vector<double> latest_;
  std::size_t next_ = 0;
};

}  // namespace hopflow
