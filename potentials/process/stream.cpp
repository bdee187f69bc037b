// SPDX-License-Identifier: GPL-2.0-or-later
// poll(2) around send and recv that never block.
#include "potentials/process/stream.hpp"

#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include <fmt/format.h>

#include "structures/core/error.hpp"
#include "structures/core/text.hpp"

namespace hopflow {

namespace {

// Reads or writes with `step`, which returns what recv or send does, until all is done.
// A partner in the middle of a sentence writes on within microseconds; going to sleep and being woken takes longer.
constexpr auto between_words = std::chrono::microseconds{30};

template <class Step>
Transfer transfer(int socket, short events, std::size_t size, Moment until, Step step) {
  const auto blocked = [](ssize_t n) { return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK); };
  for (std::size_t at = 0; at < size;) {
    ssize_t n = step(at);
    if (blocked(n)) {
      const Moment soon = std::chrono::steady_clock::now() + between_words;
      do {
        sched_yield();
        n = step(at);
      } while (blocked(n) && std::chrono::steady_clock::now() < soon);
    }
    if (n > 0) {
      at += static_cast<std::size_t>(n);
    } else if (blocked(n)) {
      if (!wait_for(socket, events, until)) return Transfer::late;
    } else if (!(n < 0 && errno == EINTR)) {
      return Transfer::closed;
    }
  }
  return Transfer::done;
}

}  // namespace

Descriptor::~Descriptor() {
  if (value_ >= 0) close(value_);
}

Moment after(double seconds) {
  const std::chrono::duration<double> bounded{std::clamp(seconds, 0.0, 1e9)};
  return std::chrono::steady_clock::now() + std::chrono::duration_cast<std::chrono::steady_clock::duration>(bounded);
}

bool wait_for(int descriptor, short events, Moment until) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now()).count();
    pollfd one{descriptor, events, 0};
    // A day at most in one go: poll counts milliseconds in an int.
    const int ready = poll(&one, 1, static_cast<int>(std::clamp<long>(left, 0, 86'400'000)));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return true;  // the next read or write says what is wrong
    if (ready == 0 && left <= 0) return false;
  }
}

Transfer send_all(int socket, std::string_view data, Moment until) {
  return transfer(socket, POLLOUT, data.size(), until, [&](std::size_t at) {
    return send(socket, data.data() + at, data.size() - at, MSG_NOSIGNAL | MSG_DONTWAIT);
  });
}

Transfer receive_all(int socket, void* data, std::size_t size, Moment until) {
  return transfer(socket, POLLIN, size, until,
                  [&](std::size_t at) { return recv(socket, static_cast<char*>(data) + at, size - at, MSG_DONTWAIT); });
}

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> result;
  for (std::string& word : words) result.push_back(word.data());
  result.push_back(nullptr);
  return result;
}

void fail_io(const std::string& what) {
  throw Error(Error::Kind::io, fmt::format("{}: {}", what, std::strerror(errno)));
}

std::vector<std::string> tail_of(const std::filesystem::path& file, std::size_t lines) {
  std::ifstream in{file, std::ios::binary};
  if (!in) return {};
  in.seekg(0, std::ios::end);
  const std::streamoff size = in.tellg();
  in.seekg(std::max<std::streamoff>(0, size - 8192));
  std::string text{std::istreambuf_iterator<char>{in}, {}};
  std::vector<std::string> kept;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string line = text::trim(std::string_view{text}.substr(at, end - at));
    if (!line.empty() && line.rfind("evaluation ", 0) != 0) kept.push_back(text::printable(line));
    at = end + 1;
  }
  if (kept.size() > lines) kept.erase(kept.begin(), kept.end() - static_cast<std::ptrdiff_t>(lines));
  return kept;
}

}  // namespace hopflow
