// SPDX-License-Identifier: GPL-2.0-or-later
// Two structures become a barrier: endpoints, band, climbing image, saddle certificate, error bar.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "neb/band/springs.hpp"
#include "neb/band/string.hpp"
#include "neb/core/procedure.hpp"
#include "neb/relax/relax.hpp"

namespace hopflow {

struct BarrierOptions {
  int images = 5;  ///< between the endpoints
  bool climb = true;
  double fmax = 0.05;           ///< eV/A, on every image
  double endpoint_fmax = 0.01;  ///< eV/A; never looser than fmax/10
  bool relax_endpoints = true;
  bool backwards = false;  ///< reported from the final structure to the initial one; found in the same way
  bool one_order = false;  ///< the final structure has its atoms in the same order: it was made from the initial one,
                           ///< or somebody is sure
  std::string interpolation = "auto";  ///< see interpolations()
  /// Interior points of a path given by others; empty: interpolate. With answers for all of them they are the images,
  /// whatever `images` says, and are not asked again; without, `images` are placed along them at even distances.
  std::vector<Configuration> via;
  std::vector<Evaluation> via_answers;
  std::string saddle = "modes";  ///< see saddle_searches()
  BandMethod method = BandMethod::neb;
  Springs springs = Springs::even;  ///< of a string none but these, and they do nothing
  int insert = 16;           ///< images added at most where a converged profile stands higher between two of them, or
                             ///< shows too little of what lies there
  int max_rounds = 600;      ///< band rounds before it is called not converged
  double steady_ev = 0.005;  ///< without a certificate: the barrier must move less than this over the last rounds;
                             ///< always: dips of the profile deeper than this are followed down
  int steady_rounds = 10;
  bool surrogate = true;  ///< see PathwayOptions
  int batch = 1;          ///< questions a round where the surrogate chooses them, for engines that answer several at
                          ///< the same time
  bool certify = true;    ///< polish the saddle, count its negative modes and follow it down on both sides
  bool second_search = true;  ///< search again from other first paths, see search_again(); not where a path is given
};

/// One part of the error bar; nullopt value: not computed, `note` says why.
struct UncertaintyPart {
  std::string name;  ///< "residual_force", "steadiness", "force_noise", "images", "cell_size", ...
  std::optional<double> value_ev;
  std::string note;
  bool numerical = false;  ///< converging the same search further would make it smaller
};

/// One line of the trust list.
struct Check {
  std::string name;            ///< "endpoints_relaxed", "one_negative_mode", ...
  std::optional<bool> passed;  ///< nullopt: not made, or not decided
  std::string detail;
  bool decides = false;  ///< a result with this check failed is not called converged
};

/// A minimum that the saddle of a barrier joins to another.
struct JoinedMinimum {
  Configuration configuration;
  double energy_ev = 0;  ///< from the initial state
  int image = -1;        ///< of the path; -1: it does not lie on it
};

struct BarrierResult {
  Ending ending = Ending::not_converged;
  std::string reason;  ///< why not, "" if converged
  double forward_ev = 0;
  double reverse_ev = 0;
  /// Of all steps of the path, from the lowest state before each (eV): what a single barrier of several steps hides.
  double largest_climb_ev = 0;
  std::size_t steps = 1;              ///< saddles on the path
  std::vector<JoinedMinimum> minima;  ///< of the highest saddle, towards the initial and the final state; empty: not
                                      ///< followed down
  double uncertainty_ev = 0;          ///< quadrature of the parts computed
  std::vector<UncertaintyPart> parts;
  std::vector<Check> checks;
  std::vector<std::string> warnings;
  double saddle_energy_ev = 0;
  double fmax_ev_per_angstrom = 0;  ///< largest real/projected force left on any image
  std::optional<int> negative_modes;
  int evaluations = 0;        ///< all an engine was asked for
  int evaluations_prior = 0;  ///< of the cheap engine that helped the search; not among `evaluations`
  int evaluations_endpoints = 0;
  int evaluations_band = 0;         ///< until the climbing image, and the search it was handed to, is below fmax
  int evaluations_certificate = 0;  ///< modes and the last digits of saddles; the rest of `evaluations` converged the
                                    ///< other images with the saddle held
  std::vector<Configuration> path;  ///< endpoints included, moving atoms unwrapped
  std::vector<Evaluation> answers;  ///< of the path
  std::vector<double> distance;     ///< along the path (A), 0 first

  bool converged() const { return ending == Ending::converged; }
};

/// Endpoints in one cell and one atom order, which is checked unless it is known or interior points of the path are
/// given. They are relaxed side by side; a band climbs until its highest image is near a saddle, which is then followed
/// by its lowest mode, left along any further negative mode, and certified; the other images converge with the saddle
/// held. The search starts at the end of lower energy, whichever was given first. Where molecules turn far besides what
/// else happens, the path is led through a minimum between, see find_stopovers(). Where it dips into another minimum
/// it is split there, and the barrier is that of the highest saddle from end to end. converged() means: endpoints
/// relaxed, every image below fmax, every saddle of first order, a maximum between the ends. What was found on the path
/// stands in `warnings`.
/// @throws Error{bad_input} if atoms, species or cells differ, or the endpoints relax into one basin
Procedure<BarrierResult> find_barrier(Configuration initial, Configuration final, Mask mobile, BarrierOptions options);

}  // namespace hopflow
