// SPDX-License-Identifier: GPL-2.0-or-later
// An engine elsewhere that has joined: questions over its connection, one at a time, as to an engine's own process.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "potentials/core/engine.hpp"
#include "potentials/process/stream.hpp"

namespace hopflow {

/// Why a guest has not answered, in words that follow its name: it is no more, or has no such engine.
struct Left {
  std::string why;
  bool stays = false;
};

class Guest {
 public:
  Guest(Descriptor socket, std::string name);
  ~Guest();  ///< says that the run is over, but in unwinding: a run that is stopped goes on
  Guest(Guest&&) noexcept;
  Guest& operator=(Guest&&) noexcept;

  const std::string& name() const;
  int descriptor() const;
  bool busy() const;

  /// Whether it has said that it has no such engine. @param hash  of the spec
  bool lacks(const std::string& hash) const;

  /// Sends a question. A guest that cannot take it is found out by finish().
  void begin(const EngineSpec& spec, const Configuration& configuration);

  /// Whether its time is up, which is that of a client of this run and some more for the way.
  bool overdue() const;

  /// To be called when the descriptor is readable or the time is up. A failure of the engine is an Error{engine},
  /// Error{geometry} or Error{bad_input}; all else is no answer: the guest has left, or is to be sent away.
  std::variant<Evaluation, std::exception_ptr, Left> finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The kind of the frame that says that the run is over; it has no body.
inline constexpr unsigned farewell = 'X';

}  // namespace hopflow
