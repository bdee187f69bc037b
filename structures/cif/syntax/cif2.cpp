// SPDX-License-Identifier: GPL-2.0-or-later
#include "structures/cif/syntax/cif2.hpp"

#include <fmt/core.h>

#include "structures/core/error.hpp"

namespace hopflow {

namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
bool is_quote(char c) { return c == '\'' || c == '"'; }

/// Walks over the tokens of a CIF 2.0 and knows where it is.
class Scanner {
 public:
  Scanner(std::string& text, const std::string& name) : text_{text}, name_{name} {}

  Cif2Values reduce() {
    while (at_ < text_.size()) {
      if (is_blank(here())) {
        step(1);
      } else if (here() == '#') {
        while (at_ < text_.size() && here() != '\n') step(1);
      } else if (here() == ';' && column_ == 1) {
        skip_text_field();
      } else if (const std::size_t begin = at_; here() == '[' || here() == '{') {
        skip_list();
        blank_out(begin);  // as ? it reads as unknown
      } else if (triple()) {
        const std::pair place{line_, column_};
        const std::string_view words = skip_quoted();
        replace(begin, place, {std::string{words}, false});
      } else if (is_quote(here())) {
        skip_quoted();
      } else {
        skip_word();
      }
    }
    return std::move(values_);
  }

 private:
  char here() const { return text_[at_]; }
  bool triple() const {
    return at_ + 2 < text_.size() && is_quote(here()) && text_[at_ + 1] == here() && text_[at_ + 2] == here();
  }
  void step(std::size_t count) {
    for (; count > 0 && at_ < text_.size(); --count, ++at_) {
      column_ = here() == '\n' ? 1 : column_ + 1;
      line_ += here() == '\n' ? 1 : 0;
    }
  }
  [[noreturn]] void fail(std::pair<int, int> place, const char* problem) const {
    throw Error{Error::Kind::bad_input, fmt::format("{}:{}:{}: {}", name_, place.first, place.second, problem)};
  }
  void skip_text_field() {
    const std::pair place{line_, column_};
    for (step(1); !(column_ == 1 && at_ < text_.size() && here() == ';'); step(1))
      if (at_ >= text_.size()) fail(place, "unterminated text field; close it");
    step(1);
  }
  std::string_view skip_quoted() {
    const std::pair place{line_, column_};
    const std::size_t width = triple() ? 3 : 1;
    const std::string mark(width, here());
    step(width);
    const std::size_t begin = at_, end = text_.find(mark, at_);
    const bool crosses = width == 1 && end != std::string::npos && text_.find('\n', at_) < end;
    if (end == std::string::npos || crosses) fail(place, "unterminated quoted text; close it");
    step(end - begin + width);
    if (at_ < text_.size() && !is_blank(here()) && std::string_view{"]}:"}.find(here()) == std::string_view::npos)
      fail({line_, column_},
           "a blank must follow quoted text, which ends at its own quote; for a text that holds one use the other "
           "quote, or three of them");
    return std::string_view{text_}.substr(begin, end - begin);
  }
  void skip_list() {
    const std::pair place{line_, column_};
    std::string open;
    do {
      const char c = here();
      if (c == '[' || c == '{') {
        open += c == '[' ? ']' : '}';
        if (open.size() > 64) fail(place, "lists are nested more than 64 deep");
        step(1);
      } else if (c == ']' || c == '}') {
        if (c != open.back()) fail({line_, column_}, "a list and a table are closed in the wrong order");
        open.pop_back();
        step(1);
      } else if (is_quote(c)) {
        skip_quoted();
      } else if (c == ';' && column_ == 1) {
        skip_text_field();
      } else {
        step(1);
      }
    } while (!open.empty() && at_ < text_.size());
    if (!open.empty()) fail(place, "a list or table is not closed");
  }
  void skip_word() {
    const std::size_t begin = at_;
    const std::pair place{line_, column_};
    bool foreign = false;
    for (; at_ < text_.size() && !is_blank(here()); step(1))
      foreign = foreign || static_cast<unsigned char>(here()) > 0x7e;
    if (foreign && text_[begin] != '_') replace(begin, place, {text_.substr(begin, at_ - begin), false});
  }
  void replace(std::size_t begin, std::pair<int, int> place, Cif2Value value) {
    values_.emplace_hint(values_.end(), place, std::move(value));
    blank_out(begin);
  }
  void blank_out(std::size_t begin) {
    for (std::size_t k = begin; k < at_; ++k)
      if (text_[k] != '\n' && text_[k] != '\r') text_[k] = ' ';
    text_[begin] = '?';
  }

  std::string& text_;
  const std::string& name_;
  std::size_t at_ = 0;
  int line_ = 1, column_ = 1;
  Cif2Values values_;
};

}  // namespace

bool is_cif2(std::string_view text) { return text.starts_with("#\\#CIF_2.0"); }

Cif2Values reduce_cif2(std::string& text, const std::string& name) { return Scanner{text, name}.reduce(); }

}  // namespace hopflow
