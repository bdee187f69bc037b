// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/join/handshake.hpp"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <memory>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "workflows/join/hmac.hpp"

namespace hopflow {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view schema = "hopflow-address/1";
constexpr std::string_view hello_word = "HOPFLOW1", request_word = "JOINING1", verdict_word = "ADMITTED",
                           refusal_word = "REFUSED1";
constexpr std::size_t words_size = 64;  // of the name and of the program, each

std::string program() {
  return fmt::format("hopflow {} {} endian", HOPFLOW_VERSION,
                     std::endian::native == std::endian::little ? "little" : "big");
}

std::string padded(std::string_view word) {
  std::string field(words_size, '\0');
  word.copy(field.data(), field.size());
  return field;
}

std::string unpadded(std::string_view field) { return text::printable(std::string{field.substr(0, field.find('\0'))}); }

Digest proof_of(std::string_view who, std::string_view first, std::string_view second, std::string_view words,
                const std::string& secret) {
  return hmac_sha256(secret, fmt::format("{}{}{}{}", who, first, second, words));
}

std::string bytes_from(const std::string& hex) {
  std::string out;
  const auto digit = [](char c) {
    const auto at = std::string_view{"0123456789abcdef"}.find(c);
    return at == std::string_view::npos ? -1 : static_cast<int>(at);
  };
  if (hex.size() % 2 != 0) return {};
  for (std::size_t k = 0; k < hex.size(); k += 2) {
    const int high = digit(hex[k]), low = digit(hex[k + 1]);
    if (high < 0 || low < 0) return {};
    out += static_cast<char>(16 * high + low);
  }
  return out;
}

struct FreeAddresses {
  void operator()(addrinfo* list) const noexcept { freeaddrinfo(list); }
};

Descriptor connected(const Address& address, Moment until) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const std::string port = fmt::format("{}", address.port);
  if (const int problem = getaddrinfo(address.host.c_str(), port.c_str(), &wanted, &found); problem != 0)
    throw Error{Error::Kind::io, fmt::format("{}: {}", text::printable(address.host), gai_strerror(problem))};
  const std::unique_ptr<addrinfo, FreeAddresses> list{found};
  int cause = ECONNREFUSED;
  for (const addrinfo* at = list.get(); at != nullptr; at = at->ai_next) {
    Descriptor socket{::socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (socket.get() < 0) fail_io("socket");
    if (::connect(socket.get(), at->ai_addr, at->ai_addrlen) != 0 && errno != EINPROGRESS) {
      cause = errno;
      continue;
    }
    socklen_t size = sizeof cause;
    cause = ETIMEDOUT;
    if (!wait_for(socket.get(), POLLOUT, until)) continue;
    if (getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &cause, &size) == 0 && cause == 0) return socket;
  }
  throw Error{Error::Kind::io, fmt::format("{} port {}: {}; does the run still serve?", text::printable(address.host),
                                           address.port, std::strerror(cause))};
}

}  // namespace

void Address::write(const fs::path& file) const {
  const nlohmann::json json{
      {"schema", schema}, {"host", host}, {"port", port}, {"secret", hex_of(secret)}, {"program", program()}};
  const std::string content = json.dump(2) + "\n";
  const fs::path made = file.string() + fmt::format(".{}.tmp", ::getpid());
  ::unlink(made.c_str());
  const Descriptor out{::open(made.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600)};
  const bool whole = out.get() >= 0 &&
                     ::write(out.get(), content.data(), content.size()) == static_cast<ssize_t>(content.size()) &&
                     ::fsync(out.get()) == 0 && ::rename(made.c_str(), file.c_str()) == 0;
  if (whole) return;
  const int cause = errno;
  ::unlink(made.c_str());
  throw Error{Error::Kind::io,
              fmt::format("{}: cannot be written: {}", text::printable(file.string()), std::strerror(cause))};
}

Address Address::read(const fs::path& file) {
  const auto wrong = [&](const std::string& why) {
    return Error{Error::Kind::bad_input, fmt::format("{}: {}", text::printable(file.string()), why)};
  };
  struct stat entry = {};
  if (::stat(file.c_str(), &entry) != 0)
    throw Error{Error::Kind::io, fmt::format("{}: {}; `hopflow serve` writes it when it begins",
                                             text::printable(file.string()), std::strerror(errno))};
  if (!S_ISREG(entry.st_mode)) throw wrong("is not a file; give the address file that `hopflow serve` wrote");
  if (entry.st_uid != ::geteuid())
    throw wrong("belongs to another user, whose commands would be run; copy it if you trust it");
  if ((entry.st_mode & (S_IRWXG | S_IRWXO)) != 0) throw wrong("can be read by others; chmod 600 it, it holds a secret");
  Address out;
  try {
    const auto json = nlohmann::json::parse(text::read_file(file));
    if (json.at("schema") != schema)
      throw wrong("is an address file of another hopflow version; use the same version on both sides");
    json.at("host").get_to(out.host);
    json.at("port").get_to(out.port);
    out.secret = bytes_from(json.at("secret").get<std::string>());
  } catch (const nlohmann::json::exception&) {
    throw wrong("is not an address file; give the one that `hopflow serve` wrote");
  }
  if (out.secret.size() != nonce_size || out.port < 1 || out.port > 65535 || out.host.empty())
    throw wrong("is not an address file; give the one that `hopflow serve` wrote");
  return out;
}

std::string random_bytes() {
  std::string out(nonce_size, '\0');
  if (::getrandom(out.data(), out.size(), 0) != static_cast<ssize_t>(out.size())) fail_io("getrandom");
  return out;
}

std::string hello_of(const std::string& nonce) { return std::string{hello_word} + nonce; }

Request read_request(std::string_view message, const std::string& nonce, const std::string& secret) {
  Request out;
  if (message.size() != request_size || !message.starts_with(request_word)) return out;
  const std::string_view theirs = message.substr(8, nonce_size), words = message.substr(72);
  Digest proof{};
  std::copy_n(message.begin() + 40, proof.size(), proof.begin());
  out.knows_secret = same(proof, proof_of("join", nonce, theirs, words, secret));
  if (!out.knows_secret) return out;
  out.name = unpadded(words.substr(0, words_size));
  out.program = unpadded(words.substr(words_size));
  out.same_program = out.program == program();
  return out;
}

std::string verdict_of(std::string_view request, const std::string& nonce, const std::string& secret, bool admitted) {
  const std::string_view word = admitted ? verdict_word : refusal_word;
  const Digest proof = proof_of(word, request.substr(8, nonce_size), nonce, request.substr(72), secret);
  return fmt::format("{}{}", word, bytes_of(proof));
}

Descriptor join_run(const Address& address, const std::string& name, double patience_s) {
  const Moment until = after(patience_s);
  Descriptor socket = connected(address, until);
  const auto broken = [&] {
    return Error{Error::Kind::io, fmt::format("{} port {}: closed the connection; no run is serving there, or its "
                                              "secret has changed: use the newest address file of the run",
                                              text::printable(address.host), address.port)};
  };
  std::string hello(hello_size, '\0');
  if (receive_all(socket.get(), hello.data(), hello.size(), until) != Transfer::done || !hello.starts_with(hello_word))
    throw broken();
  const std::string nonce = hello.substr(8), own = random_bytes();
  const std::string words = padded(name) + padded(program());
  const Digest proof = proof_of("join", nonce, own, words, address.secret);
  const std::string request = fmt::format("{}{}{}{}", request_word, own, bytes_of(proof), words);
  std::string verdict(verdict_size, '\0');
  if (send_all(socket.get(), request, until) != Transfer::done ||
      receive_all(socket.get(), verdict.data(), verdict.size(), until) != Transfer::done)
    throw broken();
  for (const bool admitted : {true, false}) {
    if (verdict != verdict_of(request, nonce, address.secret, admitted)) continue;
    if (!admitted)
      throw Error{Error::Kind::bad_input, fmt::format("the run is served by another program than {}; use the same "
                                                      "hopflow on both sides",
                                                      program())};
    const int on = 1;
    setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return socket;
  }
  throw Error{Error::Kind::bad_input, fmt::format("{} port {}: does not know the secret of this address file; nothing "
                                                  "was sent to it",
                                                  text::printable(address.host), address.port)};
}

}  // namespace hopflow
