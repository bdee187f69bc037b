// SPDX-License-Identifier: GPL-2.0-or-later
// Self-diffusion by one vacancy: the pair (labelled atom, vacancy) on the infinite network, solved with the vacancy's
// lattice Green function.
//
// A state is the labelled atom's site s and the vacancy's position v. Its Laplacian is that of the free vacancy for
// each s, changed at s: jumps onto s don't exist, instead (s, v) exchanges with (v, s). The change touches few states,
// so the field there follows from a small dense system with the Green function between them. Far from the labelled atom
// the field tends to a constant of its own for each s, since the atom keeps its site until another vacancy comes; that
// the best constants are chosen means that the sources of each s add up to nothing.
#include <algorithm>
#include <cmath>
#include <complex>
#include <map>

#include "structures/core/units.hpp"
#include "structures/diffusion/diffusion.hpp"

namespace hopflow {

namespace {

using Complex = std::complex<double>;

/// A position of the vacancy seen from the labelled atom: a site of the component, in the cell `image` away.
struct Place {
  int site;
  Eigen::Vector3i image;
  double flux;         ///< of the exchange with the labelled atom
  int exchanged = -1;  ///< state after that exchange
};

/// One infinite component with the fluxes of its jumps, the largest 1.
struct Walk {
  int sites = 0;
  int rank = 0;
  std::vector<Jump> jumps;
  std::vector<double> flux;  ///< per jump
  double lowest_saddle_ev = 0;
  Eigen::Matrix3Xd lattice;  ///< 3 x rank, of the images (A)
};

/// Integer basis in which a quadratic form is nearly diagonal: pairs are reduced until nothing gets shorter.
Eigen::MatrixXi reduced_basis(const Eigen::MatrixXd& form) {
  const Eigen::Index n = form.rows();
  Eigen::MatrixXi basis = Eigen::MatrixXi::Identity(n, n);
  Eigen::MatrixXd now = form;
  for (int round = 0; round < 1000; ++round) {
    bool changed = false;
    for (Eigen::Index i = 0; i < n; ++i)
      for (Eigen::Index j = 0; j < n; ++j) {
        if (i == j || !(now(i, i) > 0)) continue;
        const double times = std::round(now(i, j) / now(i, i));
        if (times == 0 || std::abs(times) > 1e6 || std::abs(now(i, j)) < 0.500001 * now(i, i)) continue;
        basis.col(j) -= static_cast<int>(times) * basis.col(i);
        now = basis.cast<double>().transpose() * form * basis.cast<double>();
        changed = true;
      }
    if (!changed) break;
  }
  return basis;
}

/// The component with images in the basis that makes the vacancy's spreading as isotropic as integers allow: the mesh
/// in reciprocal space is refined along its axes.
Walk make_walk(const JumpComponent& component, double kt) {
  Walk out;
  out.sites = static_cast<int>(component.sites.size());
  out.rank = component.rank();
  out.jumps = component.jumps;
  double lowest = component.jumps.front().saddle_ev;
  for (const Jump& jump : component.jumps) lowest = std::min(lowest, jump.saddle_ev);
  for (const Jump& jump : component.jumps) out.flux.push_back(std::exp((lowest - jump.saddle_ev) / kt));

  JumpNetwork bare{Eigen::Matrix3d::Identity(), component.fractional,
                   std::vector<double>(component.sites.size(), lowest), component.jumps};
  const Eigen::MatrixXd spreading =
      vacancy_diffusivity(bare, kt / units::boltzmann, 1).topLeftCorner(out.rank, out.rank);
  const Eigen::MatrixXi basis = reduced_basis(spreading);
  out.lowest_saddle_ev = lowest;
  out.lattice = component.lattice * basis.cast<double>().transpose().inverse();
  for (Jump& jump : out.jumps) jump.image.head(out.rank) = (basis.transpose() * jump.image.head(out.rank)).eval();
  return out;
}

/// States with the vacancy one jump from the labelled atom, sector by sector: one sector for each site of the atom.
struct LocalStates {
  std::vector<Place> places;
  std::vector<std::size_t> first;  ///< per sector, and the end
};

LocalStates local_states(const Walk& walk) {
  using Key = std::array<int, 5>;
  const auto key = [](int sector, int site, const Eigen::Vector3i& r) { return Key{sector, site, r(0), r(1), r(2)}; };
  std::map<Key, double> fluxes;
  for (std::size_t k = 0; k < walk.jumps.size(); ++k) {
    const Jump& jump = walk.jumps[k];
    fluxes[key(jump.from, jump.to, jump.image)] += walk.flux[k];
    fluxes[key(jump.to, jump.from, -jump.image)] += walk.flux[k];
  }
  LocalStates out;
  std::map<Key, int> index;
  auto entry = fluxes.begin();
  for (int s = 0; s < walk.sites; ++s) {
    out.first.push_back(out.places.size());
    for (; entry != fluxes.end() && entry->first[0] == s; ++entry) {
      const Key& k = entry->first;
      index[k] = static_cast<int>(out.places.size());
      out.places.push_back({k[1], Eigen::Vector3i{k[2], k[3], k[4]}, entry->second});
    }
  }
  out.first.push_back(out.places.size());
  for (int s = 0; s < walk.sites; ++s)
    for (std::size_t p = out.first[static_cast<std::size_t>(s)]; p < out.first[static_cast<std::size_t>(s) + 1]; ++p)
      out.places[p].exchanged = index.at(key(out.places[p].site, s, -out.places[p].image));
  return out;
}

/// Entries of the vacancy's Green function that are wanted: site to site, cells apart.
class GreenTable {
 public:
  std::size_t want(int to, int from, Eigen::Vector3i apart) {
    // The Green function is symmetric: one of the two directions is kept.
    if (std::array{to, apart(0), apart(1), apart(2)} > std::array{from, -apart(0), -apart(1), -apart(2)}) {
      std::swap(to, from);
      apart = -apart;
    }
    const auto phase = phase_of_.emplace(std::array{apart(0), apart(1), apart(2)}, phases_.size());
    if (phase.second) phases_.push_back(apart);
    const auto [found, fresh] =
        entry_of_.emplace(std::array{to, from, static_cast<int>(phase.first->second)}, entries_.size());
    if (fresh) entries_.push_back({to, from, phase.first->second});
    return found->second;
  }

  /// Integral over reciprocal space. Along each axis k = 2 pi / (1 + exp(-t)) with equal steps of t: the mesh is as
  /// fine near k = 0 as it need be, however anisotropic the walk. What the corner left out would add is one constant,
  /// which sources that add up to nothing don't feel. False if the walk's Laplacian is singular to working precision.
  bool integrate(const Walk& walk, double step, std::vector<double>& values) const;

 private:
  struct Entry {
    int to, from;
    std::size_t phase;
  };
  struct Node {
    double k, weight;
  };
  bool add(const Walk& walk, const Eigen::Vector3d& k, double weight, std::vector<double>& values) const;

  std::map<std::array<int, 3>, std::size_t> phase_of_;
  std::map<std::array<int, 3>, std::size_t> entry_of_;
  std::vector<Eigen::Vector3i> phases_;
  std::vector<Entry> entries_;
};

bool GreenTable::add(const Walk& walk, const Eigen::Vector3d& k, double weight, std::vector<double>& values) const {
  Eigen::MatrixXcd laplacian = Eigen::MatrixXcd::Zero(walk.sites, walk.sites);
  for (std::size_t j = 0; j < walk.jumps.size(); ++j) {
    const Jump& jump = walk.jumps[j];
    const double angle = k.dot(jump.image.cast<double>());
    if (jump.from == jump.to) {
      const double sine = std::sin(0.5 * angle);
      laplacian(jump.from, jump.from) += 4 * walk.flux[j] * sine * sine;
      continue;
    }
    const Complex hop = walk.flux[j] * std::polar(1.0, angle);
    laplacian(jump.from, jump.from) += walk.flux[j];
    laplacian(jump.to, jump.to) += walk.flux[j];
    laplacian(jump.from, jump.to) -= hop;
    laplacian(jump.to, jump.from) -= std::conj(hop);
  }
  const Eigen::LLT<Eigen::MatrixXcd> factors{laplacian};
  if (factors.info() != Eigen::Success) return false;
  const Eigen::MatrixXcd green = factors.solve(Eigen::MatrixXcd::Identity(walk.sites, walk.sites));
  std::vector<Complex> phase;
  for (const Eigen::Vector3i& apart : phases_) phase.push_back(weight * std::polar(1.0, k.dot(apart.cast<double>())));
  for (std::size_t e = 0; e < entries_.size(); ++e)
    values[e] += (green(entries_[e].to, entries_[e].from) * phase[entries_[e].phase]).real();
  return true;
}

bool GreenTable::integrate(const Walk& walk, double step, std::vector<double>& values) const {
  constexpr double negligible = 1e-10;
  const double reach = -std::log(negligible);
  std::vector<Node> axis;
  for (int j = 0; (j + 0.5) * step < reach; ++j) {
    const double tail = std::exp(-(j + 0.5) * step);
    axis.push_back({2 * units::pi * tail / (1 + tail), step * tail / ((1 + tail) * (1 + tail))});
  }
  values.assign(entries_.size(), 0);
  const auto signs = [](int axis_number) {
    return axis_number == 0 ? 1 : 2;
  };  // the other half is the complex conjugate
  const int ranks = walk.rank;
  for (const Node& x : axis)
    for (const Node& y : axis) {
      if (x.weight * y.weight < negligible) break;
      for (const Node& z : axis) {
        const double weight = x.weight * y.weight * (ranks == 3 ? z.weight : 1);
        if (weight < negligible) break;
        for (int sy = 0; sy < signs(1); ++sy)
          for (int sz = 0; sz < (ranks == 3 ? signs(2) : 1); ++sz) {
            const Eigen::Vector3d k{x.k, sy == 0 ? y.k : -y.k, ranks < 3 ? 0 : sz == 0 ? z.k : -z.k};
            if (!add(walk, k, 2 * weight, values)) return false;
          }
        if (ranks < 3) break;
      }
    }
  return true;
}

/// Green function between the local states of each sector, for one step of the mesh.
bool green_matrix(const Walk& walk, const LocalStates& states, double step, Eigen::MatrixXd& green) {
  GreenTable table;
  const auto n = static_cast<Eigen::Index>(states.places.size());
  Eigen::Matrix<long, Eigen::Dynamic, Eigen::Dynamic> where =
      Eigen::Matrix<long, Eigen::Dynamic, Eigen::Dynamic>::Constant(n, n, -1);
  for (std::size_t s = 0; s + 1 < states.first.size(); ++s)
    for (std::size_t p = states.first[s]; p < states.first[s + 1]; ++p)
      for (std::size_t q = states.first[s]; q < states.first[s + 1]; ++q)
        where(static_cast<Eigen::Index>(p), static_cast<Eigen::Index>(q)) = static_cast<long>(
            table.want(states.places[p].site, states.places[q].site, states.places[p].image - states.places[q].image));
  std::vector<double> values;
  if (!table.integrate(walk, step, values)) return false;
  green = Eigen::MatrixXd::Zero(n, n);
  for (Eigen::Index p = 0; p < n; ++p)
    for (Eigen::Index q = 0; q < n; ++q)
      if (where(p, q) >= 0) green(p, q) = values[static_cast<std::size_t>(where(p, q))];
  return true;
}

/// What the labelled atom changes, as sources the field would need in the free walk: instead of jumping onto the atom's
/// place the vacancy exchanges with the atom. The place itself, which the vacancy can't be on, is given the mean of its
/// neighbours: no source there, and the sources of all states add up to nothing to the last digit.
Eigen::MatrixXd perturbation(const LocalStates& states) {
  const auto n = static_cast<Eigen::Index>(states.places.size());
  Eigen::MatrixXd out = Eigen::MatrixXd::Zero(n, n);
  for (std::size_t s = 0; s + 1 < states.first.size(); ++s) {
    const auto begin = static_cast<Eigen::Index>(states.first[s]),
               count = static_cast<Eigen::Index>(states.first[s + 1]) - begin;
    Eigen::VectorXd flux(count);
    for (Eigen::Index i = 0; i < count; ++i) flux(i) = states.places[static_cast<std::size_t>(begin + i)].flux;
    out.block(begin, begin, count, count) += flux * (flux / flux.sum()).transpose();
    for (Eigen::Index i = 0; i < count; ++i)
      out(begin + i, states.places[static_cast<std::size_t>(begin + i)].exchanged) -= flux(i);
  }
  return out;
}

/// Sum over exchanges of flux n n^T less what correlation takes back, n the lattice vector the labelled atom moves by.
Eigen::MatrixXd tracer_form(const Walk& walk, const LocalStates& states, const Eigen::MatrixXd& green) {
  const auto n = static_cast<Eigen::Index>(states.places.size());
  const Eigen::Index sectors = walk.sites, rank = walk.rank;
  Eigen::MatrixXd bias = Eigen::MatrixXd::Zero(n, rank);
  Eigen::MatrixXd plain = Eigen::MatrixXd::Zero(rank, rank);
  for (Eigen::Index p = 0; p < n; ++p) {
    const Place& place = states.places[static_cast<std::size_t>(p)];
    const Eigen::VectorXd step = place.image.head(rank).cast<double>();
    bias.row(p) = place.flux * step.transpose();
    plain += 0.5 * place.flux * step * step.transpose();
  }
  const Eigen::MatrixXd change = perturbation(states);
  Eigen::MatrixXd system = Eigen::MatrixXd::Zero(n + sectors, n + sectors);
  Eigen::MatrixXd right = Eigen::MatrixXd::Zero(n + sectors, rank);
  system.topLeftCorner(n, n) = Eigen::MatrixXd::Identity(n, n) + green * change;
  right.topRows(n) = green * bias;
  for (Eigen::Index s = 0; s < sectors; ++s) {
    const auto begin = static_cast<Eigen::Index>(states.first[static_cast<std::size_t>(s)]);
    const auto count = static_cast<Eigen::Index>(states.first[static_cast<std::size_t>(s) + 1]) - begin;
    system.block(begin, n + s, count, 1).setConstant(-1);
    if (s + 1 == sectors) {
      system(n + s, n + s) = 1;  // one constant is free, and one of the conditions follows from the others
      break;
    }
    // Divided by the sector's flux, so that slow ones count as much as fast ones.
    double flux = 0;
    for (Eigen::Index i = begin; i < begin + count; ++i) flux += states.places[static_cast<std::size_t>(i)].flux;
    system.row(n + s).head(n) = change.middleRows(begin, count).colwise().sum() / flux;
    right.row(n + s) = bias.middleRows(begin, count).colwise().sum() / flux;
  }
  const Eigen::MatrixXd field = system.partialPivLu().solve(right).topRows(n);
  const Eigen::MatrixXd form = plain - bias.transpose() * field;
  return 0.5 * (form + form.transpose());
}

/// D* per unit of flux of one component (Cartesian), on a mesh of the given step.
std::optional<Eigen::Matrix3d> solve_on_mesh(const Walk& walk, const LocalStates& states, double step) {
  Eigen::MatrixXd green;
  if (!green_matrix(walk, states, step, green)) return std::nullopt;
  const Eigen::MatrixXd form = tracer_form(walk, states, green);
  if (!form.allFinite()) return std::nullopt;
  return Eigen::Matrix3d{walk.lattice * form * walk.lattice.transpose()};
}

}  // namespace

std::optional<TracerDiffusion> tracer_diffusivity(const JumpNetwork& network, double temperature, double frequency) {
  check_rate_conditions(temperature, frequency);
  constexpr std::size_t most_sites = 96;
  constexpr double coarse = 0.8, fine = 0.6;
  const double kt = units::boltzmann * temperature;
  const double lowest = *std::min_element(network.energy_ev.begin(), network.energy_ev.end());
  double partition = 0;
  for (const double energy : network.energy_ev) partition += std::exp((lowest - energy) / kt);
  Eigen::Matrix3d rough = Eigen::Matrix3d::Zero();
  TracerDiffusion out{Eigen::Matrix3d::Zero(), 0};
  for (const JumpComponent& component : components_of(network)) {
    if (component.rank() < 2) continue;
    if (component.sites.size() > most_sites) return std::nullopt;
    const Walk walk = make_walk(component, kt);
    const LocalStates states = local_states(walk);
    const auto less = solve_on_mesh(walk, states, coarse), more = solve_on_mesh(walk, states, fine);
    if (!less || !more) return std::nullopt;
    const double scale = frequency * std::exp((lowest - walk.lowest_saddle_ev) / kt) / partition;
    rough += scale * *less;
    out.per_vacancy_fraction += scale * *more;
  }
  // Axis by axis: where one direction is a million times slower than another, it has digits of its own to lose.
  const PrincipalAxes main = principal_axes(vacancy_diffusivity(network, temperature, frequency));
  for (int k = 0; k < 3; ++k) {
    const Eigen::Vector3d e = main.vectors.col(k);
    const double better = e.dot(out.per_vacancy_fraction * e);
    if (main.values[static_cast<std::size_t>(k)] > 0 && better > 0)
      out.error = std::max(out.error, std::abs(e.dot((out.per_vacancy_fraction - rough) * e)) / better);
  }
  return out;
}

}  // namespace hopflow
