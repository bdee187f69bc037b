// SPDX-License-Identifier: GPL-2.0-or-later
// The i-PI server against a client whose surface is known in closed form, and against its bad habits.
#include <chrono>
#include <csignal>
#include <cstring>
#include <fstream>

#include <fmt/core.h>
#include <catch2/catch.hpp>

#include "potentials/core/hashing.hpp"
#include "potentials/engine_block.hpp"
#include "potentials/ipi/protocol.hpp"
#include "potentials/ipi/settings.hpp"
#include "structures/core/text.hpp"
#include "structures/core/yaml.hpp"
#include "tests/potentials/support.hpp"

using namespace hopflow;
using namespace hopflow::testing;
namespace fs = std::filesystem;

namespace {

// Four xenon atoms, far enough apart, in a cell nobody would choose.
Configuration skewed() {
  Configuration c;
  c.cell << 7, 1.5, -2, 0.7, 8, 1.1, -0.9, 0.4, 9;
  c.positions.resize(3, 4);
  c.positions << 0.3, 3.1, 5.9, 2.0, 0.2, 4.1, 1.0, 6.5, 0.1, 0.8, 4.9, 7.0;
  c.species = {54, 54, 54, 54};
  return c;
}

EngineSpec client(const std::string& arguments, const Configuration& c, const std::string& more = "",
                  const std::string& address = "{path}") {
  return block_engine(fmt::format("{{kind: ipi, command: '{} {} {}', tier: test{}}}", HOPFLOW_TEST_IPI_CLIENT, address,
                                  arguments, more),
                      c);
}

struct ClosedForm {
  double energy = 0;
  Eigen::Matrix3Xd forces;
  Eigen::Matrix3d stress;
};

// The client's surface, from its formula and the vectors of the cell as given.
ClosedForm closed_form(const Configuration& c) {
  constexpr double two_pi = 6.283185307179586;
  ClosedForm out;
  const Eigen::Matrix3d inverse = c.cell.inverse();
  const Eigen::Matrix3Xd s = two_pi * (inverse * c.positions);
  const double volume = c.cell.determinant();
  const Eigen::Vector3d a = c.cell.col(0), b = c.cell.col(1);
  out.energy = 0.1 * (1 - s.array().cos()).sum() + 0.01 * volume + 0.02 * a.dot(b);
  out.forces = -0.1 * two_pi * inverse.transpose() * s.array().sin().matrix();
  out.stress = 0.01 * Eigen::Matrix3d::Identity() + 0.02 / volume * (a * b.transpose() + b * a.transpose());
  return out;
}

bool same_bits(const Evaluation& a, const Evaluation& b) {
  return std::memcmp(&a.energy_ev, &b.energy_ev, sizeof(double)) == 0 && a.forces == b.forces && a.stress == b.stress;
}

// Sockets of this process's children.
int sockets_left() {
  int count = 0;
  for (const auto& item : fs::directory_iterator{"/tmp"}) {
    const std::string name = item.path().filename().string();
    if (name.rfind("ipi_hopflow-", 0) != 0) continue;
    std::error_code gone;
    if (!fs::exists("/proc/" + name.substr(12, name.find('-', 12) - 12), gone)) ++count;
  }
  return count;
}

}  // namespace

TEST_CASE("a client's closed form arrives in the frame of the question, in cells of any shape", "[potentials][ipi]") {
  const Folder folder;
  EngineHost host{site_in(folder)};
  const std::string how = GENERATE("", "upper=1", "init=1", "busy=100");
  Configuration c = skewed();
  const EngineSpec spec = client(how, c);
  const auto check = [&](const Configuration& question) {
    const Evaluation answer = host.evaluate(spec, question);
    const ClosedForm expected = closed_form(question);
    CHECK(answer.energy_ev == Approx(expected.energy).epsilon(1e-12));
    CHECK((answer.forces - expected.forces).cwiseAbs().maxCoeff() < 1e-12);
    REQUIRE(answer.stress);
    CHECK((*answer.stress - expected.stress).cwiseAbs().maxCoeff() < 1e-12);
  };
  check(c);
  c.cell(0, 2) += 0.8;  // sheared after the client started
  check(c);
  c.cell.col(2) = -c.cell.col(2);
  CHECK(std::abs(host.evaluate(spec, c).energy_ev - closed_form(c).energy - 0.02 * std::abs(c.cell.determinant())) <
        1e-9);
  c = skewed();
  const Eigen::Vector3d axis = Eigen::Vector3d(1, 2, -1).normalized();
  const Eigen::Matrix3d turn = Eigen::AngleAxisd(1.1, axis).toRotationMatrix();
  c.cell = turn * c.cell;
  c.positions = turn * c.positions;
  check(c);
}

TEST_CASE("a loopback port serves when asked for", "[potentials][ipi]") {
  const Folder folder;
  EngineHost host{site_in(folder)};
  const Configuration c = skewed();
  const Evaluation by_port = host.evaluate(client("", c, ", socket: tcp", "{port}"), c);
  const Evaluation by_path = host.evaluate(client("", c), c);
  CHECK(same_bits(by_port, by_path));
}

TEST_CASE("what a client does wrong is said, and the next question finds a fresh one", "[potentials][ipi]") {
  struct Row {
    std::string fault, said;
  };
  const Row row = GENERATE(values<Row>({{"stall", "did not answer within 1 s"},
                                        {"garbage", "where HAVEDATA was expected"},
                                        {"wrong-n", "returned forces for 5 atoms instead of 4"},
                                        {"huge-n", "returned forces for 2147483647 atoms"},
                                        {"nan", "nan eV/A"},
                                        {"nan-energy", "the energy nan"},
                                        {"force", "forces below 1000 eV/A are accepted"},
                                        {"huge-extra", "announced 2147483647 bytes"},
                                        {"negative-extra", "announced -2147483648 bytes"},
                                        {"die", "ended half-way through its answer (exit code 7)"},
                                        {"exit-at-start", "ended before it connected (exit code 3)"},
                                        {"never-connect", "did not connect within 1 s"}}));
  INFO(row.fault);
  const Folder folder;
  EngineHost host{site_in(folder)};
  const Configuration c = skewed();
  const EngineSpec spec = client(fmt::format("fault={} once=\"{}/struck\"", row.fault, folder.path().string()), c,
                                 ", start_s: 1, deadline_s: 1");
  const Caught error = error_of([&] { host.evaluate(spec, c); });
  CHECK(error.kind == Error::Kind::engine);
  CHECK(contains(error.what, row.said));
  CHECK(error.what.find('\x1b') == std::string::npos);
  const Evaluation after_it = host.evaluate(spec, c);
  CHECK(after_it.energy_ev == Approx(closed_form(c).energy).epsilon(1e-12));
  CHECK(sockets_left() == 0);
}

TEST_CASE("the end of a client's log stands in the error", "[potentials][ipi]") {
  const Folder folder;
  EngineHost host{site_in(folder)};
  const Configuration c = skewed();
  CHECK(contains(error_of([&] { host.evaluate(client("fault=die", c), c); }).what, "about to misbehave: die"));
}

TEST_CASE("a client that is not there is a missing dependency", "[potentials][ipi]") {
  const Folder folder;
  EngineHost host{site_in(folder)};
  const Configuration c = skewed();
  const EngineSpec spec = block_engine("{kind: ipi, command: 'no-such-client {socket}'}", c);
  const Caught error = error_of([&] { host.evaluate(spec, c); });
  CHECK(error.kind == Error::Kind::missing_dependency);
  CHECK(contains(error.what, "no-such-client"));
}

TEST_CASE("clients are told to leave, and killed with a killed engine process", "[potentials][ipi]") {
  const Folder folder;
  const Configuration c = skewed();
  const fs::path farewell = folder.path() / "farewell";
  const EngineSpec spec = client(fmt::format("farewell=\"{}\"", farewell.string()), c);
  SECTION("told") {
    {
      EngineHost host{site_in(folder)};
      host.evaluate(spec, c);
      host.evaluate(spec, c);
    }
    CHECK(text::read_file(farewell) == "2\n");
  }
  SECTION("killed") {
    EngineHost host{site_in(folder)};
    const Evaluation first = host.evaluate(spec, c);
    REQUIRE(kill(host.process(), SIGKILL) == 0);
    CHECK(error_of([&] { host.evaluate(spec, c); }).kind == Error::Kind::engine);
    CHECK(same_bits(first, host.evaluate(spec, c)));
    CHECK_FALSE(fs::exists(farewell));
  }
}

TEST_CASE("two atoms on one point never reach the client", "[potentials][ipi]") {
  const Folder folder;
  EngineHost host{site_in(folder)};
  Configuration c = skewed();
  const EngineSpec spec = client("", c);
  c.positions.col(2) = c.positions.col(1);
  const std::string said = error_of([&] { host.evaluate(spec, c); }).what;
  CHECK(contains(said, "atom 1 (Xe) and atom 2 (Xe) are 0.0000 A apart"));
  CHECK_FALSE(fs::exists(folder.path() / fmt::format("ipi-{}.log", spec.hash().substr(0, 8))));
}

TEST_CASE("an i-PI block that cannot work is refused where it stands", "[potentials][ipi]") {
  const Configuration c = skewed();
  const auto says = [&](const std::string& rest, const std::string& part) {
    const Caught error = error_of([&] { block_engine("{kind: ipi, " + rest + "}", c); });
    CHECK(error.kind == Error::Kind::bad_input);
    CHECK(contains(error.what, "case.yaml:1:"));
    CHECK(contains(error.what, part));
  };
  says("clients: 2", "command");
  says("command: ''", "the command is empty");
  says("command: python3 client.py", "add {socket} in the place");
  says("command: 'client {sokcet}'", "unknown placeholder {sokcet}");
  says("command: 'client {port}'", "add 'socket: tcp'");
  says("command: 'client {socket}', socket: tcp", "write {host} and {port}");
  says("command: 'client {socket} \"open'", "never closed");
  says("command: 'client {socket}', clients: 0", "0");
  says("command: 'client {socket}', file: x", "file");
  says("command: 'client {socket}', files: [nowhere.pt]", "no such file");
}

TEST_CASE("a block printed reads back to itself", "[potentials][ipi]") {
  const std::string block =
      "{kind: ipi, command: \"python3 'my client.py' --name '{socket}' \", clients: 3, threads: 2, tier: mlip, "
      "version: '1.2', "
      "charge: \"a \\\"b\\\"\", deadline_s: 12.5, structure: cif}";
  const IpiSettings settings = read_ipi(yaml::parse(block, "case.yaml"), ".");
  CHECK(settings.command == std::vector<std::string>{"python3", "my client.py", "--name", "{socket}"});
  CHECK(settings.clients == 3);
  CHECK(read_ipi(yaml::parse(print_ipi(settings), "printed.yaml"), ".") == settings);
}

TEST_CASE("what a client is started with belongs to the engine's identity, how many there are does not",
          "[potentials][ipi]") {
  const Folder folder;
  const Configuration c = skewed();
  std::ofstream{folder.path() / "client.py"} << "model 1\n";
  const auto hash = [&](const std::string& more) {
    return block_engine("{kind: ipi, command: 'python3 client.py {socket}'" + more + "}", c, folder.path()).hash();
  };
  const std::string first = hash("");
  CHECK(hash(", clients: 4, deadline_s: 5") == first);
  CHECK(hash(", version: '2'") != first);
  CHECK(hash(", threads: 2") != first);
  std::ofstream{folder.path() / "client.py"} << "model 2\n";
  CHECK(hash("") != first);
}

TEST_CASE("positions go out as the matrix whose columns are the vectors", "[potentials][ipi]") {
  Eigen::Matrix3d cell;
  cell << 4, 1, 2, 0, 5, 3, 0, 0, 6;
  const Eigen::Matrix3Xd x = Eigen::Vector3d(1, 2, 3);
  const std::string message = ipi::posdata(cell, x);
  REQUIRE(message.size() == 12 + 72 + 72 + 4 + 24);
  CHECK(message.substr(0, 12) == "POSDATA     ");
  std::array<double, 9> sent{};
  std::memcpy(sent.data(), message.data() + 12, 72);
  CHECK(sent[1] * ipi::bohr_angstrom == Approx(1));
  CHECK(sent[3] == 0);
  std::memcpy(sent.data(), message.data() + 84, 72);
  CHECK(sent[1] / ipi::bohr_angstrom == Approx(cell.inverse()(0, 1)));
}
