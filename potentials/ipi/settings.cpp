// SPDX-License-Identifier: GPL-2.0-or-later
// From the block to a spec and back to text.
#include "potentials/ipi/settings.hpp"

#include <algorithm>
#include <array>

#include <fmt/core.h>

#include "potentials/core/hashing.hpp"
#include "potentials/ipi/ipi.hpp"
#include "structures/core/error.hpp"
#include "structures/core/text.hpp"

namespace hopflow {

namespace {

namespace fs = std::filesystem;

constexpr int most_clients = 256;
constexpr std::array<std::string_view, 7> placeholders{"socket",    "path",    "host",  "port",
                                                       "structure", "scratch", "python"};

// Words between blanks; 'single' and "double" quotes hold blanks.
std::vector<std::string> words_of(const yaml::Node& node) {
  std::vector<std::string> words;
  std::string word;
  bool open = false;
  char quote = '\0';
  for (const char c : node.text()) {
    if (quote != '\0' ? c == quote : c == '"' || c == '\'') {
      quote = quote == '\0' ? c : '\0';
      open = true;
    } else if (quote == '\0' && (c == ' ' || c == '\t' || c == '\n')) {
      if (open) words.push_back(std::move(word));
      word.clear();
      open = false;
    } else {
      word += c;
      open = true;
    }
  }
  if (quote != '\0') node.fail(fmt::format("the quote {} is never closed", quote));
  if (open) words.push_back(std::move(word));
  return words;
}

// Every {word} of small letters must be one that is filled in.
void check_placeholders(const yaml::Node& node, const IpiSettings& settings) {
  bool reaches_us = false;
  for (const std::string& word : settings.command) {
    for (std::size_t at = word.find('{'); at != std::string::npos; at = word.find('{', at + 1)) {
      const std::size_t end = word.find('}', at);
      if (end == std::string::npos) break;
      const std::string name = word.substr(at + 1, end - at - 1);
      if (name.empty() || !std::all_of(name.begin(), name.end(), [](char c) { return c >= 'a' && c <= 'z'; })) continue;
      if (std::find(placeholders.begin(), placeholders.end(), name) == placeholders.end()) {
        node.fail(
            fmt::format("unknown placeholder {{{}}}; allowed are {{socket}}, {{path}}, {{host}}, {{port}}, "
                        "{{structure}}, {{scratch}}, {{python}}",
                        name));
      }
      const bool of_unix = name == "socket" || name == "path";
      const bool of_tcp = name == "port" || name == "host";
      if (of_unix && settings.socket == "tcp")
        node.fail(fmt::format("{{{}}} belongs to UNIX sockets; write {{host}} and {{port}}, or leave 'socket: tcp' out",
                              name));
      if (of_tcp && settings.socket == "unix")
        node.fail(fmt::format("{{{}}} belongs to TCP; add 'socket: tcp', or write {{socket}}", name));
      reaches_us = reaches_us || of_unix || name == "port";
    }
  }
  if (!reaches_us) {
    node.fail(fmt::format(
        "the command does not give the client an address to connect to; add {} in the place of its {}",
        settings.socket == "tcp" ? "{port}" : "{socket}", settings.socket == "tcp" ? "port" : "socket's name"));
  }
}

std::string quoted_list(const std::vector<std::string>& words) {
  std::vector<std::string> parts;
  for (const std::string& word : words) parts.push_back(yaml::quoted(word));
  return fmt::format("[{}]", text::join(parts, ", "));
}

bool is_file(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

}  // namespace

IpiSettings read_ipi(const yaml::Node& block, const fs::path& folder) {
  block.allow_keys({"kind", "command", "clients", "socket", "structure", "files", "name", "version", "tier", "charge",
                    "threads", "start_s", "deadline_s",
                    // Of blocks of every kind; taken out before, named here for what is suggested in place of a slip.
                    "barrier_error", "prior", "budget"});
  IpiSettings out;
  const yaml::Node& command = block.at("command");
  if (command.is_list()) {
    for (const yaml::Node& word : command.items()) out.command.push_back(word.text());
  } else {
    out.command = words_of(command);
  }
  if (out.command.empty() || out.command[0].empty())
    command.fail("the command is empty; give the client's command line");
  if (const yaml::Node* node = block.find("clients")) out.clients = static_cast<int>(node->integer(1, most_clients));
  if (const yaml::Node* node = block.find("socket")) out.socket = node->one_of({"unix", "tcp"});
  if (const yaml::Node* node = block.find("structure")) out.structure = node->one_of({"extxyz", "cif", "lammps-data"});
  if (const yaml::Node* node = block.find("name")) out.name = node->text();
  if (const yaml::Node* node = block.find("version")) out.version = node->text();
  if (const yaml::Node* node = block.find("tier")) {
    out.tier = node->one_of({"ff", "mlip", "semiempirical", "dft", "test", "unstated"});
  }
  if (const yaml::Node* node = block.find("charge")) out.charge = node->text();
  if (const yaml::Node* node = block.find("threads")) out.threads = static_cast<int>(node->integer(1, 1024));
  if (const yaml::Node* node = block.find("start_s")) out.start_s = node->number(0.1, 86400);
  if (const yaml::Node* node = block.find("deadline_s")) out.deadline_s = node->number(0.1, 864000);
  if (const yaml::Node* node = block.find("files")) {
    for (const yaml::Node& item : node->items()) {
      out.files.push_back(item.text());
      if (!is_file(folder / item.text())) item.fail(fmt::format("'{}': no such file", text::printable(item.text())));
      if (!fs::path{item.text()}.is_absolute() && leads_out(folder, item.text()))
        item.fail(
            fmt::format("'{}' is outside the folder of this file; copy it into that folder, or give its full path",
                        text::printable(item.text())));
    }
  }
  check_placeholders(command, out);
  return out;
}

std::string print_ipi(const IpiSettings& settings, const std::string& common) {
  std::string out = fmt::format("{{kind: ipi, command: {}, clients: {}, socket: {}, structure: {}",
                                quoted_list(settings.command), settings.clients, settings.socket, settings.structure);
  if (!settings.files.empty()) out += fmt::format(", files: {}", quoted_list(settings.files));
  if (!settings.name.empty()) out += fmt::format(", name: {}", yaml::quoted(settings.name));
  if (!settings.version.empty()) out += fmt::format(", version: {}", yaml::quoted(settings.version));
  return out + common +
         fmt::format(", tier: {}, charge: {}, threads: {}, start_s: {}, deadline_s: {}}}", settings.tier,
                     yaml::quoted(settings.charge), settings.threads, text::shortest(settings.start_s),
                     text::shortest(settings.deadline_s));
}

std::vector<std::string> files_of(const IpiSettings& settings, const fs::path& folder) {
  std::vector<std::string> found;
  for (const auto* words : {&settings.command, &settings.files}) {
    for (const std::string& word : *words) {
      if (word.empty() || fs::path{word}.is_absolute() || !is_file(folder / word)) continue;
      if (std::find(found.begin(), found.end(), word) == found.end()) found.push_back(word);
    }
  }
  return found;
}

std::string print_ipi_block(const yaml::Node& block, const fs::path& folder, const std::string& common,
                            const std::function<std::string(const std::string&)>& renamed) {
  IpiSettings settings = read_ipi(block, folder);
  for (auto* words : {&settings.command, &settings.files})
    for (std::string& word : *words) word = renamed(word);
  return print_ipi(settings, common);
}

std::vector<std::string> files_of_ipi_block(const yaml::Node& block, const fs::path& folder) {
  return files_of(read_ipi(block, folder), folder);
}

EngineSpec ipi_engine(const IpiSettings& settings, const Configuration& reference, const fs::path& folder) {
  IpiDocument document;
  document.command = settings.command;
  document.socket = settings.socket;
  document.structure = settings.structure;
  document.threads = settings.threads;
  document.name = settings.name.empty() ? fs::path{settings.command[0]}.filename().string() : settings.name;
  document.reference = reference;
  for (const std::string& name : files_of(settings, folder)) document.files[name] = hash_of_file(folder / name);
  // Files elsewhere on the machine count as well.
  for (const std::string& name : settings.files) document.files[name] = hash_of_file(folder / name);
  EngineSpec spec;
  spec.kind = "ipi";
  spec.version = settings.version.empty() ? document.name : fmt::format("{} {}", document.name, settings.version);
  spec.tier = settings.tier;
  spec.charge = settings.charge;
  spec.document = document.dump();
  spec.running.processes = settings.clients;
  spec.running.start_s = settings.start_s;
  spec.running.deadline_s = settings.deadline_s;
  spec.running.folder = fs::absolute(folder.empty() ? fs::path{"."} : folder).lexically_normal();
  return spec;
}

}  // namespace hopflow
