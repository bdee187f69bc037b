// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/join/guest.hpp"

#include <poll.h>

#include <cmath>
#include <exception>
#include <map>
#include <set>

#include <fmt/core.h>

#include "potentials/core/answer_times.hpp"
#include "potentials/host/wire.hpp"
#include "structures/core/error.hpp"
#include "structures/core/text.hpp"

namespace hopflow {

namespace {

constexpr double usual_limit_s = 600, way_s = 30;  // for an answer where the engine says nothing; for what is around it
constexpr double frame_s = 10;                     // for the rest of a message that has begun to arrive

}  // namespace

struct Guest::State {
  Descriptor socket;
  std::string name;
  bool busy = false, broken = false, first = true;
  std::set<std::string> known, lacking;  // specs
  std::map<std::string, AnswerTimes> times;
  std::string hash;
  Eigen::Index atoms = 0;
  Moment begun{}, until{};
  double limit_s = 0;
};

Guest::Guest(Descriptor socket, std::string name) : state_{std::make_unique<State>()} {
  state_->socket = std::move(socket);
  state_->name = std::move(name);
}
Guest::~Guest() {
  if (!state_ || state_->broken || std::uncaught_exceptions() > 0) return;  // a run that is stopped is not over
  const wire::Header header{farewell, 0, 0};
  send_all(state_->socket.get(), {reinterpret_cast<const char*>(&header), sizeof header}, after(0.1));
}
Guest::Guest(Guest&&) noexcept = default;
Guest& Guest::operator=(Guest&&) noexcept = default;

const std::string& Guest::name() const { return state_->name; }
int Guest::descriptor() const { return state_->socket.get(); }
bool Guest::busy() const { return state_->busy; }

bool Guest::lacks(const std::string& hash) const { return state_->lacking.contains(hash); }

void Guest::begin(const EngineSpec& spec, const Configuration& configuration) {
  State& s = *state_;
  s.hash = spec.hash();
  s.atoms = configuration.positions.cols();
  const double stated = spec.running.deadline_s > 0 ? spec.running.deadline_s : usual_limit_s;
  // Who gave a limit of their own knows better than the answers so far.
  s.limit_s = (stated == usual_limit_s ? s.times[s.hash].allowed(stated) : stated) + way_s;
  if (s.first) s.limit_s += spec.running.start_s;
  s.first = false;
  s.begun = std::chrono::steady_clock::now();
  s.until = after(s.limit_s);
  s.busy = true;
  std::string frames;
  if (s.known.insert(s.hash).second) frames = wire::spec_frame(spec, s.hash);
  frames += wire::question_frame(s.hash, configuration);
  if (send_all(s.socket.get(), frames, after(frame_s)) != Transfer::done) s.broken = true;
}

bool Guest::overdue() const {
  return state_->broken || (state_->busy && std::chrono::steady_clock::now() >= state_->until);
}

std::variant<Evaluation, std::exception_ptr, Left> Guest::finish() {
  State& s = *state_;
  s.busy = false;
  const auto gone = [&](const std::string& why) {
    s.broken = true;
    return Left{why};
  };
  if (s.broken) return gone("could not be reached");
  wire::Header header{};
  if (!wait_for(s.socket.get(), POLLIN, after(0)))
    return gone(fmt::format("gave no answer within {} s", text::shortest(s.limit_s)));
  if (receive_all(s.socket.get(), &header, sizeof header, after(frame_s)) != Transfer::done) return gone("left");
  // An answer has a place for each atom; a failure is some lines of text.
  const std::uint64_t most = 4096 + static_cast<std::uint64_t>(s.atoms) * 24;
  const bool answered = header.kind == static_cast<std::uint32_t>(wire::Kind::answer);
  const bool failed = header.kind == static_cast<std::uint32_t>(wire::Kind::failure);
  if ((!answered && !failed) || header.length > (answered ? most : std::uint64_t{1} << 20))
    return gone("sent an invalid answer and was disconnected");
  std::string body(header.length, '\0');
  if (receive_all(s.socket.get(), body.data(), body.size(), after(frame_s)) != Transfer::done)
    return gone("left in the middle of an answer");
  try {
    if (answered) {
      Evaluation answer = wire::read_answer(body);
      if (!std::isfinite(answer.energy_ev) || !answer.forces.allFinite())
        return gone("returned values that are not finite and was disconnected");
      if (answer.forces.cols() != s.atoms) return gone("returned another number of atoms and was disconnected");
      s.times[s.hash].note(std::chrono::duration<double>(std::chrono::steady_clock::now() - s.begun).count());
      return answer;
    }
    const Error problem = wire::read_failure(body);
    if (problem.kind() == Error::Kind::engine || problem.kind() == Error::Kind::geometry ||
        problem.kind() == Error::Kind::bad_input)
      return std::make_exception_ptr(problem);
    if (problem.kind() == Error::Kind::missing_dependency) {
      s.lacking.insert(s.hash);
      return Left{.why = fmt::format("cannot answer: {}", problem.what()), .stays = true};
    }
    return gone(fmt::format("cannot answer: {}", problem.what()));
  } catch (const Error&) {
    return gone("sent an invalid answer and was disconnected");
  }
}

}  // namespace hopflow
