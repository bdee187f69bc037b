// SPDX-License-Identifier: GPL-2.0-or-later
// MPI, only when a launcher started us; one rank otherwise.
#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>

namespace hopflow {

/// The one owner of MPI. Lives in main and outlives everything. Without mpirun or srun MPI is never initialised.
class MpiSession {
 public:
  /// Initialises MPI if the environment shows that a launcher started several processes or a PMI/PMIx server.
  MpiSession();
  /// Finalises MPI unless abort() was called.
  ~MpiSession();
  MpiSession(const MpiSession&) = delete;
  MpiSession& operator=(const MpiSession&) = delete;

  int rank() const { return rank_; }
  int size() const { return size_; }

  /// Divides the ranks into teams of so many neighbours each; every rank calls it at the same time.
  /// @param ranks  a divisor of size()
  void form_teams(int ranks);
  int team_size() const { return team_size_; }
  /// First rank of this rank's team.
  int leader() const { return rank_ / team_size_ * team_size_; }
  /// This team's communicator as Fortran knows it, for libraries that include no MPI header.
  int team_communicator() const;

  /// Returns at once, so that a rank that is itself sending can't be waited for in a circle; messages of one rank to
  /// another keep their order. Later calls of receive() see it off.
  void post(int rank, std::string message);
  /// Whether something posted to this rank has not been taken yet.
  bool awaits(int rank);
  /// Waits until everything posted has been taken; what arrives meanwhile is dropped, so that its sender can go on.
  void drain();

  struct Message {
    int from;
    std::string content;
  };
  /// A message if one has arrived; never blocks.
  std::optional<Message> receive();
  /// Ends every rank at once with this exit code; for failures no message can get around.
  [[noreturn]] void abort(int code) const;

 private:
  struct Posted;
  void forget_delivered();

  std::list<Posted> posted_;
  struct Team;
  std::shared_ptr<Team> team_;
  int team_size_ = 1;
  bool active_ = false;
  int rank_ = 0;
  int size_ = 1;
};

/// While one lives, a library that ends MPI, as LAMMPS does on an error, ends the run with this exit code and these
/// words on stderr. One at a time.
class LastWords {
 public:
  /// @param patience_s  before this rank speaks: another one of its team knows more
  LastWords(std::function<std::string()> words, int code, double patience_s);
  ~LastWords();
  LastWords(const LastWords&) = delete;
  LastWords& operator=(const LastWords&) = delete;

 private:
  friend void say_last_words();
  std::function<std::string()> words_;
  int code_;
  double patience_s_;
};

}  // namespace hopflow
