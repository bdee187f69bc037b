// SPDX-License-Identifier: GPL-2.0-or-later
// The barriers of a study as tasks of a scheduler.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <string>

#include "workflows/crew/scheduler.hpp"
#include "workflows/materials/study_state.hpp"
#include "workflows/system/progress.hpp"

namespace hopflow {

/// Host, then vacancies, then hops, then what other engines say of their paths, each material at its own pace; where
/// the study asks for it, the hop that decides once more in further cells. Results go into the materials of the run.
class HopTasks {
 public:
  /// @param material_done  called from the scheduler when every hop of a material has ended
  HopTasks(StudyRun& run, Scheduler& scheduler, ProgressView& view, std::function<void(std::size_t)> material_done,
           std::function<void()> hop_ended);

  /// Adds the first tasks; those add the others as they end.
  void start();

 private:
  /// One cell of one material on its way from host to barriers.
  struct Chain {
    MaterialRun* material;
    std::string name;   ///< for users
    std::size_t order;  ///< of the material in the study: what goes first when workers are short
    bool of_series;     ///< a further cell, there for its barrier alone
    int open_hops;
    int uncounted;  ///< hops that have not ended yet, in the progress of the run
    bool sampling;  ///< samples of the hop that decides may still be added; other engines wait for them
    std::function<void()> done;
  };

  double seconds() const;
  void add(MaterialRun& material, std::size_t order, bool of_series, std::function<void()> done);
  void hops_done(std::size_t m);
  void finish(std::size_t m);
  void relax_host(Chain& chain);
  void host_relaxed(Chain& chain, Outcome<Relaxed> outcome);
  void cut_vacancies(Chain& chain);
  void relax_vacancies(Chain& chain);
  void vacancy_relaxed(Chain& chain, VacancyKey key, Outcome<VacancyRun> outcome);
  void start_sample(Chain& chain, std::size_t h, std::size_t s);
  void sample_done(Chain& chain, std::size_t h);
  bool sample_deciding(Chain& chain);
  void chain_done(Chain& chain);
  void go_on(Chain& chain, std::size_t h);
  void refine(Chain& chain, std::size_t h);
  void found(Chain& chain, std::size_t h);
  void find_frequency(Chain& chain, std::size_t h);
  void hop_done(Chain& chain, std::size_t h);
  HopProtocol protocol(const MaterialRun& material, const std::vector<int>& host_index, const std::vector<int>& centres,
                       std::string stage) const;
  HopProtocol protocol(const MaterialRun& material, const HopCell& hop) const;

  StudyRun& run_;
  Scheduler& scheduler_;
  ProgressView& view_;
  std::chrono::steady_clock::time_point begin_;
  std::string inputs_;  // what every result of this run depends on, as a hash
  std::function<void(std::size_t)> material_done_;
  std::function<void()> hop_ended_;
  std::deque<Chain> chains_;  // tasks keep references
  std::size_t open_materials_ = 0;
  std::map<std::size_t, std::size_t> open_cells_;  // by material
  RelaxOptions relax_options_;
  BarrierOptions barrier_options_;
  int element_ = 0;
};

}  // namespace hopflow
