// SPDX-License-Identifier: GPL-2.0-or-later
// Writes a supercell of a shipped crystal in every format into a folder, for another program to read.
#include <array>
#include <filesystem>

#include "structures/cells/supercell.hpp"
#include "structures/core/text.hpp"
#include "structures/formats/extxyz.hpp"
#include "structures/formats/structure_file.hpp"
#include "tests/structures/samples.hpp"

int main(int count, char** arguments) {
  using namespace hopflow;
  if (count != 2) return 2;
  const std::filesystem::path folder = arguments[1];
  std::filesystem::create_directories(folder);
  const Crystal crystal = find_supercell(test::shipped("bnzpyr-pbi3"), 9).crystal;
  for (const char* file : {"a.cif", "a.extxyz", "a.vasp", "a.lmp"}) write_structure(folder / file, crystal);
  Frame frame;
  frame.configuration = to_configuration(crystal);
  frame.energy_ev = -1.0 / 3;
  frame.forces = frame.configuration.positions / 7;
  frame.mobile = Mask(static_cast<std::size_t>(crystal.size()), true);
  frame.mobile->front() = false;
  text::write_file(folder / "path.extxyz", format_extxyz(std::array{frame, frame, frame}));
}
