// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/crossbar/array/matrix_file.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <regex>
#include <string_view>

#include <fmt/core.h>

#include "structures/core/error.hpp"
#include "structures/core/text.hpp"

namespace hopflow::pipeline {

using Eigen::Index;
using Eigen::MatrixXd;

static_assert(std::endian::native == std::endian::little, "npy files are read and written as they lie in memory");

namespace {

constexpr std::string_view magic{"\x93NUMPY", 6};

[[noreturn]] void refuse_file(const std::filesystem::path& path, std::string_view what) {
  throw Error{Error::Kind::bad_input, fmt::format("{}: {}", text::printable(path.string()), what)};
}

template <class Real>
MatrixXd from_bytes(const char* bytes, Index rows, Index columns, bool by_columns) {
  Eigen::Matrix<Real, Eigen::Dynamic, 1> values(rows * columns);
  std::memcpy(values.data(), bytes, static_cast<std::size_t>(values.size()) * sizeof(Real));
  MatrixXd m(rows, columns);
  for (Index i = 0; i < rows; ++i) {
    for (Index j = 0; j < columns; ++j)
      m(i, j) = static_cast<double>(values[by_columns ? j * rows + i : i * columns + j]);
  }
  return m;
}

MatrixXd read_npy(const std::filesystem::path& path) {
  const std::string content = text::read_file(path);
  if (!std::string_view{content}.starts_with(magic) || content.size() < 12)
    refuse_file(path, "no npy file; it doesn't begin as NumPy writes one");
  const auto byte = [&](std::size_t k) { return static_cast<std::size_t>(static_cast<unsigned char>(content[k])); };
  const std::size_t prefix = byte(6) == 1 ? 10 : 12;
  const std::size_t length = byte(8) + (byte(9) << 8) + (prefix == 12 ? (byte(10) << 16) + (byte(11) << 24) : 0);
  const std::string header = content.substr(prefix, length);
  std::smatch shape, type;
  static const std::regex type_pattern{R"('descr':\s*'([^']*)')"},
      shape_pattern{R"('shape':\s*\((\d{1,9}),\s*(\d{1,9})?,?\s*\))"};
  if (!std::regex_search(header, type, type_pattern) || !std::regex_search(header, shape, shape_pattern)) {
    refuse_file(path, "its header names no type and no shape of one or two dimensions; save a matrix with numpy.save");
  }
  const bool wide = type[1] == "<f8";
  if (!wide && type[1] != "<f4")
    refuse_file(path, fmt::format("numbers of type '{}' found; allowed: '<f8', '<f4'; convert with .astype(float)",
                                  text::printable(type[1].str())));
  const Index rows = static_cast<Index>(*text::to_double(shape[1].str())),
              columns = shape[2].matched ? static_cast<Index>(*text::to_double(shape[2].str())) : 1;
  const std::size_t start = prefix + length, bytes = static_cast<std::size_t>(rows * columns) * (wide ? 8 : 4);
  if (rows < 1 || columns < 1) refuse_file(path, fmt::format("{} x {} numbers; give at least one", rows, columns));
  if (content.size() < start || content.size() - start != bytes)
    refuse_file(path, fmt::format("{} x {} numbers need {} bytes, {} follow its header; the file is cut off or damaged",
                                  rows, columns, bytes, content.size() - std::min(content.size(), start)));
  const bool by_columns = header.find("'fortran_order': True") != std::string::npos;
  return wide ? from_bytes<double>(content.data() + start, rows, columns, by_columns)
              : from_bytes<float>(content.data() + start, rows, columns, by_columns);
}

MatrixXd read_csv(const std::filesystem::path& path, const Wanted& wanted) {
  std::vector<std::vector<double>> rows;
  for (const auto& [number, line] : lines_of(path)) {
    std::vector<double> row;
    for (std::size_t begin = 0; begin <= line.size();) {
      const std::size_t end = std::min(line.find(',', begin), line.size());
      const std::string word = text::trim(std::string_view{line}.substr(begin, end - begin));
      const bool open = text::lower(word) == "inf" || text::lower(word) == "open";
      const auto value = open ? std::optional{std::numeric_limits<double>::infinity()} : text::to_double(word);
      if (!value || !wanted.test(*value)) {
        throw Error{Error::Kind::bad_input, fmt::format("{}:{}:{}: '{}' found; give {}", text::printable(path.string()),
                                                        number, begin + 1, text::printable(word), wanted.allowed)};
      }
      row.push_back(*value);
      begin = end + 1;
    }
    if (!rows.empty() && row.size() != rows.front().size()) {
      throw Error{Error::Kind::bad_input,
                  fmt::format("{}:{}: {} cells, the first row has {}; give every row as many",
                              text::printable(path.string()), number, row.size(), rows.front().size())};
    }
    rows.push_back(std::move(row));
  }
  if (rows.empty()) refuse_file(path, "no numbers; give one row per line, separated by commas");
  MatrixXd m(static_cast<Index>(rows.size()), static_cast<Index>(rows.front().size()));
  for (Index i = 0; i < m.rows(); ++i) {
    for (Index j = 0; j < m.cols(); ++j) m(i, j) = rows[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)];
  }
  return m;
}

}  // namespace

std::vector<std::pair<int, std::string>> lines_of(const std::filesystem::path& path) {
  std::string content = text::read_file(path);
  if (content.rfind("\xef\xbb\xbf", 0) == 0) content.erase(0, 3);
  std::vector<std::pair<int, std::string>> lines;
  int number = 0;
  for (std::size_t begin = 0; begin < content.size();) {
    const std::size_t end = std::min(content.find('\n', begin), content.size());
    ++number;
    const std::string line = text::trim(std::string_view{content}.substr(begin, end - begin));
    if (!line.empty()) lines.emplace_back(number, line);
    begin = end + 1;
  }
  return lines;
}

MatrixXd read_matrix(const std::filesystem::path& path, const Wanted& wanted) {
  if (path.extension() != ".npy") return read_csv(path, wanted);
  MatrixXd m = read_npy(path);
  for (Index i = 0; i < m.rows(); ++i) {
    for (Index j = 0; j < m.cols(); ++j) {
      if (!wanted.test(m(i, j)))
        refuse_file(path, fmt::format("{} found in row {}, column {}; give {}", text::shortest(m(i, j)), i + 1, j + 1,
                                      wanted.allowed));
    }
  }
  return m;
}

std::string csv_of(const MatrixXd& matrix) {
  std::string out;
  for (Index i = 0; i < matrix.rows(); ++i) {
    for (Index j = 0; j < matrix.cols(); ++j) out += (j > 0 ? "," : "") + text::shortest(matrix(i, j));
    out += '\n';
  }
  return out;
}

void write_matrix(const std::filesystem::path& path, const MatrixXd& matrix) {
  if (path.extension() != ".npy") {
    text::write_file(path, csv_of(matrix));
    return;
  }
  std::string header =
      fmt::format("{{'descr': '<f8', 'fortran_order': True, 'shape': ({}, {}), }}", matrix.rows(), matrix.cols());
  // The data begins at a multiple of 64.
  header.append(63 - (10 + header.size()) % 64, ' ');
  header += '\n';
  std::string content{magic};
  content += {'\x01', '\x00', static_cast<char>(header.size() & 0xff), static_cast<char>(header.size() >> 8)};
  content += header;
  content.append(reinterpret_cast<const char*>(matrix.data()),
                 static_cast<std::size_t>(matrix.size()) * sizeof(double));
  text::write_file(path, content);
}

}  // namespace hopflow::pipeline
