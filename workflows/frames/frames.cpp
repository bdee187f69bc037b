// SPDX-License-Identifier: GPL-2.0-or-later
// One row per format.
#include "workflows/frames/frames.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/core.h>

#include "structures/core/crystal.hpp"
#include "structures/core/element.hpp"
#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "structures/formats/extxyz.hpp"
#include "structures/formats/lammps_data.hpp"
#include "structures/formats/poscar.hpp"
#include "structures/formats/structure_file.hpp"
#include "workflows/frames/con.hpp"
#include "workflows/frames/trajectory.hpp"

namespace hopflow {

namespace fs = std::filesystem;

namespace {

constexpr double farthest = 1e6;  // A: no supercell is as large

[[noreturn]] void refuse(const std::string& name, const std::string& problem) {
  throw Error{Error::Kind::bad_input, fmt::format("{}: {}", text::printable(name), problem)};
}

std::vector<std::string> lines_of(const std::string& content) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < content.size();) {
    const std::size_t end = std::min(content.find('\n', begin), content.size());
    lines.push_back(text::trim(content.substr(begin, end - begin)));
    begin = end + 1;
  }
  return lines;
}

std::vector<PathFrame> one(const Crystal& crystal) {
  std::vector<PathFrame> frames(1);
  frames.front().configuration = to_configuration(crystal);
  return frames;
}

/// What holds per axis also says which atoms are held altogether.
void take_axes(PathFrame& frame, std::vector<std::array<bool, 3>> free) {
  Mask mobile;
  bool partly = false;
  for (const auto& axes : free) {
    const auto count = std::ranges::count(axes, true);
    mobile.push_back(count > 0);
    partly = partly || count == 1 || count == 2;
  }
  frame.mobile = std::move(mobile);
  if (partly) frame.free = std::move(free);
}

std::vector<PathFrame> from_poscar(const std::string& content, const std::string& name) {
  std::vector<PathFrame> frames = one(parse_poscar(content, name));
  if (auto free = selective_dynamics(content, name)) take_axes(frames.front(), std::move(*free));
  return frames;
}

/// A move_mask of three columns, which one per atom stands for as far as it can.
std::vector<PathFrame> from_extxyz(const std::string& content, const std::string& name) {
  const std::string wide = "move_mask:L:3", read_over = "axes_free:S:3";
  std::string plain = content;
  for (std::size_t at = 0; (at = plain.find(wide, at)) != std::string::npos;) plain.replace(at, wide.size(), read_over);
  std::vector<PathFrame> frames;
  for (Frame& frame : parse_extxyz(plain, name)) {
    frames.emplace_back().configuration = std::move(frame.configuration);
    frames.back().mobile = std::move(frame.mobile);
  }
  if (plain == content) return frames;
  const std::vector<std::string> lines = lines_of(content);
  std::size_t line = 0;
  for (PathFrame& frame : frames) {
    const auto atoms = static_cast<std::size_t>(frame.configuration.size());
    const std::string& comment = lines.at(line + 1);
    const std::size_t key = comment.find("Properties=");
    std::size_t column = 0, found = 0;
    bool here = false;
    if (key != std::string::npos) {
      const std::string properties = comment.substr(key + 11, comment.find_first_of(" \t", key) - key - 11);
      std::vector<std::string> words;
      for (std::size_t begin = 0; begin <= properties.size();) {
        const std::size_t end = std::min(properties.find(':', begin), properties.size());
        words.push_back(properties.substr(begin, end - begin));
        begin = end + 1;
      }
      for (std::size_t k = 0; k + 2 < words.size(); k += 3) {
        const auto width = text::to_integer(words[k + 2]);
        if (words[k] == "move_mask" && width == 3) {
          here = true;
          found = column;
        }
        column += static_cast<std::size_t>(width.value_or(1));
      }
    }
    std::vector<std::array<bool, 3>> free;
    for (std::size_t i = 0; here && i < atoms; ++i) {
      const auto words = text::split_words(lines.at(line + 2 + i));
      std::array<bool, 3> axes{};
      for (std::size_t k = 0; k < 3; ++k) {
        const std::string word = text::lower(found + k < words.size() ? words[found + k] : "");
        if (word != "t" && word != "f" && word != "1" && word != "0" && word != "true" && word != "false")
          refuse(name, fmt::format("atom {}: move_mask is '{}'; T or F is expected", i + 1, word));
        axes[k] = word[0] == 't' || word[0] == '1';
      }
      free.push_back(axes);
    }
    if (here) take_axes(frame, std::move(free));
    line += atoms + 2;
  }
  return frames;
}

/// Images one after the other; the cell is written again where it changes, or with every image.
std::vector<PathFrame> from_xdatcar(const std::string& content, const std::string& name) {
  const std::vector<std::string> lines = lines_of(content);
  std::vector<std::string> head;
  std::vector<PathFrame> frames;
  for (std::size_t i = 0; i < lines.size();) {
    if (!text::lower(lines[i]).starts_with("direct")) {
      if (i + 7 > lines.size()) break;
      head.assign(lines.begin() + static_cast<std::ptrdiff_t>(i), lines.begin() + static_cast<std::ptrdiff_t>(i + 7));
      i += 7;
      continue;
    }
    if (head.empty()) refuse(name, "positions stand before any cell");
    long atoms = 0;
    for (const std::string& word : text::split_words(head[6])) atoms += text::to_integer(word).value_or(0);
    if (atoms <= 0 || i + 1 + static_cast<std::size_t>(atoms) > lines.size())
      refuse(name, fmt::format("frame {} ends before its {} atoms", frames.size() + 1, atoms));
    std::string poscar = text::join(head, "\n") + "\nDirect\n";
    for (long k = 0; k < atoms; ++k) poscar += lines[i + 1 + static_cast<std::size_t>(k)] + "\n";
    frames.push_back(std::move(from_poscar(poscar, fmt::format("{} frame {}", name, frames.size() + 1)).front()));
    i += 1 + static_cast<std::size_t>(atoms);
  }
  return frames;
}

/// Subfolders 00, 01, ... of a VASP band.
std::vector<PathFrame> from_folder(const fs::path& folder) {
  std::vector<PathFrame> frames;
  for (int k = 0; k < 1000; ++k) {
    const fs::path image = folder / fmt::format("{:02}", k);
    if (!fs::is_directory(image)) break;
    fs::path file = image / "CONTCAR";
    std::error_code none;
    if (!fs::exists(file) || fs::file_size(file, none) == 0) file = image / "POSCAR";
    if (!fs::exists(file)) refuse(image.string(), "neither CONTCAR nor POSCAR is there");
    frames.push_back(std::move(from_poscar(text::read_file(file), file.string()).front()));
  }
  if (frames.empty()) refuse(folder.string(), "a folder of images has subfolders 00, 01, ...; there are none");
  return frames;
}

/// A data file that states no masses gets those of the elements the case names for its types.
std::vector<PathFrame> from_lammps_data(const fs::path& file, const std::map<std::string, int>& types) {
  std::string content = text::read_file(file);
  const std::vector<std::string> lines = lines_of(content);
  const bool stated = std::ranges::any_of(lines, [](const std::string& line) { return line.starts_with("Masses"); });
  if (stated || types.empty()) return one(read_structure(file));
  std::string masses = "\nMasses\n\n";
  for (const auto& [element, type] : types)
    masses += fmt::format("{} {}\n", type, atomic_mass(atomic_number(element).value_or(1)));
  const std::size_t atoms = content.find("\nAtoms");
  if (atoms == std::string::npos) refuse(file.string(), "there is no section Atoms");
  content.insert(atoms, masses);
  return one(parse_lammps_data(content, file.string()));
}

/// What overflowed on reading, or would where cells are counted.
void refuse_far(const std::vector<PathFrame>& frames, const std::string& name) {
  const auto fits = [](const auto& numbers) {
    return numbers.allFinite() && (numbers.array().abs() <= farthest).all();
  };
  for (std::size_t k = 0; k < frames.size(); ++k) {
    const Configuration& c = frames[k].configuration;
    if (!fits(c.cell)) refuse(name, fmt::format("frame {}: a cell vector is longer than {} A", k, farthest));
    for (Eigen::Index i = 0; i < c.size(); ++i)
      if (!fits(c.positions.col(i)))
        refuse(name, fmt::format("frame {}: atom {} lies more than {} A away from the origin", k, i, farthest));
  }
}

std::vector<PathFrame> frames_of(const fs::path& file, const std::map<std::string, int>& types) {
  const std::string all = file.string();
  if (fs::is_directory(file)) return from_folder(file);
  const std::string ending = text::lower(file.extension().string()), stem = file.filename().string();
  if (ending == ".extxyz" || ending == ".xyz") return from_extxyz(text::read_file(file), all);
  if (ending == ".traj") return read_trajectory(file);
  if (ending == ".con") return parse_con(text::read_file(file), all);
  if (stem.starts_with("XDATCAR")) return from_xdatcar(text::read_file(file), all);
  if (ending == ".vasp" || ending == ".poscar" || stem.starts_with("POSCAR") || stem.starts_with("CONTCAR"))
    return from_poscar(text::read_file(file), all);
  if (ending == ".lmp" || ending == ".data" || ending == ".lammps-data") return from_lammps_data(file, types);
  return one(read_structure(file));
}

}  // namespace

std::optional<std::vector<std::array<bool, 3>>> selective_dynamics(const std::string& poscar, const std::string& name) {
  const std::vector<std::string> lines = lines_of(poscar);
  if (lines.size() < 9 || !text::lower(lines[7]).starts_with("s")) return std::nullopt;
  long atoms = 0;
  for (const std::string& word : text::split_words(lines[6])) atoms += text::to_integer(word).value_or(0);
  const Crystal crystal = parse_poscar(poscar, name);
  const bool upright = crystal.cell.isDiagonal(1e-6);
  std::vector<std::array<bool, 3>> free;
  for (long i = 0; i < atoms; ++i) {
    const auto words = text::split_words(lines.at(static_cast<std::size_t>(9 + i)));
    std::array<bool, 3> axes{true, true, true};
    for (std::size_t k = 0; k < 3; ++k) {
      const std::string word = text::lower(3 + k < words.size() ? words[3 + k] : "");
      if (word.empty() || (word.find('t') == std::string::npos && word.find('f') == std::string::npos))
        refuse(name,
               fmt::format("line {}: selective dynamics is '{}'; T or F is expected for each axis", 10 + i, word));
      axes[k] = word.find('t') != std::string::npos;
    }
    const auto count = std::ranges::count(axes, true);
    if ((count == 1 || count == 2) && !upright)
      refuse(name, fmt::format("line {}: an atom is fixed along some cell vectors, and these are not along x, y and z; "
                               "fix it along all three, or give a cell with vectors along x, y and z",
                               10 + i));
    free.push_back(axes);
  }
  return free;
}

std::vector<PathFrame> read_frames(const fs::path& file, const std::map<std::string, int>& types) {
  const std::string all = file.string();
  if (const std::size_t at = all.rfind('@'); at != std::string::npos && !fs::exists(file)) {
    const auto number = text::to_integer(all.substr(at + 1));
    if (!number) refuse(all, "what follows @ is the number of a frame, counted from 0");
    std::vector<PathFrame> frames = read_frames(all.substr(0, at), types);
    const long count = std::ssize(frames), wanted = *number < 0 ? count + *number : *number;
    if (wanted < 0 || wanted >= count)
      refuse(all, fmt::format("there is no frame {}: {} frames, counted from 0", *number, count));
    return {std::move(frames[static_cast<std::size_t>(wanted)])};
  }
  if (!fs::exists(file)) refuse(all, "no such file or folder");
  std::vector<PathFrame> frames = frames_of(file, types);
  refuse_far(frames, all);
  return frames;
}

}  // namespace hopflow
