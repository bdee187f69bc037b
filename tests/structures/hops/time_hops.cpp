// SPDX-License-Identifier: GPL-2.0-or-later
// How long the search for hops takes inside a process: median seconds of reading a file and of finding its hops.
// usage: time_hops FILE ELEMENT MAX_LENGTH   (tests/peers/hops_pymatgen.py --time calls it)
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <vector>

#include <fmt/core.h>

#include "structures/core/element.hpp"
#include "structures/formats/structure_file.hpp"
#include "structures/hops/hops.hpp"

namespace {

double median_seconds(const std::function<void()>& work) {
  using Clock = std::chrono::steady_clock;
  std::vector<double> runs;
  for (int k = 0; k < 25; ++k) {
    const auto begin = Clock::now();
    work();
    runs.push_back(std::chrono::duration<double>(Clock::now() - begin).count());
  }
  std::sort(runs.begin(), runs.end());
  return runs[runs.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  using namespace hopflow;
  Crystal crystal;
  HopTable table;
  const double reading = median_seconds([&] { crystal = read_structure(argv[1]); });
  const double searching = median_seconds([&] {
    table = find_hops(crystal, find_symmetry(crystal, SymmetryOf::crystal, 0.01), atomic_number(argv[2]).value(),
                      std::strtod(argv[3], nullptr));
  });
  fmt::print("{{\"read_s\": {}, \"search_s\": {}, \"hops\": {}}}\n", reading, searching, table.hops.size());
}
