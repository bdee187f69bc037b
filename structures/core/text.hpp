// SPDX-License-Identifier: GPL-2.0-or-later
// Numbers and words as text, the same in every locale.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hopflow::text {

/// A finite decimal number written in full ("1.5", "-2e-3", "+4"); no nan, inf, hex, blanks or trailing letters.
std::optional<double> to_double(std::string_view word);

/// A decimal integer written in full.
std::optional<long> to_integer(std::string_view word);

/// Shortest text that reads back to the same double.
std::string shortest(double value);

/// Seventeen significant digits: what trajectories carry.
std::string digits17(double value);

/// "0.39 +- 0.05": the error with two digits if it begins with 1, else with one, and the value no finer than it.
/// An error of nothing leaves the value with four decimals.
std::string with_error(double value, double error);

std::string trim(std::string_view text);
std::string lower(std::string_view text);
std::vector<std::string> split_words(std::string_view line);
std::string join(std::span<const std::string> words, std::string_view between);

/// The first six and how many there are, for messages: "a, b, c, d, e, f, ... (20)".
std::string some(std::vector<std::string> words);

/// Control characters, marks that turn the direction of text and bytes that are no UTF-8 shown as \xNN, so that a
/// file's content cannot steer a terminal or forge a log line.
std::string printable(std::string_view text);

/// A name safe as a folder: letters, digits, '-', '_', '.', at most 40 characters; anything else becomes '-'.
std::string slug(std::string_view name);

/// The candidate nearest to `word` by edit distance, if one is near enough to be worth suggesting.
std::optional<std::string> nearest(std::string_view word, std::span<const std::string> candidates);

/// The whole file as text.
/// @throws Error{bad_input} if it does not exist, is not a regular file or is larger than 64 MiB
std::string read_file(const std::filesystem::path& path);

/// Where the first byte stands that is no UTF-8.
std::optional<std::size_t> not_utf8(std::string_view text);

/// Writes through a temporary file next to it and renames: readers see the old file or the whole new one. A symbolic
/// link is replaced, not followed; a device, pipe or socket (and what stands in /dev or /proc) is written to and stays.
/// @throws Error{io} naming the path
void write_file(const std::filesystem::path& path, std::string_view content);

}  // namespace hopflow::text
