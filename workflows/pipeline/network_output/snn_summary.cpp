// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/network_output/snn_summary.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/core.h>

#include "structures/core/text.hpp"
#include "workflows/pipeline/core/chart.hpp"
#include "workflows/pipeline/core/spread.hpp"

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
                               "their error bars (equally likely slices; pulse voltages set anew "
                               "for each), columns are seeds, letters are arrays of unequal devices; sd: the standard "
                               "deviation each causes by itself, 0 where "
                               "it does no more than chance; rest: interactions and chance",
                               all.size())}};
}

}  // namespace

json snn_summary(std::span<const json> seeds, std::span<const json> draws) {
  json ended = json::array();
  std::vector<double> accuracies;
  for (const json& seed : seeds) {
    if (seed.is_null()) continue;
    ended.push_back(seed.at("result"));
    accuracies.push_back(seed.at("result").at("accuracy"));
  }
  if (accuracies.empty()) return nullptr;
  return {{"accuracy_mean", mean_of(accuracies)},
          {"accuracy_sd", accuracies.size() > 1 ? json(sd_of(accuracies)) : json(nullptr)},
          {"seeds", std::move(ended)},
          {"uncertainty", uncertainty_of(draws)}};
}

json paired_difference(const json& a, const json& b) {
  std::vector<double> differences;
  for (const json& left : a.at("seeds")) {
    for (const json& right : b.at("seeds")) {
      if (left.at("seed") == right.at("seed"))
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
      accuracy += fmt::format(",{}", text::shortest(seed.at(key)));
    }
    accuracy += "\n";
  }
  files[folder + "/accuracy.csv"] = accuracy;
  const json& first = summary.at("seeds").at(0);
  std::string confusion = "digit,0,1,2,3,4,5,6,7,8,9\n";
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
