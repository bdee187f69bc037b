// SPDX-License-Identifier: GPL-2.0-or-later
// A toy procedure: how stiffly an atom is held. The example of docs/procedures.md.
#include <fmt/core.h>

#include "neb/relax/relax.hpp"

using namespace hopflow;

/// Second derivative of the energy along x, at the minimum below `start` (eV/A^2): one relaxation and two questions.
Procedure<double> stiffness(Configuration start, int atom, double step) {
  RelaxOptions options;
  options.fmax = 1e-6;  // eV/A
  auto relaxation = relax(std::move(start), Mask{}, options);
  const Relaxed minimum = co_await std::move(relaxation);
  if (!minimum.converged()) throw Error{Error::Kind::bad_input, "no minimum: " + minimum.reason};
  co_yield Progress("stiffness", 1, minimum.fmax);
  std::vector<Configuration> questions(2, minimum.configuration);
  questions[0].positions(0, atom) -= step;
  questions[1].positions(0, atom) += step;
  const std::vector<Evaluation> answers = co_await Ask(std::move(questions));
  co_return (answers[0].forces(0, atom) - answers[1].forces(0, atom)) / (2 * step);
}

/// A spring of 3 eV/A^2 to the point (5, 5, 5).
Evaluation answer(const Configuration& question) {
  const Eigen::Matrix3Xd away = question.positions.array() - 5;
  Evaluation out;
  out.energy_ev = 1.5 * away.squaredNorm();
  out.forces = -3 * away;
  return out;
}

int main() {
  Configuration start;
  start.cell *= 10;
  start.species = {3};
  start.positions = Eigen::Vector3d{5.3, 5.0, 4.9};

  auto procedure = stiffness(start, 0, 0.01);
  while (!procedure.done()) {
    std::vector<Evaluation> answers;
    for (const Configuration& question : procedure.ask()) answers.push_back(answer(question));
    procedure.tell(std::move(answers));
  }
  const double found = procedure.take();
  fmt::print("{:.4f} eV/A^2 after {} evaluations\n", found, procedure.evaluations());
  return std::abs(found - 3) < 1e-6 ? 0 : 1;
}
