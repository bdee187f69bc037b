// SPDX-License-Identifier: GPL-2.0-or-later
// Convergence of a band.
#include "neb/band/band.hpp"

#include "neb/band/moving_band.hpp"
#include "neb/core/rigid.hpp"
#include "neb/path/interpolation.hpp"

namespace hopflow {
namespace {

void move_as_whole(Path& path, std::size_t i, const RigidMotion& motion) {
  path.images[i].positions = motion.moved(path.images[i].positions);
  Evaluation& answer = path.answers[i];
  answer.forces = motion.rotation * answer.forces;
  if (answer.stress) answer.stress = motion.rotation * *answer.stress * motion.rotation.transpose();
}

}  // namespace

bool make_room(Path& path, const Mobile& mobile, double share) {
  path.answers.resize(path.images.size());
  std::vector<bool> unasked;
  for (const Evaluation& answer : path.answers) unasked.push_back(answer.forces.cols() == 0);
  return pull_apart(path.images, mobile, share, unasked);
}

void spread_motion(Path& path, const Mobile& mobile) {
  const FreeMotions free(path.images.front(), mobile);
  if (free.none()) return;
  path.answers.resize(path.images.size());
  const std::size_t last = path.images.size() - 1;
  std::size_t from = 0;
  for (const std::size_t to : {static_cast<std::size_t>(path.saddle.value_or(0)), last}) {
    if (to <= from) continue;
    std::vector<double> length{0.0};
    Eigen::Matrix3Xd before = path.images[from].positions;
    RigidMotion onto;
    for (std::size_t i = from + 1; i <= to; ++i) {
      onto = free.towards(before, path.images[i].positions);
      const Eigen::Matrix3Xd here = onto.moved(path.images[i].positions);
      length.push_back(length.back() + (here - before).norm());
      before = here;
      if (i < to) move_as_whole(path, i, onto);
    }
    const RigidMotion left = onto.inverse();
    for (std::size_t i = from + 1; i < to && length.back() > 0; ++i) {
      move_as_whole(path, i, left.part(length[i - from] / length.back()));
    }
    from = to;
  }
}

Procedure<Band> converge_band(Path start, Mobile mobile, BandOptions options) {
  MovingBand band(std::move(start), std::move(mobile), std::move(options));
  while (!band.ended()) {
    std::vector<Configuration> questions = band.questions();
    if (!questions.empty()) {
      std::vector<std::string> names = band.names();
      Reply reply = co_await Try(std::move(questions), std::move(names));
      if (reply.refused()) {
        band.retreat(*reply.refusal);
        continue;
      }
      band.take(std::move(reply.answers));
      if (band.ended()) break;
    }
    band.arrive();
    Progress shown = band.progress();
    co_yield std::move(shown);
    band.go_on();
  }
  Band result = band.result();
  co_return result;
}

}  // namespace hopflow
