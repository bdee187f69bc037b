// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/join/door.hpp"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <list>

#include <fmt/core.h>

#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "workflows/join/handshake.hpp"

namespace hopflow {

namespace {

constexpr double hearing_s = 5;             // for a stranger to prove itself
constexpr std::size_t most_strangers = 64;  // at once; the oldest has to go
// A machine that is switched off says nothing any more: noticed within about a minute.
constexpr int first_probe_s = 30, between_probes_s = 10, probes = 3;

struct Place {
  sockaddr_storage address{};
  socklen_t size = 0;
  std::string host;
};

struct FreeLists {
  void operator()(addrinfo* list) const noexcept { freeaddrinfo(list); }
  void operator()(ifaddrs* list) const noexcept { freeifaddrs(list); }
};

std::string host_of(const sockaddr* address, socklen_t size) {
  std::array<char, NI_MAXHOST> name{};
  if (getnameinfo(address, size, name.data(), name.size(), nullptr, 0, NI_NUMERICHOST) != 0) return "?";
  return name.data();
}

/// The first IPv4, else IPv6 address of a network interface; nothing if there is no such interface.
Place interface_place(const std::string& name) {
  ifaddrs* found = nullptr;
  if (getifaddrs(&found) != 0) fail_io("the network's interfaces");
  const std::unique_ptr<ifaddrs, FreeLists> list{found};
  Place out;
  for (const int family : {AF_INET, AF_INET6}) {
    for (const ifaddrs* at = list.get(); at != nullptr && out.size == 0; at = at->ifa_next) {
      if (at->ifa_addr == nullptr || at->ifa_addr->sa_family != family || name != at->ifa_name) continue;
      out.size = family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
      std::memcpy(&out.address, at->ifa_addr, out.size);
    }
  }
  if (out.size > 0) out.host = host_of(reinterpret_cast<const sockaddr*>(&out.address), out.size);
  return out;
}

Place place_of(const std::string& host) {
  if (Place own = interface_place(host); own.size > 0) return own;
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int problem = getaddrinfo(host.c_str(), nullptr, &wanted, &found); problem != 0)
    throw Error{
        Error::Kind::usage,
        fmt::format("--listen {}: is not an address, host name or network interface ({}); `ip address` lists them",
                    text::printable(host), gai_strerror(problem))};
  const std::unique_ptr<addrinfo, FreeLists> list{found};
  Place out;
  out.size = found->ai_addrlen;
  std::memcpy(&out.address, found->ai_addr, found->ai_addrlen);
  out.host = host_of(found->ai_addr, found->ai_addrlen);
  return out;
}

/// HOST, HOST:PORT, [IPV6] or [IPV6]:PORT.
std::pair<std::string, int> host_and_port(const std::string& listen) {
  const bool bracketed = listen.starts_with("[");
  const std::size_t end = bracketed ? listen.find(']') : std::string::npos;
  const std::size_t colon = bracketed ? listen.find(':', end) : listen.rfind(':');
  const bool has_port = colon != std::string::npos && (bracketed || listen.find(':') == colon);
  std::string host = has_port ? listen.substr(0, colon) : listen;
  if (bracketed && end != std::string::npos) host = listen.substr(1, end - 1);
  if (!has_port) return {host, 0};
  const auto port = text::to_integer(listen.substr(colon + 1));
  if (!port || *port < 0 || *port > 65535)
    throw Error{Error::Kind::usage, fmt::format("--listen {}: the port is a number from 0 (any that is free) to 65535",
                                                text::printable(listen))};
  return {host, static_cast<int>(*port)};
}

void set_port(sockaddr_storage& address, int port) {
  const auto value = htons(static_cast<std::uint16_t>(port));
  if (address.ss_family == AF_INET6)
    reinterpret_cast<sockaddr_in6&>(address).sin6_port = value;
  else
    reinterpret_cast<sockaddr_in&>(address).sin_port = value;
}

int port_of(const sockaddr_storage& address) {
  return ntohs(address.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6&>(address).sin6_port
                                             : reinterpret_cast<const sockaddr_in&>(address).sin_port);
}

bool is_any(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET6)
    return IN6_IS_ADDR_UNSPECIFIED(&reinterpret_cast<const sockaddr_in6&>(address).sin6_addr);
  return reinterpret_cast<const sockaddr_in&>(address).sin_addr.s_addr == htonl(INADDR_ANY);
}

}  // namespace

struct Door::State {
  DoorSettings settings;
  Descriptor socket;
  std::string secret = random_bytes(), place;
  bool open_to_all = false;
  struct Stranger {
    Descriptor socket;
    std::string host, nonce, said;
    Moment until;
  };
  std::list<Stranger> strangers;  // oldest first
  long refused = 0;

  explicit State(DoorSettings given) : settings{std::move(given)} {
    const auto [host, port] = host_and_port(settings.listen);
    Place at = place_of(host);
    set_port(at.address, port);
    socket = Descriptor{::socket(at.address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (socket.get() < 0) fail_io("socket");
    const int on = 1;
    setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    auto* address = reinterpret_cast<sockaddr*>(&at.address);
    if (::bind(socket.get(), address, at.size) != 0 || ::listen(socket.get(), 64) != 0 ||
        ::getsockname(socket.get(), address, &at.size) != 0)
      throw Error{errno == EADDRNOTAVAIL ? Error::Kind::usage : Error::Kind::io,
                  fmt::format("--listen {}: {}", text::printable(settings.listen), std::strerror(errno))};
    open_to_all = is_any(at.address);
    Address shown{.host = at.host, .port = port_of(at.address), .secret = secret};
    if (open_to_all) {
      std::array<char, 256> name{};
      ::gethostname(name.data(), name.size() - 1);
      shown.host = name.data();
    }
    place = fmt::format("{} port {}", at.host, shown.port);
    shown.write(settings.address);
  }
  ~State() {
    // Another run may serve at the same file by now.
    try {
      if (Address::read(settings.address).secret == secret) ::unlink(settings.address.c_str());
    } catch (const Error&) {
    }
  }

  void accept_all(std::vector<std::string>& notices) {
    for (;;) {
      sockaddr_storage from{};
      socklen_t size = sizeof from;
      Descriptor peer{::accept4(socket.get(), reinterpret_cast<sockaddr*>(&from), &size, SOCK_CLOEXEC | SOCK_NONBLOCK)};
      if (peer.get() < 0) return;  // nobody more, or one who has gone again
      const int on = 1;
      setsockopt(peer.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      setsockopt(peer.get(), SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
      setsockopt(peer.get(), IPPROTO_TCP, TCP_KEEPIDLE, &first_probe_s, sizeof on);
      setsockopt(peer.get(), IPPROTO_TCP, TCP_KEEPINTVL, &between_probes_s, sizeof on);
      setsockopt(peer.get(), IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof on);
      Stranger stranger{.socket = std::move(peer),
                        .host = host_of(reinterpret_cast<sockaddr*>(&from), size),
                        .nonce = random_bytes(),
                        .said = {},
                        .until = after(hearing_s)};
      if (send_all(stranger.socket.get(), hello_of(stranger.nonce), after(0)) != Transfer::done) continue;
      strangers.push_back(std::move(stranger));
      if (strangers.size() > most_strangers) {
        notices.push_back(refusal(strangers.front(), "sent nothing while others connected"));
        strangers.pop_front();
      }
    }
  }

  static std::string refusal(const Stranger& stranger, const std::string& why) {
    return fmt::format("a connection from {} was refused: it {}", stranger.host, why);
  }

  /// @return false while more is to come
  bool has_spoken(Stranger& stranger, bool& gone) {
    while (stranger.said.size() < request_size) {
      std::array<char, request_size> part{};
      const ssize_t n = ::recv(stranger.socket.get(), part.data(), request_size - stranger.said.size(), MSG_DONTWAIT);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return false;
      if (n <= 0) {
        gone = true;
        return true;
      }
      stranger.said.append(part.data(), static_cast<std::size_t>(n));
    }
    return true;
  }

  std::vector<Admitted> hear(std::vector<std::string>& notices) {
    std::vector<Admitted> out;
    const Moment now = std::chrono::steady_clock::now();
    for (auto at = strangers.begin(); at != strangers.end();) {
      bool gone = false;
      if (!has_spoken(*at, gone)) {
        if (now < at->until) {
          ++at;
          continue;
        }
        notices.push_back(refusal(*at, fmt::format("did not authenticate within {:g} s", hearing_s)));
      } else if (gone) {
        notices.push_back(refusal(*at, "disconnected before it authenticated"));
      } else {
        const Request request = read_request(at->said, at->nonce, secret);
        if (!request.knows_secret) {
          notices.push_back(refusal(*at, "does not know the secret of this run"));
        } else {
          const std::string verdict = verdict_of(at->said, at->nonce, secret, request.same_program);
          const bool sent = send_all(at->socket.get(), verdict, after(0)) == Transfer::done;
          if (!request.same_program)
            notices.push_back(refusal(*at, fmt::format("is another program: {}", request.program)));
          else if (sent)
            out.push_back({std::move(at->socket), request.name});
        }
      }
      at = strangers.erase(at);
    }
    return out;
  }
};

Door::Door(DoorSettings settings) : state_{std::make_unique<State>(std::move(settings))} {}
Door::~Door() = default;

const std::string& Door::place() const { return state_->place; }
bool Door::is_open_to_all() const { return state_->open_to_all; }
const std::filesystem::path& Door::address_file() const { return state_->settings.address; }

void Door::add_to(std::vector<pollfd>& descriptors) const {
  descriptors.push_back({state_->socket.get(), POLLIN, 0});
  for (const State::Stranger& stranger : state_->strangers) descriptors.push_back({stranger.socket.get(), POLLIN, 0});
}

std::vector<Door::Admitted> Door::attend(std::vector<std::string>& notices) {
  constexpr long most_said = 20;  // a scan of the network is no reason to fill a disk
  std::vector<std::string> refusals;
  state_->accept_all(refusals);
  std::vector<Admitted> admitted = state_->hear(refusals);
  for (std::string& line : refusals) {
    if (++state_->refused <= most_said) notices.push_back(std::move(line));
    if (state_->refused == most_said) notices.emplace_back("further refusals are not reported");
  }
  return admitted;
}

}  // namespace hopflow
