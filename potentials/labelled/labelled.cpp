// SPDX-License-Identifier: GPL-2.0-or-later
#include "potentials/labelled/labelled.hpp"

#include <algorithm>
#include <memory>

#include <fmt/core.h>
#include <zlib.h>

#include "structures/core/error.hpp"
#include "structures/core/text.hpp"

namespace hopflow {

namespace {

constexpr std::size_t most_bytes = std::size_t{1} << 30;  // unpacked

struct CloseGzip {
  void operator()(gzFile file) const noexcept { gzclose(file); }
};

std::string unpacked(const std::filesystem::path& path) {
  const std::string name = text::printable(path.string());
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored))
    throw Error{Error::Kind::bad_input, fmt::format("{}: no such file", name)};
  const std::unique_ptr<std::remove_pointer_t<gzFile>, CloseGzip> file{gzopen(path.c_str(), "rb")};
  if (!file) throw Error{Error::Kind::io, fmt::format("{}: cannot be read", name)};
  std::string content;
  std::vector<char> piece(std::size_t{1} << 16);
  while (true) {
    const int got = gzread(file.get(), piece.data(), static_cast<unsigned>(piece.size()));
    if (got < 0) throw Error{Error::Kind::bad_input, fmt::format("{}: damaged gzip file", name)};
    if (got == 0) break;
    content.append(piece.data(), static_cast<std::size_t>(got));
    if (content.size() > most_bytes)
      throw Error{Error::Kind::bad_input, fmt::format("{}: more than 1 GiB unpacked; split the file", name)};
  }
  // A stream cut short ends without a word from gzread.
  int problem = Z_OK;
  gzerror(file.get(), &problem);
  if (problem != Z_OK) throw Error{Error::Kind::bad_input, fmt::format("{}: gzip file cut short", name)};
  return content;
}

std::string info_of(const Frame& frame, std::string_view key) {
  for (const auto& [name, value] : frame.info)
    if (text::lower(name) == key) return value;
  return "";
}

std::string stem_of(std::filesystem::path file) {
  while (file.has_extension()) file = file.stem();
  return file.filename().string();
}

}  // namespace

std::vector<Frame> frames_in(const std::filesystem::path& file) {
  const bool packed = text::lower(file.extension().string()) == ".gz";
  return packed ? parse_extxyz(unpacked(file), file.string()) : read_extxyz(file);
}

std::vector<LabelledFrame> read_labelled(const std::filesystem::path& file) {
  std::vector<Frame> frames = frames_in(file);
  std::vector<LabelledFrame> out;
  for (std::size_t k = 0; k < frames.size(); ++k) {
    Frame& frame = frames[k];
    LabelledFrame& labelled = out.emplace_back();
    labelled.place = fmt::format("{}, frame {}", text::printable(file.string()), k);
    if (!frame.energy_ev || !frame.forces)
      throw Error{Error::Kind::bad_input,
                  fmt::format("{}: no {}; each frame needs energy=... (eV) and a column forces:R:3 (eV/A)",
                              labelled.place, frame.energy_ev ? "forces" : "energy")};
    labelled.energy_ev = *frame.energy_ev;
    labelled.forces = std::move(*frame.forces);
    labelled.image = text::to_integer(info_of(frame, "image"));
    labelled.charge = info_of(frame, "charge");
    labelled.band = info_of(frame, "band");
    if (labelled.band.empty()) labelled.band = stem_of(file);
    labelled.configuration = std::move(frame.configuration);
  }
  return out;
}

namespace {

bool is_neutral(const LabelledFrame& frame) {
  const std::optional<double> charge = text::to_double(frame.charge);
  return charge && *charge == 0;
}

}  // namespace

std::vector<std::vector<std::size_t>> comparable(const std::vector<LabelledFrame>& frames) {
  std::vector<std::vector<std::size_t>> groups;
  for (std::size_t k = 0; k < frames.size(); ++k) {
    const auto same = std::ranges::find_if(groups, [&](const std::vector<std::size_t>& group) {
      const LabelledFrame& other = frames[group.front()];
      return other.band == frames[k].band && other.charge == frames[k].charge &&
             other.configuration.species == frames[k].configuration.species &&
             (is_neutral(frames[k]) || other.configuration.cell.isApprox(frames[k].configuration.cell, 1e-6));
    });
    if (same == groups.end())
      groups.push_back({k});
    else
      same->push_back(k);
  }
  return groups;
}

}  // namespace hopflow
