// SPDX-License-Identifier: GPL-2.0-or-later
// Labelled images in the idx format (MNIST, Fashion-MNIST, EMNIST letters): reading, checking, hashing.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace hopflow::pipeline {

/// An array of bytes with its extents, as an idx file holds it.
struct IdxArray {
  std::vector<std::uint32_t> extents;  ///< slowest first
  std::vector<std::uint8_t> values;    ///< as many as the extents' product
  std::string sha256;                  ///< of the uncompressed file, 64 hex digits
};

/// Reads an idx file of unsigned bytes, plain or gzip-compressed (known by its content, not its name).
/// Format: magic 0 0 8 d, then d big-endian 32-bit extents, then the bytes; nothing after them.
/// @throws Error{missing_dependency} if there is no such file
/// @throws Error{bad_input} naming the file and the (uncompressed) byte offset where it stops making sense
IdxArray read_idx(const std::filesystem::path& path);

/// Labels are 0 to 61 (digits and letters of both cases).
inline constexpr int most_classes = 62;

/// Images with one label each.
struct ImageSet {
  int count = 0;
  int side = 28;                     ///< pixels per edge
  std::vector<std::uint8_t> pixels;  ///< count x side x side, 0 (background) to 255
  std::vector<std::uint8_t> labels;  ///< count, 0 to classes - 1
  int classes = 10;                  ///< at least 10; the same for the training and the test images of a data set

  int pixels_per_image() const noexcept { return side * side; }
  std::span<const std::uint8_t> image(int index) const {
    return {pixels.data() + static_cast<std::size_t>(index) * static_cast<std::size_t>(pixels_per_image()),
            static_cast<std::size_t>(pixels_per_image())};
  }
};

/// The four files of an MNIST-like data set.
struct Mnist {
  ImageSet train;
  ImageSet test;
  std::array<std::string, 4> sha256;  ///< train images, train labels, test images, test labels
};

/// Reads train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte, each
/// plain or with .gz, from one folder; or EMNIST's four, whose names have a prefix and "test" for "t10k".
/// @throws Error{missing_dependency} naming the missing file and the command that fetches it
/// @throws Error{bad_input} if a file is damaged, images aren't square, a label is above 61, or counts disagree
Mnist read_mnist(const std::filesystem::path& folder);

/// The training images from 50 000 on: for choosing settings without looking at the test set.
/// @throws Error{bad_input} if there are no such images
ImageSet validation_images(const ImageSet& train);

/// The four files' SHA-256 sums in the order of Mnist::sha256, of their uncompressed content.
/// @throws as read_mnist
std::vector<std::string> mnist_hashes(const std::filesystem::path& folder);

}  // namespace hopflow::pipeline
