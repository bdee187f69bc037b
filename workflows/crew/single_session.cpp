// SPDX-License-Identifier: GPL-2.0-or-later
// MpiSession in builds without MPI: always one rank.
#include <cstdlib>

#include "structures/core/error.hpp"
#include "workflows/crew/mpi_session.hpp"
#include "workflows/system/launcher.hpp"

namespace hopflow {

struct MpiSession::Team {};
struct MpiSession::Posted {};

MpiSession::MpiSession() {
  if (launched_by_mpi())
    throw Error{Error::Kind::missing_dependency,
                "this hopflow was built without MPI, so every process of the launcher would compute the same; start it "
                "without mpirun or srun, or install libopenmpi-dev and build again"};
}
MpiSession::~MpiSession() = default;

// With one rank, a team is that rank and there is nobody to write to.
void MpiSession::form_teams(int ranks) { team_size_ = ranks; }
int MpiSession::team_communicator() const { return 0; }
void MpiSession::send(int, const std::string&) const {}
void MpiSession::post(int, std::string) {}
void MpiSession::drain() {}
void MpiSession::forget_delivered() {}
std::optional<MpiSession::Message> MpiSession::receive() { return std::nullopt; }
MpiSession::Message MpiSession::wait() {
  throw Error{Error::Kind::engine, "a message of another rank was waited for in a build without MPI"};
}
void MpiSession::abort(int code) const { std::_Exit(code); }

LastWords::LastWords(std::function<std::string()> words, int code, double patience_s)
    : words_{std::move(words)}, code_{code}, patience_s_{patience_s} {}
LastWords::~LastWords() = default;

}  // namespace hopflow
