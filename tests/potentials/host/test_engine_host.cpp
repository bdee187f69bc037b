// SPDX-License-Identifier: GPL-2.0-or-later
// The engine process: same bits however often it is replaced, failures as errors, nothing left behind.
#include <dlfcn.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <limits>

#include <fmt/core.h>
#include <catch2/catch.hpp>

#include "potentials/core/hashing.hpp"
#include "structures/core/text.hpp"
#include "tests/potentials/support.hpp"

using namespace hopflow;
using namespace hopflow::testing;
namespace fs = std::filesystem;

namespace {

struct Argon {
  Configuration configuration;
  EngineSpec spec;
};

// Eight argon atoms in a triclinic box.
Argon argon() {
  Argon result;
  Configuration& c = result.configuration;
  c.cell << 11, 1, 2, 0, 10, -1, 0, 0, 12;
  c.positions.resize(3, 8);
  for (int k = 0; k < 8; ++k) {
    c.positions.col(k) = c.cell * (0.5 * Eigen::Vector3d(k & 1, (k >> 1) & 1, (k >> 2) & 1));
    c.species.push_back(18);
  }
  c = shaken(c, 0.3, 3);
  result.spec = block_engine(
      "{kind: lammps, units: metal, types: {Ar: 1}, "
      "commands: [pair_style lj/cut 9.0, pair_coeff 1 1 0.0103 3.4]}",
      c);
  return result;
}

bool same_bits(const Evaluation& a, const Evaluation& b) {
  return std::memcmp(&a.energy_ev, &b.energy_ev, sizeof(double)) == 0 && a.forces.size() == b.forces.size() &&
         std::memcmp(a.forces.data(), b.forces.data(), sizeof(double) * static_cast<std::size_t>(a.forces.size())) ==
             0 &&
         a.stress.has_value() == b.stress.has_value() &&
         (!a.stress || std::memcmp(a.stress->data(), b.stress->data(), 9 * sizeof(double)) == 0);
}

int lines_with(const std::string& text, const std::string& word) {
  int count = 0;
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++count;
  return count;
}

}  // namespace

TEST_CASE("the same question has the same bits, whatever came before and whoever answers", "[potentials][host]") {
  const Folder folder;
  const auto [c, spec] = argon();
  EngineHost host{site_in(folder)};
  const Evaluation first = host.evaluate(spec, c);
  CHECK(first.energy_ev < 0);

  for (std::uint64_t seed = 1; seed < 6; ++seed) host.evaluate(spec, shaken(c, 0.2, seed));
  CHECK(same_bits(first, host.evaluate(spec, c)));

  Configuration other = c;
  other.cell *= 1.01;
  CHECK_FALSE(same_bits(first, host.evaluate(spec, other)));
  CHECK(same_bits(first, host.evaluate(spec, c)));

  const Folder second_folder;
  EngineHost second{site_in(second_folder)};
  second.evaluate(spec, shaken(c, 0.3, 9));
  CHECK(same_bits(first, second.evaluate(spec, c)));
}

TEST_CASE("more specs than the process keeps open still answer with the same bits", "[potentials][host]") {
  const Folder folder;
  const auto [c, spec] = argon();
  EngineHost host{site_in(folder)};
  const Evaluation first = host.evaluate(spec, c);
  for (int k = 0; k < 18; ++k) {
    host.evaluate(
        changed(spec,
                [&](LammpsDocument& d) { d.commands.push_back(fmt::format("pair_coeff 1 1 0.01 3.{}", 10 + k)); }),
        c);
  }
  CHECK(same_bits(first, host.evaluate(spec, c)));
}

TEST_CASE("a killed process is an engine error, the next answer comes from a fresh one with the same bits",
          "[potentials][host]") {
  const Folder folder;
  const auto [c, spec] = argon();
  EngineHost host{site_in(folder)};
  const Evaluation first = host.evaluate(spec, c);

  SECTION("killed while idle") {
    const int old = host.process();
    REQUIRE(old > 0);
    REQUIRE(kill(old, SIGKILL) == 0);
    const Caught error = error_of([&] { host.evaluate(spec, c); });
    CHECK(error.kind == Error::Kind::engine);
    CHECK(contains(error.what, "signal 9"));
    CHECK(host.process() == 0);
    CHECK(same_bits(first, host.evaluate(spec, c)));
    CHECK(host.process() != old);
  }
  SECTION("killed while answering") {
    REQUIRE(kill(host.process(), SIGSTOP) == 0);
    host.begin(spec, c);
    REQUIRE(kill(host.process(), SIGKILL) == 0);
    const Caught error = error_of([&] { host.finish(); });
    CHECK(error.kind == Error::Kind::engine);
    CHECK(same_bits(first, host.evaluate(spec, c)));
  }
}

TEST_CASE("a process that hangs is ended at the deadline and replaced", "[potentials][host]") {
  const Folder folder;
  const auto [c, spec] = argon();
  EngineHost host{site_in(folder, 1.0)};
  const Evaluation first = host.evaluate(spec, c);
  const int old = host.process();
  REQUIRE(kill(old, SIGSTOP) == 0);
  host.begin(spec, c);
  pollfd wait{host.descriptor(), POLLIN, 0};
  CHECK(poll(&wait, 1, 60000) == 1);  // the deadline wakes whoever waits
  const Caught error = error_of([&] { host.finish(); });
  CHECK(error.kind == Error::Kind::engine);
  CHECK(contains(error.what, "did not answer within 1 s"));
  CHECK(kill(old, 0) != 0);
  CHECK(same_bits(first, host.evaluate(spec, c)));
}

TEST_CASE("LAMMPS' own words reach the user when it ends the process", "[potentials][host]") {
  const Folder folder;
  const auto [c, spec] = argon();
  EngineHost host{site_in(folder)};
  const EngineSpec broken =
      changed(spec, [](LammpsDocument& d) { d.commands.push_back("pair_coeff 1 1 nonsense 3.4"); });
  const Caught error = error_of([&] { host.evaluate(broken, c); });
  CHECK(error.kind == Error::Kind::engine);
  CHECK(contains(error.what, "exit code 1"));
  CHECK(contains(error.what, "ERROR"));
  CHECK(contains(error.what, "'nonsense'"));
  CHECK(host.evaluate(spec, c).energy_ev < 0);
}

TEST_CASE("a refused geometry leaves the process alive", "[potentials][host]") {
  const Folder folder;
  const auto [c, spec] = argon();
  EngineHost host{site_in(folder)};
  const Evaluation first = host.evaluate(spec, c);
  const int process = host.process();
  Configuration bad = c;
  bad.positions.col(5) = bad.positions.col(2) + Eigen::Vector3d(0.4, 0, 0) + bad.cell.col(0);
  const Caught collapsed = error_of([&] { host.evaluate(spec, bad); });
  CHECK(collapsed.kind == Error::Kind::geometry);
  CHECK(contains(collapsed.what, "atom 2 (Ar) and atom 5 (Ar) are 0.4000 A apart"));
  bad = c;
  bad.positions(1, 3) = std::numeric_limits<double>::quiet_NaN();
  CHECK(contains(error_of([&] { host.evaluate(spec, bad); }).what, "atom 3 (Ar)"));
  bad = c;
  bad.species[4] = 10;
  CHECK(error_of([&] { host.evaluate(spec, bad); }).kind == Error::Kind::bad_input);
  CHECK(host.process() == process);
  CHECK(same_bits(first, host.evaluate(spec, c)));
}

TEST_CASE("each answer is one line of the worker's log, and the log is kept", "[potentials][host]") {
  const Folder folder;
  const auto [c, spec] = argon();
  for (int run = 0; run < 2; ++run) {
    EngineHost host{site_in(folder)};
    for (int k = 0; k < 3; ++k) host.evaluate(spec, c);
    Configuration bad = c;
    bad.positions.col(1) = bad.positions.col(0);
    error_of([&] { host.evaluate(spec, bad); });
  }
  const std::string log = text::read_file(folder.path() / "worker.log");
  CHECK(lines_with(log, "evaluation ") == 6);
  CHECK(lines_with(log, "evaluation 3 spec " + spec.hash().substr(0, 8) + " question " + hash_of(c) + "\n") == 2);
}

TEST_CASE("an answer can be waited for without blocking", "[potentials][host]") {
  const Folder folder;
  const auto [c, spec] = argon();
  EngineHost host{site_in(folder)};
  CHECK(host.process() == 0);
  host.begin(spec, c);
  CHECK(error_of([&] { host.begin(spec, c); }).kind == Error::Kind::usage);
  REQUIRE(host.descriptor() >= 0);
  pollfd wait{host.descriptor(), POLLIN, 0};
  CHECK(poll(&wait, 1, 60000) == 1);
  const Evaluation answer = host.finish();
  CHECK(same_bits(answer, host.evaluate(spec, c)));
  CHECK(error_of([&] { host.finish(); }).kind == Error::Kind::usage);
}

TEST_CASE("an engine without a process answers at once", "[potentials][host]") {
  const Folder folder;
  EngineHost host{site_in(folder)};
  Configuration c;
  c.positions = Eigen::Vector3d(-0.558, 1.442, 0);
  c.species = {1};
  const EngineSpec spec = block_engine("{kind: analytic, surface: muller-brown}", c);
  host.begin(spec, c);
  CHECK(host.descriptor() == -1);
  CHECK(host.finish().forces.norm() < 1);
  CHECK(host.process() == 0);
  c.positions(0, 0) = std::numeric_limits<double>::quiet_NaN();
  host.begin(spec, c);
  CHECK(host.descriptor() == -1);
  CHECK_THROWS_AS(host.finish(), Error);
}

TEST_CASE("the variables of an MPI launcher do not reach the engine", "[potentials][host]") {
  const Folder folder;
  const auto [c, spec] = argon();
  const char* names[] = {"OMPI_COMM_WORLD_RANK", "PMIX_RANK",    "PMIX_NAMESPACE",   "PMI_RANK",
                         "SLURM_JOB_ID",         "OMPI_MCA_ess", "PMIX_SERVER_URI2", "OMPI_MCA_orte_ess_num_procs"};
  for (const char* name : names) setenv(name, "7", 1);
  EngineHost host{site_in(folder)};
  CHECK(host.evaluate(spec, c).energy_ev < 0);
  for (const char* name : names) unsetenv(name);
}

TEST_CASE("a program that is not there is said to be so", "[potentials][host]") {
  const Folder folder;
  const auto [c, spec] = argon();
  EngineSite site = site_in(folder);
  site.program = folder.path() / "nothing";
  EngineHost host{site};
  const Caught error = error_of([&] { host.evaluate(spec, c); });
  CHECK(error.kind == Error::Kind::io);
  CHECK(contains(error.what, "nothing"));
}

TEST_CASE("another LAMMPS release than the build's is refused", "[potentials][host]") {
  const Folder folder;
  auto [c, spec] = argon();
  spec.version = "1 Jan 2001";
  EngineHost host{site_in(folder)};
  const Caught error = error_of([&] { host.evaluate(spec, c); });
  CHECK(error.kind == Error::Kind::missing_dependency);
  CHECK(contains(error.what, "1 Jan 2001"));
}

TEST_CASE("another LAMMPS build answers when its library is named, and is part of the identity", "[potentials][host]") {
  const Folder folder;
  auto [c, spec] = argon();
  Dl_info where{};
  void* system = dlopen("liblammps.so.0", RTLD_LAZY);
  REQUIRE(system != nullptr);
  REQUIRE(dladdr(dlsym(system, "lammps_version"), &where) != 0);
  const fs::path copy = folder.path() / "liblammps_site.so";
  fs::copy_file(where.dli_fname, copy);
  const std::string block = fmt::format(
      "{{kind: lammps, units: metal, types: {{Ar: 1}}, library: '{}', commands: [pair_style lj/cut 9.0, pair_coeff 1 1 "
      "0.0103 3.4]}}",
      copy.string());
  const EngineSpec other = block_engine(block, c);
  CHECK(other.version.rfind(spec.version + " (", 0) == 0);
  CHECK(other.hash() != spec.hash());

  EngineHost host{site_in(folder)};
  EngineHost second{site_in(folder)};
  CHECK(same_bits(host.evaluate(other, c), second.evaluate(spec, c)));
  const Caught clash = error_of([&] { host.evaluate(spec, c); });
  CHECK(contains(clash.what, "this engine process has loaded"));

  EngineSpec lacking = block_engine(block, c);
  lacking = changed(lacking, [](LammpsDocument& d) { d.commands[0] = "pair_style from/another/build 9.0"; });
  CHECK(contains(error_of([&] { EngineHost{site_in(folder)}.evaluate(lacking, c); }).what, "from/another/build"));

  text::write_file(folder.path() / "empty.so", "not a library");
  const auto refused = [&](const std::string& name) {
    std::string changed_block = block;
    changed_block.replace(block.find(copy.string()), copy.string().size(), (folder.path() / name).string());
    return error_of([&] { block_engine(changed_block, c); });
  };
  CHECK(refused("nowhere.so").kind == Error::Kind::missing_dependency);
  CHECK(contains(refused("nowhere.so").what, "case.yaml:1:"));
  CHECK(contains(refused("empty.so").what, "does not say which LAMMPS release"));
}

TEST_CASE("the engine process ends with its parent", "[potentials][host]") {
  const Folder folder;
  const auto [c, spec] = argon();
  int channel[2];
  REQUIRE(pipe(channel) == 0);
  const pid_t parent = fork();
  if (parent == 0) {
    EngineHost host{site_in(folder)};
    host.evaluate(spec, c);
    const int pid = host.process();
    if (write(channel[1], &pid, sizeof pid) != sizeof pid) std::_Exit(1);
    raise(SIGKILL);
  }
  int worker = 0;
  REQUIRE(read(channel[0], &worker, sizeof worker) == sizeof worker);
  waitpid(parent, nullptr, 0);
  // Gone, or a zombie nobody has collected yet: either way it runs no more.
  bool ended = false;
  for (int k = 0; k < 200 && !ended; ++k) {
    // Files of /proc have no length to read by.
    std::ifstream stat("/proc/" + std::to_string(worker) + "/stat");
    std::string state = "gone";
    std::getline(stat, state);
    ended = !stat || contains(state, ") Z ");
    if (!ended) usleep(20000);
  }
  CHECK(ended);
  close(channel[0]);
  close(channel[1]);
}
