// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/system/signals.hpp"

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <initializer_list>

namespace hopflow {

namespace {

// A handler can reach nothing but a static of this type.
volatile std::sig_atomic_t stop_signal = 0;

// The limit is the process's as its signals are: the clock only says when a signal would come too late.
using Clock = std::chrono::steady_clock;
constexpr Clock::rep no_limit = 0;
std::atomic<Clock::rep> limit{no_limit}, longest_step{0};

void on_signal(int signal) {
  if (stop_signal != 0 && signal != SIGUSR1) {
    if (stop_signal != SIGUSR1) std::_Exit(75);
  }
  if (stop_signal == 0 || signal != SIGUSR1) stop_signal = signal;
}

void set(int signal, void (*handler)(int)) {
  struct sigaction action = {};
  action.sa_handler = handler;
  sigemptyset(&action.sa_mask);
  sigaction(signal, &action, nullptr);  // no SA_RESTART: waits return early
}

/// `hopflow` held them back until this program listens.
void let_in() {
  sigset_t stops;
  sigemptyset(&stops);
  for (const int signal : {SIGUSR1, SIGTERM, SIGINT, SIGHUP}) sigaddset(&stops, signal);
  sigprocmask(SIG_UNBLOCK, &stops, nullptr);
}

}  // namespace

void watch_stop_signals() {
  for (const int signal : {SIGUSR1, SIGTERM, SIGINT, SIGHUP}) {
    struct sigaction before = {};
    sigaction(signal, nullptr, &before);
    if (signal != SIGHUP || before.sa_handler != SIG_IGN) set(signal, on_signal);
  }
  set(SIGPIPE, SIG_IGN);
  let_in();
}

void ignore_stop_signals() {
  for (const int signal : {SIGUSR1, SIGTERM, SIGINT, SIGHUP, SIGPIPE}) set(signal, SIG_IGN);
  let_in();
}

void stop_before(std::chrono::system_clock::time_point moment) {
  const auto left = std::chrono::duration_cast<Clock::duration>(moment - std::chrono::system_clock::now());
  const Clock::rep at = (Clock::now() + left).time_since_epoch().count();
  const Clock::rep before = limit.load();
  if (before == no_limit || at < before) limit = at == no_limit ? 1 : at;
}

void note_step(Clock::duration step) noexcept {
  if (step.count() > longest_step.load()) longest_step = step.count();
}

int stop_requested() noexcept {
  if (stop_signal != 0) return stop_signal;
  const Clock::rep at = limit.load();
  if (at == no_limit) return 0;
  const Clock::rep now = Clock::now().time_since_epoch().count();
  if (now >= at) return SIGTERM;
  return now + 2 * longest_step.load() >= at ? SIGUSR1 : 0;
}

}  // namespace hopflow
