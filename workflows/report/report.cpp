// SPDX-License-Identifier: GPL-2.0-or-later
// Puts data, styles and scripts into the page skeleton.
#include "workflows/report/report.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string_view>

#include "workflows/report/assets.hpp"
#include "workflows/report/scene.hpp"

namespace hopflow {
namespace {

using nlohmann::json;
using report::Asset;

const Asset& asset(std::string_view name) {
  const auto& all = report::assets();
  return *std::find_if(all.begin(), all.end(), [&](const Asset& a) { return a.name == name; });
}

// A policy's hash source: the digest's bytes in base64.
std::string hash_source(const Asset& a) {
  static constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const auto nibble = [](char c) { return static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10); };
  std::string out = "'sha256-";
  const std::string& hex = a.sha256;
  for (std::size_t i = 0; i < hex.size(); i += 6) {  // 6 hex digits = 3 bytes = 4 letters
    unsigned bits = 0;
    for (std::size_t k = 0; k < 6; ++k) bits = bits << 4 | (i + k < hex.size() ? nibble(hex[i + k]) : 0U);
    const std::size_t letters = std::min<std::size_t>(4, (hex.size() - i) / 2 + 1);
    for (std::size_t k = 0; k < 4; ++k) out += k < letters ? alphabet[bits >> (18 - 6 * k) & 63U] : '=';
  }
  return out + "'";
}

bool is_script(const Asset& a) { return a.name.ends_with(".js"); }

// JSON that cannot end the script element it stands in, nor start a comment or an entity.
std::string inert(const json& value) {
  const std::string plain = value.dump(-1, ' ', false, json::error_handler_t::replace);
  std::string out;
  out.reserve(plain.size() + plain.size() / 64);
  for (std::size_t i = 0; i < plain.size(); ++i) {
    const char c = plain[i];
    if (c == '<') {
      out += "\\u003c";
    } else if (c == '>') {
      out += "\\u003e";
    } else if (c == '&') {
      out += "\\u0026";
    } else if (c == '\xe2' && plain.compare(i, 2, "\xe2\x80") == 0 && i + 2 < plain.size() &&
               (plain[i + 2] == '\xa8' || plain[i + 2] == '\xa9')) {
      out += plain[i + 2] == '\xa8' ? "\\u2028" : "\\u2029";
      i += 2;
    } else {
      out += c;
    }
  }
  return out;
}

// Replaces the one occurrence of a placeholder.
void fill(std::string& page, std::string_view placeholder, std::string_view text) {
  page.replace(page.find(placeholder), placeholder.size(), text);
}

json scenes_of(const json& summary, const std::map<std::string, std::string>& files) {
  json scenes = json::object();
  const auto list = [](const json& object, const char* key) {
    return object.is_object() && object.contains(key) && object[key].is_array() ? object[key] : json::array();
  };
  for (const json& material : list(summary, "materials")) {
    for (const json& barrier : list(material, "barriers")) {
      if (!barrier.is_object() || !barrier.contains("path") || !barrier["path"].is_string()) continue;
      const std::string name = barrier["path"];
      const auto file = files.find(name);
      if (file != files.end()) scenes[name] = report::make_scene(file->second);
    }
  }
  return scenes;
}

double six_digits(double x) {
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), x, std::chars_format::general, 6).ptr;
  std::from_chars(text.data(), end, x);
  return x;
}

// Curves to six digits: more than a figure shows or its data are good for.
void shorten_curves(json& node) {
  constexpr std::size_t curve = 8;
  if (node.is_array() && node.size() > curve &&
      std::ranges::all_of(node, [](const json& x) { return x.is_number(); })) {
    for (json& x : node)
      if (x.is_number_float()) x = six_digits(x.get<double>());
    return;
  }
  if (node.is_structured())
    for (json& child : node) shorten_curves(child);
}

// The summary without what no figure draws: of several seeds' receptive fields the page shows the first one's, whose
// 256 shades tell no more than two decimals apart.
json shown(json summary) {
  if (!summary.is_object() || !summary.contains("materials") || !summary["materials"].is_array()) return summary;
  const json::json_pointer all{"/snn/seeds"};
  for (json& material : summary["materials"]) {
    shorten_curves(material);
    if (!material.is_object() || !material.contains(all) || !material[all].is_array()) continue;
    bool first = true;
    for (json& seed : material[all]) {
      const json::json_pointer fields{"/receptive_fields/values"};
      if (!seed.is_object() || !seed.contains(fields) || !seed[fields].is_array()) continue;
      if (!first) seed[fields] = json::array();
      first = false;
      for (json& field : seed[fields]) {
        if (!field.is_array()) continue;
        for (json& x : field) {
          if (x.is_number_float()) x = std::round(x.get<double>() * 100.0) / 100.0 + 0.0;
        }
      }
    }
  }
  return summary;
}

}  // namespace

std::string render_report(const json& summary, const std::map<std::string, std::string>& files) {
  return render_report(std::vector<ReportRun>{{"", summary, files}});
}

std::string render_report(const std::vector<ReportRun>& runs) {
  std::string policy = "default-src 'none'; script-src";
  std::string scripts;
  json licences = json::array();
  for (const Asset& a : report::assets()) {
    if (is_script(a)) {
      policy += ' ';
      policy += hash_source(a);
      scripts += "<script>";
      scripts += a.text;
      scripts += "</script>\n";
    } else if (!a.name.starts_with("page.")) {
      licences.push_back({{"name", a.name}, {"text", a.text}});
    }
  }
  const Asset& style = asset("page.css");
  policy +=
      "; style-src " + hash_source(style) + "; img-src data:; connect-src 'none'; base-uri 'none'; form-action 'none'";

  json data = {{"runs", json::array()}, {"licences", licences}};
  for (const ReportRun& run : runs) {
    data["runs"].push_back(
        {{"name", run.name}, {"summary", shown(run.summary)}, {"scenes", scenes_of(run.summary, run.files)}});
  }
  // Filled from the end, so that nothing inserted is searched for a placeholder.
  std::string page{asset("page.html").text};
  fill(page, "@SCRIPTS@", scripts);
  fill(page, "@DATA@", inert(data));
  fill(page, "@STYLE@", style.text);
  fill(page, "@POLICY@", policy);
  return page;
}

}  // namespace hopflow
