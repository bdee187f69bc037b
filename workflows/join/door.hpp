// SPDX-License-Identifier: GPL-2.0-or-later
// The listening side of `hopflow serve`: admits engines that know the run's secret, at any time.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "potentials/process/stream.hpp"

struct pollfd;

namespace hopflow {

/// Where to listen. Nothing is admitted but who proves to know the secret in the address file.
struct DoorSettings {
  std::string listen = "127.0.0.1";  ///< address, host name or network interface, ":PORT" after it for a fixed port
  std::filesystem::path address;     ///< file to write; removed with the door
};

/// Never waits: strangers that say nothing cost a descriptor for five seconds.
class Door {
 public:
  /// Listens, and writes the address file.
  /// @throws Error{usage} if there is no such address here, Error{io} if it is in use or the file cannot be written
  explicit Door(DoorSettings settings);
  ~Door();
  Door(const Door&) = delete;
  Door& operator=(const Door&) = delete;

  /// "127.0.0.1 port 40123"
  const std::string& place() const;
  /// Whether every interface of the machine is listened at.
  bool is_open_to_all() const;
  const std::filesystem::path& address_file() const;

  /// What to poll besides other things.
  void add_to(std::vector<pollfd>& descriptors) const;

  struct Admitted {
    Descriptor socket;
    std::string name;
  };
  /// Accepts, listens, admits, sends away.
  /// @param notices  gets a line for each who was sent away
  std::vector<Admitted> attend(std::vector<std::string>& notices);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace hopflow
