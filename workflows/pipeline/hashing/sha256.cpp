// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/pipeline/hashing/sha256.hpp"

#include <fmt/core.h>
#include <openssl/evp.h>

#include "structures/core/error.hpp"

namespace hopflow {

struct Sha256::Context {
  struct Free {
    void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
  };
  std::unique_ptr<EVP_MD_CTX, Free> of_openssl{EVP_MD_CTX_new()};
};

namespace {

void expect(bool done) {
  if (!done)
    throw Error{Error::Kind::missing_dependency,
                "OpenSSL's libcrypto offers no SHA-256 here; install Debian's libssl3"};
}

}  // namespace

Sha256::Sha256() : context_{std::make_unique<Context>()} {
  EVP_MD_CTX* const context = context_->of_openssl.get();
  expect(context != nullptr && EVP_DigestInit_ex(context, EVP_sha256(), nullptr) == 1);
}

Sha256::~Sha256() = default;

void Sha256::add(std::span<const std::uint8_t> bytes) {
  expect(EVP_DigestUpdate(context_->of_openssl.get(), bytes.data(), bytes.size()) == 1);
}

Digest Sha256::digest() {
  Digest out{};
  expect(EVP_DigestFinal_ex(context_->of_openssl.get(), out.data(), nullptr) == 1);
  return out;
}

Digest sha256(std::string_view message) {
  Sha256 hash;
  hash.add({reinterpret_cast<const std::uint8_t*>(message.data()), message.size()});
  return hash.digest();
}

std::string hex_of(std::string_view bytes) {
  std::string out;
  for (const char byte : bytes) out += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return out;
}

}  // namespace hopflow
