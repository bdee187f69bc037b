// SPDX-License-Identifier: GPL-2.0-or-later
// A run's results as one HTML document that can be mailed: no other file, no network.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace hopflow {

/// The report page of a run.
///
/// Everything of `summary` is treated as text from a stranger: it goes into the page as JSON with <, >, & and the line
/// separators escaped, reaches the screen as text nodes only, and a content security policy allows no script but the
/// ones carried along (named by SHA-256), no network, no eval.
/// The bytes depend on the arguments alone. The summary stands in it as given, but for receptive fields: those of the
/// first seed only, to two decimals.
///
/// @param summary  what summary.json holds (inputs/schemas/summary.schema.json); a part that is missing or of another
///                 type is reported as missing on the page
/// @param files    text of files of the run folder under their run-relative names with '/'; used are the extended-XYZ
///                 files that `materials[].barriers[].path` names, one frame per image of a path
/// @return a complete HTML document, UTF-8
std::string render_report(const nlohmann::json& summary, const std::map<std::string, std::string>& files);

/// One of several runs on a page.
struct ReportRun {
  std::string name;                          ///< what tells it from the others; may be empty for a single one
  nlohmann::json summary;                    ///< as above
  std::map<std::string, std::string> files;  ///< as above
};

/// One page of several runs, in their order, with what differs between them stated.
std::string render_report(const std::vector<ReportRun>& runs);

}  // namespace hopflow
