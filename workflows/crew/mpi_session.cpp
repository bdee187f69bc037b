// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/crew/mpi_session.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <utility>

#define OMPI_SKIP_MPICXX 1
#include <mpi.h>

#include "structures/core/error.hpp"
#include "workflows/system/launcher.hpp"

namespace hopflow {

namespace {

constexpr int tag = 1;

/// The one process-wide thing MPI's profiling interface leaves room for.
LastWords* last_words = nullptr;

}  // namespace

LastWords::LastWords(std::function<std::string()> words, int code, double patience_s)
    : words_{std::move(words)}, code_{code}, patience_s_{patience_s} {
  last_words = this;
}

LastWords::~LastWords() { last_words = nullptr; }

void say_last_words() {
  if (last_words == nullptr) return;
  const LastWords* const words = std::exchange(last_words, nullptr);
  std::this_thread::sleep_for(std::chrono::duration<double>{words->patience_s_});
  std::fprintf(stderr, "%s\n", words->words_().c_str());
  PMPI_Abort(MPI_COMM_WORLD, words->code_);
}

/// Communicator of a team.
struct MpiSession::Team {
  MPI_Comm communicator = MPI_COMM_NULL;
  ~Team() {
    if (communicator != MPI_COMM_NULL) MPI_Comm_free(&communicator);
  }
};

/// A message under way; MPI reads its content until the request is complete.
struct MpiSession::Posted {
  MPI_Request request;
  std::string content;
  int rank;
};

MpiSession::MpiSession() {
  if (!launched_by_mpi()) return;
  int provided = 0;
  if (MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided) != MPI_SUCCESS)
    throw Error{Error::Kind::missing_dependency,
                "MPI could not be started by this launcher; use the mpirun of the MPI hopflow was built with"};
  active_ = true;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
  MPI_Comm_size(MPI_COMM_WORLD, &size_);
}

MpiSession::~MpiSession() {
  team_.reset();
  if (active_) MPI_Finalize();
}

void MpiSession::form_teams(int ranks) {
  team_size_ = ranks;
  team_ = std::make_shared<Team>();
  MPI_Comm_split(MPI_COMM_WORLD, rank_ / ranks, rank_, &team_->communicator);
}

int MpiSession::team_communicator() const { return static_cast<int>(MPI_Comm_c2f(team_->communicator)); }

void MpiSession::post(int rank, std::string message) {
  Posted& last = posted_.emplace_back(Posted{MPI_REQUEST_NULL, std::move(message), rank});
  // Synchronous: complete means taken, which drain() counts on.
  MPI_Issend(last.content.data(), static_cast<int>(last.content.size()), MPI_BYTE, rank, tag, MPI_COMM_WORLD,
             &last.request);
}

bool MpiSession::awaits(int rank) {
  forget_delivered();
  return std::ranges::any_of(posted_, [&](const Posted& message) { return message.rank == rank; });
}

void MpiSession::drain() {
  while (!posted_.empty())
    if (!receive()) std::this_thread::sleep_for(std::chrono::microseconds{200});
}

void MpiSession::forget_delivered() {
  std::erase_if(posted_, [](Posted& message) {
    int delivered = 0;
    MPI_Test(&message.request, &delivered, MPI_STATUS_IGNORE);
    return delivered != 0;
  });
}

std::optional<MpiSession::Message> MpiSession::receive() {
  if (!active_) return std::nullopt;
  forget_delivered();
  int arrived = 0;
  MPI_Status status;
  MPI_Iprobe(MPI_ANY_SOURCE, tag, MPI_COMM_WORLD, &arrived, &status);
  if (arrived == 0) return std::nullopt;
  int bytes = 0;
  MPI_Get_count(&status, MPI_BYTE, &bytes);
  Message message{status.MPI_SOURCE, std::string(static_cast<std::size_t>(bytes), '\0')};
  MPI_Recv(message.content.data(), bytes, MPI_BYTE, status.MPI_SOURCE, tag, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
  return message;
}

void MpiSession::abort(int code) const {
  if (active_) MPI_Abort(MPI_COMM_WORLD, code);
  std::_Exit(code);
}

}  // namespace hopflow

// MPI's profiling interface: these stand before the library's own, for every caller in the process.
extern "C" {

int MPI_Finalize() {
  hopflow::say_last_words();
  return PMPI_Finalize();
}

int MPI_Abort(MPI_Comm communicator, int code) {
  hopflow::say_last_words();
  return PMPI_Abort(communicator, code);
}

}  // extern "C"
