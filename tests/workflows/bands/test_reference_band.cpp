// SPDX-License-Identifier: GPL-2.0-or-later
// Barriers kept as data: what is said of them follows from the stored answers.
#include <cmath>
#include <filesystem>
#include <fstream>
#include <numbers>

#include <fmt/format.h>
#include <catch2/catch.hpp>

#include "structures/core/error.hpp"
#include "structures/core/text.hpp"
#include "workflows/bands/reference_band.hpp"
#include "workflows/crew/bytes.hpp"
#include "workflows/results/headline.hpp"

using namespace hopflow;
namespace fs = std::filesystem;

namespace {

constexpr double height = 0.4;  // eV, of E = height / 2 (1 - cos 2 pi x / length)
constexpr double length = 3.0;  // A

double energy(double x) { return height / 2 * (1 - std::cos(2 * std::numbers::pi * x / length)); }
double force(double x) { return -height * std::numbers::pi / length * std::sin(2 * std::numbers::pi * x / length); }

/// An argon atom that hops along x in a cell of 10 A, next to one that stays.
std::string frame(double x, const std::string& more, double wrong_force = 0, double wrong_energy = 0) {
  return fmt::format(
      "2\nLattice=\"10 0 0 0 10 0 0 0 10\" Properties=species:S:1:pos:R:3:forces:R:3 energy={:.12g} pbc=\"T T T\" {}\n"
      "Ar {:.12g} 0 0 {:.12g} 0 0\nAr 5 5 5 0 0 0\n",
      energy(x) + wrong_energy, more, x, force(x) + wrong_force);
}

struct Stored {
  fs::path folder;

  explicit Stored(const std::string& frames, const std::string& hash = "", const std::string& more = "") {
    folder = fs::temp_directory_path() / fmt::format("hopflow-band-{}", hash128_hex(frames + hash + more));
    fs::create_directories(folder);
    std::ofstream{folder / "band.extxyz"} << frames;
    std::ofstream{folder / "band.yaml"} << fmt::format(
        "schema: reference-band/1\nwhat: a test\nstructure: a.cif\nstructure_hash: abc\nhop: A-A-3.00\nframes: "
        "band.extxyz\n"
        "frames_hash: {}\ntier: dft\ncharge: \"+1\"\nengine: none\nfmax: 0.05\n{}",
        hash.empty() ? hash128_hex(frames) : hash, more);
  }
  ~Stored() { fs::remove_all(folder); }
  Stored(const Stored&) = delete;
  Stored& operator=(const Stored&) = delete;

  ReferenceBand read(const std::string& structure = "abc") const {
    return read_reference_band(folder / "band.yaml", structure);
  }
};

std::string search() { return frame(1.4, "band=saddle") + frame(1.49, "band=saddle") + frame(1.501, "band=saddle"); }

std::string path(double wrong_force = 0, double wrong_energy = 0) {
  return frame(0, "image=0") + frame(1.45, "image=1", wrong_force, wrong_energy) + frame(1.5, "image=2") +
         frame(1.55, "image=3") + frame(3, "image=4");
}

std::optional<bool> check(const ReferenceBand& band, const std::string& name) {
  for (const Check& one : band.barrier.checks)
    if (one.name == name) return one.passed;
  FAIL("no check " << name);
  return std::nullopt;
}

}  // namespace

TEST_CASE("a stored band's barrier, forces and mode follow from its answers", "[reference_band]") {
  const Stored stored{path() + search()};
  const ReferenceBand band = stored.read();
  CHECK(band.problem.empty());
  CHECK(band.barrier.converged());
  CHECK(band.barrier.forward_ev == Approx(height));
  CHECK(band.barrier.reverse_ev == Approx(height));
  CHECK(band.calls == 8);
  CHECK(band.min_image_distance == Approx(10));
  for (const char* name :
       {"frames_as_stored", "endpoints_relaxed", "saddle_converged", "one_negative_mode", "energy_force_consistency"})
    CHECK(check(band, name) == true);
  // The last three energies of the search for the saddle.
  for (const UncertaintyPart& part : band.barrier.parts)
    if (part.name == "steadiness") CHECK(part.value_ev.value() == Approx(energy(1.501) - energy(1.4)).margin(1e-6));
  for (const char* name : {"model", "protocol", "cell_size", "sampling"})
    CHECK(
        std::ranges::any_of(band.barrier.parts, [&](const auto& part) { return part.name == name && part.value_ev; }));
}

TEST_CASE("a stored band that was altered, or belongs to another crystal, says so", "[reference_band]") {
  const std::string right = path() + search();
  CHECK(Stored{right}.read("another").problem.find("another crystal") != std::string::npos);
  const ReferenceBand touched = Stored{path(1e-3) + search(), hash128_hex(right)}.read();
  CHECK(check(touched, "frames_as_stored") == false);
  CHECK(touched.barrier.ending == Ending::converged_check_failed);
  const ReferenceBand inconsistent = Stored{path(0, -0.01) + search()}.read();
  CHECK(check(inconsistent, "energy_force_consistency") == false);
  CHECK(inconsistent.barrier.ending == Ending::converged_check_failed);
  const ReferenceBand no_mode = Stored{frame(0, "image=0") + frame(0.2, "image=1") + frame(0.3, "image=2") +
                                       frame(0.4, "image=3") + frame(0.0, "image=4")}
                                    .read();
  CHECK(no_mode.barrier.ending == Ending::converged_check_failed);
  CHECK_THROWS_AS(Stored{frame(0, "image=0") + frame(3, "image=1")}.read(), Error);
}

TEST_CASE("energies on a path that another engine relaxed say so and carry the error of a kept path",
          "[reference_band]") {
  // 0.3 A short of the ends and the top: forces of 0.35 eV/A, which a path of this engine's own would fail with.
  const std::string kept = frame(0.15, "image=0") + frame(1.35, "image=1") + frame(2.85, "image=2");
  const ReferenceBand own = Stored{kept}.read();
  const ReferenceBand band = Stored{kept, "", "geometry: another engine\n"}.read();
  CHECK(own.barrier.ending == Ending::converged_check_failed);
  CHECK(band.barrier.converged());
  CHECK(band.geometry == "another engine");
  CHECK_FALSE(check(band, "endpoints_relaxed").has_value());
  CHECK_FALSE(check(band, "saddle_converged").has_value());
  CHECK(band.barrier.forward_ev == Approx(energy(1.35) - energy(0.15)));
  const auto protocol = [](const ReferenceBand& of) {
    return std::ranges::find(of.barrier.parts, "protocol", &UncertaintyPart::name)->value_ev.value();
  };
  CHECK(protocol(band) > protocol(own) + 0.05);
}

TEST_CASE("bands of the tier that every material has go before lower ones of another tier", "[reference_band]") {
  const Stored stored{path() + search()};
  MaterialRun material;
  material.reference_bands = {stored.read(), stored.read()};
  material.reference_bands[1].tier = "mlip";
  material.reference_bands[1].barrier.forward_ev = material.reference_bands[1].barrier.reverse_ev = height / 2;
  const nlohmann::ordered_json own{{"tier", "ff"}};
  const auto tiers = [&](const std::string& stored_tier) {
    std::vector<std::string> out;
    for (const auto& headline : headlines_json(material, own, stored_tier, nlohmann::json::array()))
      out.push_back(headline.at("tier"));
    return out;
  };
  CHECK(tiers("dft") == std::vector<std::string>{"dft", "mlip", "ff"});
  CHECK(tiers("mlip") == std::vector<std::string>{"mlip", "dft", "ff"});
  CHECK(tiers("").front() == "ff");
}
