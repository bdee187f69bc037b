// SPDX-License-Identifier: GPL-2.0-or-later
#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>

#include <sqlite3.h>

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

TEST_CASE("every single flipped bit of a stored answer is noticed", "[workflows][store]") {
  const Folder folder;
  const fs::path file = folder.path / "store.db";
  { Store{file}.put("question", some_answer()); }
  std::string content;
  {
    std::ifstream in{file, std::ios::binary};
    content.assign(std::istreambuf_iterator<char>{in}, {});
  }
  const double energy = -0.1;
  const auto at = content.find(std::string{reinterpret_cast<const char*>(&energy), sizeof energy});
  REQUIRE(at != std::string::npos);
  for (std::size_t bit = 0; bit < 64; ++bit) {
    std::string flipped = content;
    flipped[at + bit / 8] = static_cast<char>(flipped[at + bit / 8] ^ (1 << (bit % 8)));
    std::ofstream{file, std::ios::binary} << flipped;
    const Store store{file};
    CHECK_FALSE(store.find("question"));
    REQUIRE(store.notices().size() == 1);
    CHECK(store.notices().empty());
  }
}

TEST_CASE("a store of the format without checksums is read and gets them", "[workflows][store]") {
  const Folder folder;
  const fs::path file = folder.path / "store.db";
  { Store{file}.put("question", some_answer()); }
  sqlite3* database = nullptr;
  REQUIRE(sqlite3_open(file.c_str(), &database) == SQLITE_OK);
  CHECK(sqlite3_exec(database,
                     "ALTER TABLE evaluations DROP COLUMN sum; ALTER TABLE stages DROP COLUMN sum;"
                     "PRAGMA user_version=1",
                     nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(database);
  {
    const Store store{file};
    REQUIRE(store.find("question"));
    CHECK(store.find("question")->forces == some_answer().forces);
    CHECK(store.notices().empty());
  }
  CHECK(Store::count(file) == 1);
}

TEST_CASE("a store whose folder is moved away says so", "[workflows][store]") {
  const Folder folder;
  fs::create_directories(folder.path / "run");
  const Store store{folder.path / "run/store.db"};
  CHECK_NOTHROW(store.check_place());
  fs::rename(folder.path / "run", folder.path / "moved");
  try {
    store.check_place();
    FAIL("not noticed");
  } catch (const Error& error) {
    CHECK(error.kind() == Error::Kind::io);
    CHECK(std::string{error.what()}.find("moved or removed") != std::string::npos);
  }
}
