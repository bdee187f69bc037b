// SPDX-License-Identifier: GPL-2.0-or-later
#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>

#include "structures/core/error.hpp"
#include "workflows/crew/store.hpp"

using namespace hopflow;
namespace fs = std::filesystem;

namespace {

/// A folder that goes away with the test.
struct Folder {
  fs::path path = fs::temp_directory_path() / ("hopflow-test-store-" + std::to_string(::getpid()));
  Folder() { fs::create_directories(path); }
  ~Folder() { fs::remove_all(path); }
};

Evaluation some_answer() {
  Evaluation answer;
  answer.energy_ev = -0.1;
  answer.forces = Eigen::Matrix3Xd::Constant(3, 2, 1.0 / 3);
  answer.stress = Eigen::Matrix3d::Identity();
  return answer;
}

}  // namespace

TEST_CASE("an answer comes back bit by bit after the store was closed", "[workflows][store]") {
  const Folder folder;
  { Store{folder.path / "store.db"}.put("question", some_answer()); }
  const Store store{folder.path / "store.db"};
  const auto back = store.find("question");
  REQUIRE(back);
  CHECK(back->energy_ev == -0.1);
  CHECK(back->forces == some_answer().forces);
  CHECK(*back->stress == Eigen::Matrix3d::Identity());
  CHECK_FALSE(store.find("another question"));
  CHECK(store.evaluations() == 1);
}

TEST_CASE("stage answers are kept apart from evaluations", "[workflows][store]") {
  Store store = Store::in_memory();
  store.put_stage("q", "{\"a\":1}");
  CHECK(store.find_stage("q") == "{\"a\":1}");
  CHECK_FALSE(store.find("q"));
}

TEST_CASE("a file that is no store is refused, not overwritten", "[workflows][store]") {
  const Folder folder;
  const fs::path file = folder.path / "store.db";
  { std::ofstream{file} << std::string(8192, 'x'); }
  try {
    Store{file};
    FAIL("not refused");
  } catch (const Error& error) {
    CHECK(error.kind() == Error::Kind::io);
    CHECK(std::string{error.what()}.find("store.db") != std::string::npos);
  }
  CHECK(fs::file_size(file) == 8192);
}

TEST_CASE("a second run in one folder is refused, and the lock goes with its owner", "[workflows][store]") {
  const Folder folder;
  {
    const RunLock lock{folder.path};
    CHECK(is_locked(folder.path));
    CHECK_THROWS_AS(RunLock{folder.path}, Error);
  }
  CHECK_FALSE(is_locked(folder.path));
  CHECK_NOTHROW(RunLock{folder.path});
}
