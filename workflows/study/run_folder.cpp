// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/study/run_folder.hpp"

#include <algorithm>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "structures/core/error.hpp"
#include "structures/core/text.hpp"

namespace hopflow {

namespace fs = std::filesystem;

namespace {

constexpr const char* marker = "hopflow-run.json";

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

/// The files a client's command names, under the names they have in the run folder, where the client starts.
void freeze_engine(IpiSettings& engine, const fs::path& folder) {
  const std::vector<std::string> names = files_of(engine, folder);
  for (auto* words : {&engine.command, &engine.files})
    for (std::string& word : *words)
      if (std::ranges::find(names, word) != names.end()) word = frozen_name(word);
}
}  // namespace

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
  } else if (fs::exists(folder, status) && !fs::is_empty(folder, status)) {
    for (const auto& item : fs::directory_iterator{folder})
      if (item.path().filename() != ".lock" && item.path().filename() != "submit.sbatch" &&
          !item.path().filename().string().starts_with("slurm"))
        throw Error{Error::Kind::bad_input,
                    fmt::format("{}: is not empty and no run folder; give another folder with -o",
                                text::printable(folder.string()))};
  }
  Study frozen = study;
  std::map<std::string, std::string> taken;  // frozen name -> source, to notice two files of one name
  for (const auto& [name, path] : study_files(study)) {
    const fs::path target = folder / frozen_name(name);
    fs::create_directories(target.parent_path(), status);
    if (status)
      throw Error{Error::Kind::io, fmt::format("{}: cannot be created: {}",
                                               text::printable(target.parent_path().string()), status.message())};
    const std::string content = text::read_file(path);
    const auto [place, fresh] = taken.emplace(target.string(), content);
    if (!fresh && place->second != content)
      throw Error{
          Error::Kind::bad_input,
          fmt::format("{}: two different files of this study are called the same; rename one", text::printable(name))};
    text::write_file(target, content);
  }
  for (MaterialEntry& material : frozen.materials) {
    material.structure = frozen_name(material.structure);
    for (PathEntry& path : material.paths) path.file = frozen_name(path.file);
    if (!material.forcefield.empty()) material.forcefield = frozen_name(material.forcefield);
    if (material.engine) freeze_engine(*material.engine, study.folder);
  }
  if (frozen.engine) freeze_engine(*frozen.engine, study.folder);
  for (RefineEntry& refine : frozen.refine) {
    if (refine.ipi) freeze_engine(*refine.ipi, study.folder);
    if (!refine.forcefield.empty()) refine.forcefield = frozen_name(refine.forcefield);
  }
  // A library belongs to the machine: it stays where it is.
  if (!frozen.lammps_library.empty())
    frozen.lammps_library = fs::absolute(study.folder / study.lammps_library).string();
  if (!frozen.reference.empty()) frozen.reference = frozen_name(frozen.reference);
  text::write_file(folder / "study.yaml", print_study(frozen));
  const nlohmann::json mark{{"schema", "hopflow-run/1"}, {"quick", options.quick}, {"until", name_of(options.until)}};
  text::write_file(folder / marker, mark.dump(2) + "\n");
}

Study frozen_study(const fs::path& folder, RunOptions& options) {
  if (!fs::exists(folder / marker))
    throw Error{Error::Kind::bad_input,
                fmt::format("{}: is no run folder (no {} in it); start one with 'hopflow run STUDY.yaml -o RUN'",
                            text::printable(folder.string()), marker)};
  options.folder = folder;
  try {
    const auto mark = nlohmann::json::parse(text::read_file(folder / marker));
    options.quick = mark.at("quick").get<bool>();
    const std::string until = mark.at("until").get<std::string>();
    for (const Until each : {Until::hops, Until::barriers, Until::device, Until::crossbar, Until::snn})
      if (name_of(each) == until) options.until = each;
  } catch (const nlohmann::json::exception& problem) {
    throw Error{Error::Kind::bad_input, fmt::format("{}: {}", (folder / marker).string(), problem.what())};
  }
  return load_study(folder / "study.yaml");
}
}  // namespace hopflow
