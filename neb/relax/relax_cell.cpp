// SPDX-License-Identifier: GPL-2.0-or-later
// The cell as three more atoms of an ordinary relaxation.
#include "neb/relax/relax_cell.hpp"

#include <cmath>
#include <utility>

#include "neb/core/mobile.hpp"
#include "neb/path/interpolation.hpp"
#include "structures/core/cell.hpp"
#include "structures/core/error.hpp"

namespace hopflow {

namespace {

// The relaxation sees atoms at y and three more at the columns of scale * F; the engine is asked for positions F y in
// the cell F H. The scale gives a crystal's elastic curvature, about 0.15 eV/A^3, the size of a bond's, about 5 eV/A^2.
class Deformed {
 public:
  explicit Deformed(Configuration start)
      : start_{std::move(start)}, scale_{std::sqrt(start_.cell.determinant() * 0.15 / 5)} {
    if (!(start_.cell.determinant() > 0))
      throw Error{Error::Kind::bad_input,
                  "the cell is left-handed or flat and cannot be relaxed; swap two of its vectors"};
    for (const bool periodic : start_.periodic)
      if (!periodic)
        throw Error{Error::Kind::bad_input,
                    "the structure is not periodic in every direction; relax its positions only"};
  }

  Configuration extended() const {
    Configuration out = start_;
    out.positions.conservativeResize(3, start_.size() + 3);
    out.positions.rightCols(3) = scale_ * Eigen::Matrix3d::Identity();
    out.species.insert(out.species.end(), 3, 0);
    return out;
  }

  Mask extended(Mask mobile) const {
    mobile.resize(static_cast<std::size_t>(start_.size()), mobile.empty());
    mobile.insert(mobile.end(), 3, true);
    return mobile;
  }

  Configuration real(const Configuration& extended) const {
    Configuration out = start_;
    const Eigen::Matrix3d f = gradient_of(extended);
    out.cell = f * start_.cell;
    out.positions = f * extended.positions.leftCols(start_.size());
    return out;
  }

  Evaluation extended(const Configuration& at, const Evaluation& answer) const {
    if (!answer.stress)
      throw Error{Error::Kind::bad_input,
                  "the engine gives no stress, so it cannot relax a cell; relax positions only"};
    const Eigen::Matrix3d f = gradient_of(at);
    const Eigen::Matrix3d stress = (*answer.stress + answer.stress->transpose()) / 2;
    const double volume = f.determinant() * start_.cell.determinant();
    Evaluation out;
    out.energy_ev = answer.energy_ev;
    out.forces.resize(3, start_.size() + 3);
    out.forces.leftCols(start_.size()) = f.transpose() * answer.forces;
    out.forces.rightCols(3) = -volume / scale_ * stress * f.inverse().transpose();
    return out;
  }

 private:
  Eigen::Matrix3d gradient_of(const Configuration& extended) const { return extended.positions.rightCols(3) / scale_; }

  Configuration start_;
  double scale_;
};

}  // namespace

Procedure<Relaxed> relax_cell(Configuration start, Mask mask, RelaxOptions options) {
  const Deformed deformed{start};
  const Mobile mobile(mask, start.size());
  const Mobile whole({},
                     start.size());  // a cell that shrinks brings atoms together that may not move, and their images
  const std::vector<std::string> names{options.stage};
  options.overstepped = [&](const Configuration& from, const Configuration& to) {
    const Configuration before = deformed.real(from), after = deformed.real(to);
    return is_squeezed(before, after, whole) ||
           shortest_lattice_vector(after.cell) < squeezed_share * shortest_lattice_vector(before.cell);
  };
  Procedure<Relaxed> inner = relax(deformed.extended(), deformed.extended(mask), options);
  Evaluation latest;
  Configuration asked;
  std::vector<std::pair<Configuration, Evaluation>> kept;
  while (!inner.done()) {
    asked = inner.ask().front();
    std::vector<Configuration> questions{deformed.real(asked)};
    Reply reply = co_await Try(std::move(questions), names);
    if (reply.refused()) {
      inner.tell_error(*reply.refusal);  // it may know a shorter step
      continue;
    }
    latest = std::move(reply.answers.front());
    std::vector<Evaluation> answers{deformed.extended(asked, latest)};
    kept.emplace_back(asked, std::move(latest));
    inner.tell(std::move(answers));
    co_yield inner.progress();
    // The last but one answer may be the place the relaxation stays at; older ones are not.
    if (kept.size() > 32) kept.erase(kept.begin());
  }
  Relaxed result = inner.take();
  for (auto& [question, answer] : kept)
    if (question.positions == result.configuration.positions) result.evaluation = std::move(answer);
  const Eigen::Matrix3Xd moved = result.configuration.positions.leftCols(start.size()) - start.positions;
  result.configuration = deformed.real(result.configuration);
  result.fmax = longest(mobile.gradient(result.evaluation));
  result.drift = longest(mobile.gather(moved));
  co_return result;
}

}  // namespace hopflow
