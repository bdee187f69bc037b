// SPDX-License-Identifier: GPL-2.0-or-later
// Owners of what SQLite hands out.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include <fmt/core.h>
#include <sqlite3.h>

namespace hopflow {

struct CloseDatabase {
  void operator()(sqlite3* db) const noexcept { sqlite3_close_v2(db); }
};
struct FinalizeStatement {
  void operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }
};
using Database = std::unique_ptr<sqlite3, CloseDatabase>;
using Statement = std::unique_ptr<sqlite3_stmt, FinalizeStatement>;

/// A file's name as SQLite takes it with options, whatever letters it has. @param options  "mode=ro"
inline std::string sqlite_uri(const std::filesystem::path& file, const char* options) {
  std::error_code ignored;
  std::string uri = "file:";
  for (const char c : std::filesystem::absolute(file, ignored).string())
    uri += c == '%' || c == '?' || c == '#' ? fmt::format("%{:02x}", static_cast<unsigned char>(c)) : std::string(1, c);
  return fmt::format("{}?{}", uri, options);
}

}  // namespace hopflow
