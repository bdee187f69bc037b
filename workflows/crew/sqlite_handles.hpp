// SPDX-License-Identifier: GPL-2.0-or-later
// Owners of what SQLite hands out.
#pragma once

#include <memory>

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

}  // namespace hopflow
