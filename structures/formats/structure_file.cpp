// SPDX-License-Identifier: GPL-2.0-or-later
// One table of formats: a new format is a pair of files next to this one and a row here.
#include "structures/formats/structure_file.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>

#include <fmt/core.h>

#include "structures/chemistry/structure_checks.hpp"
#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "structures/formats/cif_writer.hpp"
#include "structures/formats/extxyz.hpp"
#include "structures/formats/lammps_data.hpp"
#include "structures/formats/poscar.hpp"

namespace hopflow {

namespace {

/// Which of `count` frames is meant. @throws Error{bad_input} if none is named and there are several, or it is not
/// there
std::size_t frame_of(const std::string& name, std::size_t count, std::optional<int> asked) {
  const int total = static_cast<int>(count);
  if (!asked && count > 1)
    throw Error{Error::Kind::bad_input, fmt::format("{}: the file holds {} frames and one is needed; select it with "
                                                    "--frame, from 0 (the first) to {}, or -1 for the last",
                                                    name, count, total - 1)};
  const int frame = asked.value_or(0), index = frame < 0 ? frame + total : frame;
  if (index < 0 || index >= total)
    throw Error{Error::Kind::bad_input, fmt::format("{}: no frame {}; there are {}, from 0 on", name, frame, count)};
  return static_cast<std::size_t>(index);
}

Crystal from_extxyz(const std::filesystem::path& path, std::optional<int> asked) {
  const std::string name = text::printable(path.string());
  const std::vector<Frame> frames = read_extxyz(path);
  const Frame& frame = frames[frame_of(name, frames.size(), asked)];
  if (frame.configuration.periodic != std::array{true, true, true})
    throw Error{Error::Kind::bad_input, fmt::format("{}: a crystal needs Lattice=\"...\" and pbc=\"T T T\"", name)};
  const double volume = frame.configuration.cell.determinant();
  if (!(std::abs(volume) >= 1 && std::abs(volume) <= 1e7))
    throw Error{Error::Kind::bad_input,
                fmt::format("{}: cell volume {} A^3: it must lie between 1 and 1e7", name, volume)};
  Crystal out = to_crystal(frame.configuration, path.stem().string());
  for (const auto& [key, value] : frame.info) {
    if (key == "model" && value == "T") out.model = true;
    if (key == "charge")
      if (const auto charge = text::to_integer(value); charge && std::abs(*charge) <= 1000)
        out.charge = static_cast<int>(*charge);
    if (key == "provenance") out.provenance.push_back(text::printable(value));
  }
  return out;
}

Crystal from_poscar(const std::filesystem::path& path, const ReadChoice& choice) {
  std::vector<Crystal> frames = parse_poscar_frames(text::read_file(path), path.string());
  return std::move(frames[frame_of(text::printable(path.string()), frames.size(), choice.frame)]);
}

Crystal from_lammps_data(const std::filesystem::path& path, const ReadChoice&) {
  Crystal out = parse_lammps_data(text::read_file(path), path.string());
  out.name = path.stem().string();
  return out;
}

std::string as_extxyz(const Crystal& crystal) {
  Frame frame;
  frame.configuration = to_configuration(crystal);
  frame.info.emplace_back("name", text::printable(crystal.name));
  if (crystal.charge) frame.info.emplace_back("charge", fmt::format("{}", *crystal.charge));
  if (crystal.model) frame.info.emplace_back("model", "T");
  if (!crystal.provenance.empty()) frame.info.emplace_back("provenance", text::join(crystal.provenance, "; "));
  return format_extxyz(std::span{&frame, 1});
}

using Words = std::vector<std::string_view>;

struct Format {
  std::string_view name;  ///< for --format
  Words also;             ///< other words for it there
  Words endings;          ///< of file names; they count before `in_name` of any format
  Words in_name;          ///< anywhere in a file's name, small or large
  Crystal (*read)(const std::filesystem::path& path, const ReadChoice& choice);
  std::string (*write)(const Crystal& crystal);
  bool is_cif = false;  ///< has data blocks, states symmetry, and is checked while it is read
};

const std::vector<Format>& formats() {
  static const std::vector<Format> table{
      {"cif",
       {},
       {".cif"},
       {},
       [](const std::filesystem::path& path, const ReadChoice& choice) { return read_cif(path, choice); },
       format_cif,
       true},
      {"extxyz",
       {"xyz"},
       {".extxyz", ".xyz"},
       {},
       [](const std::filesystem::path& path, const ReadChoice& choice) { return from_extxyz(path, choice.frame); },
       as_extxyz},
      {"poscar",
       {"vasp", "contcar"},
       {".poscar", ".vasp"},
       {"POSCAR", "CONTCAR", "CHGCAR"},
       from_poscar,
       format_poscar},
      {"xdatcar", {}, {}, {"XDATCAR"}, from_poscar, format_poscar},
      {"lammps-data", {"lammps"}, {".lmp", ".data", ".lammps-data"}, {}, from_lammps_data, format_lammps_data},
  };
  return table;
}

/// By the name. nullptr if it names no format
const Format* format_of(const std::filesystem::path& path) {
  const std::string ending = text::lower(path.extension().string());
  for (const Format& format : formats())
    if (std::ranges::count(format.endings, ending) > 0) return &format;
  const std::string name = text::lower(path.filename().string());
  for (const Format& format : formats())
    for (const std::string_view word : format.in_name)
      if (name.find(text::lower(word)) != std::string::npos) return &format;
  return nullptr;
}

[[noreturn]] void fail_on_name(Error::Kind kind, const std::filesystem::path& path) {
  std::vector<std::string> endings, words;
  for (const Format& format : formats()) {
    for (const std::string_view ending : format.endings) endings.emplace_back(ending);
    for (const std::string_view word : format.in_name) words.emplace_back(word);
  }
  throw Error{
      kind, fmt::format("{}: the file name does not show the structure format; known extensions are {}, and names that "
                        "contain {}. Give the format with --format, or convert the file ('ase convert FILE FILE.cif')",
                        text::printable(path.string()), text::join(endings, ", "), text::join(words, ", "))};
}

/// As asked, else by the name. @throws Error{usage} for an unknown word, Error{bad_input} for an unknown name
const Format& format_of(const std::filesystem::path& path, const std::string& asked) {
  if (asked.empty()) {
    if (const Format* format = format_of(path)) return *format;
    fail_on_name(Error::Kind::bad_input, path);
  }
  const std::string word = text::lower(asked);
  for (const Format& format : formats())
    if (format.name == word || std::ranges::count(format.also, word) > 0) return format;
  throw Error{Error::Kind::usage,
              fmt::format("--format '{}': expected {}", text::printable(asked), text::join(structure_formats(), ", "))};
}

}  // namespace

std::vector<std::string> structure_formats() {
  std::vector<std::string> names;
  for (const Format& format : formats()) names.emplace_back(format.name);
  return names;
}

Crystal read_structure(const std::filesystem::path& path, const ReadChoice& choice) {
  const Format& format = format_of(path, choice.format);
  if (!choice.block.empty() && !format.is_cif)
    throw Error{Error::Kind::usage,
                fmt::format("block '{}': only a CIF has data blocks, and {} is not a CIF; leave the block out",
                            text::printable(choice.block), text::printable(path.string()))};
  Crystal out = format.read(path, choice);
  if (format.is_cif) return out;
  // The others state nothing to check against, and may hold points of a path: short contacts are warnings there.
  if (choice.framework_only) out = framework_of(out);
  for (ContactProblem& problem : contact_problems(out)) out.warnings.push_back(std::move(problem.text));
  for (std::string& warning : chemistry_warnings(out)) out.warnings.push_back(std::move(warning));
  return out;
}

std::vector<Crystal> read_arrangements(const std::filesystem::path& path, const ReadChoice& choice) {
  if (format_of(path, choice.format).is_cif)
    return parse_cif_arrangements(text::read_file(path), path.string(), choice);
  return {read_structure(path, choice)};
}

void require_known_ending(const std::filesystem::path& path) {
  if (format_of(path) == nullptr) fail_on_name(Error::Kind::usage, path);
}

void write_structure(const std::filesystem::path& path, const Crystal& crystal) {
  require_known_ending(path);
  text::write_file(path, format_of(path)->write(crystal));
}

}  // namespace hopflow
