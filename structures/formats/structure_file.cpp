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

enum class Format { cif, extxyz, poscar, lammps_data, unknown };

constexpr const char* known = ".cif, .extxyz or .xyz, POSCAR, CONTCAR, .poscar or .vasp, .lmp or .data";

Format format_of(const std::filesystem::path& path) {
  const std::string ending = text::lower(path.extension().string());
  const std::string file = path.filename().string();
  if (ending == ".cif") return Format::cif;
  if (ending == ".extxyz" || ending == ".xyz") return Format::extxyz;
  if (ending == ".poscar" || ending == ".vasp" || file.starts_with("POSCAR") || file.starts_with("CONTCAR"))
    return Format::poscar;
  if (ending == ".lmp" || ending == ".data" || ending == ".lammps-data") return Format::lammps_data;
  return Format::unknown;
}

Crystal from_extxyz(const std::filesystem::path& path) {
  const std::string name = text::printable(path.string());
  const std::vector<Frame> frames = read_extxyz(path);
  if (frames.size() > 1)
    throw Error{Error::Kind::bad_input, fmt::format("{}: {} frames; keep the one that is meant", name, frames.size())};
  const Frame& frame = frames.front();
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

Crystal read_structure(const std::filesystem::path& path, const CifChoice& choice) {
  if (!choice.block.empty() && format_of(path) != Format::cif)
    throw Error{Error::Kind::usage, fmt::format("block '{}': only a CIF has data blocks, {} is none",
                                                text::printable(choice.block), text::printable(path.string()))};
  Crystal out;
  switch (format_of(path)) {
    case Format::cif: return read_cif(path, choice);
    case Format::extxyz: out = from_extxyz(path); break;
    case Format::poscar: out = parse_poscar(text::read_file(path), path.string()); break;
    case Format::lammps_data:
      out = parse_lammps_data(text::read_file(path), path.string());
      out.name = path.stem().string();
      break;
    case Format::unknown:
      throw Error{Error::Kind::bad_input, fmt::format("{}: the ending names no structure format; known are {}",
                                                      text::printable(path.string()), known)};
  }
  // These formats state nothing to check against, and may hold points of a path: short contacts are told, not refused.
  for (ContactProblem& problem : contact_problems(out)) out.warnings.push_back(std::move(problem.text));
  for (std::string& warning : chemistry_warnings(out)) out.warnings.push_back(std::move(warning));
  return out;
}

std::vector<Crystal> read_arrangements(const std::filesystem::path& path, const CifChoice& choice) {
  if (format_of(path) == Format::cif) return parse_cif_arrangements(text::read_file(path), path.string(), choice);
  return {read_structure(path, choice)};
}

void write_structure(const std::filesystem::path& path, const Crystal& crystal) {
  switch (format_of(path)) {
    case Format::cif: text::write_file(path, format_cif(crystal)); return;
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
