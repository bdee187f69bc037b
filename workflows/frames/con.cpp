// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/frames/con.hpp"

#include <cmath>
#include <numbers>

#include <fmt/core.h>

#include "structures/core/element.hpp"
#include "structures/core/error.hpp"
#include "structures/core/text.hpp"

namespace hopflow {

namespace {

class Lines {
 public:
  Lines(const std::string& content, std::string name) : name_{text::printable(name)} {
    for (std::size_t begin = 0; begin < content.size();) {
      const std::size_t end = std::min(content.find('\n', begin), content.size());
      lines_.push_back(text::trim(content.substr(begin, end - begin)));
      begin = end + 1;
    }
    while (!lines_.empty() && lines_.back().empty()) lines_.pop_back();
  }

  bool ended() const { return at_ >= lines_.size(); }
  const std::string& next() {
    if (ended()) fail("the file ends within a frame");
    return lines_[at_++];
  }
  std::vector<double> numbers(std::size_t least) {
    std::vector<double> out;
    for (const std::string& word : text::split_words(next())) {
      const auto number = text::to_double(word);
      if (!number) break;
      out.push_back(*number);
    }
    if (out.size() < least) fail(fmt::format("expected {} numbers", least));
    return out;
  }
  [[noreturn]] void fail(const std::string& problem) const {
    throw Error{Error::Kind::bad_input, fmt::format("{}:{}: {}", name_, at_, problem)};
  }

 private:
  std::string name_;
  std::vector<std::string> lines_;
  std::size_t at_ = 0;
};

/// a along x, b in the plane of x and y.
Eigen::Matrix3d cell_of(const std::vector<double>& length, const std::vector<double>& degrees) {
  constexpr double radian = std::numbers::pi / 180;
  const double ca = std::cos(degrees[0] * radian), cb = std::cos(degrees[1] * radian);
  const double cg = std::cos(degrees[2] * radian), sg = std::sin(degrees[2] * radian);
  Eigen::Matrix3d cell = Eigen::Matrix3d::Zero();
  cell.col(0) << length[0], 0, 0;
  cell.col(1) << length[1] * cg, length[1] * sg, 0;
  const double y = (ca - cb * cg) / sg;
  cell.col(2) << length[2] * cb, length[2] * y, length[2] * std::sqrt(std::max(0.0, 1 - cb * cb - y * y));
  return cell;
}

}  // namespace

std::vector<PathFrame> parse_con(const std::string& content, const std::string& name) {
  Lines lines(content, name);
  std::vector<PathFrame> frames;
  while (!lines.ended()) {
    PathFrame& frame = frames.emplace_back();
    lines.next();
    lines.next();
    const std::vector<double> length = lines.numbers(3);
    const std::vector<double> degrees = lines.numbers(3);
    frame.configuration.cell = cell_of(length, degrees);
    if (!(std::abs(frame.configuration.cell.determinant()) > 1e-3)) lines.fail("the cell is flat");
    lines.next();
    lines.next();
    const std::vector<double> kinds = lines.numbers(1);
    if (!(kinds.front() >= 1 && kinds.front() <= 118))
      lines.fail(fmt::format("{} kinds of atoms; 1 to 118 are allowed", kinds.front()));
    const auto count = static_cast<std::size_t>(kinds.front());
    const std::vector<double> atoms = lines.numbers(count);
    lines.numbers(count);  // masses
    Mask mobile;
    std::vector<Eigen::Vector3d> places;
    for (std::size_t kind = 0; kind < count; ++kind) {
      const std::string symbol = lines.next();
      const auto z = atomic_number(symbol);
      if (!z)
        lines.fail(fmt::format("'{}' is not a chemical element; write a symbol such as Pb", text::printable(symbol)));
      lines.next();
      for (double k = 0; k < atoms[kind]; ++k) {
        const std::vector<double> row = lines.numbers(4);
        places.emplace_back(row[0], row[1], row[2]);
        mobile.push_back(row[3] == 0);
        frame.configuration.species.push_back(*z);
      }
    }
    if (places.empty()) lines.fail("no atoms");
    frame.configuration.positions.resize(3, static_cast<Eigen::Index>(places.size()));
    for (std::size_t i = 0; i < places.size(); ++i)
      frame.configuration.positions.col(static_cast<Eigen::Index>(i)) = places[i];
    frame.mobile = std::move(mobile);
  }
  if (frames.empty()) lines.fail("the file is empty");
  return frames;
}

}  // namespace hopflow
