// SPDX-License-Identifier: GPL-2.0-or-later
#include "structures/cif/cif.hpp"
#include "structures/core/error.hpp"
#include "structures/core/yaml.hpp"
#include "structures/formats/extxyz.hpp"
#include "structures/formats/lammps_data.hpp"
#include "structures/formats/poscar.hpp"
#include "tests/faults/fuzz/fuzz.hpp"

namespace {

using namespace hopflow;

void walk(const yaml::Node& node) {
  if (node.is_list())
    for (const yaml::Node& item : node.items()) walk(item);
  if (node.is_map())
    for (const auto& [key, value] : node.entries()) walk(value);
  if (!node.is_scalar()) return;
  for (const int kind : {0, 1, 2}) {
    try {
      static_cast<void>(kind == 0 ? node.number() : kind == 1 ? static_cast<double>(node.integer()) : node.boolean());
    } catch (const Error&) {
    }
  }
}

}  // namespace

std::vector<fuzz::Target> fuzz::targets() {
  return {{"cif", [](const std::string& content) { static_cast<void>(parse_cif(content, "x.cif")); }},
          {"cif-disorder",
           [](const std::string& content) {
             CifChoice choice;
             choice.disorder.mode = Disorder::Mode::majority;
             static_cast<void>(parse_cif(content, "x.cif", choice));
           }},
          {"extxyz", [](const std::string& content) { static_cast<void>(parse_extxyz(content, "x.extxyz")); }},
          {"poscar", [](const std::string& content) { static_cast<void>(parse_poscar_frames(content, "POSCAR")); }},
          {"lammps-data", [](const std::string& content) { static_cast<void>(parse_lammps_data(content, "x.lmp")); }},
          {"yaml", [](const std::string& content) { walk(yaml::parse(content, "x.yaml")); }}};
}
