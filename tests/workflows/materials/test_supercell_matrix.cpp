// SPDX-License-Identifier: GPL-2.0-or-later
#include <catch2/catch.hpp>

#include <filesystem>

#include "workflows/materials/material_run.hpp"
#include "workflows/materials/series_cells.hpp"
#include "workflows/study/study.hpp"

using namespace hopflow;

TEST_CASE("the supercell of a study is the matrix it gives, and further cells of a series are found by distance",
          "[workflows][materials]") {
  Study study = load_study(std::filesystem::path{HOPFLOW_SOURCE_DIR} / "inputs/studies/three-cations.yaml");
  const MaterialEntry& tetragonal = study.materials.back();
  study.supercell_matrix = {1, 1, 0, -1, 1, 0, 0, 0, 1};
  study.series = {16};
  const MaterialRun run = plan_material(study, tetragonal);
  Eigen::Matrix3i columns;
  columns << 1, -1, 0, 1, 1, 0, 0, 0, 1;
  CHECK(run.supercell.matrix == columns);
  CHECK(run.supercell.crystal.size() == 2 * run.crystal.size());
  const Eigen::Matrix3d expected = run.crystal.cell * columns.cast<double>();
  CHECK((run.supercell.crystal.cell - expected).norm() == Approx(0).margin(1e-9));
  const std::vector<MaterialRun> series = plan_series(study, run, run.hops.front().hop);
  REQUIRE(series.size() == 1);
  CHECK(series.front().supercell.min_image_distance >= 16);

  study.supercell_matrix = {2, 1, 1};
  CHECK(plan_material(study, tetragonal).supercell.matrix == Eigen::Matrix3i(Eigen::Vector3i{2, 1, 1}.asDiagonal()));
}
