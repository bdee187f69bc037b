// SPDX-License-Identifier: GPL-2.0-or-later
#include <catch2/catch.hpp>

#include "structures/core/error.hpp"
#include "structures/core/yaml.hpp"

using namespace hopflow;

namespace {

std::string problem_of(const std::string& text) {
  try {
    yaml::parse(text, "study.yaml");
  } catch (const Error& error) {
    CHECK(error.kind() == Error::Kind::bad_input);
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("a duplicate key is refused with the place of both", "[structures][yaml]") {
  const std::string what = problem_of("a: 1\nb: 2\na: 3\n");
  CHECK(what.find("study.yaml:3:1") == 0);
  CHECK(what.find("'a' is given twice (first at line 1)") != std::string::npos);
}

TEST_CASE("aliases, anchors and tags are refused", "[structures][yaml]") {
  CHECK(problem_of("a: &x 1\n").find("anchor") != std::string::npos);
  CHECK(problem_of("a: !!int 1\n").find("tag") != std::string::npos);
  CHECK_FALSE(problem_of("a: *x\n").empty());
}

TEST_CASE("a syntax error names line and column", "[structures][yaml]") {
  CHECK(problem_of("a: [1, 2\nb: 3\n").find("study.yaml:") == 0);
}

TEST_CASE("numbers are decimal and finite, never octal, hex, nan or yes", "[structures][yaml]") {
  const auto root = yaml::parse("a: 010\nb: 0x1F\nc: .nan\nd: yes\ne: 1e-3\nf: '5'\n", "x");
  CHECK(root.at("a").number() == 10);
  CHECK_THROWS_AS(root.at("b").number(), Error);
  CHECK_THROWS_AS(root.at("c").number(), Error);
  CHECK_THROWS_AS(root.at("d").boolean(), Error);
  CHECK(root.at("e").number() == 1e-3);
  CHECK_THROWS_AS(root.at("f").number(), Error);
}

TEST_CASE("an unknown key is refused with the nearest known one", "[structures][yaml]") {
  const auto root = yaml::parse("neb:\n  imges: 5\n", "x.yaml");
  try {
    root.at("neb").allow_keys({"images", "fmax"});
    FAIL("not refused");
  } catch (const Error& error) {
    CHECK(std::string{error.what()} == "x.yaml:2:10: unknown key 'imges'; did you mean 'images'?");
  }
}
