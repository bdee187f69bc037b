// SPDX-License-Identifier: GPL-2.0-or-later
// How an engine elsewhere and a run that serves show each other that both know the run's secret.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include "potentials/process/stream.hpp"

namespace hopflow {

/// Where a run can be joined. As a file it is JSON that its owner alone can read.
struct Address {
  std::string host;
  int port = 0;
  std::string secret;  ///< 32 random bytes of this one run

  /// Takes its place in one step.
  /// @throws Error{io}
  void write(const std::filesystem::path& file) const;
  /// @throws Error{io} if the file cannot be read, Error{bad_input} if it is no address, is another user's or can be
  /// read by others
  static Address read(const std::filesystem::path& file);
};

// Three messages of fixed sizes: the run's random number; the engine's, its words about itself and its proof; the run's
// proof. A proof is the HMAC-SHA-256 of both numbers and all words under the secret, which is never sent. What follows
// is neither encrypted nor signed.

inline constexpr std::size_t hello_size = 40, request_size = 200, verdict_size = 40, nonce_size = 32;

/// 32 bytes from the system. @throws Error{io}
std::string random_bytes();

std::string hello_of(const std::string& nonce);

/// What a request says where its proof holds.
struct Request {
  bool knows_secret = false;
  bool same_program = false;  ///< version and byte order, on which the messages that follow depend
  std::string name, program;  ///< as shown
};
Request read_request(std::string_view message, const std::string& nonce, const std::string& secret);
std::string verdict_of(std::string_view request, const std::string& nonce, const std::string& secret, bool admitted);

/// Connects, proves and is proven to. @param name  of this engine, for the run's log
/// @throws Error{io} if nobody listens there or the line breaks, Error{bad_input} if the secret is not this run's or
/// the programs differ
Descriptor join_run(const Address& address, const std::string& name, double patience_s);

}  // namespace hopflow
