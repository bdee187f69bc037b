// SPDX-License-Identifier: GPL-2.0-or-later
#include "neb/barrier_keys.hpp"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "neb/path/interpolation.hpp"
#include "neb/saddle/searches.hpp"
#include "structures/core/text.hpp"

namespace hopflow {

namespace {

BarrierKey number(std::string name, double BarrierOptions::*field, double low, double high, std::string help,
                  std::string json_name) {
  return {std::move(name),
          "number",
          low,
          high,
          {},
          std::move(help),
          std::move(json_name),
          [field, low, high](BarrierOptions& o, const yaml::Node& node) { o.*field = node.number(low, high); },
          [field](const BarrierOptions& o) { return text::shortest(o.*field); }};
}

BarrierKey integer(std::string name, int BarrierOptions::*field, int low, int high, std::string help) {
  return {name,
          "integer",
          double(low),
          double(high),
          {},
          std::move(help),
          name,
          [field, low, high](BarrierOptions& o, const yaml::Node& node) {
            o.*field = static_cast<int>(node.integer(low, high));
          },
          [field](const BarrierOptions& o) { return std::to_string(o.*field); }};
}

BarrierKey boolean(std::string name, bool BarrierOptions::*field, std::string help) {
  return {name,
          "boolean",
          0,
          0,
          {"true", "false"},
          std::move(help),
          name,
          [field](BarrierOptions& o, const yaml::Node& node) { o.*field = node.boolean(); },
          [field](const BarrierOptions& o) { return std::string{o.*field ? "true" : "false"}; }};
}

const std::string& known(const yaml::Node& node, const std::vector<std::string>& choices) {
  const auto found = std::ranges::find(choices, node.text());
  if (found == choices.end())
    node.fail(
        fmt::format("'{}' is not known here; allowed are {}", text::printable(node.text()), text::join(choices, ", ")));
  return *found;
}

/// An enum kept by the names its table gives it.
template <class Enum>
BarrierKey named(std::string name, Enum BarrierOptions::*field, const std::vector<std::pair<std::string, Enum>>& table,
                 std::string help) {
  std::vector<std::string> choices;
  for (const auto& [word, value] : table) choices.push_back(word);
  return {name,
          "choice",
          0,
          0,
          choices,
          std::move(help),
          name,
          [field, choices, &table](BarrierOptions& o, const yaml::Node& node) {
            const std::string& word = known(node, choices);
            o.*field = std::ranges::find(table, word, &std::pair<std::string, Enum>::first)->second;
          },
          [field, &table](const BarrierOptions& o) {
            return std::ranges::find(table, o.*field, &std::pair<std::string, Enum>::second)->first;
          }};
}

/// A row of a table by its name.
template <class Table>
BarrierKey one_of(std::string name, std::string BarrierOptions::*field, const Table& table, std::string help) {
  std::vector<std::string> choices;
  for (const auto& row : table) choices.emplace_back(row.name);
  return {name,
          "choice",
          0,
          0,
          choices,
          std::move(help),
          name,
          [field, choices](BarrierOptions& o, const yaml::Node& node) { o.*field = known(node, choices); },
          [field](const BarrierOptions& o) { return o.*field; }};
}

}  // namespace

const std::vector<BarrierKey>& barrier_keys() {
  using O = BarrierOptions;
  static const std::vector<BarrierKey> table{
      integer("images", &O::images, 1, 64, "images between the ends of a band"),
      boolean("climb", &O::climb, "whether the highest image climbs to the saddle"),
      boolean(
          "surrogate", &O::surrogate,
          "whether saddles are searched on a Gaussian process first: fewer force calls, about 2 ms of overhead each"),
      integer("batch", &O::batch, 1, 64,
              "configurations evaluated per round while the surrogate chooses them; set it to the number of engine "
              "calls that run in parallel"),
      one_of("interpolation", &O::interpolation, interpolations(),
             "initial path between the endpoints; auto: straight, molecules rotate as rigid bodies, by pair distances "
             "where atoms would come too close"),
      one_of("saddle", &O::saddle, saddle_searches(),
             "how the saddle is converged after the band; modes: following the lowest mode; dimer: the dimer method, "
             "slower, as an independent check"),
      named("method", &O::method, methods_by_name(),
            "what keeps the images apart: springs of a nudged elastic band, or a string with images at even distances"),
      named("springs", &O::springs, springs_by_name(), "springs between the images of a nudged elastic band"),
      integer("insert", &O::insert, 0, 64,
              "maximum number of images added where the converged profile is higher between two images than at the "
              "saddle, or is too coarse"),
      number("fmax", &O::fmax, 1e-4, 0.5,
             "force tolerance of the band and of the search for the saddle (eV/A); endpoints are relaxed to fmax/10, "
             "at most 0.01; images next to a certified saddle are not converged below 0.05",
             "fmax_ev_per_angstrom"),
  };
  return table;
}

void take_barrier_keys(BarrierOptions& options, const yaml::Node& block, const std::vector<std::string>& more) {
  std::vector<std::string> names = more;
  for (const BarrierKey& key : barrier_keys()) names.push_back(key.name);
  block.allow_keys(names);
  for (const BarrierKey& key : barrier_keys())
    if (const yaml::Node* node = block.find(key.name)) key.take(options, *node);
  check_barrier_keys(options, block);
}

void check_barrier_keys(const BarrierOptions& options, const yaml::Node& block) {
  if (options.method == BandMethod::string && options.springs != Springs::even)
    (block.find("springs") != nullptr ? block.at("springs") : block).fail(no_springs);
}

}  // namespace hopflow
