// SPDX-License-Identifier: GPL-2.0-or-later
// What passes between hopflow and its engine processes over a stream socket.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "potentials/core/engine.hpp"
#include "structures/core/error.hpp"

namespace hopflow::wire {

// A frame is a header of 16 bytes and a body:
//
//     4 bytes  kind, one of the letters below
//     4 bytes  zero
//     8 bytes  length of the body
//
// Numbers are the machine's own (both ends are the same program on the same machine); a text is its length in 8 bytes
// and its bytes. Bodies:
//
//     spec      text hash, text kind, text version, text document, int32 processes, 2 doubles (seconds to start,
//     seconds
//               for an answer), text folder, text library; once per spec, before its first question
//     question  text hash of the spec, 8 bytes N, 9 doubles of the cell by columns, 3 bytes periodic (0 or 1),
//               N int32 species, 3N doubles of the positions by atoms
//     answer    double energy (eV), 1 byte: 1 if a stress follows, 9 doubles stress (eV/A^3), 8 bytes N,
//               3N doubles of the forces (eV/A) by atoms
//     failure   4 bytes Error::Kind, text message
//
// hopflow sends specs and questions; each question gets one answer or failure. Closing the socket ends the process.

enum class Kind : std::uint32_t { spec = 'S', question = 'Q', answer = 'A', failure = 'F' };

struct Header {
  std::uint32_t kind;
  std::uint32_t zero;
  std::uint64_t length;
};
static_assert(sizeof(Header) == 16);

/// Longer bodies are refused unread.
inline constexpr std::uint64_t largest_body = std::uint64_t{1} << 30;

std::string spec_frame(const EngineSpec& spec, const std::string& hash);
std::string question_frame(const std::string& hash, const Configuration& configuration);
std::string answer_frame(const Evaluation& answer);
std::string failure_frame(Error::Kind kind, const std::string& message);

struct SpecBody {
  std::string hash;
  EngineSpec spec;
};
struct QuestionBody {
  std::string hash;
  Configuration configuration;
};

// @throws Error{engine} if a body is cut short, too long or not of its kind
SpecBody read_spec(std::string_view body);
QuestionBody read_question(std::string_view body);
Evaluation read_answer(std::string_view body);
Error read_failure(std::string_view body);

}  // namespace hopflow::wire
