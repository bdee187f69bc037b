// SPDX-License-Identifier: GPL-2.0-or-later
// First paths of bands from files: in a study, and what is refused.
#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>

#include <fmt/core.h>

#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "structures/formats/extxyz.hpp"
#include "workflows/materials/material_run.hpp"
#include "workflows/materials/series_cells.hpp"
#include "workflows/study/given_path.hpp"

using namespace hopflow;
namespace fs = std::filesystem;

namespace {

/// A study of MAPbI3's pseudocubic cell in a folder of its own.
struct StudyFolder {
  StudyFolder() : folder{fs::temp_directory_path() / fmt::format("hopflow-test-path-{}", ::getpid())} {
    fs::create_directories(folder);
  }
  ~StudyFolder() { fs::remove_all(folder); }

  Study load(const std::string& paths) const {
    const fs::path inputs = fs::path{HOPFLOW_SOURCE_DIR} / "inputs";
    std::ofstream{folder / "study.yaml"} << fmt::format(
        "study: test\nmaterials:\n  - name: A\n    structure: {}\n    forcefield: {}\n{}supercell: "
        "{{min_image_distance: 9, series: [12]}}\n"
        "symmetry: {{of: crystal, symprec: 0.01}}\nhops: {{select: shortest}}\n",
        (inputs / "structures/mapbi3-pseudocubic.cif").string(), (inputs / "forcefields/myp-mapbi3.yaml").string(),
        paths);
    return load_study(folder / "study.yaml");
  }

  void write(const std::string& name, const std::vector<Configuration>& points) const {
    std::vector<Frame> frames;
    for (const Configuration& point : points) frames.push_back({point, {}, {}, {}, {}, {}});
    text::write_file(folder / name, format_extxyz(frames));
  }

  fs::path folder;
};

/// The ends of the shortest hop, unrelaxed.
std::vector<Configuration> ends_of(const MaterialRun& run) {
  const SitePair& pair = run.hops.front().samples.front().sample.pair;
  const Configuration host = to_configuration(run.supercell.crystal);
  const HopCell hop = make_hop(run.supercell, host, pair);
  return {hop.before, hop.after};
}

std::string problem_of_paths(const StudyFolder& there, const std::string& paths) {
  try {
    const Study study = there.load(paths);
    plan_material(study, study.materials.front());
  } catch (const Error& error) {
    CHECK(error.kind() == Error::Kind::bad_input);
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("a study gives a hop its first path, in its own cell alone", "[workflows][path]") {
  const StudyFolder there;
  const Study plain = there.load("");
  const MaterialRun run = plan_material(plain, plain.materials.front());
  CHECK(run.hops.front().samples.front().path.empty());
  const std::string id = run.table.hops.front().id;
  const std::vector<Configuration> ends = ends_of(run);
  Configuration middle = ends[0];
  middle.positions = 0.5 * (ends[0].positions + ends[1].positions);
  there.write("whole.extxyz", {ends[0], middle, ends[1]});
  there.write("middle.extxyz", {middle});
  for (const char* name : {"whole.extxyz", "middle.extxyz"}) {
    const Study study = there.load(fmt::format("    paths: {{{}: {}}}\n", id, name));
    const MaterialRun given = plan_material(study, study.materials.front());
    const SampleRun& sample = given.hops.front().samples.front();
    CHECK(sample.path_file == name);
    CHECK(sample.path.size() == (std::string{name} == "whole.extxyz" ? 3U : 1U));
    CHECK(study_files(study).contains(name));
    std::ofstream{there.folder / "printed.yaml"} << print_study(study);
    const Study back = load_study(there.folder / "printed.yaml");
    REQUIRE(back.materials.front().paths.size() == 1);
    CHECK(back.materials.front().paths.front().hop == id);
    CHECK(print_study(back) == print_study(study));
    CHECK(quick_version(study).materials.front().paths.empty());
    for (const MaterialRun& cell : plan_series(study, given, given.hops.front().hop))
      CHECK(cell.hops.front().samples.front().path.empty());
  }
}

TEST_CASE("a path that isn't the hop's is refused where the study names it", "[workflows][path]") {
  const StudyFolder there;
  const Study plain = there.load("");
  const MaterialRun run = plan_material(plain, plain.materials.front());
  const std::string id = run.table.hops.front().id;
  const std::vector<Configuration> ends = ends_of(run);
  const auto paths = [&](const std::string& name) { return fmt::format("    paths: {{{}: {}}}\n", id, name); };
  const std::string place = fmt::format("study.yaml:6:{}: ", 15 + id.size());

  CHECK_THAT(problem_of_paths(there, paths("nowhere.extxyz")), Catch::Contains(place + "nowhere.extxyz: no such file"));
  there.write("good.extxyz", ends);
  CHECK(problem_of_paths(there, paths("good.extxyz")) == "");
  CHECK_THAT(problem_of_paths(there, "    paths: {I9-I9-1.00: good.extxyz}\n"),
             Catch::Contains("study.yaml:6:25: 'I9-I9-1.00' is not a selected hop of A; selected are " + id));

  there.write("backwards.extxyz", {ends[1], ends[0]});
  CHECK_THAT(problem_of_paths(there, paths("backwards.extxyz")),
             Catch::Contains(place) && Catch::Contains("beginning where the ion has not moved"));
  Configuration other = ends[0];
  other.positions.col(0) += Eigen::Vector3d(3, 0, 0);
  there.write("other.extxyz", {other, other});
  CHECK(problem_of_paths(there, paths("other.extxyz")) == "");  // nothing of the ion: a relaxation sees to the rest
  std::vector<Configuration> short_by_one = ends;
  short_by_one[1].species.pop_back();
  short_by_one[1].positions = Eigen::Matrix3Xd(ends[1].positions.leftCols(ends[1].size() - 1));
  there.write("short.extxyz", short_by_one);
  CHECK_THAT(
      problem_of_paths(there, paths("short.extxyz")),
      Catch::Contains(place) && Catch::Contains(fmt::format("frame 2 of ")) &&
          Catch::Contains(fmt::format("has {} atoms, the band's ends have {}", ends[1].size() - 1, ends[1].size())));
  std::vector<Configuration> shuffled = ends;
  const auto unlike =
      std::ranges::find_if(shuffled[0].species, [&](int z) { return z != shuffled[0].species.front(); });
  std::swap(shuffled[0].species.front(), *unlike);
  there.write("shuffled.extxyz", shuffled);
  CHECK_THAT(problem_of_paths(there, paths("shuffled.extxyz")),
             Catch::Contains(place + "atom 1 of frame 1") && Catch::Contains("one order of atoms"));
  std::vector<Configuration> wide = ends;
  wide[1].cell *= 1.01;
  there.write("wide.extxyz", wide);
  CHECK_THAT(problem_of_paths(there, paths("wide.extxyz")), Catch::Contains(place) && Catch::Contains("another cell"));
  text::write_file(there.folder / "empty.extxyz", "");
  CHECK_THAT(problem_of_paths(there, paths("empty.extxyz")), Catch::Contains("empty.extxyz"));
}
