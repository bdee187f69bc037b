// SPDX-License-Identifier: GPL-2.0-or-later
// Reading of force-field tables: every key known, every number in range, every source listed.
#include "potentials/forcefield/forcefield_table.hpp"

#include <cmath>
#include <set>

#include <fmt/core.h>

#include "potentials/forcefield/parameters.hpp"
#include "structures/core/element.hpp"
#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "structures/core/yaml.hpp"

namespace hopflow {

namespace {

namespace fs = std::filesystem;

constexpr double stated_sum_tolerance = 1e-9;

std::pair<std::string, std::string> pair_key(const std::string& a, const std::string& b) {
  return a <= b ? std::pair{a, b} : std::pair{b, a};
}

// Element counts of "PbI3"; nullopt if the word is no formula.
std::optional<std::map<int, int>> parse_formula(const std::string& word) {
  std::map<int, int> counts;
  for (std::size_t at = 0; at < word.size();) {
    if (!std::isupper(static_cast<unsigned char>(word[at]))) return std::nullopt;
    std::size_t end = at + 1;
    while (end < word.size() && std::islower(static_cast<unsigned char>(word[end]))) ++end;
    const auto z = atomic_number(word.substr(at, end - at));
    if (!z) return std::nullopt;
    at = end;
    while (end < word.size() && std::isdigit(static_cast<unsigned char>(word[end]))) ++end;
    const auto count = end > at ? text::to_integer(word.substr(at, end - at)) : std::optional<long>{1};
    if (!count || *count < 1) return std::nullopt;
    counts[*z] += static_cast<int>(*count);
    at = end;
  }
  if (counts.empty()) return std::nullopt;
  return counts;
}

class Reader {
 public:
  explicit Reader(ForceFieldTable& table) : table_{table} {}

  void read(const yaml::Node& root, const fs::path& folder, int depth) {
    root.allow_keys({"schema",     "name",         "status",        "sources",       "note",
                     "extends",    "kspace",       "cutoff",        "cutoff_scheme", "special_1_4",
                     "net_charge", "valid_for",    "not_valid_for", "mixing",        "atom_types",
                     "pairs",      "framework",    "cross_terms",   "charge_sets",   "default_charge_set",
                     "bonds",      "angles",       "dihedrals",     "impropers",     "adjusted",
                     "fit",        "barrier_error"});
    root.at("schema").one_of({"potential/1"});
    if (const yaml::Node* base = root.find("extends")) {
      if (depth > 4)
        base->fail("the chain of 'extends' is more than four tables long; check it for a cycle, or merge tables");
      const fs::path path = folder / base->text();
      if (!fs::exists(path)) base->fail(fmt::format("{}: no such force-field table", path.string()));
      read(yaml::load(path), path.parent_path(), depth + 1);
    }
    if (const yaml::Node* sources = root.find("sources")) {
      for (const auto& [key, value] : sources->entries()) sources_.insert((value.text(), key));
    }
    table_.name = root.at("name").text();
    if (const yaml::Node* status = root.find("status")) table_.status = status->text();
    if (const yaml::Node* error = root.find("barrier_error")) {
      error->allow_keys({"value_ev", "source"});
      table_.barrier_error = ModelError{error->at("value_ev").number(0, 10), error->at("source").text()};
    }
    read_settings(root);
    if (const yaml::Node* types = root.find("atom_types")) {
      for (const auto& [name, value] : types->entries()) read_type(name, value, depth);
    }
    for (const char* key : {"pairs", "framework"}) {
      if (const yaml::Node* list = root.find(key)) {
        for (const yaml::Node& item : list->items()) read_pair(item);
      }
    }
    if (const yaml::Node* list = root.find("cross_terms")) {
      for (const yaml::Node& item : list->items()) read_cross_term(item);
    }
    read_bonded(root);
    if (const yaml::Node* adjusted = root.find("adjusted")) adjust(*adjusted);
    if (const yaml::Node* charges = root.find("net_charge")) {
      for (const auto& [name, value] : charges->entries()) {
        table_.net_charge[name] = value.number(-20, 20);
        check_formula(name, value, table_.net_charge[name]);
      }
    }
  }

  void apply_charge_set(const yaml::Node& root, const std::string& wanted) {
    const yaml::Node* sets = root.find("charge_sets");
    if (sets == nullptr) {
      if (!wanted.empty()) {
        root.fail(fmt::format("this table has no charge sets, '{}' was asked for; leave charge_set out",
                              text::printable(wanted)));
      }
      for (const auto& [name, place] : uncharged_) root.fail(fmt::format("atom type {} has no charge", name));
      return;
    }
    const std::string name = wanted.empty() ? root.at("default_charge_set").text() : wanted;
    const yaml::Node* set = sets->find(name);
    if (set == nullptr) {
      std::vector<std::string> names;
      for (const auto& [key, value] : sets->entries()) names.push_back(key);
      sets->fail(
          fmt::format("there is no charge set '{}'; the table has {}", text::printable(name), text::join(names, ", ")));
    }
    table_.charge_set = name;
    table_.cation_scale = set->at("cation_scale").number(0.1, 10);
    for (AtomType& type : table_.types) {
      if (set->find(type.name) == nullptr) type.charge *= table_.cation_scale;
    }
    for (const auto& [key, value] : set->entries()) {
      if (key == "cation_scale" || key == "comment") continue;
      for (AtomType& type : table_.types) {
        if (type.name != key) continue;
        type.charge = value.number(-20, 20);
        table_.set_types.push_back(key);
      }
      uncharged_.erase(key);
    }
    for (const auto& missing : uncharged_) {
      set->fail(fmt::format("the charge set '{}' gives no charge for atom type {}", name, missing.first));
    }
    for (const auto& [key, value] : set->entries()) {
      if (key == "cation_scale" || key == "comment" || table_.find_type(key) != nullptr) continue;
      table_.set_formulas[key] = value.number(-20, 20);
      if (!check_formula(key, value, value.number(-20, 20))) {
        value.fail(
            fmt::format("'{}' is neither an atom type, nor the formula of a part, nor "
                        "cation_scale or comment",
                        text::printable(key)));
      }
    }
  }

 private:
  void check_source(const yaml::Node& item) {
    const yaml::Node& source = item.at("source");
    if (!sources_.contains(source.text())) {
      source.fail(fmt::format("the source '{}' is not listed under 'sources'", text::printable(source.text())));
    }
  }

  // Checks a part of the structure whose elements have one type each; false if the name is no such part.
  bool check_formula(const std::string& name, const yaml::Node& place, double stated) {
    const auto counts = parse_formula(name);
    if (!counts) return false;
    double sum = 0;
    for (const auto& [z, count] : *counts) {
      const AtomType* only = nullptr;
      for (const AtomType& type : table_.types) {
        if (type.element != z) continue;
        if (only != nullptr) return false;
        only = &type;
      }
      if (only == nullptr) return false;
      sum += count * only->charge;
    }
    if (std::abs(sum - stated) > stated_sum_tolerance) {
      place.fail(fmt::format("the charges of {} sum to {:.9g}, not to the {:.9g} stated", name, sum, stated));
    }
    return true;
  }

  void read_settings(const yaml::Node& root) {
    if (const yaml::Node* kspace = root.find("kspace")) {
      kspace->allow_keys({"style", "accuracy", "note"});
      table_.kspace = kspace->at("style").one_of({"ewald", "pppm"});
      table_.accuracy = kspace->at("accuracy").number(1e-12, 1e-2);
    }
    if (const yaml::Node* cutoff = root.find("cutoff")) table_.cutoff = cutoff->number(6, 50);
    if (const yaml::Node* scheme = root.find("cutoff_scheme"))
      table_.shifted = scheme->one_of({"truncated", "shifted"}) == "shifted";
    if (const yaml::Node* scaling = root.find("special_1_4")) {
      scaling->allow_keys({"lj", "coulomb", "note"});
      table_.lj_14 = scaling->at("lj").number(0, 1);
      table_.coulomb_14 = scaling->at("coulomb").number(0, 1);
    }
    if (const yaml::Node* mixing = root.find("mixing")) {
      mixing->one_of({"geometric"});
      table_.geometric_mixing = true;
    }
  }

  void read_type(const std::string& name, const yaml::Node& node, int) {
    node.allow_keys({"element", "class", "charge", "eps", "sigma", "match", "note", "source"});
    check_source(node);
    if (table_.find_type(name) != nullptr)
      node.fail(fmt::format("the atom type {} is there already; remove one", name));
    AtomType type;
    type.name = name;
    type.bond_class = node.find("class") != nullptr ? node.at("class").text() : name;
    const auto z = atomic_number(node.at("element").text());
    if (!z)
      node.at("element").fail(
          fmt::format("'{}' is not an element's symbol", text::printable(node.at("element").text())));
    type.element = *z;
    if (const yaml::Node* charge = node.find("charge")) {
      type.charge = charge->number(-20, 20);
    } else {
      uncharged_.emplace(name, node.place());
    }
    if (const yaml::Node* epsilon = node.find("eps")) type.epsilon = epsilon->number(0, 1000);
    if (const yaml::Node* sigma = node.find("sigma")) type.sigma = sigma->number(0, 20);
    const yaml::Node& match = node.at("match");
    const auto add = [&](const yaml::Node& pattern) {
      try {
        type.patterns.emplace_back(pattern.text());
      } catch (const Error& problem) {
        pattern.fail(problem.what());
      }
    };
    if (match.is_list()) {
      for (const yaml::Node& pattern : match.items()) add(pattern);
    } else {
      add(match);
    }
    table_.types.push_back(std::move(type));
  }

  std::string type_at(const yaml::Node& item, const char* key) {
    const std::string name = item.at(key).text();
    if (table_.find_type(name) == nullptr)
      item.at(key).fail(fmt::format("there is no atom type '{}'", text::printable(name)));
    return name;
  }

  std::string class_at(const yaml::Node& item, const char* key) {
    const std::string name = item.at(key).text();
    for (const AtomType& type : table_.types) {
      if (type.bond_class == name) return name;
    }
    item.at(key).fail(fmt::format("no atom type has the class '{}'", text::printable(name)));
  }

  PairTerm read_form(const yaml::Node& item) {
    PairTerm term{};
    if (item.at("form").one_of({"buckingham", "lj"}) == "buckingham") {
      term.form = PairTerm::Form::buckingham;
      term.a = item.at("A").number(0, 1e12);
      term.rho = item.at("rho").number(1e-3, 10);
      term.c = item.at("C").number(0, 1e9);
    } else {
      term.form = PairTerm::Form::lj;
      term.epsilon = item.at("eps").number(0, 1000);
      term.sigma = item.at("sigma").number(0, 20);
    }
    check_source(item);
    return term;
  }

  void read_pair(const yaml::Node& item) {
    if (item.at("form").text() == "lj") {
      item.allow_keys({"i", "j", "form", "eps", "sigma", "source", "note"});
    } else {
      item.allow_keys({"i", "j", "form", "A", "rho", "C", "source", "note"});
    }
    const auto key = pair_key(type_at(item, "i"), type_at(item, "j"));
    if (!table_.pairs.emplace(key, read_form(item)).second) {
      item.fail(fmt::format("the pair {}-{} is there already; remove one", key.first, key.second));
    }
  }

  void read_cross_term(const yaml::Node& item) {
    if (item.at("form").text() == "lj") {
      item.allow_keys({"i", "element", "form", "eps", "sigma", "source", "note"});
    } else {
      item.allow_keys({"i", "element", "form", "A", "rho", "C", "source", "note"});
    }
    const std::string type = type_at(item, "i");
    const auto z = atomic_number(item.at("element").text());
    if (!z)
      item.at("element").fail(
          fmt::format("'{}' is not an element's symbol", text::printable(item.at("element").text())));
    if (!table_.cross_terms.emplace(std::pair{type, *z}, read_form(item)).second) {
      item.fail(fmt::format("the cross term of {} with {} is there already; remove one", type, symbol_of(*z)));
    }
  }

  template <std::size_t N>
  std::array<std::string, N> classes(const yaml::Node& item) {
    constexpr const char* keys[] = {"i", "j", "k", "l"};
    std::array<std::string, N> names;
    for (std::size_t k = 0; k < N; ++k) names[k] = class_at(item, keys[k]);
    return either_way(names);
  }

  template <class Map, class Key, class Term>
  void add(Map& map, const Key& key, const Term& term, const yaml::Node& item) {
    check_source(item);
    if (!map.emplace(key, term).second) item.fail("this term is there already; remove one");
  }

  void read_bonded(const yaml::Node& root) {
    const auto each = [&](const char* key, const auto& read_one) {
      if (const yaml::Node* list = root.find(key)) {
        for (const yaml::Node& item : list->items()) read_one(item);
      }
    };
    each("bonds", [&](const yaml::Node& item) {
      item.allow_keys({"i", "j", "K", "r0", "source", "note"});
      add(table_.bonds, classes<2>(item), HarmonicTerm{item.at("K").number(0, 1e5), item.at("r0").number(0.3, 5)},
          item);
    });
    each("angles", [&](const yaml::Node& item) {
      item.allow_keys({"i", "j", "k", "K", "theta0", "source", "note"});
      add(table_.angles, classes<3>(item), HarmonicTerm{item.at("K").number(0, 1e5), item.at("theta0").number(0, 180)},
          item);
    });
    each("dihedrals", [&](const yaml::Node& item) {
      DihedralTerm term{};
      if (item.find("V") != nullptr) {
        item.allow_keys({"i", "j", "k", "l", "V", "source", "note"});
        const auto& values = item.at("V").items();
        if (values.size() != 4)
          item.at("V").fail(fmt::format("{} numbers found; four are needed, V1 to V4", values.size()));
        term.form = DihedralTerm::Form::opls;
        for (std::size_t k = 0; k < 4; ++k) term.v[k] = values[k].number(-1000, 1000);
      } else {
        item.allow_keys({"i", "j", "k", "l", "form", "K", "n", "d", "source", "note"});
        item.at("form").one_of({"K*(1+cos(n*phi-d))"});
        term.form = DihedralTerm::Form::cosine;
        term.k = item.at("K").number(-1000, 1000);
        term.n = static_cast<int>(item.at("n").integer(0, 12));
        term.d = static_cast<int>(item.at("d").integer(-360, 360));
      }
      add(table_.dihedrals, classes<4>(item), term, item);
    });
    each("impropers", [&](const yaml::Node& item) {
      item.allow_keys({"centre", "K", "source", "note"});
      add(table_.impropers, class_at(item, "centre"), item.at("K").number(0, 1e5), item);
    });
  }

  // Numbers of the tables this one extends, put in place of theirs; `fit` says where they come from.
  void adjust(const yaml::Node& node) {
    const std::vector<TableParameter> parameters = parameters_of(table_);
    for (const auto& [name, value] : node.entries()) {
      const auto found = std::ranges::find(parameters, name, &TableParameter::name);
      if (found == parameters.end()) {
        std::vector<std::string> names;
        for (const TableParameter& parameter : parameters) names.push_back(parameter.name);
        const auto near = text::nearest(name, names);
        value.fail(fmt::format("the table has no parameter '{}'{}", text::printable(name),
                               near ? fmt::format("; is {} meant?", *near) : ""));
      }
      value.allow_keys({"value", "start", "sd"});
      const double number = value.at("value").number();
      if (!allowed_value(found->kind, number))
        value.at("value").fail(fmt::format("{} is out of range for {}", number, name));
      *found->value = number;
    }
  }

  ForceFieldTable& table_;
  std::set<std::string> sources_;
  std::map<std::string, std::string> uncharged_;  // type -> place
};

}  // namespace

const AtomType* ForceFieldTable::find_type(const std::string& type_name) const {
  for (const AtomType& type : types) {
    if (type.name == type_name) return &type;
  }
  return nullptr;
}

std::optional<PairTerm> ForceFieldTable::pair(const AtomType& a, const AtomType& b) const {
  if (const auto listed = pairs.find(pair_key(a.name, b.name)); listed != pairs.end()) return listed->second;
  for (const auto& [one, other] : {std::pair{&a, &b}, std::pair{&b, &a}}) {
    const auto cross = cross_terms.find({one->name, other->element});
    if (cross != cross_terms.end()) return cross->second;
  }
  if (geometric_mixing && a.epsilon && a.sigma && b.epsilon && b.sigma) {
    PairTerm term{};
    term.form = PairTerm::Form::lj;
    term.epsilon = std::sqrt(*a.epsilon * *b.epsilon);
    term.sigma = std::sqrt(*a.sigma * *b.sigma);
    return term;
  }
  return std::nullopt;
}

ForceFieldTable load_forcefield_table(const fs::path& path, const std::string& charge_set) {
  ForceFieldTable table;
  table.file = path.filename().string();
  const yaml::Node root = yaml::load(path);
  Reader reader{table};
  reader.read(root, path.parent_path(), 0);
  reader.apply_charge_set(root, charge_set);
  return table;
}

}  // namespace hopflow
