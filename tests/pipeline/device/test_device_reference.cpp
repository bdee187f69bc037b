// SPDX-License-Identifier: GPL-2.0-or-later
// The published rows: reading them and judging against their tolerances.
#include <catch2/catch.hpp>

#include <cmath>
#include <map>
#include <string>

#include "structures/core/error.hpp"
#include "structures/core/units.hpp"
#include "tests/pipeline/device/paper_rows.hpp"
#include "workflows/pipeline/calibration/reference_file.hpp"

using namespace hopflow;
using namespace hopflow::pipeline;

namespace {}  // namespace

TEST_CASE("the reference file holds its rows with roles, numbers, lists and maps", "[pipeline][reference]") {
  const auto rows = paper();
  std::map<std::string, int> roles;
  for (const auto& row : rows) ++roles[row.at("role")];
  CHECK(roles["calibrate"] == 11);
  CHECK(roles["holdout"] == 45);
  CHECK(roles["context"] == 29);
  CHECK(row_number(rows, "ret.363") == 1200.0);
  CHECK(find_row(rows, "fast.set")->at("value").at("s") == 1e-7);
  CHECK(find_row(rows, "ana.pot.window")->at("value").at(1) == 1.2);
  CHECK(find_row(rows, "neb.bnzpyr")->at("value").is_null());
  CHECK_FALSE(row_number(rows, "no.such.row").has_value());
}

TEST_CASE("two retention points of the paper give 1.013 eV, not the 0.18 eV printed beside them",
          "[pipeline][reference]") {
  const auto rows = paper();
  const double energy = std::log(*row_number(rows, "ret.363") / *row_number(rows, "ret.400")) * units::boltzmann /
                        (1.0 / 363.0 - 1.0 / 400.0);
  CHECK(energy == Approx(1.013).margin(5e-4));
}

TEST_CASE("tolerances are read as the rows state them", "[pipeline][reference]") {
  CHECK(within(0.1, -1.0, -1.05) == true);
  CHECK(within(0.1, -1.0, -1.11) == false);
  CHECK(within("factor 3 in time", 1e-7, 3e-7) == true);
  CHECK(within("factor 3 in time", 1e-7, 3.01e-7) == false);
  CHECK(within("factor 2", 1.0, -1.0) == false);
  CHECK(within("lower bound", 1e5, 9.9e4) == false);
  CHECK(within("+-0.05", 1.0, 1.04) == true);
  CHECK_FALSE(within("sign", 1.0, 1.0).has_value());
}

TEST_CASE("a reference with a repeated id or an unknown role is refused with its place", "[pipeline][reference]") {
  const auto what = [](const std::string& text) {
    try {
      parse_reference(text, "paper.yaml");
    } catch (const Error& error) {
      CHECK(error.kind() == Error::Kind::bad_input);
      return std::string{error.what()};
    }
    return std::string{};
  };
  CHECK(what("rows:\n- {id: a, role: holdout, value: 1}\n- {id: a, role: holdout, value: 1}\n").find("paper.yaml:3:") ==
        0);
  CHECK(what("rows:\n- {id: a, role: train, value: 1}\n").find("paper.yaml:2:") == 0);
  CHECK(what("rows:\n- {role: holdout, value: 1}\n").find("'id'") != std::string::npos);
}
