// SPDX-License-Identifier: GPL-2.0-or-later
#include "workflows/mpi_session.hpp"

#include <chrono>
#include <cstdlib>
#include <thread>
#include <utility>

#define OMPI_SKIP_MPICXX 1
#include <mpi.h>

#include "structures/error.hpp"
#include "workflows/launcher.hpp"

namespace hopflow {

namespace {

constexpr int tag = 1;

}  // namespace

/// A message under way; MPI reads its content until the request is complete.
struct MpiSession::Posted {
  MPI_Request request;
  std::string content;
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
  if (active_) MPI_Finalize();
}

void MpiSession::send(int rank, const std::string& message) const {
  MPI_Send(message.data(), static_cast<int>(message.size()), MPI_BYTE, rank, tag, MPI_COMM_WORLD);
}

void MpiSession::post(int rank, std::string message) {
  Posted& last = posted_.emplace_back(Posted{MPI_REQUEST_NULL, std::move(message)});
  // Synchronous: complete means taken, which drain() counts on.
  MPI_Issend(last.content.data(), static_cast<int>(last.content.size()), MPI_BYTE, rank, tag, MPI_COMM_WORLD,
             &last.request);
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

MpiSession::Message MpiSession::wait() {
  auto pause = std::chrono::microseconds{20};
  for (;;) {
    if (auto message = receive()) return std::move(*message);
    std::this_thread::sleep_for(pause);
    if (pause < std::chrono::microseconds{1000}) pause *= 2;
  }
}

void MpiSession::abort(int code) const {
  if (active_) MPI_Abort(MPI_COMM_WORLD, code);
  std::_Exit(code);
}

}  // namespace hopflow
