// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/system/progress.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <cstring>
#include <sstream>

#include <fmt/core.h>

#include "structures/core/error.hpp"
#include "structures/core/text.hpp"

namespace hopflow {

namespace {

using Clock = std::chrono::steady_clock;
constexpr auto redraw_every = std::chrono::milliseconds{200};
constexpr auto tell_every = std::chrono::seconds{20};

/// A terminal that is gone or a disk that is full behind standard error ends no run: the log has the same lines.
void to_stderr(const std::string& text) noexcept { std::fputs(text.c_str(), stderr); }

int terminal_width() {
  winsize size = {};
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20 ? size.ws_col : 100;
}

}  // namespace

ProgressView::ProgressView(const std::filesystem::path& log) : terminal_{::isatty(STDERR_FILENO) == 1} {
  if (log.empty()) return;
  const int file = ::open(log.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
  if (file >= 0) log_ = ::fdopen(file, "a");
  if (log_ == nullptr)
    throw Error{Error::Kind::io,
                fmt::format("{}: cannot be written: {}", text::printable(log.string()), std::strerror(errno))};
}

ProgressView::~ProgressView() {
  clear();
  if (log_ != nullptr) std::fclose(log_);
}

void ProgressView::say(const std::string& line) {
  clear();
  std::istringstream parts{line};
  for (std::string part; std::getline(parts, part);) {
    const std::string safe = text::printable(part);
    to_stderr(safe + "\n");
    if (log_ != nullptr) std::fputs((safe + "\n").c_str(), log_);
  }
  if (log_ != nullptr) std::fflush(log_);
  redraw();
}

void ProgressView::update(const std::string& task, const Progress& progress) {
  const auto now = Clock::now();
  auto [entry, fresh] = lines_.try_emplace(task);
  Line& line = entry->second;
  if (fresh || line.progress.stage != progress.stage) {
    line.since = now;
    line.first_fmax = progress.fmax;
    if (fresh) line.shown = now;
  }
  line.progress = progress;
  if (terminal_) {
    if (now - drawn_at_ >= redraw_every) {
      clear();
      redraw();
    }
  } else if (now - line.shown >= tell_every) {
    line.shown = now;
    to_stderr(text::printable(describe(task, line)) + "\n");
  }
}

void ProgressView::remove(const std::string& task) {
  clear();
  lines_.erase(task);
  redraw();
}

std::string ProgressView::describe(const std::string& task, const Line& line) const {
  const Progress& p = line.progress;
  std::string out = fmt::format("{}: {} step {}", task, p.stage.empty() ? "starting" : p.stage, p.step);
  if (p.fmax > 0) out += fmt::format(", max force {:.3f} eV/A", p.fmax);
  if (p.barrier_ev) out += fmt::format(", barrier {:.3f} eV", *p.barrier_ev);
  // Forces fall about exponentially with steps: the time to 0.05 eV/A follows from the fall so far.
  const double spent = std::chrono::duration<double>(Clock::now() - line.since).count();
  if (line.first_fmax > p.fmax * 1.5 && p.fmax > 0.05 && spent > 1) {
    const double left = spent * std::log(p.fmax / 0.05) / std::log(line.first_fmax / p.fmax);
    out += fmt::format(", about {:.0f} s left", left);
  }
  return out;
}

void ProgressView::clear() {
  if (!terminal_ || drawn_ == 0) return;
  for (int i = 0; i < drawn_; ++i) to_stderr("\x1b[1A\x1b[2K");
  drawn_ = 0;
}

void ProgressView::redraw() {
  if (!terminal_) return;
  drawn_at_ = Clock::now();
  const int width = terminal_width();
  for (const auto& [task, line] : lines_) {
    if (drawn_ == 12) break;
    std::string content = text::printable(describe(task, line));
    if (static_cast<int>(content.size()) >= width) content.resize(static_cast<std::size_t>(width - 1));
    to_stderr(content + "\n");
    ++drawn_;
  }
  std::fflush(stderr);
}

}  // namespace hopflow
