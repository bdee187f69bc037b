// SPDX-License-Identifier: GPL-2.0-or-later
// Reads a path, makes its molecules whole and rounds it to what a screen can show.
#include "workflows/report/scene.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <vector>

#include <fmt/core.h>
#include <Eigen/Dense>

#include "structures/core/element.hpp"
#include "structures/core/text.hpp"

namespace hopflow::report {
namespace {

using nlohmann::json;

struct Image {
  Eigen::Matrix3d cell;        // columns are a, b, c (A)
  Eigen::Matrix3Xd positions;  // A
  Eigen::Matrix3Xd forces;     // eV/A; no columns where the file has none
  std::vector<int> species;
  std::optional<double> energy_ev;
};

// Hands out lines and remembers where it is, for messages.
class Lines {
 public:
  explicit Lines(std::string_view text) : text_{text} {}
  bool at_end() const { return text_.find_first_not_of(" \t\r\n", at_) == std::string_view::npos; }
  std::string_view next() {
    if (at_ >= text_.size()) fail("the file ends inside a frame");
    const std::size_t end = std::min(text_.find('\n', at_), text_.size());
    std::string_view line = text_.substr(at_, end - at_);
    at_ = end + 1;
    ++number_;
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
  }
  [[noreturn]] void fail(std::string_view problem) const {
    throw std::runtime_error(fmt::format("line {}: {}", number_, problem));
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
  int number_ = 0;
};

// The value of key=value or key="value with blanks" in a comment line.
std::optional<std::string> value_of(std::string_view line, std::string_view key) {
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '"') quoted = !quoted;
    if (quoted || (i > 0 && line[i - 1] != ' ') || line.substr(i, key.size()) != key) continue;
    std::size_t from = i + key.size();
    if (from >= line.size() || line[from] != '=') continue;
    const char end = ++from < line.size() && line[from] == '"' ? '"' : ' ';
    if (end == '"') ++from;
    if (from > line.size()) return std::string{};
    return std::string{line.substr(from, std::min(line.find(end, from), line.size()) - from)};
  }
  return std::nullopt;
}

struct Columns {
  std::size_t species, position;
  std::optional<std::size_t> force;
};

Columns columns_of(const std::string& properties, const Lines& lines) {
  std::vector<std::string> parts;
  for (std::size_t from = 0; from <= properties.size();) {
    const std::size_t end = std::min(properties.find(':', from), properties.size());
    parts.push_back(properties.substr(from, end - from));
    from = end + 1;
  }
  std::optional<std::size_t> species;
  std::optional<std::size_t> position;
  std::optional<std::size_t> force;
  std::size_t column = 0;
  for (std::size_t i = 0; i + 2 < parts.size(); i += 3) {
    const auto width = text::to_integer(parts[i + 2]);
    if (!width || *width < 1 || *width > 64) lines.fail("Properties= is not name:type:width triples");
    if (parts[i] == "species") species = column;
    if (parts[i] == "pos" && *width == 3) position = column;
    if (parts[i] == "forces" && *width == 3) force = column;
    column += static_cast<std::size_t>(*width);
  }
  if (!species || !position) lines.fail("Properties= names no species and pos columns");
  return {*species, *position, force};
}

Image read_image(Lines& lines) {
  const auto count = text::to_integer(text::trim(lines.next()));
  if (!count || *count < 1 || *count > 1'000'000) lines.fail("expected a number of atoms");
  const std::string_view comment = lines.next();
  const auto lattice = value_of(comment, "Lattice");
  if (!lattice) lines.fail("no Lattice=\"...\" in the comment line");
  const auto cell_words = text::split_words(*lattice);
  if (cell_words.size() != 9) lines.fail("Lattice= needs nine numbers");
  Image image;
  for (int i = 0; i < 9; ++i) {
    const auto number = text::to_double(cell_words[static_cast<std::size_t>(i)]);
    if (!number) lines.fail("Lattice= needs nine finite numbers");
    image.cell(i % 3, i / 3) = *number;
  }
  if (!(std::abs(image.cell.determinant()) > 1e-3)) lines.fail("the cell is flat");
  if (const auto energy = value_of(comment, "energy")) image.energy_ev = text::to_double(*energy);
  const Columns column = columns_of(value_of(comment, "Properties").value_or("species:S:1:pos:R:3"), lines);
  std::vector<Eigen::Vector3d> positions;
  std::vector<Eigen::Vector3d> forces;
  for (long i = 0; i < *count; ++i) {
    const auto words = text::split_words(lines.next());
    if (words.size() <= std::max({column.species, column.position + 2, column.force ? *column.force + 2 : 0}))
      lines.fail("too few columns");
    const auto number = atomic_number(words[column.species]);
    if (!number) lines.fail("unknown element");
    image.species.push_back(*number);
    const auto vector = [&](std::size_t from, const char* problem) {
      Eigen::Vector3d v;
      for (int k = 0; k < 3; ++k) {
        const auto x = text::to_double(words[from + static_cast<std::size_t>(k)]);
        if (!x) lines.fail(problem);
        v[k] = *x;
      }
      return v;
    };
    positions.push_back(vector(column.position, "a coordinate is not a finite number"));
    if (column.force) forces.push_back(vector(*column.force, "a force is not a finite number"));
  }
  const auto gathered = [](const std::vector<Eigen::Vector3d>& columns) {
    Eigen::Matrix3Xd out(3, static_cast<Eigen::Index>(columns.size()));
    for (std::size_t i = 0; i < columns.size(); ++i) out.col(static_cast<Eigen::Index>(i)) = columns[i];
    return out;
  };
  image.positions = gathered(positions);
  image.forces = gathered(forces);
  return image;
}

Eigen::Vector3d rounded(const Eigen::Vector3d& v) { return v.array().round().matrix(); }

// Shortest step between images for cells much larger than a bond; a viewer needs no more.
Eigen::Vector3d short_step(const Eigen::Matrix3d& cell, const Eigen::Vector3d& step) {
  return step - cell * rounded(cell.inverse() * step);
}

// Shifts atoms of the first image by lattice vectors: molecules whole, everything else inside the cell.
std::vector<std::pair<int, int>> tidy(Image& image) {
  const int n = static_cast<int>(image.species.size());
  const Eigen::Matrix3d inverse = image.cell.inverse();
  // Atoms on a face of the cell stay where they are whatever their last bit says.
  for (int i = 0; i < n; ++i) {
    const Eigen::Vector3d f = inverse * image.positions.col(i);
    image.positions.col(i) -= image.cell * (f.array() + 1e-3).floor().matrix();
  }
  std::vector<int> organic;
  for (int i = 0; i < n; ++i) {
    if (is_organic_element(image.species[static_cast<std::size_t>(i)])) organic.push_back(i);
  }
  std::vector<std::pair<int, int>> bonds;
  std::vector<bool> placed(static_cast<std::size_t>(n), false);
  for (const int seed : organic) {
    if (placed[static_cast<std::size_t>(seed)]) continue;
    placed[static_cast<std::size_t>(seed)] = true;
    std::vector<int> front{seed};
    while (!front.empty()) {
      const int i = front.back();
      front.pop_back();
      const int zi = image.species[static_cast<std::size_t>(i)];
      for (const int j : organic) {
        const int zj = image.species[static_cast<std::size_t>(j)];
        if (j == i || (zi == 1 && zj == 1)) continue;
        const Eigen::Vector3d step = short_step(image.cell, image.positions.col(j) - image.positions.col(i));
        if (step.norm() > 1.25 * (covalent_radius(zi) + covalent_radius(zj))) continue;
        if (!placed[static_cast<std::size_t>(j)]) {
          placed[static_cast<std::size_t>(j)] = true;
          image.positions.col(j) = image.positions.col(i) + step;
          front.push_back(j);
        }
        if (i < j) bonds.emplace_back(i, j);
      }
    }
  }
  std::sort(bonds.begin(), bonds.end());
  return bonds;
}

int milli(double x) { return static_cast<int>(std::lround(x * 1000.0)); }

// Each image continues where the one before it ended, whatever its file's wrapping says.
void unwrap(std::vector<Image>& images, Eigen::Matrix3Xd raw) {
  for (std::size_t k = 1; k < images.size(); ++k) {
    const Eigen::Matrix3Xd own = images[k].positions;
    for (Eigen::Index i = 0; i < own.cols(); ++i) {
      images[k].positions.col(i) =
          images[k - 1].positions.col(i) + short_step(images.front().cell, own.col(i) - raw.col(i));
    }
    raw = own;
  }
}

// The inorganic atom displaced most: a turning cation's hydrogens may travel further than the ion that hops.
Eigen::Index moving_atom(const std::vector<Image>& images) {
  const std::vector<int>& species = images.front().species;
  Eigen::RowVectorXd travelled = (images.back().positions - images.front().positions).colwise().norm();
  const bool all_organic = std::all_of(species.begin(), species.end(), is_organic_element);
  for (std::size_t i = 0; i < species.size(); ++i) {
    if (!all_organic && is_organic_element(species[i])) travelled[static_cast<Eigen::Index>(i)] = -1.0;
  }
  Eigen::Index moving = 0;
  travelled.maxCoeff(&moving);
  return moving;
}

// Slope of the energy along the path at image k (eV/A): minus the force along the line through both neighbours.
json slope(const std::vector<Image>& images, std::size_t k) {
  const Image& here = images[k];
  if (images.size() < 2 || here.forces.cols() != here.positions.cols()) return nullptr;
  const Eigen::Matrix3Xd along =
      images[std::min(k + 1, images.size() - 1)].positions - images[k == 0 ? 0 : k - 1].positions;
  const double length = along.norm();
  if (!(length > 1e-6)) return nullptr;
  return std::round(-along.cwiseProduct(here.forces).sum() / length * 1e5) / 1e5 + 0.0;
}

json drawn(std::vector<Image>& images) {
  const Eigen::Matrix3Xd raw = images.front().positions;
  const auto bonds = tidy(images.front());
  unwrap(images, raw);
  const Image& first = images.front();
  const auto n = first.positions.cols();
  const Eigen::Index moving = moving_atom(images);
  const double shift = (images.back().positions - first.positions).col(moving).norm();

  json scene{{"cell", json::array()},          {"elements", json::array()}, {"organic", json::array()},
             {"radii", json::object()},        {"bonds", json::array()},    {"moving", moving},
             {"shift", milli(shift) / 1000.0}, {"start", json::array()},    {"moved", json::array()},
             {"frames", json::array()}};
  for (int k = 0; k < 3; ++k) {
    scene["cell"].push_back(
        {milli(first.cell(0, k)) / 1000.0, milli(first.cell(1, k)) / 1000.0, milli(first.cell(2, k)) / 1000.0});
  }
  for (const int z : first.species) {
    const std::string symbol{symbol_of(z)};
    scene["elements"].push_back(symbol);
    scene["organic"].push_back(is_organic_element(z) ? 1 : 0);
    scene["radii"][symbol] = covalent_radius(z);
  }
  for (const auto& [i, j] : bonds) scene["bonds"].push_back({i, j});
  for (const double x : first.positions.reshaped()) scene["start"].push_back(milli(x));
  // Held atoms are written once: a path mostly repeats them.
  std::vector<Eigen::Index> moved;
  for (Eigen::Index i = 0; i < n; ++i) {
    const auto moves = [&](const Image& image) {
      return ((image.positions.col(i) - first.positions.col(i)).array().abs() > 1e-3).any();
    };
    if (i == moving || std::any_of(images.begin(), images.end(), moves)) moved.push_back(i);
  }
  for (const Eigen::Index i : moved) scene["moved"].push_back(i);
  double distance = 0;
  for (std::size_t k = 0; k < images.size(); ++k) {
    if (k > 0) distance += (images[k].positions - images[k - 1].positions).norm();
    json displacements = json::array();  // from the start: half as many digits as places
    for (const Eigen::Index i : moved) {
      for (int axis = 0; axis < 3; ++axis)
        displacements.push_back(milli(images[k].positions(axis, i)) - milli(first.positions(axis, i)));
    }
    json energy = nullptr;
    if (images[k].energy_ev) energy = *images[k].energy_ev;
    scene["frames"].push_back({{"energy_ev", energy},
                               {"distance_angstrom", milli(distance) / 1000.0},
                               {"slope_ev_per_angstrom", slope(images, k)},
                               {"displacements", std::move(displacements)}});
  }
  return scene;
}

}  // namespace

json make_scene(const std::string& extxyz) {
  try {
    Lines lines{extxyz};
    std::vector<Image> images;
    while (!lines.at_end()) {
      images.push_back(read_image(lines));
      if (images.back().species != images.front().species) lines.fail("this frame has other atoms than the first");
    }
    if (images.empty()) return {{"error", "line 1: the file holds no frame"}};
    return drawn(images);
  } catch (const std::runtime_error& problem) {
    return {{"error", problem.what()}};
  }
}

}  // namespace hopflow::report
