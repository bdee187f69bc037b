// SPDX-License-Identifier: GPL-2.0-or-later
#include "structures/core/text.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>
#include <fstream>
#include <numeric>

#include <fmt/core.h>

#include "structures/core/error.hpp"

namespace hopflow::text {

namespace {

std::string_view without_plus(std::string_view word) {
  if (word.size() > 1 && word[0] == '+' && word[1] != '-' && word[1] != '+') word.remove_prefix(1);
  return word;
}

/// Bytes of the character that `text` begins with, 0 if that is no UTF-8.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t k) { return static_cast<unsigned char>(text[k]); };
  const std::size_t length = byte(0) < 0x80                      ? 1
                             : byte(0) >= 0xc2 && byte(0) < 0xe0 ? 2
                             : byte(0) >= 0xe0 && byte(0) < 0xf0 ? 3
                             : byte(0) >= 0xf0 && byte(0) < 0xf5 ? 4
                                                                 : 0;
  if (length > text.size()) return 0;
  for (std::size_t k = 1; k < length; ++k)
    if ((byte(k) & 0xc0) != 0x80) return 0;
  return length;
}

/// True for a character that moves a cursor, ends a line or turns the direction of text.
bool steers(std::string_view character) {
  const auto first = static_cast<unsigned char>(character[0]);
  if (character.size() == 1) return first < 0x20 || first == 0x7f;
  if (character.size() == 2) return first == 0xc2 && static_cast<unsigned char>(character[1]) < 0xa0;
  return character >= "\xe2\x80\x8e" && character <= "\xe2\x81\xa9" &&
         (character <= "\xe2\x80\x8f" || (character >= "\xe2\x80\xa8" && character <= "\xe2\x80\xae") ||
          character >= "\xe2\x81\xa6");
}

bool write_all(int file, std::string_view rest) {
  while (!rest.empty()) {
    const ssize_t n = ::write(file, rest.data(), rest.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    rest.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

/// True for what a rename would destroy: a device, pipe or socket, and names that stand for one of the process's own.
bool is_no_place_for_a_file(const std::filesystem::path& path) {
  struct stat target = {};
  if (::stat(path.c_str(), &target) != 0) return false;
  if (S_ISCHR(target.st_mode) || S_ISBLK(target.st_mode) || S_ISFIFO(target.st_mode) || S_ISSOCK(target.st_mode))
    return true;
  std::error_code ignored;
  const std::string place = std::filesystem::absolute(path, ignored).lexically_normal().string();
  return S_ISREG(target.st_mode) && (place.starts_with("/dev/") || place.starts_with("/proc/"));
}

bool is_blank(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }

}  // namespace

std::optional<double> to_double(std::string_view word) {
  word = without_plus(word);
  double value = 0;
  const auto [end, status] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (status != std::errc{} || end != word.data() + word.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::optional<long> to_integer(std::string_view word) {
  word = without_plus(word);
  long value = 0;
  const auto [end, status] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (status != std::errc{} || end != word.data() + word.size()) return std::nullopt;
  return value;
}

std::string shortest(double value) { return fmt::format("{}", value); }

std::string digits17(double value) { return fmt::format("{:.16e}", value); }

std::string with_error(double value, double error) {
  if (!(error > 0) || !std::isfinite(error)) return fmt::format("{:.4f} +- {}", value, error > 0 ? "unknown" : "0");
  int decimals = -static_cast<int>(std::floor(std::log10(error)));
  const double lead = error * std::pow(10.0, decimals);
  if (lead < 1.95) ++decimals;
  decimals = std::clamp(decimals, 0, 9);
  return fmt::format("{:.{}f} +- {:.{}f}", value, decimals, error, decimals);
}

std::string trim(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return std::string{text};
}

std::string lower(std::string_view text) {
  std::string out{text};
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

std::vector<std::string> split_words(std::string_view line) {
  std::vector<std::string> words;
  std::size_t i = 0;
  while (i < line.size()) {
    while (i < line.size() && is_blank(line[i])) ++i;
    const std::size_t begin = i;
    while (i < line.size() && !is_blank(line[i])) ++i;
    if (i > begin) words.emplace_back(line.substr(begin, i - begin));
  }
  return words;
}

std::string join(std::span<const std::string> words, std::string_view between) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) out += between;
    out += words[i];
  }
  return out;
}

std::string some(std::vector<std::string> words) {
  const std::size_t count = words.size();
  if (count > 6) {
    words.resize(6);
    words.push_back(fmt::format("... ({})", count));
  }
  return join(words, ", ");
}

std::string printable(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = utf8_length(text.substr(i));
    if (length > 0 && !steers(text.substr(i, length)))
      out += text.substr(i, length);
    else
      for (std::size_t k = i; k < i + std::max<std::size_t>(length, 1); ++k)
        out += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[k]));
    i += std::max<std::size_t>(length, 1);
  }
  return out;
}

std::string slug(std::string_view name) {
  std::string out;
  for (const char c : name.substr(0, 40))
    out += (std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_' || c == '.') ? c : '-';
  if (out.empty() || out.find_first_not_of('.') == std::string::npos) out = "unnamed";
  return out;
}

std::optional<std::string> nearest(std::string_view word, std::span<const std::string> candidates) {
  std::optional<std::string> best;
  std::size_t best_distance = std::max<std::size_t>(2, word.size() / 3) + 1;
  for (const std::string& candidate : candidates) {
    std::vector<std::size_t> row(candidate.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < word.size(); ++i) {
      std::size_t diagonal = row[0];
      row[0] = i + 1;
      for (std::size_t j = 0; j < candidate.size(); ++j) {
        const std::size_t substitute = diagonal + (word[i] == candidate[j] ? 0 : 1);
        diagonal = row[j + 1];
        row[j + 1] = std::min({substitute, row[j] + 1, row[j + 1] + 1});
      }
    }
    if (row.back() < best_distance) {
      best_distance = row.back();
      best = candidate;
    }
  }
  if (best_distance < 2) return best;
  // Letters left out, as in "cols" of "columns", are meant more often than letters changed.
  for (const std::string& candidate : candidates) {
    if (word.size() < 3 || candidate.empty() || candidate.front() != word.front()) continue;
    std::size_t met = 0;
    for (const char letter : candidate) met += met < word.size() && letter == word[met] ? 1 : 0;
    if (met == word.size()) return candidate;
  }
  return best;
}

std::string read_file(const std::filesystem::path& path) {
  constexpr std::uintmax_t limit = 64u << 20;
  std::error_code status;
  if (!std::filesystem::exists(path, status))
    throw Error{Error::Kind::bad_input, fmt::format("{}: no such file", printable(path.string()))};
  if (!std::filesystem::is_regular_file(path, status))
    throw Error{Error::Kind::bad_input, fmt::format("{}: not a regular file", printable(path.string()))};
  const auto size = std::filesystem::file_size(path, status);
  if (status || size > limit)
    throw Error{Error::Kind::bad_input,
                fmt::format("{}: {} bytes, at most {} are read", printable(path.string()), size, limit)};
  std::ifstream in{path, std::ios::binary};
  std::string content(size, '\0');
  in.read(content.data(), static_cast<std::streamsize>(size));
  if (!in || static_cast<std::uintmax_t>(in.gcount()) != size)
    throw Error{Error::Kind::bad_input,
                fmt::format("{}: cannot be read: {}", printable(path.string()), std::strerror(errno))};
  return content;
}

std::optional<std::size_t> not_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = utf8_length(text.substr(i));
    if (length == 0) return i;
    i += length;
  }
  return std::nullopt;
}

void write_file(const std::filesystem::path& path, std::string_view content) {
  const auto fail = [&](const char* action) {
    const int cause = errno;
    std::error_code status;
    const std::filesystem::path folder = path.parent_path();
    const bool no_folder = cause == ENOENT && !folder.empty() && !std::filesystem::exists(folder, status);
    throw Error{Error::Kind::io,
                fmt::format("{}: {}: {}{}", printable(path.string()), action, std::strerror(cause),
                            no_folder ? "; its folder is not there: moved or removed, or never made" : "")};
  };
  if (is_no_place_for_a_file(path)) {
    const int target = ::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY);
    if (target < 0) fail("cannot be opened");
    const bool written = write_all(target, content);
    const int cause = errno;
    const bool closed = ::close(target) == 0;
    if (!written) errno = cause;
    if (!written || !closed) fail("cannot be written");
    return;
  }
  std::filesystem::path temporary = path;
  temporary += fmt::format(".{}.tmp", ::getpid());
  const int file = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
  if (file < 0) fail("cannot be created");
  ::flock(file, LOCK_EX | LOCK_NB);  // until it is closed: whoever can lock it finds what a killed process left
  if (!write_all(file, content)) {
    const int cause = errno;
    ::close(file);
    ::unlink(temporary.c_str());
    errno = cause;
    fail("cannot be written");
  }
  if (::fsync(file) != 0 || ::close(file) != 0) {
    const int cause = errno;
    ::unlink(temporary.c_str());
    errno = cause;
    fail("cannot be written");
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) {
    const int cause = errno;
    ::unlink(temporary.c_str());
    errno = cause;
    fail("cannot be put in place");
  }
}

}  // namespace hopflow::text
