// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/network/snn_summary.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/core.h>

#include "structures/core/text.hpp"
#include "workflows/pipeline/core/chart.hpp"
#include "workflows/pipeline/core/statistics.hpp"

namespace hopflow::pipeline {

namespace {

using nlohmann::json;

json uncertainty_of(std::span<const json> draws) {
  const auto order = static_cast<std::size_t>(std::lround(std::sqrt(static_cast<double>(draws.size()))));
  if (order < 3 || std::any_of(draws.begin(), draws.end(), [](const json& draw) { return draw.is_null(); }))
    return nullptr;
  std::vector<double> all;
  json table = json::array(), barriers = json::array(), retention = json::array();
  for (std::size_t i = 0; i < order; ++i) {
    json row = json::array();
    for (std::size_t j = 0; j < order; ++j) {
      const json& result = draws[i * order + j].at("result");
      if (!result.at("accuracy").is_number()) return nullptr;  // one draw without an answer leaves no square
      all.push_back(result.at("accuracy"));
      row.push_back(all.back());
    }
    table.push_back(std::move(row));
    const json& drawn = draws[i * order].at("result").at("draw");
    barriers.push_back(drawn.at("barrier_ev"));
    retention.push_back(drawn.at("retention_s"));
  }
  const VarianceParts parts = variance_parts(all);
  const auto part = [](const char* cause, const VariancePart& p) {
    return json{{"cause", cause}, {"sd", p.sd}, {"f", p.f}};
  };
  return {{"order", order},
          {"accuracy_mean", mean_of(all)},
          {"accuracy_sd", sd_of(all)},
          {"accuracies", std::move(table)},
          {"barriers_ev", std::move(barriers)},
          {"retention_s", std::move(retention)},
          {"parts",
           {part("barrier", parts.row),
            part("seed", parts.column),
            part("cells", parts.letter),
            {{"cause", "rest"}, {"sd", parts.residual_sd}, {"f", nullptr}}}},
          {"note", fmt::format("{} trainings in a Latin square: rows are barriers and attempt frequencies drawn within "
                               "their error bars (equally likely slices; pulse voltages set again "
                               "for each), columns are seeds, letters are arrays of unequal devices; sd: the standard "
                               "deviation each causes by itself, 0 where "
                               "it does no more than chance; rest: interactions and chance",
                               all.size())}};
}

/// Draws that no network came of, in words; null if all have an accuracy.
json draws_reason(std::span<const json> draws) {
  std::size_t open = 0;
  std::string why;
  for (const json& draw : draws) {
    if (draw.is_null() || draw.at("result").at("accuracy").is_number()) continue;
    ++open;
    why = draw.at("result").value("reason", "");
  }
  if (open == 0) return nullptr;
  return fmt::format("{} of {} drawn devices have no accuracy ({}), so nothing is said of its spread", open,
                     draws.size(), why);
}

}  // namespace

json snn_summary(std::span<const json> seeds, std::span<const json> draws) {
  json ended = json::array(), reason = nullptr;
  std::vector<double> accuracies, likeliest;
  for (const json& seed : seeds) {
    if (seed.is_null()) continue;
    const json& result = seed.at("result");
    ended.push_back(result);
    if (result.at("accuracy").is_number()) {
      accuracies.push_back(result.at("accuracy"));
      if (result.contains("accuracy_likeliest")) likeliest.push_back(result.at("accuracy_likeliest"));
    } else {
      reason = result.value("reason", json("no accuracy"));
    }
  }
  if (ended.empty()) return nullptr;
  const auto mean = [](const std::vector<double>& values) {
    return values.empty() ? json(nullptr) : json(mean_of(values));
  };
  if (!accuracies.empty() && !reason.is_null())
    reason = fmt::format("{} of {} seeds have no accuracy: {}", ended.size() - accuracies.size(), ended.size(),
                         reason.get<std::string>());
  return {{"accuracy", mean(accuracies)},
          {"reason", reason},
          {"accuracy_mean", mean(accuracies)},
          {"accuracy_sd", accuracies.size() > 1 ? json(sd_of(accuracies)) : json(nullptr)},
          {"accuracy_likeliest_mean", mean(likeliest)},
          {"readout", "mean_rate"},
          {"seeds", std::move(ended)},
          {"uncertainty", uncertainty_of(draws)},
          {"uncertainty_reason", draws_reason(draws)}};
}

json paired_difference(const json& a, const json& b) {
  std::vector<double> differences;
  for (const json& left : a.at("seeds")) {
    for (const json& right : b.at("seeds")) {
      if (left.at("seed") == right.at("seed") && left.at("accuracy").is_number() && right.at("accuracy").is_number())
        differences.push_back(left.at("accuracy").get<double>() - right.at("accuracy").get<double>());
    }
  }
  if (differences.empty()) return nullptr;
  const double sd = sd_of(differences);
  return {{"mean", mean_of(differences)},
          {"sd", sd},
          {"sem", sd / std::sqrt(static_cast<double>(differences.size()))},
          {"pairs", differences.size()}};
}

std::map<std::string, std::string> snn_files(const std::string& folder, const json& summary) {
  std::map<std::string, std::string> files;
  if (summary.is_null()) return files;
  std::string accuracy =
      "seed,accuracy,accuracy_first_1000,accuracy_mean_rate,accuracy_likeliest,spikes_per_image,dead_neurons\n";
  for (const json& seed : summary.at("seeds")) {
    accuracy += fmt::format("{}", seed.at("seed").get<std::uint64_t>());
    for (const char* key : {"accuracy", "accuracy_first_1000", "accuracy_mean_rate", "accuracy_likeliest",
                            "spikes_per_image", "dead_neurons"}) {
      // An absent number is an empty cell.
      accuracy += ",";
      if (seed.contains(key) && seed.at(key).is_number()) accuracy += text::shortest(seed.at(key));
    }
    accuracy += "\n";
  }
  files[folder + "/accuracy.csv"] = accuracy;
  const json& first = summary.at("seeds").at(0);
  if (!first.contains("confusion")) return files;
  std::string confusion = "digit";
  for (std::size_t k = 0; k < first.at("confusion").size(); ++k) confusion += fmt::format(",{}", k);
  confusion += "\n";
  int digit = 0;
  for (const json& row : first.at("confusion")) {
    confusion += fmt::format("{}", digit++);
    for (const json& count : row) confusion += fmt::format(",{}", count.get<int>());
    confusion += "\n";
  }
  files[folder + "/confusion.csv"] = confusion;
  for (const char* name : {"weight_histogram", "spike_histogram"}) {
    std::string out = "from,to,count\n";
    const json& histogram = first.at(name);
    for (std::size_t k = 0; k < histogram.at("counts").size(); ++k) {
      out += fmt::format("{},{},{}\n", text::shortest(histogram.at("edges").at(k)),
                         text::shortest(histogram.at("edges").at(k + 1)), histogram.at("counts").at(k).get<long>());
    }
    files[fmt::format("{}/{}.csv", folder, name)] = out;
  }
  const json& fields = first.at("receptive_fields");
  files[folder + "/receptive_fields.svg"] = image_grid_svg("receptive fields", fields.at("side"), fields.at("columns"),
                                                           fields.at("values").get<std::vector<std::vector<double>>>());
  if (const json& u = summary.at("uncertainty"); !u.is_null()) {
    std::string out = "barrier_ev,retention_s,column,accuracy\n";
    for (std::size_t i = 0; i < u.at("accuracies").size(); ++i) {
      for (std::size_t j = 0; j < u.at("accuracies").at(i).size(); ++j) {
        out +=
            fmt::format("{},{},{},{}\n", text::shortest(u.at("barriers_ev").at(i)),
                        text::shortest(u.at("retention_s").at(i)), j, text::shortest(u.at("accuracies").at(i).at(j)));
      }
    }
    files[folder + "/uncertainty.csv"] = out;
  }
  return files;
}

}  // namespace hopflow::pipeline
