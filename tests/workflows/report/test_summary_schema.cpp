// SPDX-License-Identifier: GPL-2.0-or-later
// The schema of summary.json takes a good summary and refuses each way of breaking it that would mislead a reader.
#include <string>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include "structures/core/text.hpp"

namespace {

using nlohmann::json;

json read(const std::string& name) {
  return json::parse(hopflow::text::read_file(std::string{HOPFLOW_SOURCE_DIR} + "/" + name));
}

// Where the first problem is; empty for a valid summary.
std::string problem_of(const json& summary) {
  static const json text = read("inputs/schemas/summary.schema.json");
  static const valijson::Schema* schema = [] {
    auto* parsed = new valijson::Schema;  // lives as long as the program
    valijson::SchemaParser parser;
    parser.populateSchema(valijson::adapters::NlohmannJsonAdapter{text}, *parsed);
    return parsed;
  }();
  valijson::Validator validator{valijson::Validator::kStrongTypes};
  valijson::ValidationResults results;
  if (validator.validate(*schema, valijson::adapters::NlohmannJsonAdapter{summary}, &results)) return "";
  std::string where;
  valijson::ValidationResults::Error error;
  while (results.popError(error)) {
    std::string path;
    for (const std::string& step : error.context) path += step;
    if (path.size() > where.size()) where = path;
  }
  return where.empty() ? "?" : where;
}

json sample() { return read("tests/workflows/report/sample/summary.json"); }

}  // namespace

TEST_CASE("the summary schema takes a summary with every kind of ending", "[report][schema]") {
  CHECK(problem_of(sample()) == "");
}

TEST_CASE("the summary schema asks for every key of its contract", "[report][schema]") {
  const json good = sample();
  const json schema = read("inputs/schemas/summary.schema.json");
  for (const std::string key : schema.at("required")) {
    json broken = good;
    broken.erase(key);
    INFO(key);
    CHECK(problem_of(broken) != "");
  }
  for (const std::string key : schema.at("definitions").at("material").at("required")) {
    json broken = good;
    broken["materials"][0].erase(key);
    INFO(key);
    CHECK(problem_of(broken) != "");
  }
  for (const std::string key : schema.at("definitions").at("barrier").at("required")) {
    json broken = good;
    broken["materials"][0]["barriers"][0].erase(key);
    INFO(key);
    CHECK(problem_of(broken) != "");
  }
}

TEST_CASE("a converged hop has numbers and another one has a reason", "[report][schema]") {
  json no_number = sample();
  no_number["materials"][0]["barriers"][0]["forward_ev"] = nullptr;
  CHECK(problem_of(no_number) != "");
  json no_reason = sample();
  REQUIRE(no_reason["materials"][0]["barriers"][2]["status"] == "slipped");
  no_reason["materials"][0]["barriers"][2]["reason"] = "";
  CHECK(problem_of(no_reason) != "");
}

TEST_CASE("numbers are numbers and states are among the known ones", "[report][schema]") {
  const auto broken = [](const std::string& pointer, const json& value) {
    json summary = sample();
    REQUIRE(summary.contains(json::json_pointer(pointer)));
    summary[json::json_pointer(pointer)] = value;
    return problem_of(summary) != "";
  };
  CHECK(broken("/schema", "hopflow-summary/2"));
  CHECK(broken("/materials/0/barriers/0/status", "fine"));
  CHECK(broken("/materials/0/barriers/0/reverse_ev", "0.5"));
  CHECK(broken("/materials/0/barriers/0/uncertainty_ev", -0.1));
  CHECK(broken("/materials/0/engine/tier", "magic"));
  CHECK(broken("/materials/0/model", "yes"));
  CHECK(broken("/materials/0/network/dimension", 4));
  CHECK(broken("/materials/0/supercell/matrix", json::array({1, 2, 3})));
  CHECK(broken("/materials/0/snn/seeds/0/accuracy", 79.0));
  CHECK(broken("/materials/0/device/rows/0/verdict", "nearly"));
}
