// SPDX-License-Identifier: GPL-2.0-or-later
// The report page as text: what a stranger's names can do to it, and that nothing but its input decides its bytes.
#include <algorithm>
#include <clocale>
#include <string>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "structures/core/text.hpp"
#include "workflows/report/assets.hpp"
#include "workflows/report/report.hpp"

namespace {

using nlohmann::json;

const std::string folder = std::string{HOPFLOW_SOURCE_DIR} + "/tests/workflows/report/";

json summary_of(const std::string& run) {
  return json::parse(hopflow::text::read_file(folder + run + "/summary.json"));
}

std::size_t count(const std::string& text, const std::string& word) {
  std::size_t found = 0;
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++found;
  return found;
}

// What stands between the data element's tags.
std::string data_of(const std::string& page) {
  const std::string open = "<script type=\"application/json\" id=\"data\">";
  const std::size_t from = page.find(open) + open.size();
  return page.substr(from, page.find("</script>", from) - from);
}

// The same, with curves to six digits.
bool reads_back(const json& shown, const json& given, bool in_curve = false) {
  if (given.is_structured()) {
    if (shown.type() != given.type() || shown.size() != given.size()) return false;
    if (given.is_array()) {
      const bool curve = given.size() > 8 && std::ranges::all_of(given, [](const json& x) { return x.is_number(); });
      for (std::size_t i = 0; i < given.size(); ++i)
        if (!reads_back(shown[i], given[i], curve)) return false;
      return true;
    }
    for (const auto& [key, value] : given.items())
      if (!shown.contains(key) || !reads_back(shown[key], value)) return false;
    return true;
  }
  if (in_curve && given.is_number_float())
    return shown.get<double>() == Approx(given.get<double>()).epsilon(1e-5).margin(0);
  return shown == given;
}

}  // namespace

TEST_CASE("names with tags stay inside the data, which reads back unchanged", "[report]") {
  const json summary = summary_of("hostile");
  const std::string page = hopflow::render_report(summary, {});
  const std::string data = data_of(page);
  CHECK(data.find_first_of("<>&") == std::string::npos);
  CHECK(data.find("\xe2\x80\xa8") == std::string::npos);
  CHECK(data.find("\xe2\x80\xa9") == std::string::npos);
  CHECK(reads_back(json::parse(data).at("runs").at(0).at("summary"), summary));
}

TEST_CASE("the page ends as many scripts as it carries, whatever the names", "[report]") {
  std::size_t scripts = 1;  // the data
  for (const auto& asset : hopflow::report::assets()) scripts += asset.name.ends_with(".js") ? 1 : 0;
  REQUIRE(scripts > 3);
  for (const char* run : {"sample", "hostile"}) {
    CHECK(count(hopflow::render_report(summary_of(run), {}), "</script>") == scripts);
  }
}

TEST_CASE("the policy allows the page's own scripts by hash and nothing else", "[report]") {
  const std::string page = hopflow::render_report(summary_of("sample"), {});
  const std::size_t from = page.find("Content-Security-Policy");
  const std::string policy = page.substr(from, page.find('>', from) - from);
  CHECK(policy.find("default-src 'none'") != std::string::npos);
  CHECK(policy.find("connect-src 'none'") != std::string::npos);
  CHECK(policy.find("unsafe") == std::string::npos);
  CHECK(policy.find("http") == std::string::npos);
  // Every script and the style sheet, each by the 44 base64 letters of a SHA-256.
  CHECK(count(policy, "'sha256-") == count(page, "</script>"));
  CHECK(count(policy, "='") == count(policy, "'sha256-"));
}

TEST_CASE("a report without materials or of another shape is still a page", "[report]") {
  for (const json& odd : {json(nullptr), json::array(), json::object(), json{{"materials", 5}},
                          json{{"materials", {nullptr, {{"barriers", {1, {{"path", 3}}}}}}}}}) {
    const std::string page = hopflow::render_report(odd, {});
    CHECK(json::parse(data_of(page)).at("runs").at(0).at("summary") == odd);
    CHECK(page.ends_with("</html>\n"));
  }
}

TEST_CASE("bytes that are not UTF-8 are replaced instead of ending the run", "[report]") {
  const std::string data = data_of(hopflow::render_report(json{{"study", "\xff\xfe name"}}, {}));
  CHECK(json::parse(data).at("runs").at(0).at("summary").at("study") == "\xef\xbf\xbd\xef\xbf\xbd name");
}

TEST_CASE("a path is drawn when its file is there, and only then", "[report]") {
  const json summary = summary_of("sample");
  const std::string name = "hops/Testonium/I1-I2-4.69/path.extxyz";
  const json none = json::parse(data_of(hopflow::render_report(summary, {})));
  CHECK(none.at("runs").at(0).at("scenes").empty());
  const json one = json::parse(data_of(hopflow::render_report(
      summary, {{name, hopflow::text::read_file(folder + "sample/" + name)}, {"other/file", "not asked for"}})));
  REQUIRE(one.at("runs").at(0).at("scenes").size() == 1);
  CHECK(one.at("runs").at(0).at("scenes").at(name).at("frames").size() == 7);
}

TEST_CASE("several runs stand on one page in their order, each with its own paths", "[report]") {
  const json summary = summary_of("sample");
  const std::string name = "hops/Testonium/I1-I2-4.69/path.extxyz";
  const std::string text = hopflow::text::read_file(folder + "sample/" + name);
  const json runs = json::parse(
      data_of(hopflow::render_report({{"first", summary, {{name, text}}}, {"second", summary, {}}})))["runs"];
  REQUIRE(runs.size() == 2);
  CHECK(runs[0]["name"] == "first");
  CHECK(runs[1]["name"] == "second");
  CHECK(runs[0]["scenes"].size() == 1);
  CHECK(runs[1]["scenes"].empty());
  CHECK(reads_back(runs[1]["summary"], summary));
}

TEST_CASE("a locale with decimal commas changes no byte", "[report]") {
  const json summary = summary_of("sample");
  const std::string name = "hops/Testonium/I1-I2-4.69/path.extxyz";
  const std::map<std::string, std::string> files{{name, hopflow::text::read_file(folder + "sample/" + name)}};
  const std::string before = hopflow::render_report(summary, files);
  // Where no such locale is installed this still compares two runs.
  for (const char* locale : {"de_DE.UTF-8", "fr_FR.UTF-8", "C"}) {
    std::setlocale(LC_ALL, locale);
    CHECK(hopflow::render_report(summary, files) == before);
  }
}
