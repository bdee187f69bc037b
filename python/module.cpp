// SPDX-License-Identifier: GPL-2.0-or-later
// The procedures of neb/ for Python: they ask, Python's calculators answer.
#include <algorithm>
#include <array>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include <nanobind/eigen/dense.h>
#include <nanobind/nanobind.h>
#include <nanobind/stl/array.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/unique_ptr.h>
#include <nanobind/stl/vector.h>

#include "neb/barrier/barrier.hpp"
#include "neb/barrier/path_symmetry.hpp"
#include "neb/barrier/uncertainty.hpp"
#include "neb/barrier/unmeasured.hpp"
#include "neb/delta/prior_barrier.hpp"
#include "neb/relax/relax.hpp"
#include "potentials/core/checks.hpp"
#include "structures/core/element.hpp"
#include "structures/core/error.hpp"
#include "structures/hops/hops.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace hopflow {

namespace {

/// ASE's arrays: rows are cell vectors and atoms.
using Rows = Eigen::Matrix<double, Eigen::Dynamic, 3, Eigen::RowMajor>;
using CellRows = Eigen::Matrix<double, 3, 3, Eigen::RowMajor>;

Configuration configuration_of(const CellRows& cell, const Rows& positions, std::vector<int> species,
                               std::array<bool, 3> periodic) {
  if (positions.rows() != static_cast<Eigen::Index>(species.size()))
    throw Error{Error::Kind::bad_input, "there are not as many positions as atomic numbers"};
  return {cell.transpose(), positions.transpose(), std::move(species), periodic};
}

/// A procedure whatever its result: questions out, answers in.
class Running {
 public:
  virtual ~Running() = default;
  virtual bool done() = 0;
  /// Whether what ask() gives is for the cheap calculator that helps the search.
  virtual bool asks_prior() = 0;
  /// Cells and positions asked next.
  virtual std::vector<std::tuple<CellRows, Rows>> ask() = 0;
  virtual void tell(const std::vector<std::tuple<double, Rows>>& answers) = 0;
  virtual void tell_error(const std::string& reason) = 0;
  virtual std::tuple<std::string, int, double, std::optional<double>> progress() = 0;
  virtual nb::dict result() = 0;
};

/// A calculator may hold walls and outer fields, so its forces need not sum to zero.
constexpr AnswerLimits believed{.force = 1000, .net_force = std::numeric_limits<double>::infinity()};

template <class T>
class RunningOf : public Running {
 public:
  RunningOf(Procedure<T> procedure, std::function<nb::dict(T)> give)
      : procedure_{std::move(procedure)}, give_{std::move(give)} {}

  bool done() override { return procedure_.done(); }
  bool asks_prior() override { return procedure_.asks_prior(); }

  std::vector<std::tuple<CellRows, Rows>> ask() override {
    std::vector<std::tuple<CellRows, Rows>> out;
    // What no calculator can answer goes back to the procedure, which may know a shorter step.
    while (!procedure_.done() && out.empty()) {
      try {
        for (const Configuration& question : procedure_.ask()) {
          check_question(question, question.species, contact_limits(question.species));
          out.emplace_back(question.cell.transpose(), question.positions.transpose());
        }
      } catch (const Error& refusal) {
        out.clear();
        procedure_.tell_error(refusal);
      }
    }
    return out;
  }

  void tell(const std::vector<std::tuple<double, Rows>>& answers) override {
    const std::vector<Configuration>& asked = procedure_.ask();
    if (answers.size() != asked.size())
      throw Error{Error::Kind::bad_input, "there are not as many answers as questions"};
    std::vector<Evaluation> out;
    try {
      for (std::size_t i = 0; i < asked.size(); ++i) {
        Evaluation& answer = out.emplace_back();
        answer.energy_ev = std::get<0>(answers[i]);
        answer.forces = std::get<1>(answers[i]).transpose();
        check_answer(asked[i], answer, believed);
      }
    } catch (const Error& refusal) {
      procedure_.tell_error(refusal);
      return;
    }
    procedure_.tell(std::move(out));
  }

  void tell_error(const std::string& reason) override { procedure_.tell_error(Error{Error::Kind::engine, reason}); }

  std::tuple<std::string, int, double, std::optional<double>> progress() override {
    const Progress& at = procedure_.progress();
    return {at.stage, at.step, at.fmax, at.barrier_ev};
  }

  nb::dict result() override {
    const int evaluations = procedure_.evaluations_prior();
    nb::dict out = give_(procedure_.take());
    out["evaluations_prior"] = evaluations;
    return out;
  }

 private:
  Procedure<T> procedure_;
  std::function<nb::dict(T)> give_;
};

nb::list forces_of(const std::vector<Evaluation>& answers) {
  nb::list out;
  for (const Evaluation& answer : answers) out.append(Rows{answer.forces.transpose()});
  return out;
}

nb::dict barrier_dict(BarrierResult result, const EngineOfBarrier& engine) {
  complete_error_bar(result, engine);
  nb::dict out, parts;
  nb::list checks, positions, energies;
  for (const UncertaintyPart& part : result.parts)
    parts[part.name.c_str()] = part.value_ev ? nb::object(nb::float_(*part.value_ev)) : nb::none();
  for (const Check& check : result.checks) checks.append(nb::make_tuple(check.name, check.passed, check.detail));
  for (const Configuration& image : result.path) positions.append(Rows{image.positions.transpose()});
  for (const Evaluation& answer : result.answers) energies.append(answer.energy_ev);
  out["forward"] = result.forward_ev;
  out["reverse"] = result.reverse_ev;
  out["uncertainty"] = result.uncertainty_ev;
  out["numerical_uncertainty"] = numerical_error(result.parts);
  out["largest_climb"] = result.largest_climb_ev;
  out["parts"] = parts;
  out["checks"] = checks;
  out["warnings"] = result.warnings;
  out["status"] = to_string(result.ending);
  out["reason"] = result.reason;
  out["evaluations"] = result.evaluations;
  out["fmax"] = result.fmax_ev_per_angstrom;
  out["negative_modes"] = result.negative_modes;
  out["saddle_energy"] = result.saddle_energy_ev;
  out["positions"] = positions;
  out["energies"] = energies;
  out["forces"] = forces_of(result.answers);
  out["distance"] = result.distance;
  return out;
}

nb::dict relaxed_dict(Relaxed result) {
  nb::dict out;
  out["positions"] = Rows{result.configuration.positions.transpose()};
  out["energy"] = result.evaluation.energy_ev;
  out["forces"] = Rows{result.evaluation.forces.transpose()};
  out["converged"] = result.converged();
  out["reason"] = result.reason;
  out["fmax"] = result.fmax;
  out["evaluations"] = result.evaluations;
  return out;
}

using Atoms = std::tuple<CellRows, Rows, std::vector<int>, std::array<bool, 3>>;

Configuration taken(const Atoms& atoms) {
  return configuration_of(std::get<0>(atoms), std::get<1>(atoms), std::get<2>(atoms), std::get<3>(atoms));
}

std::unique_ptr<Running> barrier(const Atoms& initial, const Atoms& final, Mask mobile, int images, double fmax,
                                 int batch, bool relax_endpoints, bool prior, std::optional<double> model_error,
                                 const std::string& tier) {
  BarrierOptions options;
  options.images = images;
  options.fmax = fmax;
  options.endpoint_fmax = std::min(options.endpoint_fmax, fmax / 5);  // as `hopflow barrier` has it
  options.batch = batch;
  options.relax_endpoints = relax_endpoints;
  const EngineOfBarrier engine{
      model_error ? ModelError{*model_error, "stated by the caller"} : model_error_of_tier(tier), tier, "unresolved"};
  auto give = [engine](BarrierResult result) { return barrier_dict(std::move(result), engine); };
  if (prior)
    return std::make_unique<RunningOf<BarrierResult>>(
        find_barrier_with_prior(taken(initial), taken(final), std::move(mobile), options, PriorOptions{}),
        std::move(give));
  return std::make_unique<RunningOf<BarrierResult>>(
      find_barrier_by_symmetry(taken(initial), taken(final), std::move(mobile), options), std::move(give));
}

std::unique_ptr<Running> relaxation(const Atoms& start, Mask mobile, double fmax, int max_steps, bool prior) {
  RelaxOptions options;
  options.fmax = fmax;
  options.max_steps = max_steps;
  return std::make_unique<RunningOf<Relaxed>>(
      relax_by(prior ? std::optional{PriorOptions{}} : std::nullopt, taken(start), std::move(mobile), options),
      relaxed_dict);
}

nb::list hops(const Atoms& atoms, const std::string& element, double max_length, bool frame, double symprec) {
  const auto z = atomic_number(element);
  if (!z) throw Error{Error::Kind::bad_input, "'" + element + "' is not an element symbol; give one such as I"};
  const Crystal crystal = to_crystal(taken(atoms), "atoms");
  const Symmetry symmetry = find_symmetry(crystal, frame ? SymmetryOf::frame : SymmetryOf::crystal, symprec);
  const HopTable table = find_hops(crystal, symmetry, *z, max_length);
  nb::list out;
  for (const Hop& hop : table.hops) {
    nb::dict row;
    const SitePair& pair = hop.representative;
    row["id"] = hop.id;
    row["from"] = table.sites[static_cast<std::size_t>(hop.from_site)].label;
    row["to"] = table.sites[static_cast<std::size_t>(hop.to_site)].label;
    row["length"] = hop.length_angstrom;
    row["multiplicity"] = hop.multiplicity;
    row["bottleneck"] = hop.bottleneck_angstrom;
    row["free_radius"] = hop.free_radius_angstrom;
    row["reversed_by_symmetry"] = hop.reversed_by_symmetry;
    row["from_atom"] = pair.from;
    row["to_atom"] = pair.to;
    row["image"] = nb::make_tuple(pair.image(0), pair.image(1), pair.image(2));
    out.append(row);
  }
  return out;
}

}  // namespace

}  // namespace hopflow

NB_MODULE(_hopflow, module) {
  using namespace hopflow;
  nb::exception<Error>(module, "Error", PyExc_RuntimeError);
  nb::class_<Running>(module, "Procedure")
      .def_prop_ro("done", &Running::done)
      .def_prop_ro("asks_prior", &Running::asks_prior)
      .def_prop_ro("progress", &Running::progress)
      .def("ask", &Running::ask)
      .def("tell", &Running::tell)
      .def("tell_error", &Running::tell_error)
      .def("result", &Running::result);
  module.def("barrier", &barrier, "initial"_a, "final"_a, "mobile"_a, "images"_a, "fmax"_a, "batch"_a,
             "relax_endpoints"_a, "prior"_a, "model_error"_a, "tier"_a);
  module.def("relaxation", &relaxation, "start"_a, "mobile"_a, "fmax"_a, "max_steps"_a, "prior"_a);
  module.def("hops", &hopflow::hops, "atoms"_a, "element"_a, "max_length"_a, "frame"_a, "symprec"_a);
}
