// SPDX-License-Identifier: GPL-2.0-or-later
// An i-PI client with a closed-form surface, and every bad habit a client can have.
//
//   ipi_client_for_tests ADDRESS [surface=cosine|muller] [scale=X] [tilt=EV_PER_A] [fault=WORD] [at=N] [once=FILE]
//   [sleep_ms=N] [busy=N] [init=1] [beside=FOLDER]
//
// ADDRESS is a socket's path or a loopback port. The fault comes with the N-th question (0: the first); with once=FILE
// only if the file is not there yet, which is made then. beside: the log tells how many clients compute at once.
#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <map>
#include <string>
#include <vector>

namespace {

constexpr double bohr = 0.529177210903;
constexpr double hartree = 27.211386245988;

int connect_to(const std::string& address) {
  if (address.find('/') == std::string::npos) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_port = htons(static_cast<std::uint16_t>(std::stoi(address)));
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    return connect(socket, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0 ? socket : -1;
  }
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  address.copy(at.sun_path, sizeof at.sun_path - 1);
  const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
  return connect(socket, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0 ? socket : -1;
}

struct Link {
  int socket;
  void get(void* data, std::size_t size) const {
    auto* to = static_cast<char*>(data);
    while (size > 0) {
      const ssize_t n = read(socket, to, size);
      if (n <= 0) std::_Exit(0);
      to += n;
      size -= static_cast<std::size_t>(n);
    }
  }
  void put(const void* data, std::size_t size) const {
    if (write(socket, data, size) != static_cast<ssize_t>(size)) std::_Exit(0);
  }
  void word(std::string text) const {
    text.resize(12, ' ');
    put(text.data(), 12);
  }
  std::string word() const {
    std::array<char, 12> bytes{};
    get(bytes.data(), 12);
    std::string text{bytes.data(), 12};
    return text.substr(0, text.find(' '));
  }
};

struct Question {
  std::array<double, 9> cell, inverse;  // by rows; the vectors are columns
  std::vector<double> x;                // bohr
};

struct Answer {
  double energy = 0;
  std::vector<double> forces;
  std::array<double, 9> virial{};
};

// E = sum over atoms and directions of A (1 - cos 2 pi s) + B V + C a.b, with s fractional by the inverse cell that
// came: wrong where a matrix is transposed on the way. A = 0.1 eV, B = 0.01 eV/A^3, C = 0.02 eV/A^2.
Answer cosine(const Question& q) {
  constexpr double pi = 3.14159265358979323846;
  Answer out;
  const auto& h = q.cell;
  for (std::size_t at = 0; at < q.x.size(); at += 3) {
    double force[3] = {0, 0, 0};
    for (std::size_t k = 0; k < 3; ++k) {
      const double s =
          q.inverse[3 * k] * q.x[at] + q.inverse[3 * k + 1] * q.x[at + 1] + q.inverse[3 * k + 2] * q.x[at + 2];
      out.energy += 0.1 * (1 - std::cos(2 * pi * s));
      for (std::size_t i = 0; i < 3; ++i) force[i] -= 0.1 * 2 * pi * std::sin(2 * pi * s) * q.inverse[3 * k + i] / bohr;
    }
    out.forces.insert(out.forces.end(), force, force + 3);
  }
  const double volume =
      h[0] * (h[4] * h[8] - h[5] * h[7]) - h[1] * (h[3] * h[8] - h[5] * h[6]) + h[2] * (h[3] * h[7] - h[4] * h[6]);
  out.energy += 0.01 * volume * bohr * bohr * bohr;
  for (std::size_t i = 0; i < 3; ++i) {
    const double ai = h[3 * i] * bohr;
    const double bi = h[3 * i + 1] * bohr;
    out.energy += 0.02 * ai * bi;
    out.virial[4 * i] -= 0.01 * volume * bohr * bohr * bohr;
    for (std::size_t k = 0; k < 3; ++k) out.virial[3 * i + k] -= 0.02 * (ai * h[3 * k + 1] + h[3 * k] * bi) * bohr;
  }
  return out;
}

// Muller & Brown (1979), read as A and eV, on the first atom.
Answer muller(const Question& q) {
  constexpr double amount[] = {-200, -100, -170, 15};
  constexpr double a[] = {-1, -1, -6.5, 0.7}, b[] = {0, 0, 11, 0.6}, c[] = {-10, -10, -6.5, 0.7};
  constexpr double x0[] = {1, 0, -0.5, -1}, y0[] = {0, 0.5, 1.5, 1};
  const double x = q.x[0] * bohr;
  const double y = q.x[1] * bohr;
  Answer out;
  out.forces.assign(q.x.size(), 0);
  for (int k = 0; k < 4; ++k) {
    const double dx = x - x0[k];
    const double dy = y - y0[k];
    const double e = amount[k] * std::exp(a[k] * dx * dx + b[k] * dx * dy + c[k] * dy * dy);
    out.energy += e;
    out.forces[0] -= e * (2 * a[k] * dx + b[k] * dy);
    out.forces[1] -= e * (b[k] * dx + 2 * c[k] * dy);
  }
  // Hundreds of eV are more than is believed of a real surface.
  out.energy /= 200;
  for (double& force : out.forces) force /= 200;
  return out;
}

// Another engine's surface: everything times `scale`, and a slope along x (eV/A) for the first atom.
void change(Answer& answer, const Question& q, double scale, double tilt) {
  answer.energy = scale * answer.energy + tilt * q.x[0] * bohr;
  for (double& force : answer.forces) force *= scale;
  answer.forces[0] -= tilt;
}

// Says how many clients are computing at this moment, by the files they leave in a folder meanwhile.
class Beside {
 public:
  explicit Beside(const std::string& folder) {
    if (folder.empty()) return;
    own_ = std::filesystem::path{folder} / std::to_string(getpid());
    std::ofstream{own_} << '\n';
    using Files = std::filesystem::directory_iterator;
    std::fprintf(stderr, "computing: %ld\n", static_cast<long>(std::distance(Files{folder}, Files{})));
  }
  ~Beside() {
    if (!own_.empty()) std::filesystem::remove(own_);
  }

 private:
  std::filesystem::path own_;
};

}  // namespace

int main(int argc, char** argv) {
  std::map<std::string, std::string> options{{"surface", "cosine"}, {"at", "0"}};
  for (int k = 2; k < argc; ++k) {
    const std::string word = argv[k];
    options[word.substr(0, word.find('='))] = word.substr(word.find('=') + 1);
  }
  const auto number = [&](const char* name) { return options.count(name) != 0 ? std::stol(options[name]) : 0L; };
  std::string fault = options["fault"];
  const auto strikes = [&](const char* name) {
    if (fault != name) return false;
    if (options.count("once") != 0) {
      if (std::filesystem::exists(options["once"])) return false;
      std::ofstream{options["once"]} << name << '\n';
    }
    std::fprintf(stderr, "about to misbehave: %s\n", name);
    return true;
  };
  if (strikes("exit-at-start")) return 3;
  if (strikes("never-connect")) return pause(), 0;
  const Link link{connect_to(argv[1])};
  if (link.socket < 0) return 1;

  bool initialised = number("init") == 0;
  bool has_data = false;
  long asked = 0;
  long busy = 0;
  Answer answer;
  for (;;) {
    const std::string word = link.word();
    const bool now = asked == number("at") + 1;
    if (word == "STATUS") {
      if (busy > 0) {
        --busy;
        link.word("BUSY");
      } else {
        if (has_data && now && strikes("stall")) pause();
        if (has_data && now && strikes("garbage")) link.word("\x1b[2Jgarbage!");
        link.word(!initialised ? "NEEDINIT" : has_data ? "HAVEDATA" : "READY");
      }
    } else if (word == "INIT") {
      std::int32_t numbers[2];
      link.get(numbers, sizeof numbers);
      std::string unread(static_cast<std::size_t>(numbers[1]), ' ');
      link.get(unread.data(), unread.size());
      initialised = true;
    } else if (word == "POSDATA") {
      Question question{};
      std::int32_t atoms = 0;
      link.get(question.cell.data(), 72);
      link.get(question.inverse.data(), 72);
      link.get(&atoms, 4);
      question.x.resize(3 * static_cast<std::size_t>(atoms));
      link.get(question.x.data(), 8 * question.x.size());
      const Beside beside{options["beside"]};
      usleep(static_cast<useconds_t>(1000 * number("sleep_ms")));
      answer = options["surface"] == "muller" ? muller(question) : cosine(question);
      if (options.count("scale") + options.count("tilt") != 0) {
        change(answer, question, options.count("scale") != 0 ? std::stod(options["scale"]) : 1,
               options.count("tilt") != 0 ? std::stod(options["tilt"]) : 0);
      }
      has_data = true;
      busy = number("busy");
      ++asked;
    } else if (word == "GETFORCE") {
      auto atoms = static_cast<std::int32_t>(answer.forces.size() / 3);
      std::int32_t extra = 0;
      if (now && strikes("wrong-n")) ++atoms;
      if (now && strikes("huge-n")) atoms = std::numeric_limits<std::int32_t>::max();
      if (now && strikes("nan")) answer.forces[0] = std::nan("");
      if (now && strikes("nan-energy")) answer.energy = std::nan("");
      if (now && strikes("force")) answer.forces[0] = 1e5;
      if (now && strikes("huge-extra")) extra = std::numeric_limits<std::int32_t>::max();
      if (now && strikes("negative-extra")) extra = std::numeric_limits<std::int32_t>::min();
      answer.energy /= hartree;
      for (double& force : answer.forces) force *= bohr / hartree;
      for (double& value : answer.virial) value /= hartree;
      if (number("upper") != 0) answer.virial[3] = answer.virial[6] = answer.virial[7] = 0;
      link.word("FORCEREADY");
      link.put(&answer.energy, 8);
      link.put(&atoms, 4);
      if (now && strikes("die")) return 7;
      link.put(answer.forces.data(), 8 * answer.forces.size());
      link.put(answer.virial.data(), 72);
      link.put(&extra, 4);
      has_data = false;
    } else if (word == "EXIT") {
      if (options.count("farewell") != 0) std::ofstream{options["farewell"]} << asked << '\n';
      return 0;
    } else {
      return 2;
    }
  }
}
