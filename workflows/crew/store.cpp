// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/crew/store.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>
#include <utility>

#include <fmt/core.h>
#include <sqlite3.h>

#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "workflows/crew/bytes.hpp"
#include "workflows/crew/sqlite_handles.hpp"

namespace hopflow {

namespace {

constexpr int format_version = 2;  // 1: rows without checksums

/// Ranks of a killed run outlive their launcher for about a second and hold the lock that long.
constexpr auto wait_for_lock = std::chrono::seconds{3};

/// A commit outlives the processes at once; the disk is waited for at most this often, so that evaluations of a
/// millisecond don't pay several for it. A power cut costs at most this much work.
constexpr auto between_syncs = std::chrono::milliseconds{50};

/// A folder that is moved or removed is noticed at the next write after this long.
constexpr auto between_looks = std::chrono::milliseconds{500};

std::string_view blob(sqlite3_stmt* statement, int column) {
  const void* data = sqlite3_column_blob(statement, column);
  return {static_cast<const char*>(data),
          data == nullptr ? 0 : static_cast<std::size_t>(sqlite3_column_bytes(statement, column))};
}

/// row_checksum() as SQL, to give an older store's rows theirs.
void sql_checksum(sqlite3_context* context, int, sqlite3_value** values) {
  const auto bytes = [&](int i) {
    const void* data = sqlite3_value_blob(values[i]);
    return std::string_view{static_cast<const char*>(data),
                            data == nullptr ? 0 : static_cast<std::size_t>(sqlite3_value_bytes(values[i]))};
  };
  const std::string sum = row_checksum(bytes(0), bytes(1));
  sqlite3_result_blob(context, sum.data(), static_cast<int>(sum.size()), SQLITE_TRANSIENT);
}

}  // namespace

std::string row_checksum(std::string_view question, std::string_view answer) {
  return hash128(ByteWriter{}.put(std::string_view{"hopflow-row/1"}).put(question).put(answer).take());
}

struct Store::State {
  std::string file;
  Database database;
  // Statements are destroyed before the database they belong to.
  Statement find_evaluation, put_evaluation, find_stage, put_stage, count;
  std::chrono::steady_clock::time_point synced{}, looked{};
  bool syncing = true;  ///< PRAGMA synchronous: FULL or NORMAL
  struct stat place = {};
  std::vector<std::string> notices;

  [[noreturn]] void fail(const char* action) const {
    const int code = sqlite3_errcode(database.get());
    if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB) damaged(sqlite3_errmsg(database.get()));
    throw Error{Error::Kind::io, fmt::format("{}: {}: {}; free some space or check the disk, then resume",
                                             text::printable(file), action, sqlite3_errmsg(database.get()))};
  }

  [[noreturn]] void damaged(const std::string& how) const {
    const std::filesystem::path path{file}, aside = path.parent_path() / "damaged.db";
    throw Error{Error::Kind::io,
                fmt::format("{0}: damaged ({1}); move it to {2} and recover the intact answers with: hopflow store "
                            "merge {3} {2}. Missing answers are computed again on resume",
                            text::printable(file), text::printable(how), text::printable(aside.string()),
                            text::printable(path.parent_path().string()))};
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

  int integer(const char* sql) const {
    const Statement statement = prepare(sql);
    if (sqlite3_step(statement.get()) != SQLITE_ROW) fail("cannot be read");
    return sqlite3_column_int(statement.get(), 0);
  }

  std::optional<std::string> find(const Statement& statement, const std::string& question, const char* what) {
    const std::string key = hash128(question);
    sqlite3_reset(statement.get());
    sqlite3_bind_blob(statement.get(), 1, key.data(), static_cast<int>(key.size()), SQLITE_TRANSIENT);
    const int status = sqlite3_step(statement.get());
    std::optional<std::string> answer;
    if (status == SQLITE_ROW) {
      const auto column = [&](int i) { return blob(statement.get(), i); };
      if (column(2) != row_checksum(column(0), column(1)))
        notices.push_back(fmt::format("{}: a stored {} is damaged (checksum mismatch); it is computed again",
                                      text::printable(file), what));
      else if (column(0) == question)
        answer = std::string{column(1)};
    } else if (status != SQLITE_DONE) {
      sqlite3_reset(statement.get());
      fail("cannot be read");
    }
    sqlite3_reset(statement.get());
    return answer;
  }

  void put(const Statement& statement, const std::string& question, const std::string& answer) {
    const auto now = std::chrono::steady_clock::now();
    if (now - looked >= between_looks) {
      check_place();
      looked = now;
    }
    const bool sync = now - synced >= between_syncs;
    if (sync != syncing) execute(sync ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL");
    syncing = sync;
    if (sync) synced = now;
    const std::string key = hash128(question), sum = row_checksum(question, answer);
    sqlite3_reset(statement.get());
    sqlite3_bind_blob(statement.get(), 1, key.data(), static_cast<int>(key.size()), SQLITE_TRANSIENT);
    sqlite3_bind_blob64(statement.get(), 2, question.data(), question.size(), SQLITE_STATIC);
    sqlite3_bind_blob64(statement.get(), 3, answer.data(), answer.size(), SQLITE_STATIC);
    sqlite3_bind_blob(statement.get(), 4, sum.data(), static_cast<int>(sum.size()), SQLITE_TRANSIENT);
    const int status = sqlite3_step(statement.get());
    sqlite3_reset(statement.get());
    sqlite3_clear_bindings(statement.get());
    if (status != SQLITE_DONE) fail("cannot be written");
  }

  void check_place() const {
    if (place.st_ino == 0) return;  // in memory
    struct stat now = {};
    if (::stat(file.c_str(), &now) == 0 && now.st_ino == place.st_ino && now.st_dev == place.st_dev) return;
    throw Error{Error::Kind::io,
                fmt::format("{}: is no longer there: the run folder was moved or removed during the run; "
                            "put it back, or resume it where it is now",
                            text::printable(file))};
  }

  /// Structure first, then what the tables hold: an older store's rows get their checksums.
  void set_up() {
    {
      const Statement check = prepare("PRAGMA quick_check(1)");
      if (sqlite3_step(check.get()) != SQLITE_ROW) fail("cannot be read");
      const std::string said{reinterpret_cast<const char*>(sqlite3_column_text(check.get(), 0))};
      if (said != "ok") damaged(said);
    }
    const int found = integer("PRAGMA user_version");
    if (found < 0 || found > format_version)
      throw Error{
          Error::Kind::bad_input,
          fmt::format("{}: written by another version (format {}, this one reads up to {}); use a new run folder",
                      text::printable(file), found, format_version)};
    sqlite3_create_function_v2(database.get(), "hopflow_checksum", 2, SQLITE_UTF8 | SQLITE_DETERMINISTIC, nullptr,
                               sql_checksum, nullptr, nullptr, nullptr);
    execute("BEGIN IMMEDIATE");
    for (const std::string table : {"evaluations", "stages"}) {
      execute(fmt::format("CREATE TABLE IF NOT EXISTS {}(key BLOB PRIMARY KEY, question BLOB NOT NULL, answer BLOB NOT "
                          "NULL, sum BLOB)",
                          table)
                  .c_str());
      if (integer(fmt::format("SELECT count(*) FROM pragma_table_info('{}') WHERE name='sum'", table).c_str()) == 0)
        execute(
            fmt::format("ALTER TABLE {0} ADD COLUMN sum BLOB; UPDATE {0} SET sum = hopflow_checksum(question, answer)",
                        table)
                .c_str());
    }
    execute(fmt::format("PRAGMA user_version={}; COMMIT", format_version).c_str());
  }

  static std::unique_ptr<State> open(const std::string& file) {
    auto state = std::make_unique<State>();
    state->file = file;
    std::error_code ignored;
    if (std::filesystem::is_symlink(file, ignored))
      throw Error{Error::Kind::bad_input, fmt::format("{}: is a symbolic link; a store is a file of its run folder, so "
                                                      "put the file itself there",
                                                      text::printable(file))};
    sqlite3* raw = nullptr;
    const int status =
        sqlite3_open_v2(file.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
    state->database.reset(raw);
    if (status != SQLITE_OK) state->fail("cannot be opened");
    sqlite3_busy_timeout(raw, 10000);
    state->execute("PRAGMA cell_size_check=ON; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;");
    state->set_up();
    state->find_evaluation = state->prepare("SELECT question, answer, sum FROM evaluations WHERE key = ?1");
    state->put_evaluation =
        state->prepare("INSERT OR REPLACE INTO evaluations(key, question, answer, sum) VALUES(?1, ?2, ?3, ?4)");
    state->find_stage = state->prepare("SELECT question, answer, sum FROM stages WHERE key = ?1");
    state->put_stage =
        state->prepare("INSERT OR REPLACE INTO stages(key, question, answer, sum) VALUES(?1, ?2, ?3, ?4)");
    state->count = state->prepare("SELECT count(*) FROM evaluations");
    if (file != ":memory:" && ::stat(file.c_str(), &state->place) != 0) state->place = {};
    return state;
  }
};

Store::Store(const std::filesystem::path& file) : state_{State::open(file.string())} {}
Store Store::in_memory() { return Store{std::filesystem::path{":memory:"}}; }
Store::Store(Store&&) noexcept = default;
Store& Store::operator=(Store&&) noexcept = default;
Store::~Store() = default;

std::optional<Evaluation> Store::find(const std::string& question) const {
  const auto answer = state_->find(state_->find_evaluation, question, "answer");
  if (!answer) return std::nullopt;
  try {
    ByteReader reader{*answer};
    return evaluation_from(reader);
  } catch (const Error&) {  // an older store gave a damaged row its checksum
    state_->notices.push_back(
        fmt::format("{}: a stored answer is truncated; it is computed again", text::printable(state_->file)));
    return std::nullopt;
  }
}

void Store::put(const std::string& question, const Evaluation& answer) {
  state_->put(state_->put_evaluation, question, to_bytes(answer));
}

std::optional<std::string> Store::find_stage(const std::string& question) const {
  return state_->find(state_->find_stage, question, "result");
}

void Store::put_stage(const std::string& question, const std::string& answer) {
  state_->put(state_->put_stage, question, answer);
}

std::vector<std::string> Store::notices() const { return std::exchange(state_->notices, {}); }

void Store::check_place() const { state_->check_place(); }

long Store::evaluations() const {
  sqlite3_reset(state_->count.get());
  if (sqlite3_step(state_->count.get()) != SQLITE_ROW) state_->fail("cannot be read");
  const long count = static_cast<long>(sqlite3_column_int64(state_->count.get(), 0));
  sqlite3_reset(state_->count.get());
  return count;
}

long Store::count(const std::filesystem::path& file) {
  std::error_code status;
  if (!std::filesystem::exists(file, status)) return 0;
  // A folder that may only be read has no place for SQLite's shared memory: then the file is read as it stands.
  std::string problem;
  for (const char* how : {"mode=ro", "mode=ro&immutable=1"}) {
    sqlite3* raw = nullptr;
    const int opened = sqlite3_open_v2(sqlite_uri(file, how).c_str(), &raw,
                                       SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, nullptr);
    const Database database{raw};
    sqlite3_stmt* statement = nullptr;
    if (opened == SQLITE_OK) {
      sqlite3_busy_timeout(raw, 2000);
      sqlite3_prepare_v2(raw, "SELECT count(*) FROM evaluations", -1, &statement, nullptr);
    }
    const Statement owner{statement};
    if (statement != nullptr && sqlite3_step(statement) == SQLITE_ROW)
      return static_cast<long>(sqlite3_column_int64(statement, 0));
    problem = sqlite3_errmsg(raw);
    if (problem.find("no such table") != std::string::npos) return 0;  // opened a moment ago
  }
  throw Error{Error::Kind::io, fmt::format("{}: cannot be read: {}", text::printable(file.string()), problem)};
}

RunLock::RunLock(const std::filesystem::path& folder) {
  const auto file = folder / ".lock";
  descriptor_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
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
    throw Error{
        Error::Kind::io,
        fmt::format("{}: another run is using this folder; wait for it, stop it, or give another folder with -o",
                    text::printable(folder.string()))};
  }
}

RunLock::~RunLock() { ::close(descriptor_); }

bool is_locked(const std::filesystem::path& folder) {
  const int descriptor = ::open((folder / ".lock").c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return false;
  const bool locked = ::flock(descriptor, LOCK_SH | LOCK_NB) != 0;
  ::close(descriptor);
  return locked;
}

}  // namespace hopflow
