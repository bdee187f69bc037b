// SPDX-License-Identifier: GPL-2.0-or-later
// The analytic surfaces as engines: names, documents, evaluation.
#include "potentials/analytic/analytic.hpp"

#include <array>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "structures/core/error.hpp"
#include "structures/core/text.hpp"

namespace hopflow {
namespace {

struct Surface {
  const char* name;
  SurfacePoint (*at)(double, double);
};
constexpr std::array<Surface, 3> surfaces{
    {{"muller-brown", muller_brown}, {"leps", leps}, {"leps-ho", leps_oscillator}}};

const Surface& surface_named(const std::string& name) {
  for (const Surface& surface : surfaces) {
    if (name == surface.name) return surface;
  }
  throw Error(Error::Kind::bad_input,
              fmt::format("analytic engine: there is no surface '{}'; known are muller-brown, leps, leps-ho; "
                          "set `surface:` to one of them",
                          text::printable(name)));
}

class Analytic final : public Potential {
 public:
  explicit Analytic(const Surface& surface) : surface_{surface} {}

  Evaluation evaluate(const Configuration& configuration) override {
    if (configuration.size() != 1 || configuration.positions.cols() != 1) {
      throw Error(Error::Kind::bad_input,
                  fmt::format("analytic engine {}: found {} atoms, the surface takes exactly one at (x, y, 0)",
                              surface_.name, configuration.positions.cols()));
    }
    if (!configuration.positions.allFinite()) {
      throw Error(Error::Kind::engine,
                  fmt::format("analytic engine {}: the atom's position is not finite", surface_.name));
    }
    const SurfacePoint point = surface_.at(configuration.positions(0, 0), configuration.positions(1, 0));
    if (!std::isfinite(point.energy) || !std::isfinite(point.dx) || !std::isfinite(point.dy)) {
      throw Error(Error::Kind::engine,
                  fmt::format("analytic engine {}: the energy overflows at ({}, {})", surface_.name,
                              configuration.positions(0, 0), configuration.positions(1, 0)));
    }
    Evaluation answer;
    answer.energy_ev = point.energy;
    answer.forces = Eigen::Matrix3Xd::Zero(3, 1);
    answer.forces(0, 0) = -point.dx;
    answer.forces(1, 0) = -point.dy;
    return answer;
  }

 private:
  const Surface& surface_;
};

}  // namespace

EngineSpec analytic_engine(const std::string& surface) {
  nlohmann::ordered_json document;
  document["surface"] = surface_named(surface).name;
  EngineSpec spec;
  spec.kind = "analytic";
  spec.version = std::string("1");
  spec.tier = "test";
  spec.charge = "none";
  spec.document = document.dump();
  return spec;
}

EngineSpec analytic_from_block(const yaml::Node& block) {
  block.allow_keys({"kind", "surface"});
  const yaml::Node& surface = block.at("surface");
  try {
    return analytic_engine(surface.text());
  } catch (const Error& problem) {
    surface.fail(problem.what());
  }
}

std::unique_ptr<Potential> make_analytic(const std::string& document) {
  const auto parsed = nlohmann::json::parse(document, nullptr, false);
  if (!parsed.is_object() || !parsed.contains("surface") || !parsed["surface"].is_string()) {
    throw Error(Error::Kind::bad_input,
                "analytic engine: the document is not of the form {\"surface\": \"muller-brown\"}");
  }
  return std::make_unique<Analytic>(surface_named(parsed["surface"].get<std::string>()));
}

}  // namespace hopflow
