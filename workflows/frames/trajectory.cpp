// SPDX-License-Identifier: GPL-2.0-or-later
// The container: a tag, a table of offsets, items of JSON whose arrays stand elsewhere in the file.
#include "workflows/frames/trajectory.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "structures/core/error.hpp"
#include "structures/core/text.hpp"

namespace hopflow {

namespace {

using Json = nlohmann::json;

class Container {
 public:
  explicit Container(const std::filesystem::path& file)
      : name_{text::printable(file.string())}, bytes_{text::read_file(file)} {
    if (!bytes_.starts_with("- of Ulm")) fail("not an ASE trajectory: it does not begin with '- of Ulm'");
    items_ = number(32);
    table_ = number(40);
    if (items_ <= 0 || items_ > 1'000'000) fail(fmt::format("{} frames", items_));
    if (table_ < 0 || table_ > size()) fail("the file is truncated");
  }

  std::int64_t items() const { return items_; }
  Json item(std::int64_t i) const {
    const std::int64_t at = number(table_ + 8 * i), length = number(at);
    const Json json = Json::parse(part(at + 8, length), nullptr, false);
    if (!json.is_object()) fail(fmt::format("frame {} is not a JSON object", i));
    return json;
  }

  /// Numbers of an array, whether it stands in the JSON or elsewhere.
  std::vector<double> numbers(const Json& json, int depth = 0) const {
    std::vector<double> out;
    if (depth > deepest) fail("an array is nested too deeply");
    if (json.is_array()) {
      for (const Json& element : json) {
        if (element.is_array()) {
          for (const double x : numbers(element, depth + 1)) out.push_back(x);
        } else if (element.is_boolean()) {
          out.push_back(element.get<bool>());
        } else if (element.is_number()) {
          out.push_back(element.get<double>());
        } else {
          fail("an array holds something else than numbers");
        }
      }
      return out;
    }
    if (!json.is_object() || !json.contains("ndarray")) fail("an array is expected");
    const Json& array = json["ndarray"];
    if (!array.is_array() || array.size() != 3) fail("the header of an array is malformed");
    if (!array[0].is_array() || !array[1].is_string()) fail("the header of an array is malformed");
    std::int64_t count = 1;
    for (const Json& extent : array[0]) count *= within(extent, 0, most_numbers / std::max<std::int64_t>(count, 1));
    const std::string kind = array[1].get<std::string>();
    const std::int64_t at = within(array[2], 0, size());
    for (std::int64_t k = 0; k < count; ++k) {
      if (kind == "float64")
        out.push_back(value<double>(at + 8 * k));
      else if (kind == "int64")
        out.push_back(static_cast<double>(value<std::int64_t>(at + 8 * k)));
      else if (kind == "int32")
        out.push_back(value<std::int32_t>(at + 4 * k));
      else if (kind == "bool" || kind == "int8" || kind == "uint8")
        out.push_back(value<std::int8_t>(at + k));
      else
        fail(fmt::format("arrays of {} are not read", text::printable(kind)));
    }
    return out;
  }

  [[noreturn]] void fail(const std::string& problem) const {
    throw Error{Error::Kind::bad_input, fmt::format("{}: {}", name_, problem)};
  }

 private:
  static constexpr std::int64_t most_numbers = 10'000'000;
  static constexpr int deepest = 8;

  std::int64_t size() const { return static_cast<std::int64_t>(bytes_.size()); }
  std::int64_t within(const Json& json, std::int64_t least, std::int64_t most) const {
    const std::int64_t number = json.is_number_integer() ? json.get<std::int64_t>() : -1;
    if (number < least || number > most)
      fail(fmt::format("the header of an array holds {}; an integer from {} to {} is expected",
                       text::printable(json.dump(-1, ' ', true, Json::error_handler_t::replace)).substr(0, 40), least,
                       most));
    return number;
  }
  std::string part(std::int64_t at, std::int64_t length) const {
    if (at < 0 || length < 0 || at > size() || length > size() - at) fail("the file is truncated");
    return bytes_.substr(static_cast<std::size_t>(at), static_cast<std::size_t>(length));
  }
  template <class T>
  T value(std::int64_t at) const {
    const std::string raw = part(at, sizeof(T));
    T out;
    std::memcpy(&out, raw.data(), sizeof(T));
    return out;
  }
  std::int64_t number(std::int64_t at) const { return value<std::int64_t>(at); }

  std::string name_, bytes_;
  std::int64_t items_ = 0, table_ = 0;
};

/// Atoms and axes that one constraint of ASE holds.
struct Held {
  std::vector<double> atoms;
  std::vector<double> axes{1, 1, 1};  ///< not 0: held

  bool some_axes_only() const { return axes[0] == 0 || axes[1] == 0 || axes[2] == 0; }
};

Held read_constraint(const Container& container, const Json& constraint, std::size_t atoms) {
  const auto named = constraint.is_object() ? constraint.find("name") : constraint.end();
  const std::string kind = named != constraint.end() && named->is_string() ? named->get<std::string>() : "";
  const Json arguments = constraint.is_object() ? constraint.value("kwargs", Json::object()) : Json::object();
  const bool cartesian = kind == "FixCartesian";
  const char* key = cartesian ? "a" : "indices";
  if ((kind != "FixAtoms" && !cartesian) || !arguments.contains(key))
    container.fail(fmt::format("the constraint {} is not known; FixAtoms and FixCartesian are", text::printable(kind)));
  const Json& which = arguments[key];
  Held held;
  held.atoms = which.is_number() ? std::vector{which.get<double>()} : container.numbers(which);
  if (cartesian && arguments.contains("mask")) held.axes = container.numbers(arguments["mask"]);
  for (const double index : held.atoms)
    if (!(index >= 0 && index < double(atoms)) || held.axes.size() != 3)
      container.fail("a constraint has an atom that does not exist, or not three axes");
  held.axes.resize(3, 1);  // without atoms, whatever stands there holds nothing
  return held;
}

/// Held atoms and axes, from the constraints as ASE writes them.
void take_constraints(const Container& container, const Json& item, PathFrame& frame) {
  if (!item.contains("constraints")) return;
  const Json& stated = item["constraints"];
  const Json list = stated.is_string() ? Json::parse(stated.get<std::string>(), nullptr, false) : stated;
  if (!list.is_array()) return;
  const auto atoms = static_cast<std::size_t>(frame.configuration.size());
  std::vector<std::array<bool, 3>> free(atoms, {true, true, true});
  bool partly = false, any = false;
  for (const Json& constraint : list) {
    const Held held = read_constraint(container, constraint, atoms);
    for (const double index : held.atoms)
      for (std::size_t k = 0; k < 3; ++k)
        if (held.axes[k] != 0) free[static_cast<std::size_t>(index)][k] = false;
    any = any || !held.atoms.empty();
    partly = partly || held.some_axes_only();
  }
  if (!any) return;
  Mask mobile;
  for (const auto& axes : free) mobile.push_back(axes[0] || axes[1] || axes[2]);
  frame.mobile = std::move(mobile);
  if (partly) frame.free = std::move(free);
}

const Json& key(const Container& container, const Json& item, const Json& first, const std::string& name) {
  for (const Json* json : {&item, &first})
    for (const std::string& written : {name + ".", name})
      if (json->contains(written)) return (*json)[written];
  container.fail(fmt::format("a frame has no {}", name));
}

}  // namespace

std::vector<PathFrame> read_trajectory(const std::filesystem::path& file) {
  const Container container(file);
  const Json first = container.item(0);
  std::vector<PathFrame> frames;
  for (std::int64_t i = 0; i < container.items(); ++i) {
    const Json item = i == 0 ? first : container.item(i);
    PathFrame& frame = frames.emplace_back();
    Configuration& c = frame.configuration;
    for (const double z : container.numbers(key(container, item, first, "numbers"))) {
      if (!(z >= 1 && z <= 118)) container.fail(fmt::format("frame {}: {} is no atomic number", i, z));
      c.species.push_back(static_cast<int>(z));
    }
    const std::vector<double> x = container.numbers(key(container, item, first, "positions"));
    const std::vector<double> cell = container.numbers(key(container, item, first, "cell"));
    const std::vector<double> pbc = container.numbers(key(container, item, first, "pbc"));
    if (c.species.empty() || x.size() != 3 * c.species.size() || cell.size() != 9 || pbc.size() != 3)
      container.fail(fmt::format("frame {}: sizes of its arrays do not fit", i));
    c.positions = Eigen::Map<const Eigen::Matrix3Xd>(x.data(), 3, static_cast<Eigen::Index>(c.species.size()));
    c.cell = Eigen::Map<const Eigen::Matrix3d>(cell.data());  // ASE's rows are our columns
    for (std::size_t k = 0; k < 3; ++k) c.periodic[k] = pbc[k] != 0;
    if (c.cell.isZero()) c.cell = Configuration().cell;
    take_constraints(container, i == 0 ? item : (item.contains("constraints") ? item : first), frame);
  }
  return frames;
}

}  // namespace hopflow
