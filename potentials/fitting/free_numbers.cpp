// SPDX-License-Identifier: GPL-2.0-or-later
#include "potentials/fitting/free_numbers.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/core.h>

#include "potentials/fitting/frame_model.hpp"
#include "structures/core/element.hpp"
#include "structures/core/error.hpp"
#include "structures/core/text.hpp"

namespace hopflow {

namespace {

constexpr double reference_distance = 3.5;  // A, of contacts between ions and molecules

struct Prior {
  bool multiplied;
  double width;
};

/// How far a published number may be from the best one: what tables of one family differ by.
Prior prior_of(ParameterKind kind, double start) {
  switch (kind) {
    case ParameterKind::buckingham_a: return {true, 1.0};
    case ParameterKind::rho: return {true, 0.15};
    case ParameterKind::dispersion: return start > 0 ? Prior{true, 1.0} : Prior{false, 300};  // kcal A^6/mol
    case ParameterKind::epsilon: return {true, 0.7};
    case ParameterKind::sigma: return {true, 0.1};
    case ParameterKind::stiffness: return {true, 0.3};
    case ParameterKind::length: return {true, 0.02};
    case ParameterKind::angle: return {false, 5};    // degrees
    case ParameterKind::torsion: return {false, 1};  // kcal/mol
  }
  return {true, 0.1};
}

/// How many of each element "PbI3" has.
std::map<std::string, double> counts_of(const std::string& formula) {
  std::map<std::string, double> out;
  for (std::size_t at = 0; at < formula.size();) {
    std::size_t end = at + 1;
    while (end < formula.size() && std::islower(static_cast<unsigned char>(formula[end]))) ++end;
    const std::string symbol = formula.substr(at, end - at);
    at = end;
    while (end < formula.size() && std::isdigit(static_cast<unsigned char>(formula[end]))) ++end;
    out[symbol] += end > at ? static_cast<double>(*text::to_integer(formula.substr(at, end - at))) : 1;
    at = end;
  }
  return out;
}

}  // namespace

FreeNumbers::FreeNumbers(const ForceFieldTable& start, const std::vector<std::string>& patterns, double range)
    : start_{start} {
  std::vector<std::string> charges;
  if (!start_.set_types.empty()) charges.push_back("charges.cation_scale");
  for (const std::string& type : start_.set_types) charges.push_back("charges." + type);
  std::vector<std::string> wanted;
  const std::vector<TableParameter> all = parameters_of(start_);
  // A table without cross terms is fitted by its pairs alone.
  const bool usual = patterns.empty();
  for (const std::string& pattern : usual ? std::vector<std::string>{"pairs.*", "cross_terms.*"} : patterns) {
    bool used = usual;
    for (const std::string& name : charges)
      if (fits_glob(pattern, name)) {
        used = true;
        if (std::ranges::find(wanted, name) == wanted.end()) wanted.push_back(name);
      }
    for (const TableParameter& parameter : all) {
      if (!fits_glob(pattern, parameter.name)) continue;
      used = true;
      if (std::ranges::find(numbers_, parameter.name, &FreeNumber::name) != numbers_.end()) continue;
      const Prior prior = prior_of(parameter.kind, *parameter.value);
      if (prior.multiplied && !(*parameter.value > 0)) {
        if (pattern == parameter.name)
          throw Error{Error::Kind::bad_input,
                      fmt::format("{} starts at {}; a number that must be positive needs a positive start",
                                  parameter.name, *parameter.value)};
        continue;
      }
      numbers_.push_back({.name = parameter.name,
                          .kind = parameter.kind,
                          .multiplied = prior.multiplied,
                          .start = *parameter.value,
                          .width = prior.width,
                          .lower = parameter.kind == ParameterKind::dispersion && !prior.multiplied ? 0 : -range,
                          .upper = range});
    }
    if (!used)
      throw Error{
          Error::Kind::bad_input,
          fmt::format("--free {}: the table has no such number; names are like pairs.I-Pb.A, cross_terms.Pb-C.rho, "
                      "bonds.CA-HA.r0{}",
                      text::printable(pattern),
                      charges.empty() ? "; its charges belong to no charge set and cannot be fitted"
                                      : ", charges.cation_scale")};
  }
  for (const FreeNumber& number : numbers_) model_names_.push_back(number.name);
  for (FreeNumber& number : numbers_) {
    if (number.kind != ParameterKind::buckingham_a) continue;
    const std::string rho = number.name.substr(0, number.name.size() - 1) + "rho";
    const auto found = std::ranges::find(numbers_, rho, &FreeNumber::name);
    if (found != numbers_.end()) number.rho = static_cast<int>(found - numbers_.begin());
  }
  if (!wanted.empty()) add_charges(wanted);
}

void FreeNumbers::add_charges(const std::vector<std::string>& names) {
  // The heaviest charge of the set follows from the charge of its part, so that the crystal stays neutral.
  if (start_.set_formulas.size() != 1)
    throw Error{Error::Kind::bad_input,
                fmt::format("{}: charges can be fitted where the charge set states the charge of one part, as PbI3; "
                            "this one states {}",
                            start_.name, start_.set_formulas.size())};
  const auto& [formula, charge] = *start_.set_formulas.begin();
  formula_charge_ = charge;
  const std::map<std::string, double> counts = counts_of(formula);
  for (const std::string& type : start_.set_types) {
    const AtomType& carried = *start_.find_type(type);
    const auto count = counts.find(std::string{symbol_of(carried.element)});
    if (count == counts.end()) continue;
    per_formula_[type] = count->second;
    if (dependent_.empty() || std::abs(carried.charge) > std::abs(start_.find_type(dependent_)->charge))
      dependent_ = type;
  }
  dependent_count_ = per_formula_.at(dependent_);
  per_formula_.erase(dependent_);
  for (const std::string& name : names) {
    if (name == "charges." + dependent_) continue;
    FreeNumber number{.name = name, .charge = true, .lower = -3, .upper = 3};
    if (name == "charges.cation_scale") {
      number.multiplied = true;
      number.start = start_.cation_scale;
      number.width = 0.15;
    } else {
      number.multiplied = false;
      number.start = start_.find_type(name.substr(8))->charge;
      number.width = 0.15;  // e
    }
    numbers_.push_back(number);
  }
  for (const auto& [name, value] : charges_of(start_)) model_names_.push_back(name);
}

double FreeNumbers::value_of(int k, const Eigen::VectorXd& theta) const {
  const FreeNumber& number = numbers_[static_cast<std::size_t>(k)];
  if (!number.multiplied) return number.start + number.width * theta[k];
  double exponent = number.width * theta[k];
  if (number.rho >= 0) {
    const double start = numbers_[static_cast<std::size_t>(number.rho)].start;
    exponent += reference_distance * (1 / value_of(number.rho, theta) - 1 / start);
  }
  return number.start * std::exp(exponent);
}

Eigen::VectorXd FreeNumbers::values(const Eigen::VectorXd& theta) const {
  Eigen::VectorXd out(size());
  for (int k = 0; k < size(); ++k) out[k] = value_of(k, theta);
  return out;
}

Eigen::MatrixXd FreeNumbers::value_derivatives(const Eigen::VectorXd& theta) const {
  Eigen::MatrixXd out = Eigen::MatrixXd::Zero(size(), size());
  for (int k = 0; k < size(); ++k) {
    const FreeNumber& number = numbers_[static_cast<std::size_t>(k)];
    const double value = value_of(k, theta);
    out(k, k) = number.multiplied ? value * number.width : number.width;
    if (number.rho < 0) continue;
    const double rho = value_of(number.rho, theta);
    const double by = numbers_[static_cast<std::size_t>(number.rho)].width * rho;
    out(k, number.rho) = value * reference_distance * (-1 / (rho * rho)) * by;
  }
  return out;
}

ForceFieldTable FreeNumbers::table(const Eigen::VectorXd& theta) const {
  ForceFieldTable out = start_;
  std::map<std::string, double*> place;
  for (const TableParameter& parameter : parameters_of(out)) place[parameter.name] = parameter.value;
  const auto charges = charges_of(out);
  std::map<std::string, double*> charge_of(charges.begin(), charges.end());
  bool charged = false;
  for (int k = 0; k < size(); ++k) {
    const FreeNumber& number = numbers_[static_cast<std::size_t>(k)];
    const double value = value_of(k, theta);
    if (!number.charge) {
      *place.at(number.name) = value;
      continue;
    }
    charged = true;
    if (number.name != "charges.cation_scale") {
      *charge_of.at(number.name) = value;
      continue;
    }
    for (AtomType& type : out.types)
      if (std::ranges::find(out.set_types, type.name) == out.set_types.end())
        type.charge *= value / start_.cation_scale;
    out.cation_scale = value;
  }
  if (charged) {
    double& whole = out.set_formulas.begin()->second;
    whole = formula_charge_ * out.cation_scale / start_.cation_scale;
    double rest = whole;
    for (const auto& [type, count] : per_formula_) rest -= count * out.find_type(type)->charge;
    *charge_of.at("charges." + dependent_) = rest / dependent_count_;
  }
  return out;
}

Eigen::MatrixXd FreeNumbers::derivatives(const Eigen::VectorXd& theta) const {
  Eigen::MatrixXd out = Eigen::MatrixXd::Zero(static_cast<Eigen::Index>(model_names_.size()), size());
  std::map<std::string, Eigen::Index> row;
  for (std::size_t n = 0; n < model_names_.size(); ++n) row[model_names_[n]] = static_cast<Eigen::Index>(n);
  const Eigen::MatrixXd own = value_derivatives(theta);
  for (int k = 0; k < size(); ++k) {
    const FreeNumber& number = numbers_[static_cast<std::size_t>(k)];
    if (!number.charge) {
      out.row(row.at(number.name)) = own.row(k);
      continue;
    }
    const double by = own(k, k);
    const Eigen::Index dependent = row.at("charges." + dependent_);
    if (number.name != "charges.cation_scale") {
      out(row.at(number.name), k) = by;
      const auto count = per_formula_.find(number.name.substr(8));
      if (count != per_formula_.end()) out(dependent, k) = -count->second / dependent_count_ * by;
      continue;
    }
    for (const AtomType& type : start_.types)
      if (std::ranges::find(start_.set_types, type.name) == start_.set_types.end())
        out(row.at("charges." + type.name), k) = type.charge / start_.cation_scale * by;
    out(dependent, k) = formula_charge_ / start_.cation_scale / dependent_count_ * by;
  }
  return out;
}

}  // namespace hopflow
