// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/crew/store.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include <fmt/core.h>
#include <sqlite3.h>

#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "workflows/crew/bytes.hpp"

namespace hopflow {

namespace {

struct CloseDatabase {
  void operator()(sqlite3* db) const noexcept { sqlite3_close_v2(db); }
};
struct FinalizeStatement {
  void operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }
};
using Statement = std::unique_ptr<sqlite3_stmt, FinalizeStatement>;

constexpr int format_version = 1;

/// Ranks of a killed run outlive their launcher for about a second and hold the lock that long.
constexpr auto wait_for_lock = std::chrono::seconds{3};

/// A commit outlives the processes at once; the disk is waited for at most this often, so that evaluations of a
/// millisecond don't pay several for it. A power cut costs at most this much work.
constexpr auto between_syncs = std::chrono::milliseconds{50};

}  // namespace

struct Store::State {
  std::string file;
  std::unique_ptr<sqlite3, CloseDatabase> database;
  // Statements are destroyed before the database they belong to.
  Statement find_evaluation, put_evaluation, find_stage, put_stage, count;
  std::chrono::steady_clock::time_point synced{};
  bool syncing = true;  ///< PRAGMA synchronous: FULL or NORMAL

  [[noreturn]] void fail(const char* action) const {
    throw Error{Error::Kind::io, fmt::format("{}: {}: {}; free some space or check the disk, then resume",
                                             text::printable(file), action, sqlite3_errmsg(database.get()))};
  }

  void execute(const char* sql) const {
    if (sqlite3_exec(database.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) fail("cannot be set up");
  }

  Statement prepare(const char* sql) const {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v3(database.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr) != SQLITE_OK)
      fail("cannot be read");
    return Statement{statement};
  }

  std::optional<std::string> find(const Statement& statement, const std::string& question) const {
    const std::string key = hash128(question);
    sqlite3_reset(statement.get());
    sqlite3_bind_blob(statement.get(), 1, key.data(), static_cast<int>(key.size()), SQLITE_TRANSIENT);
    const int status = sqlite3_step(statement.get());
    std::optional<std::string> answer;
    if (status == SQLITE_ROW) {
      const auto column = [&](int i) {
        return std::string_view{static_cast<const char*>(sqlite3_column_blob(statement.get(), i)),
                                static_cast<std::size_t>(sqlite3_column_bytes(statement.get(), i))};
      };
      if (column(0) == question) answer = std::string{column(1)};
    } else if (status != SQLITE_DONE) {
      sqlite3_reset(statement.get());
      fail("cannot be read");
    }
    sqlite3_reset(statement.get());
    return answer;
  }

  void put(const Statement& statement, const std::string& question, const std::string& answer) {
    const auto now = std::chrono::steady_clock::now();
    const bool sync = now - synced >= between_syncs;
    if (sync != syncing) execute(sync ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL");
    syncing = sync;
    if (sync) synced = now;
    const std::string key = hash128(question);
    sqlite3_reset(statement.get());
    sqlite3_bind_blob(statement.get(), 1, key.data(), static_cast<int>(key.size()), SQLITE_TRANSIENT);
    sqlite3_bind_blob64(statement.get(), 2, question.data(), question.size(), SQLITE_STATIC);
    sqlite3_bind_blob64(statement.get(), 3, answer.data(), answer.size(), SQLITE_STATIC);
    const int status = sqlite3_step(statement.get());
    sqlite3_reset(statement.get());
    sqlite3_clear_bindings(statement.get());
    if (status != SQLITE_DONE) fail("cannot be written");
  }

  static std::unique_ptr<State> open(const std::string& file) {
    auto state = std::make_unique<State>();
    state->file = file;
    sqlite3* raw = nullptr;
    const int status =
        sqlite3_open_v2(file.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
    state->database.reset(raw);
    if (status != SQLITE_OK) state->fail("cannot be opened");
    sqlite3_busy_timeout(raw, 10000);
    state->execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;");
    {
      const Statement version = state->prepare("PRAGMA user_version");
      if (sqlite3_step(version.get()) != SQLITE_ROW) state->fail("cannot be read");
      const int found = sqlite3_column_int(version.get(), 0);
      if (found != 0 && found != format_version)
        throw Error{Error::Kind::bad_input,
                    fmt::format("{}: written by another version (format {}, this one reads {}); use a new run folder",
                                text::printable(file), found, format_version)};
    }
    state->execute(
        "CREATE TABLE IF NOT EXISTS evaluations(key BLOB PRIMARY KEY, question BLOB NOT NULL, answer BLOB NOT NULL);"
        "CREATE TABLE IF NOT EXISTS stages(key BLOB PRIMARY KEY, question BLOB NOT NULL, answer BLOB NOT NULL);"
        "PRAGMA user_version=1;");
    state->find_evaluation = state->prepare("SELECT question, answer FROM evaluations WHERE key = ?1");
    state->put_evaluation = state->prepare("INSERT OR REPLACE INTO evaluations VALUES(?1, ?2, ?3)");
    state->find_stage = state->prepare("SELECT question, answer FROM stages WHERE key = ?1");
    state->put_stage = state->prepare("INSERT OR REPLACE INTO stages VALUES(?1, ?2, ?3)");
    state->count = state->prepare("SELECT count(*) FROM evaluations");
    return state;
  }
};

Store::Store(const std::filesystem::path& file) : state_{State::open(file.string())} {}
Store Store::in_memory() { return Store{std::filesystem::path{":memory:"}}; }
Store::Store(Store&&) noexcept = default;
Store& Store::operator=(Store&&) noexcept = default;
Store::~Store() = default;

std::optional<Evaluation> Store::find(const std::string& question) const {
  const auto answer = state_->find(state_->find_evaluation, question);
  if (!answer) return std::nullopt;
  ByteReader reader{*answer};
  return evaluation_from(reader);
}

void Store::put(const std::string& question, const Evaluation& answer) {
  state_->put(state_->put_evaluation, question, to_bytes(answer));
}

std::optional<std::string> Store::find_stage(const std::string& question) const {
  return state_->find(state_->find_stage, question);
}

void Store::put_stage(const std::string& question, const std::string& answer) {
  state_->put(state_->put_stage, question, answer);
}

long Store::evaluations() const {
  sqlite3_reset(state_->count.get());
  if (sqlite3_step(state_->count.get()) != SQLITE_ROW) state_->fail("cannot be read");
  const long count = static_cast<long>(sqlite3_column_int64(state_->count.get(), 0));
  sqlite3_reset(state_->count.get());
  return count;
}

RunLock::RunLock(const std::filesystem::path& folder) {
  const auto file = folder / ".lock";
  descriptor_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor_ < 0)
    throw Error{Error::Kind::io,
                fmt::format("{}: cannot be created: {}", text::printable(file.string()), std::strerror(errno))};
  const auto until = std::chrono::steady_clock::now() + wait_for_lock;
  while (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
    if (std::chrono::steady_clock::now() < until) {
      std::this_thread::sleep_for(std::chrono::milliseconds{20});
      continue;
    }
    ::close(descriptor_);
    throw Error{Error::Kind::io, fmt::format("{}: another run is at work in this folder; wait for it, stop it, or "
                                             "give another folder with -o",
                                             text::printable(folder.string()))};
  }
}

RunLock::~RunLock() { ::close(descriptor_); }

bool is_locked(const std::filesystem::path& folder) {
  const int descriptor = ::open((folder / ".lock").c_str(), O_RDWR | O_CLOEXEC);
  if (descriptor < 0) return false;
  const bool locked = ::flock(descriptor, LOCK_EX | LOCK_NB) != 0;
  ::close(descriptor);
  return locked;
}

}  // namespace hopflow
