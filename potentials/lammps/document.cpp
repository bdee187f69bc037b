// SPDX-License-Identifier: GPL-2.0-or-later
// LammpsDocument to JSON and back.
#include "potentials/lammps/document.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "structures/core/error.hpp"

namespace hopflow {

namespace {

using Json = nlohmann::json;

// JSON text is UTF-8, potential files need not be: each byte becomes the code point of the same number.
std::string bytes_to_utf8(const std::string& bytes) {
  std::string text;
  text.reserve(bytes.size());
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      text += c;
    } else {
      text += static_cast<char>(0xC0 | (byte >> 6));
      text += static_cast<char>(0x80 | (byte & 0x3F));
    }
  }
  return text;
}

std::string utf8_to_bytes(const std::string& text) {
  std::string bytes;
  bytes.reserve(text.size());
  for (std::size_t k = 0; k < text.size(); ++k) {
    const auto byte = static_cast<unsigned char>(text[k]);
    if (byte < 0x80) {
      bytes += text[k];
    } else {
      if ((byte & 0xFC) != 0xC0 || k + 1 == text.size()) {
        throw Error(Error::Kind::bad_input, "LAMMPS document: a file's content is not bytes");
      }
      ++k;
      bytes += static_cast<char>(((byte & 3) << 6) | (static_cast<unsigned char>(text[k]) & 0x3F));
    }
  }
  return bytes;
}

template <std::size_t N>
Json flat(const std::vector<BondedTerm<N>>& terms) {
  Json list = Json::array();
  for (const BondedTerm<N>& term : terms) {
    list.push_back(term.type);
    for (const int atom : term.atoms) list.push_back(atom);
  }
  return list;
}

template <std::size_t N>
std::vector<BondedTerm<N>> unflat(const Json& list, std::size_t atoms) {
  const auto numbers = list.get<std::vector<int>>();
  if (numbers.size() % (N + 1) != 0) {
    throw Error(Error::Kind::bad_input, "LAMMPS document: a list of bonded terms is cut short");
  }
  std::vector<BondedTerm<N>> terms;
  for (std::size_t k = 0; k < numbers.size(); k += N + 1) {
    BondedTerm<N> term;
    term.type = numbers[k];
    for (std::size_t m = 0; m < N; ++m) {
      term.atoms[m] = numbers[k + 1 + m];
      if (term.atoms[m] < 1 || static_cast<std::size_t>(term.atoms[m]) > atoms) {
        throw Error(Error::Kind::bad_input, "LAMMPS document: a bonded term names an atom that does not exist");
      }
    }
    terms.push_back(term);
  }
  return terms;
}

}  // namespace

std::string LammpsDocument::dump() const {
  Json json;
  json["schema"] = "lammps/1";
  json["units"] = units;
  json["atom_style"] = atom_style;
  json["species"] = species;
  json["types"] = types;
  json["charges"] = charges;
  json["molecules"] = molecules;
  json["masses"] = masses;
  json["bonds"] = flat(bonds);
  json["angles"] = flat(angles);
  json["dihedrals"] = flat(dihedrals);
  json["impropers"] = flat(impropers);
  json["bonded_types"] = bonded_types;
  json["commands"] = commands;
  Json contents = Json::object();
  for (const auto& [name, content] : files) contents[name] = bytes_to_utf8(content);
  json["files"] = contents;
  return json.dump();
}

LammpsDocument LammpsDocument::parse(const std::string& text) {
  LammpsDocument document;
  try {
    const Json json = Json::parse(text);
    if (json.at("schema") != "lammps/1") throw Error(Error::Kind::bad_input, "LAMMPS document: schema is not lammps/1");
    document.units = json.at("units");
    document.atom_style = json.at("atom_style");
    document.species = json.at("species").get<std::vector<int>>();
    document.types = json.at("types").get<std::vector<int>>();
    document.charges = json.at("charges").get<std::vector<double>>();
    document.molecules = json.at("molecules").get<std::vector<int>>();
    document.masses = json.at("masses").get<std::vector<double>>();
    const std::size_t n = document.species.size();
    document.bonds = unflat<2>(json.at("bonds"), n);
    document.angles = unflat<3>(json.at("angles"), n);
    document.dihedrals = unflat<4>(json.at("dihedrals"), n);
    document.impropers = unflat<4>(json.at("impropers"), n);
    document.bonded_types = json.at("bonded_types").get<std::array<int, 4>>();
    document.commands = json.at("commands").get<std::vector<std::string>>();
    for (const auto& [name, content] : json.at("files").items()) {
      document.files[name] = utf8_to_bytes(content.get<std::string>());
    }
    if (document.types.size() != n || document.charges.size() != n || document.molecules.size() != n) {
      throw Error(Error::Kind::bad_input,
                  fmt::format("LAMMPS document: {} species, {} types, {} charges, {} molecule "
                              "numbers; all must be one per atom",
                              n, document.types.size(), document.charges.size(), document.molecules.size()));
    }
  } catch (const Json::exception& problem) {
    throw Error(Error::Kind::bad_input, fmt::format("LAMMPS document: {}", problem.what()));
  }
  return document;
}

std::string lammps_version_text(int number) {
  constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const int month = number / 100 % 100;
  if (number < 19000000 || month < 1 || month > 12) return fmt::format("{}", number);
  return fmt::format("{} {} {}", number % 100, months[month - 1], number / 10000);
}

std::string lammps_version() { return HOPFLOW_LAMMPS_VERSION; }

}  // namespace hopflow
