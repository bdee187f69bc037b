// SPDX-License-Identifier: GPL-2.0-or-later
// Image files: what is read, what is refused and where the message points.
#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <numeric>
#include <string>

#include <unistd.h>
#include <zlib.h>

#include "structures/core/error.hpp"
#include "workflows/pipeline/training/mnist.hpp"

using namespace hopflow;
using namespace hopflow::pipeline;
namespace fs = std::filesystem;

namespace {

class Folder {
 public:
  Folder() : path_{fs::temp_directory_path() / ("hopflow-mnist-" + std::to_string(getpid()))} {
    fs::remove_all(path_);
    fs::create_directories(path_);
  }
  ~Folder() { fs::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  fs::path put(const std::string& name, const std::string& bytes) const {
    std::ofstream{path_ / name, std::ios::binary} << bytes;
    return path_ / name;
  }
  fs::path put_gz(const std::string& name, const std::string& bytes) const {
    const fs::path path = path_ / name;
    gzFile file = gzopen(path.c_str(), "wb");
    gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size()));
    gzclose(file);
    return path;
  }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

std::string be(std::uint32_t n) {
  return {static_cast<char>(n >> 24), static_cast<char>(n >> 16 & 255), static_cast<char>(n >> 8 & 255),
          static_cast<char>(n & 255)};
}

std::string images_file(std::uint32_t count, std::uint32_t side = 28) {
  std::string bytes = be(0x803) + be(count) + be(side) + be(side);
  for (std::uint32_t i = 0; i < count * side * side; ++i) bytes += static_cast<char>(i % 251);
  return bytes;
}

std::string labels_file(const std::string& labels) {
  return be(0x801) + be(static_cast<std::uint32_t>(labels.size())) + labels;
}

std::string slurp(const fs::path& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

/// The kind and message of the error; fails the test if there is none.
template <class Call>
std::pair<Error::Kind, std::string> error_of(Call call) {
  try {
    call();
  } catch (const Error& error) {
    return {error.kind(), error.what()};
  }
  FAIL("no error");
  return {};
}

void refused(const fs::path& path, const std::string& where, const std::string& why) {
  const auto [kind, message] = error_of([&] { read_idx(path); });
  CHECK(kind == Error::Kind::bad_input);
  CHECK_THAT(message, Catch::Contains(path.filename().string()) && Catch::Contains("byte " + where + ":") &&
                          Catch::Contains(why));
}

void put_set(const Folder& folder, const std::string& labels) {
  folder.put("train-images-idx3-ubyte", images_file(3));
  folder.put("train-labels-idx1-ubyte", labels_file(labels));
  folder.put("t10k-images-idx3-ubyte", images_file(2));
  folder.put("t10k-labels-idx1-ubyte", labels_file(std::string{"\x07\x02", 2}));
}

}  // namespace

TEST_CASE("three images written by hand are read back, plain and compressed, with one hash", "[pipeline][mnist]") {
  const Folder folder;
  const IdxArray plain = read_idx(folder.put("a", images_file(3)));
  CHECK(plain.extents == std::vector<std::uint32_t>{3, 28, 28});
  REQUIRE(plain.values.size() == 3 * 784);
  CHECK(plain.values[785] == 785 % 251);
  const IdxArray packed = read_idx(folder.put_gz("a.gz", images_file(3)));
  CHECK(packed.values == plain.values);
  CHECK(packed.sha256 == plain.sha256);
  // From coreutils' sha256sum of the bytes 00 00 08 01 00 00 00 03 00 01 09.
  const IdxArray labels = read_idx(folder.put("l", labels_file(std::string{"\0\1\x09", 3})));
  CHECK(labels.sha256 == "ca67b2d8baa653e7276a8c3f9b2bd990acb6cb85af8a1a485815755f9228806c");
}

TEST_CASE("a damaged image file is refused with its name and the byte where it goes wrong", "[pipeline][mnist]") {
  const Folder folder;
  const std::string good = images_file(3);
  refused(folder.put("empty", ""), "0", "header");
  refused(folder.put("short-header", good.substr(0, 10)), "10", "ends inside its header, 2 bytes early");
  refused(folder.put("cut", good.substr(0, 1000)), "1000", "1368 bytes early");
  refused(folder.put("long", good + "x"), "2368", "bytes follow");
  refused(folder.put("magic", "PNG!" + good.substr(4)), "0", "0x504e4721");
  refused(folder.put("floats", be(0xd03) + good.substr(4)), "0", "magic number");
  refused(folder.put("zero", be(0x803) + be(0) + be(28) + be(28)), "4", "extent 1 is 0");
  refused(folder.put("huge", be(0x803) + be(0xffffffff) + be(0xffffffff) + be(28)), "4", "extent 1");
  refused(folder.put("forged", be(0x803) + be(1000000) + be(28) + be(28) + "abc"), "4",
          "more than a file of 19 bytes can hold");
}

TEST_CASE("a damaged compressed file is refused, wherever it is cut or altered", "[pipeline][mnist]") {
  const Folder folder;
  const std::string packed = slurp(folder.put_gz("good.gz", images_file(3)));
  for (std::size_t length = 3; length < packed.size(); length += 7) {
    const auto path = folder.put("cut.gz", packed.substr(0, length));
    INFO("cut to " << length << " of " << packed.size());
    CHECK(error_of([&] { read_idx(path); }).first == Error::Kind::bad_input);
  }
  const auto last = folder.put("cut.gz", packed.substr(0, packed.size() - 1));
  CHECK(error_of([&] { read_idx(last); }).first == Error::Kind::bad_input);
  std::string altered = packed;
  altered[packed.size() / 2] = static_cast<char>(altered[packed.size() / 2] ^ 0x10);
  CHECK(error_of([&] { read_idx(folder.put("altered.gz", altered)); }).first == Error::Kind::bad_input);
}

TEST_CASE("a data set is read whole and checked across its files", "[pipeline][mnist]") {
  const Folder folder;
  put_set(folder, std::string{"\5\0\4", 3});
  const Mnist mnist = read_mnist(folder.path());
  CHECK(mnist.train.count == 3);
  CHECK(mnist.test.count == 2);
  CHECK(mnist.train.labels == std::vector<std::uint8_t>{5, 0, 4});
  CHECK(mnist.train.image(1)[1] == 785 % 251);
  CHECK(mnist_hashes(folder.path()) == std::vector<std::string>(mnist.sha256.begin(), mnist.sha256.end()));

  SECTION("a compressed member stands in for a plain one") {
    fs::remove(folder.path() / "train-images-idx3-ubyte");
    folder.put_gz("train-images-idx3-ubyte.gz", images_file(3));
    CHECK(read_mnist(folder.path()).sha256 == mnist.sha256);
  }
  SECTION("a missing file names the command that fetches it") {
    fs::remove(folder.path() / "t10k-labels-idx1-ubyte");
    const auto [kind, message] = error_of([&] { read_mnist(folder.path()); });
    CHECK(kind == Error::Kind::missing_dependency);
    CHECK_THAT(message, Catch::Contains("t10k-labels-idx1-ubyte") && Catch::Contains("bash .setup.sh") &&
                            Catch::Contains("--data"));
  }
  SECTION("letters are classes, too, and their files may have a prefix") {
    CHECK(mnist.train.classes == 10);
    for (const char* name :
         {"train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"})
      fs::remove(folder.path() / name);
    folder.put("emnist-letters-train-images-idx3-ubyte", images_file(3));
    folder.put("emnist-letters-train-labels-idx1-ubyte", labels_file("\1\13\4"));
    folder.put_gz("emnist-letters-test-images-idx3-ubyte.gz", images_file(2));
    folder.put("emnist-letters-test-labels-idx1-ubyte", labels_file("\32\2"));
    const Mnist letters = read_mnist(folder.path());
    CHECK(letters.train.classes == 27);
    CHECK(letters.test.classes == 27);
    CHECK(letters.train.labels[1] == 11);
    folder.put("emnist-digits-train-images-idx3-ubyte", images_file(3));
    CHECK_THAT(error_of([&] { read_mnist(folder.path()); }).second, Catch::Contains("different data sets"));
  }
  SECTION("a label beyond the letters is pointed at") {
    put_set(folder, std::string{"\5\106\4", 3});
    const auto [kind, message] = error_of([&] { read_mnist(folder.path()); });
    CHECK(kind == Error::Kind::bad_input);
    CHECK_THAT(message, Catch::Contains("train-labels-idx1-ubyte: byte 9: label 70"));
  }
  SECTION("counts must agree") {
    put_set(folder, std::string{"\5\0", 2});
    CHECK_THAT(error_of([&] { read_mnist(folder.path()); }).second, Catch::Contains("2 labels for the 3 images"));
  }
  SECTION("images of both sets must be of one size") {
    folder.put("train-images-idx3-ubyte", images_file(3, 27));
    CHECK_THAT(error_of([&] { read_mnist(folder.path()); }).second, Catch::Contains("27 x 27"));
  }
  SECTION("square images of any size are read, and a set that does not fit is not called damaged") {
    for (const std::uint32_t side : {14U, 34U}) {
      folder.put("train-images-idx3-ubyte", images_file(3, side));
      folder.put("t10k-images-idx3-ubyte", images_file(2, side));
      CHECK(read_mnist(folder.path()).test.pixels_per_image() == static_cast<int>(side * side));
    }
    folder.put("train-images-idx3-ubyte", images_file(3, 200));
    const auto [kind, message] = error_of([&] { read_mnist(folder.path()); });
    CHECK(kind == Error::Kind::bad_input);
    CHECK_THAT(message, Catch::Contains("200 x 200") && !Catch::Contains("remove it"));
  }
  SECTION("images and labels swapped are told apart") {
    folder.put("train-images-idx3-ubyte", labels_file("\1\2\3"));
    CHECK_THAT(error_of([&] { read_mnist(folder.path()); }).second, Catch::Contains("1 extents; images have 3"));
  }
}

TEST_CASE("the fetched MNIST is the original one", "[pipeline][mnist][data]") {
  const Mnist mnist = read_mnist(HOPFLOW_SOURCE_DIR "/.data/mnist");
  // Counts and mean as published with the data (LeCun, Cortes, Burges) and in every tutorial since: 0.1307.
  CHECK(mnist.train.count == 60000);
  CHECK(mnist.test.count == 10000);
  std::array<int, 10> digits{};
  for (const std::uint8_t label : mnist.train.labels) ++digits[label];
  CHECK(digits == std::array<int, 10>{5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949});
  digits.fill(0);
  for (const std::uint8_t label : mnist.test.labels) ++digits[label];
  CHECK(digits == std::array<int, 10>{980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009});
  const double sum = static_cast<double>(std::accumulate(mnist.train.pixels.begin(), mnist.train.pixels.end(), 0LL));
  CHECK(sum / 255 / static_cast<double>(mnist.train.pixels.size()) == Approx(0.1307).margin(5e-5));
  CHECK(mnist.sha256[0] == "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db");
}
