// SPDX-License-Identifier: GPL-2.0-or-later
#include "structures/core/yaml.hpp"

#include <algorithm>
#include <sstream>
#include <unordered_map>

#include <fmt/core.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "structures/core/error.hpp"
#include "structures/core/text.hpp"

namespace hopflow::yaml {

/// Takes yaml-cpp's events, not its nodes: nodes have already lost duplicate keys and aliases.
class Builder : public YAML::EventHandler {
 public:
  explicit Builder(std::string file) : file_{std::move(file)} {}

  Node take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    refuse_anchor(mark, anchor);
    add(node(Node::Kind::null, mark));
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    node(Node::Kind::null, mark).fail("an alias (*name) stands here; write the value out");
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    refuse_anchor(mark, anchor);
    refuse_tag(mark, tag);
    Node scalar = node(Node::Kind::scalar, mark);
    scalar.quoted_ = tag == "!";
    scalar.text_ = value;
    if (!scalar.quoted_ && (value == "null" || value == "~" || value.empty())) scalar.kind_ = Node::Kind::null;
    add(std::move(scalar));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    refuse_anchor(mark, anchor);
    refuse_tag(mark, tag);
    open_.push_back({node(Node::Kind::list, mark), {}, false, {}});
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    refuse_anchor(mark, anchor);
    refuse_tag(mark, tag);
    open_.push_back({node(Node::Kind::map, mark), {}, false, {}});
  }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    Node node;
    std::string key;
    bool has_key;
    std::unordered_map<std::string, int> line_of;  ///< of the keys so far
  };

  Node node(Node::Kind kind, const YAML::Mark& mark) const {
    Node out;
    out.kind_ = kind;
    out.file_ = file_;
    out.line_ = mark.line + 1;
    out.column_ = mark.column + 1;
    return out;
  }

  void refuse_anchor(const YAML::Mark& mark, YAML::anchor_t anchor) const {
    if (anchor != 0) node(Node::Kind::null, mark).fail("an anchor (&name) stands here; write the value out");
  }

  void refuse_tag(const YAML::Mark& mark, const std::string& tag) const {
    if (!tag.empty() && tag != "!" && tag != "?")
      node(Node::Kind::null, mark).fail(fmt::format("a tag ({}) stands here; remove it", text::printable(tag)));
  }

  void close() {
    Node done = std::move(open_.back().node);
    open_.pop_back();
    add(std::move(done));
  }

  void add(Node value) {
    if (open_.empty()) {
      root_ = std::move(value);
      return;
    }
    Open& parent = open_.back();
    if (parent.node.kind_ == Node::Kind::list) {
      parent.node.items_.push_back(std::move(value));
    } else if (!parent.has_key) {
      if (value.kind_ != Node::Kind::scalar) value.fail("a key must be a plain word");
      if (const auto [first, fresh] = parent.line_of.emplace(value.text_, value.line_); !fresh)
        value.fail(fmt::format("key '{}' is given twice (first at line {}); keep one", text::printable(value.text_),
                               first->second));
      parent.key = value.text_;
      parent.has_key = true;
    } else {
      parent.node.entries_.emplace_back(std::move(parent.key), std::move(value));
      parent.has_key = false;
    }
  }

  std::string file_;
  std::vector<Open> open_;
  Node root_;
};

std::string Node::place() const { return fmt::format("{}:{}:{}", file_, line_, column_); }

void Node::fail(std::string_view problem) const {
  throw Error{Error::Kind::bad_input, fmt::format("{}: {}", place(), problem)};
}

std::string Node::text() const {
  if (kind_ != Kind::scalar) fail("a single value is expected here; write one number or word");
  return text_;
}

double Node::number() const {
  if (kind_ == Kind::scalar && !quoted_)
    if (const auto value = text::to_double(text_)) return *value;
  fail(fmt::format("'{}' is not a number; write a decimal such as 0.05 or 1e-3", text::printable(text_)));
}

double Node::number(double low, double high) const {
  const double value = number();
  if (!(value >= low && value <= high)) fail(fmt::format("{} is out of range; allowed are {} to {}", text_, low, high));
  return value;
}

long Node::integer() const {
  if (kind_ == Kind::scalar && !quoted_)
    if (const auto value = text::to_integer(text_)) return *value;
  fail(fmt::format("'{}' is not an integer; write one such as 12", text::printable(text_)));
}

long Node::integer(long low, long high) const {
  const long value = integer();
  if (value < low || value > high) fail(fmt::format("{} is out of range; allowed are {} to {}", value, low, high));
  return value;
}

bool Node::boolean() const {
  if (kind_ == Kind::scalar && !quoted_) {
    if (text_ == "true") return true;
    if (text_ == "false") return false;
  }
  fail(fmt::format("'{}' is not allowed; write true or false", text::printable(text_)));
}

std::string Node::one_of(std::initializer_list<std::string_view> allowed) const {
  const std::string value = text();
  std::vector<std::string> names{allowed.begin(), allowed.end()};
  if (std::find(names.begin(), names.end(), value) != names.end()) return value;
  fail(fmt::format("'{}' is not known here; allowed are {}", text::printable(value), text::join(names, ", ")));
}

const std::vector<Node>& Node::items() const {
  if (kind_ != Kind::list) fail("a list is expected here, such as [1, 2]");
  return items_;
}

const std::vector<std::pair<std::string, Node>>& Node::entries() const {
  if (kind_ != Kind::map) fail("keys and values are expected here, such as {key: value}");
  return entries_;
}

const Node* Node::find(std::string_view key) const {
  if (kind_ != Kind::map) fail("keys and values are expected here, such as {key: value}");
  for (const auto& [name, value] : entries_)
    if (name == key) return &value;
  return nullptr;
}

const Node& Node::at(std::string_view key) const {
  if (const Node* value = find(key)) return *value;
  fail(fmt::format("key '{}' is missing; add it", key));
}

void Node::allow_keys(std::initializer_list<std::string_view> allowed) const {
  allow_keys(std::vector<std::string>{allowed.begin(), allowed.end()});
}

void Node::allow_keys(const std::vector<std::string>& names) const {
  for (const auto& [key, value] : entries()) {
    if (std::find(names.begin(), names.end(), key) != names.end()) continue;
    const auto near = text::nearest(key, names);
    value.fail(near ? fmt::format("unknown key '{}'; did you mean '{}'?", text::printable(key), *near)
                    : fmt::format("unknown key '{}'; allowed are {}", text::printable(key), text::join(names, ", ")));
  }
}

Node Node::without(std::string_view key) const {
  Node rest = *this;
  std::erase_if(rest.entries_, [&](const auto& entry) { return entry.first == key; });
  return rest;
}

/// Names go from here into results, which are UTF-8 throughout: what is not has to be put right before anything is
/// computed.
static void refuse_other_encodings(const std::string& content, const std::string& name) {
  const auto refuse = [&](std::size_t at, const std::string& what) {
    const auto line = std::count(content.begin(), content.begin() + static_cast<std::ptrdiff_t>(at), '\n') + 1;
    const auto before = at == 0 ? std::string::npos : content.rfind('\n', at - 1);
    throw Error{Error::Kind::bad_input, fmt::format("{}:{}:{}: {}; save the file as UTF-8", name, line,
                                                    at - (before == std::string::npos ? 0 : before + 1) + 1, what)};
  };
  if (const auto at = text::not_utf8(content))
    refuse(*at, fmt::format("byte 0x{:02x} is not valid UTF-8", static_cast<unsigned char>(content[*at])));
  if (const auto at = content.find('\0'); at != std::string::npos) refuse(at, "a NUL byte stands here");
}

Node parse(const std::string& content, const std::string& name) {
  refuse_other_encodings(content, name);
  std::istringstream in{content};
  Builder builder{name};
  try {
    YAML::Parser parser{in};
    parser.HandleNextDocument(builder);
    Builder second{name};
    if (parser.HandleNextDocument(second)) second.take().fail("a second document begins here; keep one per file");
  } catch (const YAML::Exception& problem) {
    throw Error{Error::Kind::bad_input, fmt::format("{}:{}:{}: {}", name, problem.mark.line + 1,
                                                    problem.mark.column + 1, text::printable(problem.msg))};
  }
  return builder.take();
}

Node load(const std::filesystem::path& path) { return parse(text::read_file(path), text::printable(path.string())); }

std::string quoted(const std::string& value) {
  std::string out = "\"";
  for (const char c : value) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  out += '"';
  return out;
}

}  // namespace hopflow::yaml
