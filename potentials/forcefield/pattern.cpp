// SPDX-License-Identifier: GPL-2.0-or-later
// Patterns are trees; fitting one is a search with taking back.
#include "potentials/forcefield/pattern.hpp"

#include <algorithm>
#include <functional>
#include <optional>

#include <fmt/core.h>

#include "structures/core/element.hpp"
#include "structures/core/error.hpp"
#include "structures/core/text.hpp"

namespace hopflow {

struct Pattern::Test {
  enum class What { any, element, bonds, ring, inside } what;
  bool negated = false;
  int number = 0;
  std::shared_ptr<const Node> inside;
};

struct Pattern::Node {
  std::vector<Test> tests;
  std::vector<std::shared_ptr<const Node>> branches;
};

struct Pattern::Parser {
  std::string_view text;
  std::size_t at = 0;

  [[noreturn]] void fail(std::string_view what) const {
    throw Error(Error::Kind::bad_input,
                fmt::format("pattern '{}', character {}: {}", text::printable(text), at + 1, what));
  }
  bool more() const { return at < text.size(); }
  char next() const { return more() ? text[at] : '\0'; }
  void take(char c) {
    if (next() != c) fail(fmt::format("expected '{}'", c));
    ++at;
  }
  int number() {
    const std::size_t start = at;
    while (next() >= '0' && next() <= '9') ++at;
    const auto value = text::to_integer(text.substr(start, at - start));
    if (!value || *value > 20) fail("expected a number from 0 to 20");
    return static_cast<int>(*value);
  }

  std::shared_ptr<const Node> chain() {
    auto node = std::make_shared<Node>();
    take('[');
    node->tests.push_back(first_test());
    while (next() == ';') {
      ++at;
      node->tests.push_back(test());
    }
    take(']');
    while (next() == '(') {
      ++at;
      node->branches.push_back(chain());
      take(')');
    }
    if (next() == '[') node->branches.push_back(chain());
    return node;
  }

  Test first_test() {
    if (next() == '*') {
      ++at;
      return Test{Test::What::any, false, 0, nullptr};
    }
    std::size_t length = 0;
    while (at + length < text.size() && std::isalpha(static_cast<unsigned char>(text[at + length]))) ++length;
    const auto z = atomic_number(text.substr(at, length));
    if (!z) fail("expected an element's symbol or *");
    at += length;
    return Test{Test::What::element, false, *z, nullptr};
  }

  Test test() {
    Test result{Test::What::any, false, 0, nullptr};
    if (next() == '!') {
      result.negated = true;
      ++at;
    }
    const char kind = next();
    ++at;
    if (kind == 'D' || kind == 'r') {
      result.what = kind == 'D' ? Test::What::bonds : Test::What::ring;
      result.number = number();
    } else if (kind == '$') {
      take('(');
      result.what = Test::What::inside;
      result.inside = chain();
      take(')');
    } else {
      --at;
      fail("expected D, r or $ with what belongs to it");
    }
    return result;
  }
};

Pattern::Pattern(std::string_view text) {
  Parser parser{text};
  root_ = parser.chain();
  if (parser.more()) parser.fail("expected the end");
}

bool Pattern::fits(const BondGraph& graph, int atom) const {
  std::vector<int> taken;
  return fits_from(*root_, graph, atom, taken);
}

bool Pattern::fits_from(const Node& node, const BondGraph& graph, int atom, std::vector<int>& taken) {
  const auto a = static_cast<std::size_t>(atom);
  for (const Test& test : node.tests) {
    bool holds = true;
    switch (test.what) {
      case Test::What::any: break;
      case Test::What::element: holds = graph.species[a] == test.number; break;
      case Test::What::bonds: holds = static_cast<int>(graph.neighbors[a].size()) == test.number; break;
      case Test::What::ring: holds = graph.in_ring(atom, test.number); break;
      case Test::What::inside: {
        std::vector<int> fresh;
        holds = fits_from(*test.inside, graph, atom, fresh);
        break;
      }
    }
    if (holds == test.negated) return false;
  }
  taken.push_back(atom);
  if (branches_fit(node, 0, graph, atom, taken)) return true;
  taken.pop_back();
  return false;
}

bool Pattern::branches_fit(const Node& node, std::size_t branch, const BondGraph& graph, int atom,
                           std::vector<int>& taken) {
  if (branch == node.branches.size()) return true;
  for (const int other : graph.neighbors[static_cast<std::size_t>(atom)]) {
    if (std::find(taken.begin(), taken.end(), other) != taken.end()) continue;
    const std::size_t before = taken.size();
    if (fits_from(*node.branches[branch], graph, other, taken) && branches_fit(node, branch + 1, graph, atom, taken)) {
      return true;
    }
    taken.resize(before);
  }
  return false;
}

bool BondGraph::in_ring(int atom, int size) const {
  std::vector<int> path{atom};
  const std::function<bool()> walk = [&]() -> bool {
    for (const int other : neighbors[static_cast<std::size_t>(path.back())]) {
      if (other == atom && static_cast<int>(path.size()) == size && size > 2) return true;
      if (static_cast<int>(path.size()) >= size || std::find(path.begin(), path.end(), other) != path.end()) continue;
      path.push_back(other);
      if (walk()) return true;
      path.pop_back();
    }
    return false;
  };
  return walk();
}

}  // namespace hopflow
