// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/commands/start/presence.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include <fmt/core.h>

#include "potentials/ipi/client.hpp"
#include "structures/core/text.hpp"

namespace hopflow {

namespace fs = std::filesystem;

std::optional<fs::path> on_path(const std::string& program) {
  const char* variable = std::getenv("PATH");
  std::string rest = variable == nullptr ? "" : variable;
  while (!rest.empty()) {
    const auto colon = rest.find(':');
    const fs::path candidate = fs::path{rest.substr(0, colon)} / program;
    std::error_code ignored;
    if (fs::is_regular_file(candidate, ignored)) return candidate;
    rest = colon == std::string::npos ? "" : rest.substr(colon + 1);
  }
  return std::nullopt;
}

std::string first_line(const std::string& command) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe{::popen((command + " 2>/dev/null </dev/null").c_str(), "r"),
                                                   ::pclose};
  std::array<char, 256> line{};
  if (!pipe || std::fgets(line.data(), static_cast<int>(line.size()), pipe.get()) == nullptr) return "";
  return text::printable(text::trim(line.data()));
}

std::optional<PythonWithAse> python_with_ase() {
  for (const char* python : {"python3", "/usr/bin/python3"}) {
    const std::string says = first_line(fmt::format("{} -c \"import ase; print('ASE', ase.__version__)\"", python));
    if (says.starts_with("ASE ")) return PythonWithAse{python, says};
  }
  return std::nullopt;
}

std::string learned_version(const std::string& package) {
  return first_line(
      fmt::format("'{}' -c \"import importlib.metadata as m, importlib.util as u; "
                  "print(m.version('{}') if u.find_spec('torch') else '')\"",
                  ipi::client_python(), package));
}

}  // namespace hopflow
