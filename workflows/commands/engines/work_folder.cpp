// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/commands/engines/work_folder.hpp"

#include <cerrno>
#include <system_error>

#include <fmt/core.h>

#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "workflows/command_line/outputs.hpp"
#include "workflows/study/run_folder.hpp"

namespace hopflow {

namespace fs = std::filesystem;

WorkFolder::WorkFolder() { folder_ = scratch_.emplace().folder(); }

WorkFolder::WorkFolder(const fs::path& name) : folder_{name.string() + ".unfinished"} {
  std::error_code status;
  if (!fs::exists(name, status) || fs::is_regular_file(name, status)) {  // no folder next to a device or a pipe
    const bool there = fs::is_directory(folder_, status);
    if ((there && !is_locked(folder_)) || fs::create_directories(folder_, status)) {
      lock_.emplace(folder_);
      passes_ = true;
      return;
    }
    if (status == std::errc::no_space_on_device || status == std::errc::io_error || status.value() == EDQUOT)
      throw Error{Error::Kind::io, fmt::format("{}: cannot be created: {}; free some space or check the disk",
                                               text::printable(folder_.string()), status.message())};
  }
  folder_ = scratch_.emplace().folder();
}

WorkFolder::WorkFolder(const fs::path& folder, std::initializer_list<const char*> files, bool force) : folder_{folder} {
  std::error_code status;
  fs::create_directories(folder_, status);
  if (status)
    throw Error{Error::Kind::io,
                fmt::format("{}: cannot be created: {}", text::printable(folder_.string()), status.message())};
  go_on_or_refuse(folder_, files, force);
  lock_.emplace(folder_);
  if (fs::exists(folder_ / "store.db", status)) tidy_folder(folder_);
}

void WorkFolder::finished() {
  std::error_code ignored;
  if (passes_) fs::remove_all(folder_, ignored);
}

}  // namespace hopflow
