// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/training/mnist.hpp"

#include <algorithm>
#include <memory>
#include <optional>

#include <fmt/core.h>
#include <zlib.h>

#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "workflows/pipeline/hashing/sha256.hpp"

namespace hopflow::pipeline {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t most_values = std::uint64_t{1} << 30;
constexpr std::uint32_t most_side = 128;
constexpr std::array<const char*, 4> names{"train-images-idx3-ubyte", "train-labels-idx1-ubyte",
                                           "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"};

struct CloseGz {
  void operator()(gzFile file) const noexcept { gzclose_r(file); }
};

std::string shown(const fs::path& path) { return text::printable(path.string()); }

[[noreturn]] void damaged(const fs::path& path, std::uint64_t offset, const std::string& found) {
  throw Error{Error::Kind::bad_input,
              fmt::format("{}: byte {}: {}; the file is damaged or of another kind, remove it and run 'bash .setup.sh'",
                          shown(path), offset, found)};
}

/// A good file of something else: nothing is broken, so nothing is to be fetched again.
[[noreturn]] void unfit(const fs::path& path, const std::string& found) {
  throw Error{Error::Kind::bad_input, fmt::format("{}: {}", shown(path), found)};
}

[[noreturn]] void missing(const fs::path& path) {
  throw Error{
      Error::Kind::missing_dependency,
      fmt::format("{}: no such file (nor with .gz); 'bash .setup.sh' fetches the MNIST images, --data names the folder "
                  "that holds mnist/, --images a folder of other images under these four names or EMNIST's",
                  shown(path))};
}

/// An idx file opened for reading; hashes what it reads.
class Reader {
 public:
  explicit Reader(const fs::path& path) : path_{path}, file_{gzopen(path.c_str(), "rb")} {
    if (!file_) throw Error{Error::Kind::io, fmt::format("{}: cannot be opened; check its permissions", shown(path))};
    gzbuffer(file_.get(), 1 << 17);
  }

  /// @throws Error{bad_input} unless all bytes are there
  void fill(std::span<std::uint8_t> bytes, const char* what) {
    std::size_t done = 0;
    while (done < bytes.size()) {
      const unsigned wanted = static_cast<unsigned>(std::min<std::size_t>(bytes.size() - done, 1 << 20));
      const int got = gzread(file_.get(), bytes.data() + done, wanted);
      if (got < 0) damaged(path_, offset_ + done, fmt::format("decompression fails ({})", problem()));
      if (got == 0) {
        damaged(path_, offset_ + done,
                fmt::format("the file ends inside its {}, {} bytes early{}", what, bytes.size() - done, cut_short()));
      }
      done += static_cast<std::size_t>(got);
    }
    offset_ += done;
    hash_.add(bytes);
  }

  std::uint32_t number(const char* what) {
    std::array<std::uint8_t, 4> b{};
    fill(b, what);
    return std::uint32_t{b[0]} << 24 | std::uint32_t{b[1]} << 16 | std::uint32_t{b[2]} << 8 | std::uint32_t{b[3]};
  }

  void expect_end() {
    std::uint8_t extra = 0;
    const int got = gzread(file_.get(), &extra, 1);
    if (got < 0) damaged(path_, offset_, fmt::format("decompression fails ({})", problem()));
    if (got > 0) damaged(path_, offset_, "bytes follow the last value the header announces");
    if (const std::string cut = cut_short(); !cut.empty()) damaged(path_, offset_, "the file ends early" + cut);
  }

  std::string sha256() { return hex_of(bytes_of(hash_.digest())); }
  std::uint64_t offset() const noexcept { return offset_; }

 private:
  std::string problem() {
    int code = 0;
    return text::printable(gzerror(file_.get(), &code));
  }
  /// zlib reports a cut compressed stream only as a pending error at its end.
  std::string cut_short() {
    int code = Z_OK;
    gzerror(file_.get(), &code);
    return code == Z_BUF_ERROR ? " (the compressed stream is cut)" : "";
  }

  fs::path path_;
  std::unique_ptr<gzFile_s, CloseGz> file_;
  Sha256 hash_;
  std::uint64_t offset_ = 0;
};

/// EMNIST's file of a part, "emnist-letters-test-images-idx3-ubyte"; nullopt: there is none.
std::optional<fs::path> prefixed_member(const fs::path& folder, std::string name) {
  if (name.starts_with("t10k")) name.replace(0, 4, "test");
  std::vector<std::string> found;
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator{folder, ignored}) {
    const std::string file = entry.path().filename().string();
    if (file.ends_with("-" + name) || file.ends_with("-" + name + ".gz")) found.push_back(file);
  }
  std::ranges::sort(found);
  if (found.size() > 1)
    throw Error{
        Error::Kind::bad_input,
        fmt::format("{}: {} and {} are of different data sets; keep the four files of one in a folder of its own",
                    shown(folder), text::printable(found[0]), text::printable(found[1]))};
  return found.empty() ? std::nullopt : std::optional{folder / found.front()};
}

IdxArray read_member(const fs::path& folder, std::size_t which) {
  fs::path path = folder / names[which];
  std::error_code ignored;
  if (!fs::exists(path, ignored)) {
    fs::path packed = path;
    packed += ".gz";
    if (fs::exists(packed, ignored))
      path = packed;
    else if (const auto prefixed = prefixed_member(folder, names[which]))
      path = *prefixed;
    else
      missing(path);
  }
  return read_idx(path);
}

/// Bytes before the values.
std::uint64_t header_size(const IdxArray& array) { return 4 + 4 * array.extents.size(); }

ImageSet pair_up(const fs::path& folder, IdxArray images, IdxArray labels, std::size_t which) {
  const fs::path image_path = folder / names[which], label_path = folder / names[which + 1];
  if (images.extents.size() != 3)
    damaged(image_path, 3, fmt::format("{} extents; images have 3", images.extents.size()));
  if (labels.extents.size() != 1)
    damaged(label_path, 3, fmt::format("{} extents; labels have 1", labels.extents.size()));
  if (images.extents[1] != images.extents[2] || images.extents[1] > most_side)
    unfit(image_path, fmt::format("images of {} x {} pixels; square ones of at most {} x {} are read, crop or pad them",
                                  images.extents[1], images.extents[2], most_side, most_side));
  if (images.extents[0] != labels.extents[0]) {
    damaged(label_path, 4,
            fmt::format("{} labels for the {} images of {}", labels.extents[0], images.extents[0], names[which]));
  }
  const auto wrong = std::find_if(labels.values.begin(), labels.values.end(),
                                  [](std::uint8_t label) { return label >= most_classes; });
  if (wrong != labels.values.end()) {
    unfit(label_path, fmt::format("byte {}: label {}; labels 0 to {} are read, number the classes from 0",
                                  header_size(labels) + static_cast<std::uint64_t>(wrong - labels.values.begin()),
                                  *wrong, most_classes - 1));
  }
  ImageSet set;
  set.count = static_cast<int>(images.extents[0]);
  set.side = static_cast<int>(images.extents[1]);
  set.pixels = std::move(images.values);
  set.labels = std::move(labels.values);
  set.classes = std::max(set.classes, 1 + *std::ranges::max_element(set.labels));
  return set;
}

}  // namespace

IdxArray read_idx(const fs::path& path) {
  std::error_code problem;
  const fs::file_status status = fs::status(path, problem);
  if (!fs::exists(status)) missing(path);
  if (!fs::is_regular_file(status))
    throw Error{Error::Kind::bad_input, fmt::format("{}: not a file; an idx file is expected", shown(path))};
  Reader reader{path};
  const std::uint32_t magic = reader.number("header");
  const std::uint32_t count = magic & 0xff;
  if (magic >> 8 != 8 || count < 1 || count > 4) {
    damaged(path, 0,
            fmt::format(
                "magic number {:#010x}; an idx file of bytes begins with 0x00000801 (labels) or 0x00000803 (images)",
                magic));
  }
  IdxArray array;
  std::uint64_t total = 1;
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint64_t at = reader.offset();
    array.extents.push_back(reader.number("header"));
    total *= array.extents.back();
    if (array.extents.back() == 0 || total > most_values) {
      damaged(path, at, fmt::format("extent {} is {}; 1 to 2^30 values in all are read", i + 1, array.extents.back()));
    }
  }
  // A compressed byte stands for 1032 bytes at most, so a forged header cannot make us ask for more memory than that.
  const std::uintmax_t size = fs::file_size(path, problem);
  if (!problem && total / 1100 > size) {
    damaged(path, 4, fmt::format("the header announces {} values, more than a file of {} bytes can hold", total, size));
  }
  array.values.resize(static_cast<std::size_t>(total));
  reader.fill(array.values, "values");
  reader.expect_end();
  array.sha256 = reader.sha256();
  return array;
}

Mnist read_mnist(const fs::path& folder) {
  std::array<IdxArray, 4> files;
  Mnist mnist;
  for (std::size_t i = 0; i < files.size(); ++i) {
    files[i] = read_member(folder, i);
    mnist.sha256[i] = files[i].sha256;
  }
  mnist.train = pair_up(folder, std::move(files[0]), std::move(files[1]), 0);
  mnist.test = pair_up(folder, std::move(files[2]), std::move(files[3]), 2);
  if (mnist.train.side != mnist.test.side)
    unfit(folder / names[2],
          fmt::format("images of {} x {} pixels, the training images have {} x {}; both sets must be "
                      "of one size",
                      mnist.test.side, mnist.test.side, mnist.train.side, mnist.train.side));
  mnist.train.classes = mnist.test.classes = std::max(mnist.train.classes, mnist.test.classes);
  return mnist;
}

ImageSet validation_images(const ImageSet& train) {
  constexpr int first = 50000;
  if (train.count <= first) {
    throw Error{Error::Kind::bad_input,
                fmt::format("training images: {} are too few to keep any aside; those from {} on would be taken",
                            train.count, first)};
  }
  const auto skipped = static_cast<std::ptrdiff_t>(first) * train.pixels_per_image();
  return {train.count - first,
          train.side,
          {train.pixels.begin() + skipped, train.pixels.end()},
          {train.labels.begin() + first, train.labels.end()},
          train.classes};
}

std::vector<std::string> mnist_hashes(const fs::path& folder) {
  std::vector<std::string> hashes;
  for (std::size_t i = 0; i < names.size(); ++i) hashes.push_back(read_member(folder, i).sha256);
  return hashes;
}

}  // namespace hopflow::pipeline
