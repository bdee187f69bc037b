// SPDX-License-Identifier: GPL-2.0-or-later
#include <catch2/catch.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "structures/core/error.hpp"
#include "workflows/join/handshake.hpp"
#include "workflows/join/hmac.hpp"

using namespace hopflow;

namespace {

std::string hex(const Digest& digest) { return hex_of(bytes_of(digest)); }

std::string request_with(const std::string& nonce, const std::string& secret) {
  const std::string own(32, 'c'), words(128, 'w');
  return "JOINING1" + own + std::string{bytes_of(hmac_sha256(secret, "join" + nonce + own + words))} + words;
}

}  // namespace

TEST_CASE("SHA-256 gives the digests of FIPS 180-4", "[join]") {
  CHECK(hex(sha256("abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(hex(sha256("")) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(hex(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")) ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  CHECK(hex(sha256(std::string(1000000, 'a'))) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("HMAC-SHA-256 gives the codes of RFC 4231", "[join]") {
  CHECK(hex(hmac_sha256(std::string(20, '\x0b'), "Hi There")) ==
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  CHECK(hex(hmac_sha256("Jefe", "what do ya want for nothing?")) ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  CHECK(hex(hmac_sha256(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First")) ==
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST_CASE("a request is believed with the run's secret and number alone", "[join]") {
  const std::string nonce(32, 'n'), secret(32, 's');
  const std::string request = request_with(nonce, secret);
  REQUIRE(request.size() == request_size);
  CHECK(read_request(request, nonce, secret).knows_secret);
  CHECK_FALSE(read_request(request, nonce, secret).same_program);
  CHECK_FALSE(read_request(request, std::string(32, 'm'), secret).knows_secret);
  CHECK_FALSE(read_request(request, nonce, std::string(32, 't')).knows_secret);
  for (const std::size_t at : {std::size_t{0}, std::size_t{20}, std::size_t{50}, std::size_t{100}, request_size - 1}) {
    std::string other = request;
    other[at] = static_cast<char>(other[at] ^ 1);
    CHECK_FALSE(read_request(other, nonce, secret).knows_secret);
  }
  // What the run says to one engine proves nothing to another.
  CHECK(verdict_of(request, nonce, secret, true) != verdict_of(request, std::string(32, 'm'), secret, true));
  CHECK(verdict_of(request, nonce, secret, true) != verdict_of(request, nonce, secret, false));
}

TEST_CASE("an address file is its owner's alone and comes back as it was", "[join]") {
  const std::filesystem::path file =
      std::filesystem::temp_directory_path() / fmt::format("address-{}.json", ::getpid());
  const Address address{.host = "::1", .port = 4711, .secret = random_bytes()};
  address.write(file);
  struct stat entry = {};
  REQUIRE(::stat(file.c_str(), &entry) == 0);
  CHECK((entry.st_mode & 0777) == 0600);
  const Address back = Address::read(file);
  CHECK(back.host == address.host);
  CHECK(back.port == address.port);
  CHECK(back.secret == address.secret);
  std::filesystem::permissions(file, std::filesystem::perms::group_read, std::filesystem::perm_options::add);
  CHECK_THROWS_WITH(Address::read(file), Catch::Contains("chmod 600"));
  std::filesystem::remove(file);
  CHECK_THROWS_AS(Address::read(file), Error);
}
