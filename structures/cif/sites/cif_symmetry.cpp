// SPDX-License-Identifier: GPL-2.0-or-later
// Operations against symbols: both must tell the same story, and either alone is enough.
#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include <fmt/core.h>

#include "structures/cif/sites/cif_sites.hpp"
#include "structures/core/text.hpp"
#include "structures/symmetry/hall_symbol.hpp"

namespace hopflow {

namespace {

// How much the operations may change the metric: a warning above the first, refusal above the second.
constexpr double metric_warning = 2e-3, metric_limit = 2e-2;

struct Stated {
  std::string text;
  CifPlace place;
};

/// The first value of several tags for the same thing; another that says something else is told.
Stated stated(const CifBlock& block, std::initializer_list<const char*> tags, std::vector<std::string>& warnings) {
  Stated out;
  const auto plain = [](std::string word) {
    std::erase_if(word, [](char c) { return c == ' ' || c == '_'; });
    return text::lower(word);
  };
  for (const char* tag : tags) {
    const CifValue* value = block.value(tag);
    if (value == nullptr || value->null) continue;
    if (out.text.empty())
      out = {text::trim(value->text), value->place};
    else if (plain(out.text) != plain(value->text))
      warnings.push_back(
          fmt::format("the file names its space group '{}' (line {}) and '{}' (line {}); the first counts",
                      text::printable(out.text), out.place.line, text::printable(value->text), value->place.line));
  }
  return out;
}

std::vector<Operation> listed_operations(const CifBlock& block, const char* tag, CifProblems& problems,
                                         std::vector<std::string>& warnings) {
  std::vector<Operation> out;
  const std::vector<CifValue> column = block.column(tag);
  const CifPlace place = block.place(tag);
  if (column.size() > 192) {
    problems.add(place, fmt::format("{} symmetry operations; a space group has at most 192 in a cell", column.size()));
    return out;
  }
  bool bad = false;
  int repeated = 0;
  for (const CifValue& value : column) {
    const auto operation = value.null ? std::nullopt : parse_operation(value.text);
    if (!operation) {
      problems.add(value.place,
                   fmt::format("symmetry operation '{}': expected three components, in quotes, such as 'x,1/2-y,z+1/2'",
                               value.null ? "?" : value.text.substr(0, 80)));
      bad = true;
      continue;
    }
    if (std::any_of(out.begin(), out.end(), [&](const Operation& o) { return same_operation(o, *operation); }))
      ++repeated;
    else
      out.push_back(*operation);
  }
  if (repeated > 0)
    warnings.push_back(fmt::format("{} symmetry operations are listed twice; each is used once", repeated));
  if (!bad && !column.empty())
    if (const std::string problem = group_problem(out); !problem.empty()) problems.add(place, problem);
  return out;
}

void check_metric(CifSymmetry& out, const Eigen::Matrix3d& cell, CifPlace place, CifProblems& problems,
                  std::vector<std::string>& warnings) {
  const double mismatch = metric_mismatch(out.candidates.front(), cell);
  if (mismatch > metric_limit)
    problems.add(place,
                 fmt::format("the symmetry operations do not fit the cell: they would change its lengths or angles "
                             "by {:.1f} %; correct the cell or the operations",
                             100 * mismatch));
  else if (mismatch > metric_warning)
    warnings.push_back(fmt::format("the cell fits its symmetry operations to {:.2f} % only", 100 * mismatch));
}

/// Settings that a symbol or number may mean and that this cell allows.
std::vector<SpaceGroupSetting> fitting(const std::vector<SpaceGroupSetting>& settings, const Eigen::Matrix3d& cell) {
  std::vector<SpaceGroupSetting> out;
  for (const SpaceGroupSetting& setting : settings)
    if (metric_mismatch(operations_of(setting), cell) <= metric_limit) out.push_back(setting);
  // A short monoclinic symbol means b as the unique axis wherever the cell allows it.
  const auto unique_b = [](const SpaceGroupSetting& s) { return s.choice.starts_with("b"); };
  if (!out.empty() && out.front().number >= 3 && out.front().number <= 15 &&
      std::any_of(out.begin(), out.end(), unique_b))
    std::erase_if(out, [&](const SpaceGroupSetting& s) { return !unique_b(s); });
  return out;
}

/// What a group's number says of its crystal system, and what the file may call it.
void check_system(const CifBlock& block, int number, std::vector<std::string>& warnings) {
  const Stated system = stated(block, {"_space_group_crystal_system", "_symmetry_cell_setting"}, warnings);
  if (system.text.empty() || number == 0) return;
  struct System {
    int last;
    const char* name;
  };
  constexpr std::array systems{System{2, "triclinic"},    System{15, "monoclinic"}, System{74, "orthorhombic"},
                               System{142, "tetragonal"}, System{167, "trigonal"},  System{194, "hexagonal"},
                               System{230, "cubic"}};
  const std::string name =
      std::find_if(systems.begin(), systems.end(), [&](const System& s) { return number <= s.last; })->name;
  const std::string said = text::lower(system.text);
  const bool rhombohedral = name == "trigonal" && (said == "rhombohedral" || said == "hexagonal");
  if (said != name && !rhombohedral)
    warnings.push_back(fmt::format("the file calls its crystal {} (line {}), space group {} is {}",
                                   text::printable(said), system.place.line, number, name));
}

}  // namespace

CifSymmetry read_cif_symmetry(const CifBlock& block, const Eigen::Matrix3d& cell, CifProblems& problems,
                              std::vector<std::string>& warnings) {
  CifSymmetry out;
  const Stated symbol = stated(block,
                               {"_space_group_name_h-m_alt", "_symmetry_space_group_name_h-m",
                                "_space_group_name_h-m_full", "_space_group_name_h-m"},
                               warnings);
  const Stated hall = stated(block, {"_space_group_name_hall", "_symmetry_space_group_name_hall"}, warnings);
  const Stated number = stated(block, {"_space_group_it_number", "_symmetry_int_tables_number"}, warnings);
  out.symbol = symbol.text;

  const std::vector<SpaceGroupSetting> by_symbol =
      symbol.text.empty() ? std::vector<SpaceGroupSetting>{} : settings_of_symbol(symbol.text);
  const std::vector<SpaceGroupSetting> by_hall =
      hall.text.empty() ? std::vector<SpaceGroupSetting>{} : settings_of_hall(hall.text);
  const std::optional<std::vector<Operation>> of_hall =
      hall.text.empty() || !by_hall.empty() ? std::nullopt : operations_of_hall(hall.text);
  if (!number.text.empty()) {
    const auto value = text::to_integer(number.text);
    if (!value || *value < 1 || *value > 230)
      problems.add(number.place, fmt::format("space group number '{}': it must lie between 1 and 230", number.text));
    else
      out.number = static_cast<int>(*value);
  }
  if (!symbol.text.empty() && by_symbol.empty())
    warnings.push_back(fmt::format("space group symbol '{}' is not in the tables", text::printable(symbol.text)));
  if (!hall.text.empty() && by_hall.empty() && !of_hall)
    warnings.push_back(fmt::format("Hall symbol '{}' cannot be read", text::printable(hall.text)));

  // The words of the file must agree among themselves before anything is compared with them.
  int named = out.number, named_line = number.place.line;
  const auto agree = [&](const std::vector<SpaceGroupSetting>& settings, const Stated& word) {
    if (settings.empty()) return;
    const auto has = [&](int n) {
      return std::any_of(settings.begin(), settings.end(), [&](const auto& s) { return s.number == n; });
    };
    if (named > 0 && !has(named))
      problems.add(word.place,
                   fmt::format("space group '{}' is number {}, but the file also says {} (line {}); correct one",
                               word.text, settings.front().number, named, named_line));
    else if (named == 0) {
      named = settings.front().number;
      named_line = word.place.line;
    }
  };
  agree(by_symbol, symbol);
  agree(by_hall, hall);
  if (problems.any()) return out;
  out.number = named;
  check_system(block, named, warnings);
  if (!by_symbol.empty() && !by_hall.empty() && std::none_of(by_symbol.begin(), by_symbol.end(), [&](const auto& s) {
        return s.hall_number == by_hall.front().hall_number;
      }))
    warnings.push_back(
        fmt::format("'{}' and Hall symbol '{}' are different settings of one group; the Hall symbol counts",
                    text::printable(symbol.text), text::printable(hall.text)));

  constexpr const char* new_tag = "_space_group_symop_operation_xyz";
  constexpr const char* old_tag = "_symmetry_equiv_pos_as_xyz";
  std::vector<Operation> operations;
  CifPlace place;
  for (const char* tag : {new_tag, old_tag}) {
    if (!block.has(tag)) continue;
    const std::vector<CifValue> column = block.column(tag);
    if (std::all_of(column.begin(), column.end(), [](const CifValue& v) { return v.null; })) continue;
    std::vector<Operation> read = listed_operations(block, tag, problems, warnings);
    if (!operations.empty() && !problems.any() && !same_operations(operations, read))
      problems.add(block.place(tag), fmt::format("{} and {} list different operations; remove one", new_tag, old_tag));
    if (operations.empty()) operations = std::move(read);
    place = block.place(tag);
  }
  if (problems.any()) return out;

  constexpr const char* magnetic_tag = "_space_group_symop_magn_operation_xyz";
  const bool unnamed = symbol.text.empty() && hall.text.empty() && number.text.empty();
  const CifPlace magnetic = unnamed ? block.place_of_prefix("_space_group_magn") : block.place(magnetic_tag);
  if (operations.empty() && (block.has(magnetic_tag) || magnetic.line > 0)) {
    problems.add(block.has(magnetic_tag) ? block.place(magnetic_tag) : magnetic,
                 fmt::format("a magnetic structure, whose operations are not read; give those of {}", new_tag));
    return out;
  }
  std::string source = "listed";
  if (!operations.empty() && of_hall && !same_operations(operations, *of_hall))
    warnings.push_back(fmt::format("Hall symbol '{}' means other operations than those listed, which are used",
                                   text::printable(hall.text)));
  if (operations.empty() && of_hall) {  // a symbol without a table is as good as a list
    operations = *of_hall;
    place = hall.place;
    source = "of the Hall symbol";
    if (!out.number)
      if (const auto found = identify_group(operations, cell)) out.number = found->number;
  }
  if (!operations.empty()) {
    out.candidates.push_back(operations);
    out.names.push_back(fmt::format("the {} operations {}", operations.size(), source));
    check_metric(out, cell, place, problems, warnings);
    if (problems.any()) return out;
    const auto matches = [&](const std::vector<SpaceGroupSetting>& settings) {
      return std::any_of(settings.begin(), settings.end(),
                         [&](const auto& s) { return same_operations(operations_of(s), operations); });
    };
    if (named == 0 || matches(by_hall) || (by_hall.empty() && matches(by_symbol))) return out;
    // Not the tabulated setting: another origin or other axes are fine as long as the group is the one named.
    const auto found = identify_group(operations, cell);
    std::size_t tabulated = operations.size();
    if (const auto fit = fitting(!by_symbol.empty() ? by_symbol : settings_of_number(named), cell); !fit.empty())
      tabulated = operations_of(fit.front()).size();
    if (!found || found->number != named)
      problems.add(place,
                   fmt::format("the {} operations {} form {}, but the file names space group {}{} ({} operations); "
                               "correct the operations or the symbol",
                               operations.size(), source,
                               found ? fmt::format("{} (number {})", found->symbol, found->number)
                                     : std::string{"no space group of this cell"},
                               named, symbol.text.empty() ? "" : fmt::format(" '{}'", symbol.text), tabulated));
    else
      warnings.push_back(
          fmt::format("the operations {} are {} in another setting or origin than the tabulated one; they are "
                      "used as they stand",
                      source, found->symbol));
    return out;
  }

  // No operations: the Hall symbol is unique, a Hermann-Mauguin symbol may leave axes and origin open.
  std::vector<SpaceGroupSetting> settings = by_hall;
  if (settings.empty() && hall.text.empty()) settings = by_symbol;
  place = !by_hall.empty() ? hall.place : !by_symbol.empty() ? symbol.place : number.place;
  if (settings.empty() && (!symbol.text.empty() || !hall.text.empty())) {
    problems.add(
        hall.place.line > 0 ? hall.place : symbol.place,
        fmt::format("space group '{}' is not in the tables and no symmetry operations are listed; add a loop of "
                    "{}",
                    hall.text.empty() ? symbol.text : hall.text, new_tag));
    return out;
  }
  if (settings.empty() && named > 0) {
    // A number alone means the standard axes; origins and rhombohedral axes stay open.
    settings = settings_of_number(named);
    const std::string standard = settings.front().symbol;
    std::erase_if(settings, [&](const SpaceGroupSetting& s) { return s.symbol != standard; });
  }
  if (settings.empty()) {
    warnings.push_back("the file gives neither symmetry operations nor a space group: taken as P 1, atoms as listed");
    out.candidates.push_back({Operation{Eigen::Matrix3i::Identity(), Eigen::Vector3d::Zero()}});
    out.names.emplace_back("P 1");
    return out;
  }
  const std::vector<SpaceGroupSetting> fit = fitting(settings, cell);
  if (fit.empty()) {
    problems.add(place, fmt::format("space group {} does not fit the cell: its lengths and angles do not allow it",
                                    settings.front().symbol));
    return out;
  }
  out.place = place;
  for (const SpaceGroupSetting& setting : fit) {
    out.candidates.push_back(operations_of(setting));
    out.names.push_back(fmt::format("{} [{}]", setting.symbol, setting.hall));
  }
  if (by_hall.empty())
    warnings.push_back("no symmetry operations are listed: they are generated from the space group's name");
  check_metric(out, cell, place, problems, warnings);
  return out;
}

}  // namespace hopflow
