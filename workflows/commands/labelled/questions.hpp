// SPDX-License-Identifier: GPL-2.0-or-later
// Single questions to engines: score and frames ask one for each configuration.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "potentials/core/engine.hpp"
#include "potentials/core/evaluation.hpp"
#include "structures/core/configuration.hpp"
#include "workflows/crew/mpi_session.hpp"
#include "workflows/crew/store.hpp"

namespace hopflow {

/// A configuration, the engine it is for, and what that said.
struct Question {
  std::string place;  ///< "frames.extxyz, frame 3", for messages
  Configuration configuration;
  EngineSpec engine{};
  std::optional<Evaluation> answer{};
  std::string refusal{};  ///< why there is no answer
};

/// Where engines of questions come from: a force-field table types the atoms, a client learns their order.
struct EngineChoice {
  std::string engine{}, forcefield{}, charge_set{};  ///< as the options --engine, --forcefield, --charge-set

  /// @throws Error{usage} unless exactly one of the two was given
  void require_one() const;
  bool is_none() const { return engine.empty() && forcefield.empty(); }
};

/// Gives every question its engine, one for each list of atoms. @throws Error with the question's place
void choose_engines(std::vector<Question>& questions, const EngineChoice& choice);

/// Asks whatever the store does not know. A refusal of an engine is that question's alone.
/// @throws Error{stopped} after a stop signal, Error of anything but an engine
void ask_all(std::vector<Question>& questions, Store& store, MpiSession& session, const std::filesystem::path& folder);

/// The same with nothing remembered before or after.
void ask_all(std::vector<Question>& questions, MpiSession& session);

}  // namespace hopflow
