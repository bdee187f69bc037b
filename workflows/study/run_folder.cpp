// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/study/run_folder.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <map>
#include <utility>
#include <vector>

#include <unistd.h>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "structures/core/error.hpp"
#include "structures/core/text.hpp"

namespace hopflow {

namespace fs = std::filesystem;

namespace {

constexpr const char* marker = "hopflow-run.json";
constexpr const char* begun = ".hopflow-begun.json";   // a run was started here; its study is not frozen yet
constexpr const char* staged = ".hopflow-next";        // a whole study that takes the place of the frozen one
constexpr const char* staging = ".hopflow-next.part";  // the same, half written

std::string name_of(Until until) {
  switch (until) {
    case Until::hops: return "hops";
    case Until::barriers: return "barriers";
    case Until::device: return "device";
    case Until::crossbar: return "crossbar";
    case Until::snn: return "snn";
  }
  return "snn";
}

/// A study-relative name as a name inside the run folder: "../structures/x.cif" -> "inputs/structures/x.cif".
std::string frozen_name(const std::string& name) {
  fs::path out = "inputs";
  for (const fs::path& part : fs::path{name}.lexically_normal().relative_path())
    if (part != "..") out /= part;
  return out.string();
}

/// What a study and a run's options become: name inside the run folder -> content.
std::map<std::string, std::string> frozen_files(const Study& study, const RunOptions& options) {
  std::map<std::string, std::string> files;
  Study frozen = study;
  for (const auto& [name, path] : study_files(study)) {
    std::string content = text::read_file(path);
    const auto [place, fresh] = files.emplace(frozen_name(name), content);
    if (!fresh && place->second != content)
      throw Error{
          Error::Kind::bad_input,
          fmt::format("{}: two different files of this study have the same name; rename one", text::printable(name))};
  }
  for (MaterialEntry& material : frozen.materials) {
    material.structure = frozen_name(material.structure);
    for (PathEntry& path : material.paths) path.file = frozen_name(path.file);
    for (std::string& band : material.reference_bands) band = frozen_name(band);
    if (!material.forcefield.empty()) material.forcefield = frozen_name(material.forcefield);
    if (material.engine) material.engine = with_names(*material.engine, study.folder, frozen_name);
  }
  if (frozen.engine) frozen.engine = with_names(*frozen.engine, study.folder, frozen_name);
  for (RefineEntry& refine : frozen.refine) {
    if (refine.engine) refine.engine = with_names(*refine.engine, study.folder, frozen_name);
    if (!refine.forcefield.empty()) refine.forcefield = frozen_name(refine.forcefield);
  }
  // A library belongs to the machine: it stays where it is.
  if (!frozen.engine_library.empty())
    frozen.engine_library = fs::absolute(study.folder / study.engine_library).string();
  for (const DeviceFile& file : device_files)
    if (!(frozen.*file.name).empty()) frozen.*file.name = frozen_name(frozen.*file.name);
  files["study.yaml"] = print_study(frozen);
  const nlohmann::json mark{{"schema", "hopflow-run/1"}, {"quick", options.quick}, {"until", name_of(options.until)}};
  files[marker] = mark.dump(2) + "\n";
  return files;
}

void make_folder(const fs::path& folder) {
  std::error_code status;
  fs::create_directories(folder, status);
  if (status)
    throw Error{Error::Kind::io,
                fmt::format("{}: cannot be created: {}", text::printable(folder.string()), status.message())};
}

void write_all(const fs::path& folder, const std::map<std::string, std::string>& files) {
  for (const auto& [name, content] : files) {
    make_folder((folder / name).parent_path());
    text::write_file(folder / name, content);
  }
}

void rename_or_fail(const fs::path& from, const fs::path& to) {
  if (std::rename(from.c_str(), to.c_str()) != 0)
    throw Error{Error::Kind::io,
                fmt::format("{}: cannot be put in place: {}", text::printable(to.string()), std::strerror(errno))};
}

/// Moves what is staged to where it belongs; may be cut off at any point and done again.
void put_in_place(const fs::path& folder) {
  const fs::path from = folder / staged;
  std::error_code status;
  if (!fs::is_directory(from, status)) return;
  std::vector<fs::path> names;
  for (const auto& item : fs::recursive_directory_iterator{from})
    if (item.is_regular_file()) names.push_back(item.path().lexically_relative(from));
  // The marker last: a folder that has it has all the rest.
  std::ranges::sort(names, {}, [](const fs::path& name) { return std::pair{name == marker, name}; });
  for (const fs::path& name : names) {
    make_folder((folder / name).parent_path());
    rename_or_fail(from / name, folder / name);
  }
  fs::remove_all(from, status);
  fs::remove(folder / begun, status);
}

bool holds(const fs::path& folder, const std::map<std::string, std::string>& files) {
  std::error_code status;
  return std::ranges::all_of(files, [&](const auto& file) {
    return fs::is_regular_file(folder / file.first, status) && text::read_file(folder / file.first) == file.second;
  });
}

/// What may stand in a folder that a run begins in.
bool is_harmless(const fs::path& name) {
  const std::string text = name.string();
  return text == ".lock" || text.starts_with("submit.") || text.starts_with("parts") || text.starts_with("store.db") ||
         text == ".pbs-starts" || text.starts_with("slurm") || text.starts_with("pbs") || text.starts_with(begun) ||
         text.starts_with(staging) || text == staged;
}

/// A file that write_file() was about to put in place: NAME.PID.tmp.
bool is_leftover(const std::string& name) {
  if (!name.ends_with(".tmp")) return false;
  const std::string_view rest = std::string_view{name}.substr(0, name.size() - 4);
  const auto dot = rest.rfind('.');
  return dot != std::string_view::npos && dot > 0 && dot + 1 < rest.size() &&
         rest.find_first_not_of("0123456789", dot + 1) == std::string_view::npos;
}

}  // namespace

std::optional<Until> until_from(std::string_view word) {
  for (const Until each : {Until::hops, Until::barriers, Until::device, Until::crossbar, Until::snn})
    if (name_of(each) == word) return each;
  return std::nullopt;
}

bool is_run_folder(const fs::path& folder) {
  std::error_code status;
  return fs::exists(folder / marker, status) || fs::exists(folder / begun, status) ||
         fs::exists(folder / staged, status);
}

void begin_folder(const RunOptions& options, const fs::path& study_file) {
  fs::path folder = options.folder.lexically_normal();
  if (folder.filename().empty()) folder = folder.parent_path();
  std::error_code status;
  const fs::path parent = folder.has_parent_path() ? folder.parent_path() : fs::path{"."};
  if (!fs::exists(parent, status)) make_folder(parent);
  const std::string beginning = fmt::format(".{}.begun-", folder.filename().string());
  for (auto at = fs::directory_iterator{parent, status}; !status && at != fs::directory_iterator{};
       at.increment(status)) {
    const std::string name = at->path().filename().string();
    const auto process = name.starts_with(beginning) ? text::to_integer(name.substr(beginning.size())) : std::nullopt;
    std::error_code ignored;
    if (process && !fs::exists(fmt::format("/proc/{}", *process), ignored)) fs::remove_all(at->path(), ignored);
  }
  const nlohmann::json mark{{"schema", "hopflow-begun/1"},
                            {"study", fs::absolute(study_file).lexically_normal().string()},
                            {"quick", options.quick},
                            {"until", name_of(options.until)}};
  if (fs::exists(folder, status)) {
    if (is_run_folder(folder)) return;
    for (const auto& item : fs::directory_iterator{folder})
      if (!is_harmless(item.path().filename()))
        throw Error{Error::Kind::bad_input,
                    fmt::format("{}: is not empty and is not a run folder; give another folder with -o",
                                text::printable(folder.string()))};
    text::write_file(folder / begun, mark.dump(2) + "\n");
    return;
  }
  const fs::path made = parent / fmt::format("{}{}", beginning, ::getpid());
  make_folder(made);
  try {
    text::write_file(made / begun, mark.dump(2) + "\n");
    if (std::rename(made.c_str(), folder.c_str()) != 0 && errno != ENOTEMPTY && errno != EEXIST)
      throw Error{Error::Kind::io,
                  fmt::format("{}: cannot be created: {}", text::printable(folder.string()), std::strerror(errno))};
    fs::remove_all(made, status);
  } catch (...) {
    fs::remove_all(made, status);
    throw;
  }
}

void tidy_folder(const fs::path& folder) {
  std::error_code status;
  fs::remove_all(folder / staging, status);
  put_in_place(folder);
  if (fs::exists(folder / marker, status)) fs::remove(folder / begun, status);
  std::vector<fs::path> leftovers;
  for (auto at = fs::recursive_directory_iterator{folder, status}; at != fs::recursive_directory_iterator{};
       at.increment(status)) {
    if (status) break;
    if (at->is_directory(status) && at->path().filename() == "engines") at.disable_recursion_pending();
    if (at->is_regular_file(status) && is_leftover(at->path().filename().string())) leftovers.push_back(at->path());
  }
  for (const fs::path& file : leftovers) fs::remove(file, status);
}

void refuse_links(const fs::path& folder) {
  std::error_code status;
  for (auto at = fs::recursive_directory_iterator{folder, status}; at != fs::recursive_directory_iterator{};
       at.increment(status)) {
    if (status) break;
    // Below the folders of single engines their programs may link what they like.
    if (at.depth() >= 1 && at->path().parent_path().filename() == "engines") at.disable_recursion_pending();
    if (!at->is_symlink(status)) continue;
    throw Error{Error::Kind::bad_input,
                fmt::format("{}: is a symbolic link, and a run writes nowhere but into its own folder; replace it by "
                            "what it links to",
                            text::printable(at->path().string()))};
  }
}

void freeze_study(const Study& study, const RunOptions& options) {
  const fs::path folder = options.folder;
  std::error_code status;
  if (fs::exists(folder / marker, status)) {
    RunOptions there;
    const Study before = frozen_study(folder, there);
    if (before.name != study.name)
      throw Error{Error::Kind::bad_input,
                  fmt::format("{}: holds a run of study '{}', not '{}'; give another folder with -o",
                              text::printable(folder.string()), before.name, study.name)};
  }
  const std::map<std::string, std::string> files = frozen_files(study, options);
  if (holds(folder, files)) return;
  fs::remove_all(folder / staging, status);
  write_all(folder / staging, files);
  rename_or_fail(folder / staging, folder / staged);
  put_in_place(folder);
}

std::optional<fs::path> begun_study(const fs::path& folder, RunOptions& options) {
  std::error_code status;
  if (fs::exists(folder / marker, status) || !fs::exists(folder / begun, status)) return std::nullopt;
  try {
    const auto mark = nlohmann::json::parse(text::read_file(folder / begun));
    options.quick = mark.at("quick").get<bool>();
    options.until = until_from(mark.at("until").get<std::string>()).value_or(Until::snn);
    return mark.at("study").get<std::string>();
  } catch (const nlohmann::json::exception& problem) {
    throw Error{Error::Kind::bad_input, fmt::format("{}: {}; start again with 'hopflow run STUDY.yaml -o RUN'",
                                                    text::printable((folder / begun).string()), problem.what())};
  }
}

Study frozen_study(const fs::path& folder, RunOptions& options) {
  std::error_code status;
  if (!fs::exists(folder / marker, status))
    throw Error{Error::Kind::bad_input,
                fmt::format("{}: is not a run folder (no {} in it); start one with 'hopflow run STUDY.yaml -o RUN'",
                            text::printable(folder.string()), marker)};
  options.folder = folder;
  const std::string file = text::printable((folder / marker).string());
  try {
    const auto mark = nlohmann::json::parse(text::read_file(folder / marker));
    if (const auto schema = mark.at("schema").get<std::string>(); schema != "hopflow-run/1")
      throw Error{Error::Kind::bad_input,
                  fmt::format("{}: schema '{}' is of another version; allowed is hopflow-run/1. Use the hopflow that "
                              "wrote it, or a new run folder",
                              file, text::printable(schema))};
    options.quick = mark.at("quick").get<bool>();
    const std::string until = mark.at("until").get<std::string>();
    const auto known = until_from(until);
    if (!known)
      throw Error{Error::Kind::bad_input, fmt::format("{}: '{}' is not a stage; allowed are hops, barriers, device, "
                                                      "crossbar, snn. Run the study again into this folder",
                                                      file, text::printable(until))};
    options.until = *known;
  } catch (const nlohmann::json::exception& problem) {
    throw Error{Error::Kind::bad_input,
                fmt::format("{}: {}; run the study again into this folder", file, text::printable(problem.what()))};
  }
  return load_study(folder / "study.yaml");
}
}  // namespace hopflow
