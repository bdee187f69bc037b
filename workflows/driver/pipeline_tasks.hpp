// SPDX-License-Identifier: GPL-2.0-or-later
// Devices, arrays and networks of a study as stages of a scheduler.
#pragma once

#include <cstddef>
#include <exception>
#include <functional>
#include <set>
#include <string>

#include <nlohmann/json.hpp>

#include "workflows/crew/scheduler.hpp"
#include "workflows/materials/study_state.hpp"
#include "workflows/system/progress.hpp"

namespace hopflow {

/// Follows each material whose barriers are done: its device, then its crossbar and networks.
class PipelineTasks {
 public:
  /// @param data_hashes  of the data the networks learn from
  PipelineTasks(StudyRun& run, Scheduler& scheduler, ProgressView& view, nlohmann::json data_hashes);

  /// The barriers of material `m` are done.
  void material_done(std::size_t m);

 private:
  /// True once no device has to wait for the measured material's barrier.
  bool measured_ended();
  /// Reads the files the study's `device:` and `crossbar:` name.
  void read_device_files();
  nlohmann::json device_input(const MaterialRun& material) const;
  void start_device(std::size_t m);
  void device_done(std::size_t m, nlohmann::json output, const std::exception_ptr& error);
  void start_networks(std::size_t m);
  /// Queues one training. @param place  where in the material its output goes
  void start_network(std::size_t m, nlohmann::json input, const std::string& what,
                     std::function<nlohmann::json&(MaterialRun&)> place);
  bool stage_failed(MaterialRun& material, const std::string& stage, const std::exception_ptr& error);

  StudyRun& run_;
  Scheduler& scheduler_;
  ProgressView& view_;
  nlohmann::json reference_ = nlohmann::json::array();  ///< rows of measured curves among them
  nlohmann::json measurements_;                         ///< of the measured material, null for none
  nlohmann::json geometry_ = nlohmann::json::object();  ///< of every device
  nlohmann::json cell_;  ///< in series with every memristor of an array, null for nothing
  nlohmann::json data_hashes_;
  std::set<std::size_t> ended_;  ///< materials whose device has not been started
  bool measured_ended_ = false;
};

}  // namespace hopflow
