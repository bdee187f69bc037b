// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/command_line/outputs.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>
#include <system_error>

#include <fmt/core.h>

#include "structures/core/error.hpp"
#include "structures/core/text.hpp"

namespace hopflow {

namespace {

namespace fs = std::filesystem;

// A validator that lets everything pass marks an option as an output: options have no other place for a note.
constexpr const char* mark_of(Output kind) { return kind == Output::file ? "output file" : "output folder"; }

bool is_marked(CLI::Option& option, Output kind) {
  try {
    return option.get_validator(mark_of(kind)) != nullptr;
  } catch (const CLI::OptionNotFound&) {
    return false;
  }
}

/// Devices, pipes and sockets, and the names that processes give to their open files.
bool is_written_in_place(const fs::path& path) {
  std::error_code status;
  const fs::file_type type = fs::status(path, status).type();
  if (type == fs::file_type::character || type == fs::file_type::block || type == fs::file_type::fifo ||
      type == fs::file_type::socket)
    return true;
  const std::string place = fs::absolute(path, status).lexically_normal().string();
  return type == fs::file_type::regular && (place.starts_with("/dev/") || place.starts_with("/proc/"));
}

/// What would fail only after the computing.
void refuse_without_folder(const fs::path& path, const std::string& option) {
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path{"."};
  const std::string shown = text::printable(path.string());
  std::error_code status;
  if (!fs::is_directory(folder, status))
    throw Error{Error::Kind::io, fmt::format("{} {}: there is no folder {}; make it first", option, shown,
                                             text::printable(folder.string()))};
  if (::access(folder.c_str(), W_OK | X_OK) != 0)
    throw Error{Error::Kind::io, fmt::format("{} {}: nothing can be written there: {}; choose another folder", option,
                                             shown, std::strerror(errno))};
}

/// NAME.PID.tmp of processes that were killed while they wrote NAME: text::write_file() locks what it is writing.
void remove_leftovers(const fs::path& path) {
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path{"."};
  const std::string beginning = path.filename().string() + ".";
  std::error_code status;
  for (auto at = fs::directory_iterator{folder, status}; !status && at != fs::directory_iterator{};
       at.increment(status)) {
    const std::string name = at->path().filename().string();
    if (!name.starts_with(beginning) || !name.ends_with(".tmp") || name.size() < beginning.size() + 5) continue;
    const std::string_view process =
        std::string_view{name}.substr(beginning.size(), name.size() - beginning.size() - 4);
    if (process.find_first_not_of("0123456789") != std::string_view::npos) continue;
    const int file = ::open(at->path().c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (file < 0) continue;
    if (::flock(file, LOCK_EX | LOCK_NB) == 0) ::unlink(at->path().c_str());
    ::close(file);
  }
}

void refuse_full_folder(const fs::path& path, bool force, const std::string& option) {
  std::error_code status;
  if (!fs::exists(path, status)) return;
  if (!fs::is_directory(path, status))
    throw Error{Error::Kind::usage, fmt::format("{} {}: is not a folder; give a new or an empty folder", option,
                                                text::printable(path.string()))};
  if (!force && !fs::is_empty(path, status))
    throw Error{Error::Kind::usage, fmt::format("{} {}: the folder is not empty; choose another name or add --force",
                                                option, text::printable(path.string()))};
}

}  // namespace

CLI::Option* add_output(CLI::App& command, const std::string& names, std::string& target, const std::string& help,
                        Output kind) {
  const std::string words =
      kind == Output::file ? "overwrite a file that exists" : "write into a folder that is not empty";
  if (command.get_option_no_throw("--force") == nullptr) command.add_flag("--force", words);
  CLI::Validator mark{[](std::string&) { return std::string{}; }, ""};
  mark.name(mark_of(kind));
  return command.add_option(names, target, help)->check(mark);
}

bool is_forced(const CLI::App& command) {
  const CLI::Option* force = command.get_option_no_throw("--force");
  return force != nullptr && force->count() > 0;
}

void refuse_to_overwrite(CLI::App& app) {
  for (CLI::App* command : app.get_subcommands()) {
    for (CLI::Option* option : command->get_options()) {
      if (option->count() == 0) continue;
      const std::string name = option->get_snames().empty() ? option->get_name() : "-" + option->get_snames().front();
      if (is_marked(*option, Output::file))
        refuse_to_overwrite(option->as<std::string>(), is_forced(*command), name);
      else if (is_marked(*option, Output::folder))
        refuse_full_folder(option->as<std::string>(), is_forced(*command), name);
    }
    refuse_to_overwrite(*command);
  }
}

void refuse_to_overwrite(const fs::path& path, bool force, const std::string& option) {
  std::error_code status;
  if (fs::is_directory(path, status))
    throw Error{Error::Kind::usage,
                fmt::format("{} {}: is a folder; give the name of a file", option, text::printable(path.string()))};
  if (!force && fs::exists(fs::symlink_status(path, status)) && !is_written_in_place(path))
    throw Error{Error::Kind::usage, fmt::format("{} {}: the file exists; choose another name or add --force", option,
                                                text::printable(path.string()))};
  if (is_written_in_place(path)) return;
  refuse_without_folder(path, option);
  remove_leftovers(path);
}

void go_on_or_refuse(const fs::path& folder, std::initializer_list<const char*> files, bool force) {
  std::error_code status;
  if (fs::exists(folder / "store.db", status)) return;
  for (const char* name : files) refuse_to_overwrite(folder / name, force);
}

}  // namespace hopflow
