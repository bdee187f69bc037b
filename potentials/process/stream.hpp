// SPDX-License-Identifier: GPL-2.0-or-later
// Stream sockets with a time limit, descriptors that close themselves, and what else a child process takes.
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hopflow {

/// A file descriptor, closed with the object; -1 for none.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int value) : value_{value} {}
  Descriptor(Descriptor&& other) noexcept : value_{std::exchange(other.value_, -1)} {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(value_, other.value_);
    return *this;
  }
  ~Descriptor();
  int get() const { return value_; }

 private:
  int value_ = -1;
};

using Moment = std::chrono::steady_clock::time_point;

/// `seconds` from now, at most some thirty years.
Moment after(double seconds);

/// How reading or writing went: all of it, the other end is gone, or the time was up first.
enum class Transfer { done, closed, late };

/// Writes or reads exactly `size` bytes of a stream socket; never raises SIGPIPE.
Transfer send_all(int socket, std::string_view data, Moment until);
Transfer receive_all(int socket, void* data, std::size_t size, Moment until);

/// True when one of `events` (POLLIN, POLLOUT) or the end of the stream has come, false when the time was up first.
bool wait_for(int descriptor, short events, Moment until);

/// The words as the null-terminated list exec and spawn take; valid as long as the words are.
std::vector<char*> pointers(std::vector<std::string>& words);

/// @throws Error{io} with what failed and the system's reason (errno)
[[noreturn]] void fail_io(const std::string& what);

/// The last lines of a log, printable, without blank ones and those of single evaluations.
std::vector<std::string> tail_of(const std::filesystem::path& file, std::size_t lines);

}  // namespace hopflow
