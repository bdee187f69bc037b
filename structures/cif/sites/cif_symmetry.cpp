// SPDX-License-Identifier: GPL-2.0-or-later
// Operations against symbols: both must agree, and either alone is enough.
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

/// The first value of several tags for the same thing; another that says something else is a warning.
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
          fmt::format("the file gives two space groups, '{}' (line {}) and '{}' (line {}); the first is used",
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
    warnings.push_back(
        fmt::format("the symmetry operations would change the lengths or angles of the cell by {:.2f} %; check the "
                    "cell and the operations",
                    100 * mismatch));
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
    warnings.push_back(fmt::format("the file states the crystal system {} (line {}), but space group {} is {}",
                                   text::printable(said), system.place.line, number, name));
}

constexpr const char* new_tag = "_space_group_symop_operation_xyz";
constexpr const char* old_tag = "_symmetry_equiv_pos_as_xyz";
constexpr const char* magnetic_tag = "_space_group_symop_magn_operation_xyz";

bool has_number(const std::vector<SpaceGroupSetting>& settings, int number) {
  return std::any_of(settings.begin(), settings.end(), [&](const auto& s) { return s.number == number; });
}

/// Reads a block's symmetry: first the names it gives, then the operations, then one against the other.
class SymmetryReader {
 public:
  SymmetryReader(const CifBlock& block, const Eigen::Matrix3d& cell, CifProblems& problems,
                 std::vector<std::string>& warnings)
      : block_{block}, cell_{cell}, problems_{problems}, warnings_{warnings} {}

  CifSymmetry read();

 private:
  void read_names();
  void read_number();
  void compare_names();
  void name_group(const std::vector<SpaceGroupSetting>& settings, const Stated& word);
  void warn_of_two_settings();
  void read_operations();
  bool is_magnetic();
  void take_hall_operations();
  void use_operations();
  bool is_named_setting() const;
  void compare_with_name();
  void use_name();
  std::vector<SpaceGroupSetting> settings_by_name();
  void use_settings(const std::vector<SpaceGroupSetting>& settings);

  const CifBlock& block_;
  const Eigen::Matrix3d& cell_;
  CifProblems& problems_;
  std::vector<std::string>& warnings_;
  CifSymmetry out_;
  Stated symbol_, hall_, number_;  // Hermann-Mauguin symbol, Hall symbol, number
  std::vector<SpaceGroupSetting> by_symbol_, by_hall_;
  std::optional<std::vector<Operation>> of_hall_;  // of a Hall symbol that is not in the table
  int named_ = 0, named_line_ = 0;                 // the group that the names mean, and where the first stands
  std::vector<Operation> operations_;
  std::string source_ = "listed";
  CifPlace place_;
};

CifSymmetry SymmetryReader::read() {
  read_names();
  compare_names();
  if (problems_.any()) return std::move(out_);
  read_operations();
  if (problems_.any() || is_magnetic()) return std::move(out_);
  take_hall_operations();
  if (operations_.empty())
    use_name();
  else
    use_operations();
  return std::move(out_);
}

void SymmetryReader::read_names() {
  symbol_ = stated(block_,
                   {"_space_group_name_h-m_alt", "_symmetry_space_group_name_h-m", "_space_group_name_h-m_full",
                    "_space_group_name_h-m"},
                   warnings_);
  hall_ = stated(block_, {"_space_group_name_hall", "_symmetry_space_group_name_hall"}, warnings_);
  number_ = stated(block_, {"_space_group_it_number", "_symmetry_int_tables_number"}, warnings_);
  out_.symbol = symbol_.text;
  if (!symbol_.text.empty()) by_symbol_ = settings_of_symbol(symbol_.text);
  if (!hall_.text.empty()) by_hall_ = settings_of_hall(hall_.text);
  if (!hall_.text.empty() && by_hall_.empty()) of_hall_ = operations_of_hall(hall_.text);
  read_number();
  if (!symbol_.text.empty() && by_symbol_.empty())
    warnings_.push_back(fmt::format("space group symbol '{}' is not in the tables", text::printable(symbol_.text)));
  if (!hall_.text.empty() && by_hall_.empty() && !of_hall_)
    warnings_.push_back(fmt::format("Hall symbol '{}' cannot be read", text::printable(hall_.text)));
}

void SymmetryReader::read_number() {
  if (number_.text.empty()) return;
  const auto value = text::to_integer(number_.text);
  if (!value || *value < 1 || *value > 230)
    problems_.add(number_.place, fmt::format("space group number '{}': it must lie between 1 and 230", number_.text));
  else
    out_.number = static_cast<int>(*value);
}

/// The names must agree with each other before operations are compared with them.
void SymmetryReader::compare_names() {
  named_ = out_.number;
  named_line_ = number_.place.line;
  name_group(by_symbol_, symbol_);
  name_group(by_hall_, hall_);
  if (problems_.any()) return;
  out_.number = named_;
  check_system(block_, named_, warnings_);
  warn_of_two_settings();
}

void SymmetryReader::name_group(const std::vector<SpaceGroupSetting>& settings, const Stated& word) {
  if (settings.empty()) return;
  if (named_ == 0) {
    named_ = settings.front().number;
    named_line_ = word.place.line;
  } else if (named_ > 0 && !has_number(settings, named_)) {
    problems_.add(word.place,
                  fmt::format("space group '{}' is number {}, but the file also says {} (line {}); correct one",
                              word.text, settings.front().number, named_, named_line_));
  }
}

void SymmetryReader::warn_of_two_settings() {
  if (by_symbol_.empty() || by_hall_.empty()) return;
  const auto is_that_of_hall = [&](const auto& s) { return s.hall_number == by_hall_.front().hall_number; };
  if (std::any_of(by_symbol_.begin(), by_symbol_.end(), is_that_of_hall)) return;
  warnings_.push_back(
      fmt::format("'{}' and Hall symbol '{}' are different settings of one group; the Hall symbol is used",
                  text::printable(symbol_.text), text::printable(hall_.text)));
}

void SymmetryReader::read_operations() {
  for (const char* tag : {new_tag, old_tag}) {
    if (!block_.has(tag)) continue;
    const std::vector<CifValue> column = block_.column(tag);
    if (std::all_of(column.begin(), column.end(), [](const CifValue& v) { return v.null; })) continue;
    std::vector<Operation> read = listed_operations(block_, tag, problems_, warnings_);
    if (!operations_.empty() && !problems_.any() && !same_operations(operations_, read))
      problems_.add(block_.place(tag),
                    fmt::format("{} and {} list different operations; remove one", new_tag, old_tag));
    if (operations_.empty()) operations_ = std::move(read);
    place_ = block_.place(tag);
  }
}

/// Refuses a structure whose only operations are magnetic.
bool SymmetryReader::is_magnetic() {
  const bool unnamed = symbol_.text.empty() && hall_.text.empty() && number_.text.empty();
  const CifPlace magnetic = unnamed ? block_.place_of_prefix("_space_group_magn") : block_.place(magnetic_tag);
  if (!operations_.empty() || (!block_.has(magnetic_tag) && magnetic.line <= 0)) return false;
  problems_.add(
      block_.has(magnetic_tag) ? block_.place(magnetic_tag) : magnetic,
      fmt::format("only the magnetic symmetry is given, which is not read; add the non-magnetic operations ({})",
                  new_tag));
  return true;
}

/// A Hall symbol without a table is as good as a list; where both stand, the list counts.
void SymmetryReader::take_hall_operations() {
  if (!of_hall_) return;
  if (!operations_.empty()) {
    if (!same_operations(operations_, *of_hall_))
      warnings_.push_back(
          fmt::format("Hall symbol '{}' does not correspond to the listed operations; the listed operations are used",
                      text::printable(hall_.text)));
    return;
  }
  operations_ = *of_hall_;
  place_ = hall_.place;
  source_ = "of the Hall symbol";
  if (out_.number) return;
  if (const auto found = identify_group(operations_, cell_)) out_.number = found->number;
}

void SymmetryReader::use_operations() {
  out_.candidates.push_back(operations_);
  out_.names.push_back(fmt::format("the {} operations {}", operations_.size(), source_));
  check_metric(out_, cell_, place_, problems_, warnings_);
  if (!problems_.any() && named_ != 0 && !is_named_setting()) compare_with_name();
}

bool SymmetryReader::is_named_setting() const {
  const auto matches = [&](const std::vector<SpaceGroupSetting>& settings) {
    return std::any_of(settings.begin(), settings.end(),
                       [&](const auto& s) { return same_operations(operations_of(s), operations_); });
  };
  return matches(by_hall_) || (by_hall_.empty() && matches(by_symbol_));
}

/// Not the tabulated setting: another origin or other axes are fine as long as the group is the one named.
void SymmetryReader::compare_with_name() {
  const auto found = identify_group(operations_, cell_);
  std::size_t tabulated = operations_.size();
  if (const auto fit = fitting(!by_symbol_.empty() ? by_symbol_ : settings_of_number(named_), cell_); !fit.empty())
    tabulated = operations_of(fit.front()).size();
  if (!found || found->number != named_)
    problems_.add(place_,
                  fmt::format("the {} operations {} form {}, but the file names space group {}{} ({} operations); "
                              "correct the operations or the symbol",
                              operations_.size(), source_,
                              found ? fmt::format("{} (number {})", found->symbol, found->number)
                                    : std::string{"no space group of this cell"},
                              named_, symbol_.text.empty() ? "" : fmt::format(" '{}'", symbol_.text), tabulated));
  else
    warnings_.push_back(
        fmt::format("the operations {} are {} in another setting or origin than the tabulated one; they are "
                    "used as they stand",
                    source_, found->symbol));
}

void SymmetryReader::use_name() {
  const std::vector<SpaceGroupSetting> settings = settings_by_name();
  if (problems_.any()) return;
  if (settings.empty()) {
    warnings_.emplace_back(
        "the file gives neither symmetry operations nor a space group: taken as P 1, atoms as listed");
    out_.candidates.push_back({Operation{Eigen::Matrix3i::Identity(), Eigen::Vector3d::Zero()}});
    out_.names.emplace_back("P 1");
    return;
  }
  use_settings(settings);
}

/// The Hall symbol is unique, a Hermann-Mauguin symbol may leave axes and origin open.
std::vector<SpaceGroupSetting> SymmetryReader::settings_by_name() {
  std::vector<SpaceGroupSetting> settings = by_hall_;
  if (settings.empty() && hall_.text.empty()) settings = by_symbol_;
  place_ = !by_hall_.empty() ? hall_.place : !by_symbol_.empty() ? symbol_.place : number_.place;
  if (settings.empty() && (!symbol_.text.empty() || !hall_.text.empty())) {
    problems_.add(
        hall_.place.line > 0 ? hall_.place : symbol_.place,
        fmt::format("space group '{}' is not in the tables and no symmetry operations are listed; add a loop of "
                    "{}",
                    hall_.text.empty() ? symbol_.text : hall_.text, new_tag));
  } else if (settings.empty() && named_ > 0) {
    // A number alone means the standard axes; origins and rhombohedral axes stay open.
    settings = settings_of_number(named_);
    const std::string standard = settings.front().symbol;
    std::erase_if(settings, [&](const SpaceGroupSetting& s) { return s.symbol != standard; });
  }
  return settings;
}

void SymmetryReader::use_settings(const std::vector<SpaceGroupSetting>& settings) {
  const std::vector<SpaceGroupSetting> fit = fitting(settings, cell_);
  if (fit.empty()) {
    problems_.add(place_, fmt::format("space group {} does not fit the cell: its lengths and angles do not allow it",
                                      settings.front().symbol));
    return;
  }
  out_.place = place_;
  for (const SpaceGroupSetting& setting : fit) {
    out_.candidates.push_back(operations_of(setting));
    out_.names.push_back(fmt::format("{} [{}]", setting.symbol, setting.hall));
  }
  if (by_hall_.empty())
    warnings_.emplace_back("no symmetry operations are listed: they are generated from the space group's name");
  check_metric(out_, cell_, place_, problems_, warnings_);
}

}  // namespace

CifSymmetry read_cif_symmetry(const CifBlock& block, const Eigen::Matrix3d& cell, CifProblems& problems,
                              std::vector<std::string>& warnings) {
  return SymmetryReader(block, cell, problems, warnings).read();
}

}  // namespace hopflow
