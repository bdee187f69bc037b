// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/network/figure6.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/core.h>

#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "workflows/pipeline/core/chart.hpp"
#include "workflows/pipeline/core/statistics.hpp"
#include "workflows/pipeline/network/snn_output.hpp"
#include "workflows/pipeline/training/train_json.hpp"

namespace hopflow::pipeline {

namespace {

using nlohmann::json;

constexpr double published_accuracy = 0.798;  ///< 400 neurons, 6000 training and 1000 test images; one run
constexpr double published_loss_low = 0.012, published_loss_high = 0.016;
const std::vector<Normalise> normalisations{Normalise::weights, Normalise::gains, Normalise::none};

Figure6Task task_of(const Figure6Options& figure, const std::string& preset, int neurons, int samples, int seed) {
  Figure6Task task;
  task.options.preset = preset;
  task.options.neurons = neurons;
  task.options.train = samples;
  task.options.label = std::min(samples, figure.label);
  task.options.test = figure.test;
  task.options.seed = static_cast<std::uint64_t>(seed);
  const bool drawn =
      neurons == figure.field_neurons && seed == 1 &&
      std::find(figure.field_samples.begin(), figure.field_samples.end(), samples) != figure.field_samples.end();
  task.fields = drawn ? figure.field_neurons : 0;
  task.name = fmt::format("{}-n{}-s{}-seed{}", preset, neurons, samples, seed);
  return task;
}

Figure6Task usual(const Figure6Options& figure, const std::string& preset, int seed) {
  return task_of(figure, preset, figure.usual_neurons, figure.usual_samples, seed);
}

Figure6Task normalised(const Figure6Options& figure, const std::string& preset, Normalise how, int seed) {
  Figure6Task task = usual(figure, preset, seed);
  if (how == task.options.normalisation()) return task;
  task.options.normalise = how;
  task.name += fmt::format("-normalise-{}", name_of(how));
  return task;
}

Figure6Task with_unequal_devices(const Figure6Options& figure, const std::string& preset, int seed) {
  Figure6Task task = usual(figure, preset, seed);
  task.options.cells = figure.unequal;
  task.options.cells.seed = static_cast<std::uint64_t>(seed);
  task.name += fmt::format("-devices{}", figure.unequal.devices);
  return task;
}

/// Accuracies of one point over the seeds.
struct Point {
  std::vector<double> all, first_1000, mean_rate, likeliest;
};

class Answers {
 public:
  Answers(const Figure6Options& figure, const std::map<std::string, json>& by_name)
      : figure_{figure}, by_name_{by_name} {}

  const json& at(const Figure6Task& task) const { return by_name_.at(task.name); }

  template <class TaskOfSeed>
  Point point(TaskOfSeed task_of_seed) const {
    Point out;
    for (int seed = 1; seed <= figure_.seeds; ++seed) {
      const json& answer = at(task_of_seed(seed));
      out.all.push_back(answer.at("accuracy"));
      out.first_1000.push_back(answer.at("accuracy_first_1000"));
      out.mean_rate.push_back(answer.at("accuracy_mean_rate"));
      out.likeliest.push_back(answer.at("accuracy_likeliest"));
    }
    return out;
  }

 private:
  const Figure6Options& figure_;
  const std::map<std::string, json>& by_name_;
};

json point_json(const Point& p) {
  const auto pair = [](const std::vector<double>& values) {
    return json{{"mean", mean_of(values)}, {"sd", sd_of(values)}};
  };
  return {{"accuracy", p.all},
          {"all", pair(p.all)},
          {"first_1000", pair(p.first_1000)},
          {"mean_rate", pair(p.mean_rate)},
          {"likeliest", pair(p.likeliest)}};
}

std::string csv_line(const std::string& preset, int x, const Point& p) {
  return fmt::format("{},{},{},{},{},{},{},{},{},{},{}\n", preset, x, p.all.size(), text::shortest(mean_of(p.all)),
                     text::shortest(sd_of(p.all)), text::shortest(mean_of(p.first_1000)),
                     text::shortest(sd_of(p.first_1000)), text::shortest(mean_of(p.mean_rate)),
                     text::shortest(sd_of(p.mean_rate)), text::shortest(mean_of(p.likeliest)),
                     text::shortest(sd_of(p.likeliest)));
}

constexpr const char* csv_columns =
    "seeds,accuracy_mean,accuracy_sd,first_1000_mean,first_1000_sd,mean_rate_mean,mean_rate_sd,likeliest_mean,"
    "likeliest_sd\n";

/// One curve figure: a point for each x and preset.
struct LearningCurve {
  json points = json::object();
  std::string csv;
  Chart chart;
};

template <class TaskOf>
LearningCurve curve(const Figure6Options& figure, const Answers& answers, const std::vector<int>& xs,
                    const std::string& x_name, TaskOf task) {
  LearningCurve out;
  out.csv = "preset," + x_name + "," + csv_columns;
  out.chart.y_label = "accuracy (%)";
  for (const std::string& preset : figure.presets) {
    ChartSeries series;
    series.name = preset;
    json points = json::array();
    for (const int x : xs) {
      const Point p = answers.point([&](int seed) { return task(preset, x, seed); });
      json point = point_json(p);
      point[x_name] = x;
      points.push_back(std::move(point));
      out.csv += csv_line(preset, x, p);
      series.x.push_back(x);
      series.y.push_back(100 * mean_of(p.all));
      series.error.push_back(100 * sd_of(p.all));
    }
    out.points[preset] = std::move(points);
    out.chart.series.push_back(std::move(series));
  }
  out.chart.lines.push_back({100 * published_accuracy, "published: 79.8 % (400 neurons, 6000/1000 images)"});
  return out;
}

json difference_json(const std::vector<double>& differences) {
  const double sd = sd_of(differences);
  return {{"each", differences},
          {"mean", mean_of(differences)},
          {"sd", sd},
          {"sem", sd / std::sqrt(static_cast<double>(differences.size()))}};
}

std::string percent(double share) { return fmt::format("{:.1f}", 100 * share); }

std::string page(const Figure6Options& figure, const json& all) {
  std::string out =
      "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>hopflow: Figure 6</title>"
      "<style>body{font:16px/1.5 sans-serif;max-width:60rem;margin:2rem auto;padding:0 "
      "1rem;color:#222}img{max-width:100%}"
      "table{border-collapse:collapse;margin:1rem 0}td,th{padding:.2rem .8rem;border-bottom:1px solid "
      "#ccc;text-align:right}"
      "td:first-child,th:first-child{text-align:left}caption{text-align:left;font-weight:bold}</style><h1>Spiking "
      "network: Figure 6</h1>";
  out += fmt::format(
      "<p>{} seeds for each point, bars are one standard deviation over seeds; one pass over the training images, {} "
      "test images. "
      "The first 1000 test images are harder than the average; which 1000 the published number used is not stated. "
      "Curves show the answer by the likeliest digit; the "
      "answer by the highest mean rate, as Diehl and Cook gave it, is in the tables.</p>",
      figure.seeds, figure.test);
  for (const char* picture : {"figure6b.svg", "figure6d.svg"})
    out += fmt::format("<p><img src=\"{0}\" alt=\"{0}\"></p>", picture);
  for (const std::string& preset : figure.presets) {
    for (const int samples : figure.field_samples)
      out +=
          fmt::format("<img src=\"figure6c-{0}-{1}.svg\" alt=\"receptive fields, {0}, {1} images\"> ", preset, samples);
  }
  out += fmt::format(
      "<table><caption>{} neurons, {} images: normalisation before each "
      "image</caption><tr><th>preset</th><th>normalised</th><th>all (%)</th>"
      "<th>first 1000 (%)</th><th>all, mean rate (%)</th><th>all, likeliest digit (%)</th></tr>",
      figure.usual_neurons, figure.usual_samples);
  for (const json& row : all.at("normalisation")) {
    const auto cell = [&](const char* key) {
      return fmt::format("<td>{} &plusmn; {}</td>", percent(row.at(key).at("mean")), percent(row.at(key).at("sd")));
    };
    out += fmt::format("<tr><td>{}</td><td>{}</td>{}{}{}{}</tr>", row.at("preset").get<std::string>(),
                       row.at("normalise").get<std::string>(), cell("all"), cell("first_1000"), cell("mean_rate"),
                       cell("likeliest"));
  }
  out += fmt::format(
      "</table><table><caption>Accuracy lost with {} unequal devices, paired: same seeds, same images "
      "(points)</caption><tr><th>preset</th><th>all test images</th>"
      "<th>first 1000</th></tr>",
      figure.unequal.devices);
  for (const json& row : all.at("unequal_devices")) {
    const auto cell = [&](const char* key) {
      return fmt::format("<td>{} &plusmn; {} (sem)</td>", percent(row.at(key).at("mean")),
                         percent(row.at(key).at("sem")));
    };
    out += fmt::format("<tr><td>{}</td>{}{}</tr>", row.at("preset").get<std::string>(), cell("loss"),
                       cell("loss_first_1000"));
  }
  out += fmt::format(
      "</table><p>Published loss: {} to {} points. The spread of the devices here is assumed: {} (sd of the logarithm) "
      "in their steps, {} in their range, {} in the exponent "
      "of their curve.</p><p>Numbers: <a href=\"figure6.json\">figure6.json</a>, <a "
      "href=\"figure6b.csv\">figure6b.csv</a>, <a href=\"figure6d.csv\">figure6d.csv</a>, "
      "<a href=\"losses.csv\">losses.csv</a>.</p></html>\n",
      percent(published_loss_low), percent(published_loss_high), text::shortest(figure.unequal.step_sd),
      text::shortest(figure.unequal.range_sd), text::shortest(figure.unequal.shape_sd));
  return out;
}

}  // namespace

json Figure6Task::question(const std::array<std::string, 4>& data_sha256) const {
  json out = to_json(options);
  out["fields"] = fields;
  out["data_sha256"] = data_sha256;
  return out;
}

std::vector<Figure6Task> figure6_tasks(const Figure6Options& figure) {
  if (figure.presets.empty() || figure.neurons.empty() || figure.samples.empty() || figure.seeds < 1) {
    throw Error{Error::Kind::bad_input, "figure6: presets, neurons, samples and seeds must each name at least one"};
  }
  std::vector<Figure6Task> tasks;
  for (int seed = 1; seed <= figure.seeds; ++seed) {
    for (const std::string& preset : figure.presets) {
      for (const int neurons : figure.neurons)
        tasks.push_back(task_of(figure, preset, neurons, figure.usual_samples, seed));
      for (const int samples : figure.samples)
        tasks.push_back(task_of(figure, preset, figure.usual_neurons, samples, seed));
      for (const Normalise how : normalisations) tasks.push_back(normalised(figure, preset, how, seed));
      if (preset_named(preset).takes_device) tasks.push_back(with_unequal_devices(figure, preset, seed));
      if (seed == 1) {
        for (const int samples : figure.field_samples)
          tasks.push_back(task_of(figure, preset, figure.field_neurons, samples, seed));
      }
    }
  }
  std::set<std::string> known;
  std::erase_if(tasks, [&](const Figure6Task& task) { return !known.insert(task.name).second; });
  const auto cost = [](const Figure6Task& task) {
    return static_cast<long>(task.options.neurons) * (task.options.train + task.options.label + task.options.test);
  };
  std::stable_sort(tasks.begin(), tasks.end(),
                   [&](const Figure6Task& a, const Figure6Task& b) { return cost(a) > cost(b); });
  return tasks;
}

std::map<std::string, std::string> figure6_files(const Figure6Options& figure,
                                                 const std::map<std::string, json>& by_name) {
  const Answers answers{figure, by_name};
  std::map<std::string, std::string> files;
  LearningCurve b =
      curve(figure, answers, figure.neurons, "neurons", [&](const std::string& preset, int neurons, int seed) {
        return task_of(figure, preset, neurons, figure.usual_samples, seed);
      });
  b.chart.title = fmt::format("6B: accuracy and neurons ({} training images)", figure.usual_samples);
  b.chart.x_label = "excitatory neurons";
  b.chart.log_x = true;
  LearningCurve d =
      curve(figure, answers, figure.samples, "samples", [&](const std::string& preset, int samples, int seed) {
        return task_of(figure, preset, figure.usual_neurons, samples, seed);
      });
  d.chart.title = fmt::format("6D: accuracy and training images ({} neurons)", figure.usual_neurons);
  d.chart.x_label = "training images";
  json all{{"schema", "hopflow-figure6/1"},
           {"seeds", figure.seeds},
           {"test", figure.test},
           {"b", b.points},
           {"d", d.points},
           {"published", {{"accuracy", published_accuracy}, {"loss", {published_loss_low, published_loss_high}}}},
           {"normalisation", json::array()},
           {"unequal_devices", json::array()}};
  files["figure6b.csv"] = b.csv;
  files["figure6d.csv"] = d.csv;
  files["figure6b.svg"] = chart_svg(b.chart);
  files["figure6d.svg"] = chart_svg(d.chart);
  std::string losses = "preset,seed,accuracy_equal,accuracy_unequal,loss,loss_first_1000\n";
  for (const std::string& preset : figure.presets) {
    for (const Normalise how : normalisations) {
      json row = point_json(answers.point([&](int seed) { return normalised(figure, preset, how, seed); }));
      row["preset"] = preset;
      row["normalise"] = name_of(how);
      all["normalisation"].push_back(std::move(row));
    }
    for (const int samples : figure.field_samples) {
      const json& fields = answers.at(task_of(figure, preset, figure.field_neurons, samples, 1)).at("receptive_fields");
      const auto images = fields.at("values").get<std::vector<std::vector<double>>>();
      files[fmt::format("figure6c-{}-{}.svg", preset, samples)] = image_grid_svg(
          fmt::format("6C: {}, after {} images", preset, samples), fields.at("side"), fields.at("columns"), images);
    }
    if (!preset_named(preset).takes_device) continue;
    const Point equal = answers.point([&](int seed) { return usual(figure, preset, seed); });
    const Point unequal = answers.point([&](int seed) { return with_unequal_devices(figure, preset, seed); });
    std::vector<double> lost, lost_first;
    for (std::size_t s = 0; s < equal.all.size(); ++s) {
      lost.push_back(equal.all[s] - unequal.all[s]);
      lost_first.push_back(equal.first_1000[s] - unequal.first_1000[s]);
      losses +=
          fmt::format("{},{},{},{},{},{}\n", preset, s + 1, text::shortest(equal.all[s]),
                      text::shortest(unequal.all[s]), text::shortest(lost.back()), text::shortest(lost_first.back()));
    }
    all["unequal_devices"].push_back({{"preset", preset},
                                      {"devices", figure.unequal.devices},
                                      {"equal", point_json(equal)},
                                      {"unequal", point_json(unequal)},
                                      {"loss", difference_json(lost)},
                                      {"loss_first_1000", difference_json(lost_first)}});
  }
  files["losses.csv"] = losses;
  files["figure6.json"] = all.dump(1) + "\n";
  files["index.html"] = page(figure, all);
  return files;
}

}  // namespace hopflow::pipeline
