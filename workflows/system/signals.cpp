// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/system/signals.hpp"

#include <csignal>
#include <cstdlib>
#include <initializer_list>

namespace hopflow {

namespace {

// A handler can reach nothing but a static of this type.
volatile std::sig_atomic_t stop_signal = 0;

void on_signal(int signal) {
  if (stop_signal != 0 && signal != SIGUSR1) std::_Exit(75);
  stop_signal = signal;
}

void set(int signal, void (*handler)(int)) {
  struct sigaction action = {};
  action.sa_handler = handler;
  sigemptyset(&action.sa_mask);
  sigaction(signal, &action, nullptr);  // no SA_RESTART: waits return early
}

}  // namespace

void watch_stop_signals() {
  for (const int signal : {SIGUSR1, SIGTERM, SIGINT}) set(signal, on_signal);
}

void ignore_stop_signals() {
  for (const int signal : {SIGUSR1, SIGTERM, SIGINT}) set(signal, SIG_IGN);
}

int stop_requested() noexcept { return stop_signal; }

}  // namespace hopflow
