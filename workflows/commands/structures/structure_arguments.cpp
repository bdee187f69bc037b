// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/commands/structures/structure_arguments.hpp"

#include <cctype>
#include <cmath>
#include <cstdio>

#include <fmt/core.h>

#include "structures/core/element.hpp"
#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "structures/formats/structure_file.hpp"

namespace hopflow {

void add_structure_input(CLI::App& command, StructureInput& input, const std::string& file_help) {
  // Not required(): --disorder majority FILE leaves the name to disorder_argument().
  command.add_option("FILE", input.file, file_help);
  command.add_option("--block", input.block, "data block to read, for a CIF with several structures");
  command
      .add_option(
          "--disorder", input.disorder,
          "partial occupancy and disorder groups: ordered refuses them; majority takes the likeliest arrangement, of "
          "equal ones the most symmetric; enumerate N does that and lists N symmetry-distinct arrangements; choice K "
          "takes the K-th of that list; seed S draws by the occupancies; supercell orders the sites in a supercell "
          "near the "
          "composition and neutral, by electrostatic energy, 'supercell S' at random with seed S")
      ->expected(1, 2)
      ->capture_default_str();
  command.add_option("--format", input.format,
                     "of the file, where its name does not say: " + text::join(structure_formats(), ", "));
  command.add_option("--frame", input.frame, "of a file with several: from 0, or from the end with -1, as in ASE");
  command.add_flag("--framework-only", input.framework_only,
                   "leave out organic molecules, complete or not, and alkali ions in the cages of a halide");
  command.add_flag("--require-experimental", input.require_experimental, "refuse a file that says it is a model");
}

Disorder disorder_argument(StructureInput& input) {
  const auto given = text::join(input.disorder, " ");
  auto out = parse_disorder(given);
  if (!out && input.file.empty() && input.disorder.size() == 2) {
    out = parse_disorder(input.disorder[0]);
    input.file = input.disorder[1];
  }
  if (input.file.empty()) throw Error{Error::Kind::usage, "FILE is missing: name a structure file"};
  if (!out)
    throw Error{Error::Kind::usage,
                fmt::format("--disorder '{}': expected {}", text::printable(given), disorder_words)};
  return *out;
}

namespace {

ReadChoice choice_of(const StructureInput& input, const Disorder& disorder) {
  ReadChoice out{{disorder, input.block}, input.format, input.frame};
  out.framework_only = input.framework_only;
  out.average = input.average;
  if (input.ordering) out.disorder.ordering = *input.ordering;
  return out;
}

}  // namespace

Crystal read_input(const StructureInput& given) {
  StructureInput input = given;
  const Disorder disorder = disorder_argument(input);
  Crystal out = read_structure(input.file, choice_of(input, disorder));
  if (input.require_experimental) refuse_model(out, input.file);
  return out;
}

std::vector<Crystal> read_every(const StructureInput& given) {
  StructureInput input = given;
  const Disorder disorder = disorder_argument(input);
  std::vector<Crystal> out = read_arrangements(input.file, choice_of(input, disorder));
  if (input.require_experimental) refuse_model(out.front(), input.file);
  return out;
}

int element_argument(const std::string& symbol) {
  // Li+, O2-, li: the charge and the case do not matter.
  std::string plain = symbol.substr(0, symbol.find_first_of("0123456789+-^"));
  for (std::size_t k = 0; k < plain.size(); ++k)
    plain[k] = static_cast<char>(k == 0 ? std::toupper(static_cast<unsigned char>(plain[k]))
                                        : std::tolower(static_cast<unsigned char>(plain[k])));
  if (const auto z = atomic_number(plain)) return *z;
  throw Error{Error::Kind::usage, fmt::format("--element '{}': no such element; expected a symbol such as I or Pb",
                                              text::printable(symbol))};
}

nlohmann::ordered_json number_json(double value) {
  if (const double whole = std::round(value); std::abs(value - whole) < 1e-9) return static_cast<int>(whole);
  return value;
}

nlohmann::ordered_json disorder_json(const Crystal& crystal) {
  if (!crystal.disorder) return nullptr;
  const DisorderReport& report = *crystal.disorder;
  nlohmann::ordered_json out{{"mode", report.mode},
                             {"arrangements", report.arrangements},
                             {"chosen", report.chosen},
                             {"representatives", nlohmann::ordered_json::array()},
                             {"taken", report.taken}};
  if (report.matrix) {
    nlohmann::ordered_json rows = nlohmann::ordered_json::array();
    for (int k = 0; k < 3; ++k)
      rows.push_back({number_json((*report.matrix)(0, k)), number_json((*report.matrix)(1, k)),
                      number_json((*report.matrix)(2, k))});
    const auto or_null = [](const std::optional<double>& value) {
      return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json();
    };
    out["supercell"] = {{"matrix_rows", rows},
                        {"largest_deviation", report.largest_deviation},
                        {"net_charge_e", or_null(report.net_charge)},
                        {"neutral", report.net_charge && std::abs(*report.net_charge) < 1e-6},
                        {"electrostatic_energy_ev", or_null(report.energy_ev)}};
  }
  for (const Arrangement& a : report.representatives)
    out["representatives"].push_back(
        {{"degeneracy", a.degeneracy}, {"probability", a.probability}, {"formula", a.formula}});
  return out;
}

std::string json_text(const nlohmann::ordered_json& json) {
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

void print_notices(const Crystal& crystal) {
  if (crystal.model)
    fmt::print(stderr, "note: {} says it is a model or computed, not an experimental structure\n",
               text::printable(crystal.name));
  for (const std::string& warning : crystal.warnings) fmt::print(stderr, "warning: {}\n", text::printable(warning));
}

}  // namespace hopflow
