// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/memory/store_care.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <string_view>

#include <fmt/core.h>
#include <sqlite3.h>

#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "workflows/crew/bytes.hpp"
#include "workflows/crew/sqlite_handles.hpp"
#include "workflows/crew/store.hpp"

namespace hopflow::memory {

namespace fs = std::filesystem;

namespace {

[[noreturn]] void fail(const fs::path& file, const std::string& why) {
  throw Error{Error::Kind::io, fmt::format("{}: {}", text::printable(file.string()), why)};
}

Database open(const fs::path& file, int flags) {
  std::error_code status;
  if (!fs::is_regular_file(file, status))
    throw Error{Error::Kind::bad_input, fmt::format("{}: no such store", text::printable(file.string()))};
  sqlite3* raw = nullptr;
  const int code = sqlite3_open_v2(file.c_str(), &raw, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  Database database{raw};
  if (code != SQLITE_OK) fail(file, sqlite3_errmsg(raw));
  sqlite3_busy_timeout(raw, 5000);
  return database;
}

Statement prepare(sqlite3* database, const std::string& sql) {
  sqlite3_stmt* statement = nullptr;
  sqlite3_prepare_v2(database, sql.c_str(), -1, &statement, nullptr);
  return Statement{statement};
}

/// For reading alone, also on a read-only disk and in others' folders, where SQLite has no place for its shared memory.
Database open_to_read(const fs::path& file) {
  std::error_code status;
  if (!fs::is_regular_file(file, status))
    throw Error{Error::Kind::bad_input, fmt::format("{}: no such store", text::printable(file.string()))};
  std::string problem;
  for (const char* how : {"mode=ro", "mode=ro&immutable=1"}) {
    sqlite3* raw = nullptr;
    const int opened = sqlite3_open_v2(sqlite_uri(file, how).c_str(), &raw,
                                       SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, nullptr);
    Database database{raw};
    if (opened != SQLITE_OK) fail(file, sqlite3_errmsg(raw));
    sqlite3_busy_timeout(raw, 5000);
    const Statement first = prepare(raw, "SELECT count(*) FROM sqlite_master");
    const int code = first ? sqlite3_step(first.get()) : sqlite3_errcode(raw);
    if (code != SQLITE_CANTOPEN && code != SQLITE_READONLY) return database;  // damage is the reader's concern
    problem = sqlite3_errmsg(raw);
    fs::path log = file;
    log += "-wal";
    if (fs::exists(log, status) && fs::file_size(log, status) > 0)
      fail(log,
           "the last answers are in this file, and SQLite cannot read it where it may not write; copy the folder "
           "to where files can be written");
  }
  fail(file, problem);
}

bool has_checksums(sqlite3* database, const std::string& table) {
  const Statement statement =
      prepare(database, "SELECT count(*) FROM pragma_table_info('" + table + "') WHERE name='sum'");
  return statement && sqlite3_step(statement.get()) == SQLITE_ROW && sqlite3_column_int(statement.get(), 0) > 0;
}

std::string blob(sqlite3_stmt* statement, int column) {
  const void* data = sqlite3_column_blob(statement, column);
  if (data == nullptr) return {};
  return {static_cast<const char*>(data), static_cast<std::size_t>(sqlite3_column_bytes(statement, column))};
}

struct Row {
  sqlite3_int64 id;
  std::string question, answer;
  enum class Condition { sound, damaged, unchecked } condition;
};

/// Every row that can be read: from the front as far as that goes, then from the back.
/// @return how many places could not be read
long each_row(sqlite3* database, const std::string& table, const std::function<void(const Row&)>& take) {
  const bool checked = has_checksums(database, table);
  long unreadable = 0;
  std::set<sqlite3_int64> seen;
  for (const char* order : {"ASC", "DESC"}) {
    const Statement statement =
        prepare(database, fmt::format("SELECT rowid, key, question, answer, {} FROM {} ORDER BY rowid {}",
                                      checked ? "sum" : "NULL", table, order));
    if (!statement) {  // a table that is not there yet holds nothing
      const std::string_view problem = sqlite3_errmsg(database);
      return unreadable + (problem.starts_with("no such table") ? 0 : 1);
    }
    int code = SQLITE_ROW;
    while ((code = sqlite3_step(statement.get())) == SQLITE_ROW) {
      Row row{sqlite3_column_int64(statement.get(), 0), blob(statement.get(), 2), blob(statement.get(), 3),
              Row::Condition::unchecked};
      if (!seen.insert(row.id).second) break;  // met what the front gave
      if (checked)
        row.condition = blob(statement.get(), 4) == row_checksum(row.question, row.answer) &&
                                blob(statement.get(), 1) == hash128(row.question)
                            ? Row::Condition::sound
                            : Row::Condition::damaged;
      else if (blob(statement.get(), 1) != hash128(row.question))
        row.condition = Row::Condition::damaged;
      take(row);
    }
    if (code == SQLITE_DONE) return unreadable;
    if (code != SQLITE_ROW) ++unreadable;
  }
  return unreadable;
}

struct Parsed {
  std::string engine;
  Configuration configuration;
  Evaluation answer;
};

/// None for what is no question and answer.
std::optional<Parsed> parse(const Row& row) {
  try {
    Parsed out;
    ByteReader question{row.question}, answer{row.answer};
    if (question.text() != "hopflow-question/1") return std::nullopt;
    out.engine = question.text();
    const std::string configuration = question.text();
    ByteReader reader{configuration};
    out.configuration = configuration_from(reader);
    out.answer = evaluation_from(answer);
    if (!question.empty() || !reader.empty() || !answer.empty()) return std::nullopt;
    return out;
  } catch (const Error&) {
    return std::nullopt;
  }
}

std::string quick_check(sqlite3* database) {
  const Statement check = prepare(database, "PRAGMA integrity_check(1)");
  if (!check || sqlite3_step(check.get()) != SQLITE_ROW) return sqlite3_errmsg(database);
  const auto* said = sqlite3_column_text(check.get(), 0);
  return said == nullptr ? "unreadable" : std::string{reinterpret_cast<const char*>(said)};
}

}  // namespace

std::filesystem::path store_file(const std::filesystem::path& run) {
  std::error_code status;
  return std::filesystem::is_directory(run, status) ? run / "store.db" : run;
}

StoreReport inspect_store(const fs::path& file) {
  const Database database = open_to_read(file);
  StoreReport report;
  std::error_code ignored;
  report.bytes = fs::file_size(file, ignored);
  report.structure = quick_check(database.get());
  for (const std::string table : {"evaluations", "stages"})
    report.damaged += each_row(database.get(), table, [&](const Row& row) {
      const bool evaluation = table == "evaluations";
      const auto parsed = evaluation ? parse(row) : std::nullopt;
      if (row.condition == Row::Condition::damaged || (evaluation && !parsed)) {
        ++report.damaged;
        return;
      }
      if (row.condition == Row::Condition::unchecked) ++report.unchecked;
      ++(evaluation ? report.evaluations : report.results);
      if (parsed) ++report.engines[parsed->engine];
    });
  return report;
}

long each_evaluation(
    const fs::path& file,
    const std::function<void(const std::string& engine, const Configuration&, const Evaluation&)>& take) {
  const Database database = open_to_read(file);
  long damaged = 0;
  damaged += each_row(database.get(), "evaluations", [&](const Row& row) {
    if (const auto parsed = row.condition == Row::Condition::damaged ? std::nullopt : parse(row))
      take(parsed->engine, parsed->configuration, parsed->answer);
    else
      ++damaged;
  });
  return damaged;
}

MergeReport merge_store(const fs::path& file, const fs::path& from) {
  std::error_code status;
  if (fs::equivalent(file, from, status))
    throw Error{Error::Kind::bad_input,
                fmt::format("{}: is the store itself; name another one", text::printable(from.string()))};
  const Database source = open_to_read(from);
  Store store{file};
  MergeReport report;
  report.damaged += each_row(source.get(), "evaluations", [&](const Row& row) {
    const auto parsed = row.condition == Row::Condition::damaged ? std::nullopt : parse(row);
    if (!parsed) {
      ++report.damaged;
    } else if (store.find(row.question)) {
      ++report.known;
    } else {
      store.put(row.question, parsed->answer);
      ++report.taken;
    }
  });
  report.damaged += each_row(source.get(), "stages", [&](const Row& row) {
    if (row.condition != Row::Condition::sound) {
      if (row.condition == Row::Condition::damaged) ++report.damaged;
    } else if (store.find_stage(row.question)) {
      ++report.known;
    } else {
      store.put_stage(row.question, row.answer);
      ++report.taken;
    }
  });
  return report;
}

long prune_store(const fs::path& file, const PruneOptions& options) {
  { const Store upgraded{file}; }  // checksums for an older one, and a check of its structure
  const Database database = open(file, SQLITE_OPEN_READWRITE);
  std::vector<std::pair<std::string, sqlite3_int64>> doomed;
  const auto of_engine = [&](const std::string& engine) {
    return std::ranges::any_of(options.engines, [&](const std::string& start) { return engine.starts_with(start); });
  };
  each_row(database.get(), "evaluations", [&](const Row& row) {
    const auto parsed = row.condition == Row::Condition::damaged ? std::nullopt : parse(row);
    if (!parsed || of_engine(parsed->engine)) doomed.emplace_back("evaluations", row.id);
  });
  each_row(database.get(), "stages", [&](const Row& row) {
    bool out = row.condition == Row::Condition::damaged;
    try {
      ByteReader reader{row.question};
      if (!options.study.empty() && reader.text() == "hopflow-result/1") {
        reader.text();
        reader.text();
        out = out || !reader.text().starts_with(options.study);
      }
    } catch (const Error&) {
      out = true;
    }
    if (out) doomed.emplace_back("stages", row.id);
  });
  const auto execute = [&](const std::string& sql) {
    if (sqlite3_exec(database.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
      fail(file, sqlite3_errmsg(database.get()));
  };
  execute("BEGIN IMMEDIATE");
  for (const auto& [table, id] : doomed) execute(fmt::format("DELETE FROM {} WHERE rowid = {}", table, id));
  execute("COMMIT");
  execute("VACUUM");
  execute("PRAGMA wal_checkpoint(TRUNCATE)");
  return static_cast<long>(doomed.size());
}

}  // namespace hopflow::memory
