// SPDX-License-Identifier: GPL-2.0-or-later
// One table of formats: a new format is a file beside this one and a row here.
#include "structures/formats/structure_file.hpp"

#include <cmath>

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

enum class Format { cif, extxyz, poscar, xdatcar, lammps_data, unknown };

constexpr const char* known =
    ".cif, .extxyz or .xyz, .poscar or .vasp, names with POSCAR, CONTCAR, CHGCAR or XDATCAR in them, .lmp or .data; "
    "say "
    "which with --format, or convert it ('ase convert FILE FILE.cif')";

Format format_of(const std::filesystem::path& path) {
  const std::string ending = text::lower(path.extension().string());
  const std::string file = path.filename().string();
  if (ending == ".cif") return Format::cif;
  if (ending == ".extxyz" || ending == ".xyz") return Format::extxyz;
  if (ending == ".lmp" || ending == ".data" || ending == ".lammps-data") return Format::lammps_data;
  const std::string name = text::lower(file);
  const auto names = [&](const char* word) { return name.find(word) != std::string::npos; };
  if (names("xdatcar")) return Format::xdatcar;
  if (ending == ".poscar" || ending == ".vasp" || names("poscar") || names("contcar") || names("chgcar"))
    return Format::poscar;
  return Format::unknown;
}

/// As asked, else by the name. @throws Error{usage}
Format format_of(const std::filesystem::path& path, const std::string& asked) {
  if (asked.empty()) return format_of(path);
  const std::string word = text::lower(asked);
  if (word == "cif") return Format::cif;
  if (word == "extxyz" || word == "xyz") return Format::extxyz;
  if (word == "poscar" || word == "vasp" || word == "contcar") return Format::poscar;
  if (word == "xdatcar") return Format::xdatcar;
  if (word == "lammps-data" || word == "lammps") return Format::lammps_data;
  throw Error{Error::Kind::usage, fmt::format("--format '{}': expected cif, extxyz, poscar, xdatcar or lammps-data",
                                              text::printable(asked))};
}

/// Which of `count` frames is meant. @throws Error{bad_input} if none is named and there are several, or it is not
/// there
std::size_t frame_of(const std::string& name, std::size_t count, std::optional<int> asked) {
  const int total = static_cast<int>(count);
  if (!asked && count > 1)
    throw Error{
        Error::Kind::bad_input,
        fmt::format("{}: {} frames; name the one that is meant: --frame 0 (the first) to {}, or -1 for the last", name,
                    count, total - 1)};
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

}  // namespace

namespace {

Crystal from_poscar(const std::filesystem::path& path, const ReadChoice& choice) {
  std::vector<Crystal> frames = parse_poscar_frames(text::read_file(path), path.string());
  return std::move(frames[frame_of(text::printable(path.string()), frames.size(), choice.frame)]);
}

}  // namespace

Crystal read_structure(const std::filesystem::path& path, const ReadChoice& choice) {
  const Format format = format_of(path, choice.format);
  if (!choice.block.empty() && format != Format::cif)
    throw Error{Error::Kind::usage, fmt::format("block '{}': only a CIF has data blocks, {} is none",
                                                text::printable(choice.block), text::printable(path.string()))};
  Crystal out;
  switch (format) {
    case Format::cif: return read_cif(path, choice);
    case Format::extxyz: out = from_extxyz(path, choice.frame); break;
    case Format::poscar:
    case Format::xdatcar: out = from_poscar(path, choice); break;
    case Format::lammps_data:
      out = parse_lammps_data(text::read_file(path), path.string());
      out.name = path.stem().string();
      break;
    case Format::unknown:
      throw Error{Error::Kind::bad_input, fmt::format("{}: the ending names no structure format; known are {}",
                                                      text::printable(path.string()), known)};
  }
  // These formats state nothing to check against, and may hold points of a path: short contacts are told, not refused.
  if (choice.framework_only) out = framework_of(out);
  for (ContactProblem& problem : contact_problems(out)) out.warnings.push_back(std::move(problem.text));
  for (std::string& warning : chemistry_warnings(out)) out.warnings.push_back(std::move(warning));
  return out;
}

std::vector<Crystal> read_arrangements(const std::filesystem::path& path, const ReadChoice& choice) {
  if (format_of(path, choice.format) == Format::cif)
    return parse_cif_arrangements(text::read_file(path), path.string(), choice);
  return {read_structure(path, choice)};
}

void write_structure(const std::filesystem::path& path, const Crystal& crystal) {
  switch (format_of(path)) {
    case Format::cif: text::write_file(path, format_cif(crystal)); return;
    case Format::xdatcar:
    case Format::poscar: text::write_file(path, format_poscar(crystal)); return;
    case Format::lammps_data: text::write_file(path, format_lammps_data(crystal)); return;
    case Format::extxyz: {
      Frame frame;
      frame.configuration = to_configuration(crystal);
      frame.info.emplace_back("name", text::printable(crystal.name));
      if (crystal.charge) frame.info.emplace_back("charge", fmt::format("{}", *crystal.charge));
      if (crystal.model) frame.info.emplace_back("model", "T");
      if (!crystal.provenance.empty()) frame.info.emplace_back("provenance", text::join(crystal.provenance, "; "));
      text::write_file(path, format_extxyz(std::span{&frame, 1}));
      return;
    }
    case Format::unknown:
      throw Error{Error::Kind::usage, fmt::format("{}: the ending names no structure format; known are {}",
                                                  text::printable(path.string()), known)};
  }
}

}  // namespace hopflow
