// SPDX-License-Identifier: GPL-2.0-or-later
// Effective diffusion tensor of a periodic jump network by eliminating its sites one by one.
#include "structures/diffusion/diffusion.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/core.h>

#include "structures/core/error.hpp"
#include "structures/core/units.hpp"

namespace hopflow {

namespace {

// Rates of one network may differ by hundreds of orders of magnitude when it is cold: extended exponent range.
using Real = long double;
using Vector = Eigen::Matrix<Real, 3, 1>;
using Tensor = Eigen::Matrix<Real, 3, 3>;

/// Conductances between sites, each pair with the mean lattice vector of its jumps, and what is already known of the
/// answer. Energy of a field: sum over pairs g (d.e + phi_to - phi_from)^2 + e.known e.
class Mesh {
 public:
  explicit Mesh(int sites)
      : size_{sites},
        conductance_(static_cast<std::size_t>(sites) * static_cast<std::size_t>(sites), 0),
        vector_(conductance_.size(), Vector::Zero()) {}

  /// Two conductances side by side act as one with their mean vector, and a constant from the difference of the two.
  void add(int from, int to, Real g, const Vector& d) {
    if (from == to) {
      known_ += g * d * d.transpose();
      return;
    }
    Real& here = conductance_[at(from, to)];
    Vector& mean = vector_[at(from, to)];
    if (here == 0) {
      mean = d;
    } else {
      const Vector apart = d - mean;
      known_ += here / (here + g) * g * apart * apart.transpose();
      mean += g / (here + g) * apart;
    }
    here += g;
    conductance_[at(to, from)] = here;
    vector_[at(to, from)] = -mean;
  }

  /// Star-mesh: the site's potential takes its best value for every field, which joins its neighbours pairwise.
  void eliminate(int site) {
    std::vector<int> neighbors;
    Real sum = 0;
    for (int other = 0; other < site; ++other)
      if (conductance_[at(site, other)] > 0) {
        neighbors.push_back(other);
        sum += conductance_[at(site, other)];
      }
    for (std::size_t a = 0; a < neighbors.size(); ++a)
      for (std::size_t b = a + 1; b < neighbors.size(); ++b)
        add(neighbors[a], neighbors[b],
            conductance_[at(site, neighbors[a])] * (conductance_[at(site, neighbors[b])] / sum),
            vector_[at(site, neighbors[b])] - vector_[at(site, neighbors[a])]);
  }

  const Tensor& known() const { return known_; }
  int size() const { return size_; }

 private:
  std::size_t at(int i, int j) const {
    return static_cast<std::size_t>(i) * static_cast<std::size_t>(size_) + static_cast<std::size_t>(j);
  }

  int size_;
  std::vector<Real> conductance_;
  std::vector<Vector> vector_;
  Tensor known_ = Tensor::Zero();
};

}  // namespace

Eigen::Matrix3d vacancy_diffusivity(const JumpNetwork& network, double temperature, double frequency) {
  check_rate_conditions(temperature, frequency);
  constexpr int most_sites = 2000;
  if (network.size() > most_sites)
    throw Error{Error::Kind::bad_input,
                fmt::format("a jump network of {} sites: at most {} are solved; take the primitive cell",
                            network.size(), most_sites)};
  if (network.jumps.empty()) return Eigen::Matrix3d::Zero();
  const Real kt = static_cast<Real>(units::boltzmann) * static_cast<Real>(temperature);
  const double lowest = *std::min_element(network.energy_ev.begin(), network.energy_ev.end());
  double highest = network.jumps.front().saddle_ev;
  for (const Jump& jump : network.jumps) highest = std::max(highest, jump.saddle_ev);

  // Lattice vectors instead of displacements: where in the cell a site stands cannot matter, and integers are exact.
  Mesh mesh{network.size()};
  for (const Jump& jump : network.jumps)
    mesh.add(jump.from, jump.to, std::exp((static_cast<Real>(highest) - jump.saddle_ev) / kt), jump.image.cast<Real>());
  for (int site = mesh.size() - 1; site > 0; --site) mesh.eliminate(site);

  Real partition = 0;
  for (const double energy : network.energy_ev) partition += std::exp((static_cast<Real>(lowest) - energy) / kt);
  const Tensor cell = network.cell.cast<Real>();
  const Tensor d = cell * mesh.known() * cell.transpose() *
                   (static_cast<Real>(frequency) * std::exp((static_cast<Real>(lowest) - highest) / kt) / partition);
  return (0.5L * (d + d.transpose())).cast<double>();
}

PrincipalAxes principal_axes(const Eigen::Matrix3d& tensor) {
  // A unit trace first: the solver compares squares, which would vanish for diffusivities of cold crystals.
  const double scale = tensor.cwiseAbs().maxCoeff();
  PrincipalAxes out{{0, 0, 0}, Eigen::Matrix3d::Identity()};
  if (!(scale > 0)) return out;
  const Eigen::SelfAdjointEigenSolver<Eigen::Matrix3d> solver{tensor / scale};
  for (int k = 0; k < 3; ++k) {
    const double value = solver.eigenvalues()(2 - k);
    out.values[static_cast<std::size_t>(k)] = value > 1e-14 ? value * scale : 0;
    Eigen::Vector3d v = solver.eigenvectors().col(2 - k);
    int largest = 0;
    for (int i = 1; i < 3; ++i)
      if (std::abs(v(i)) > std::abs(v(largest)) + 1e-9) largest = i;
    out.vectors.col(k) = v(largest) < 0 ? Eigen::Vector3d{-v} : v;
  }
  return out;
}

std::array<double, 3> along_cell(const Eigen::Matrix3d& tensor, const Eigen::Matrix3d& cell) {
  std::array<double, 3> out{};
  for (int k = 0; k < 3; ++k) {
    const Eigen::Vector3d e = cell.col(k).normalized();
    out[static_cast<std::size_t>(k)] = std::max(0.0, e.dot(tensor * e));
  }
  return out;
}

Arrhenius fit_arrhenius(std::span<const double> temperatures, std::span<const double> diffusivities) {
  const auto n = static_cast<Eigen::Index>(temperatures.size());
  if (n < 2 || temperatures.size() != diffusivities.size())
    throw Error{Error::Kind::bad_input, "an Arrhenius line needs two temperatures, and a diffusivity at each"};
  Eigen::MatrixX2d a(n, 2);
  Eigen::VectorXd b(n);
  for (Eigen::Index i = 0; i < n; ++i) {
    const double t = temperatures[static_cast<std::size_t>(i)], d = diffusivities[static_cast<std::size_t>(i)];
    if (!(t > 0) || !(d > 0))
      throw Error{Error::Kind::bad_input, fmt::format("diffusivity {} at {} K: a logarithm needs both above 0", d, t)};
    a.row(i) << 1, -1 / (units::boltzmann * t);
    b(i) = std::log(d);
  }
  const Eigen::Vector2d fit = a.colPivHouseholderQr().solve(b);
  return {fit(1), std::exp(fit(0)), (a * fit - b).cwiseAbs().maxCoeff()};
}

}  // namespace hopflow
