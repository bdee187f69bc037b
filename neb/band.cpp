// SPDX-License-Identifier: GPL-2.0-or-later
// Convergence of a band.
#include "neb/band.hpp"

#include "neb/interpolation.hpp"
#include "neb/moving_band.hpp"

namespace hopflow {

bool make_room(Path& path, const Mobile& mobile, double share) {
  path.answers.resize(path.images.size());
  std::vector<bool> unasked;
  for (const Evaluation& answer : path.answers) unasked.push_back(answer.forces.cols() == 0);
  return pull_apart(path.images, mobile, share, unasked);
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
