// SPDX-License-Identifier: GPL-2.0-or-later
// One i-PI client: its process, its socket, and one question at a time.
#pragma once

#include <array>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <Eigen/Dense>

namespace hopflow::ipi {

/// How a client is started and what it is given.
struct ClientSite {
  std::vector<std::string> command;  ///< with placeholders
  bool tcp = false;
  int threads = 1;
  std::filesystem::path folder;     ///< it starts here
  std::filesystem::path scratch;    ///< {scratch}
  std::filesystem::path structure;  ///< {structure}
  std::filesystem::path log;        ///< its output goes here, appended
  double start_s = 120;             ///< allowed until it connects
  double deadline_s = 600;          ///< allowed for one answer
};

/// What came back, in hartree and bohr.
struct Reply {
  double energy = 0;
  Eigen::Matrix3Xd forces;
  std::array<double, 9> virial{};  ///< -dE/dstrain by rows
};

/// What {python} stands for: the Python the set-up gave the machine-learned potentials, where it is there; else the one
/// on PATH.
std::string client_python();

/// Starts with the object and ends with it: EXIT, a moment to obey, then the whole process group is killed. Any error
/// leaves the conversation at an unknown place; the object must not be asked again.
class Client {
 public:
  /// Starts the program and waits until it connects.
  /// @throws Error{missing_dependency} if there is no such program, Error{engine} if it ends or stays silent, Error{io}
  /// if
  ///   no socket can be had
  explicit Client(const ClientSite& site);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// @param cell  columns a, b, c (A) @param positions  3xN (A)
  /// @throws Error{engine} saying what the client did instead of answering
  Reply ask(const Eigen::Matrix3d& cell, const Eigen::Matrix3Xd& positions);

  /// What the next answers may take (s), in place of the site's limit.
  void allow(double seconds);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace hopflow::ipi
