// SPDX-License-Identifier: GPL-2.0-or-later
// The table of elements.
#include "structures/core/element.hpp"

#include <algorithm>
#include <array>

#include <fmt/core.h>

#include "structures/core/error.hpp"
#include "structures/core/text.hpp"

namespace hopflow {

namespace {

struct Entry {
  std::string_view symbol;
  double mass;    // amu, IUPAC 2021 abridged
  double radius;  // A, Cordero 2008; 0 where not tabulated
};

constexpr std::array<Entry, 118> table{{
    {"H", 1.0080, 0.31},  {"He", 4.0026, 0.28}, {"Li", 6.94, 1.28},   {"Be", 9.0122, 0.96}, {"B", 10.81, 0.84},
    {"C", 12.011, 0.76},  {"N", 14.007, 0.71},  {"O", 15.999, 0.66},  {"F", 18.998, 0.57},  {"Ne", 20.180, 0.58},
    {"Na", 22.990, 1.66}, {"Mg", 24.305, 1.41}, {"Al", 26.982, 1.21}, {"Si", 28.085, 1.11}, {"P", 30.974, 1.07},
    {"S", 32.06, 1.05},   {"Cl", 35.45, 1.02},  {"Ar", 39.95, 1.06},  {"K", 39.098, 2.03},  {"Ca", 40.078, 1.76},
    {"Sc", 44.956, 1.70}, {"Ti", 47.867, 1.60}, {"V", 50.942, 1.53},  {"Cr", 51.996, 1.39}, {"Mn", 54.938, 1.39},
    {"Fe", 55.845, 1.32}, {"Co", 58.933, 1.26}, {"Ni", 58.693, 1.24}, {"Cu", 63.546, 1.32}, {"Zn", 65.38, 1.22},
    {"Ga", 69.723, 1.22}, {"Ge", 72.630, 1.20}, {"As", 74.922, 1.19}, {"Se", 78.971, 1.20}, {"Br", 79.904, 1.20},
    {"Kr", 83.798, 1.16}, {"Rb", 85.468, 2.20}, {"Sr", 87.62, 1.95},  {"Y", 88.906, 1.90},  {"Zr", 91.224, 1.75},
    {"Nb", 92.906, 1.64}, {"Mo", 95.95, 1.54},  {"Tc", 97, 1.47},     {"Ru", 101.07, 1.46}, {"Rh", 102.91, 1.42},
    {"Pd", 106.42, 1.39}, {"Ag", 107.87, 1.45}, {"Cd", 112.41, 1.44}, {"In", 114.82, 1.42}, {"Sn", 118.71, 1.39},
    {"Sb", 121.76, 1.39}, {"Te", 127.60, 1.38}, {"I", 126.90, 1.39},  {"Xe", 131.29, 1.40}, {"Cs", 132.91, 2.44},
    {"Ba", 137.33, 2.15}, {"La", 138.91, 2.07}, {"Ce", 140.12, 2.04}, {"Pr", 140.91, 2.03}, {"Nd", 144.24, 2.01},
    {"Pm", 145, 1.99},    {"Sm", 150.36, 1.98}, {"Eu", 151.96, 1.98}, {"Gd", 157.25, 1.96}, {"Tb", 158.93, 1.94},
    {"Dy", 162.50, 1.92}, {"Ho", 164.93, 1.92}, {"Er", 167.26, 1.89}, {"Tm", 168.93, 1.90}, {"Yb", 173.05, 1.87},
    {"Lu", 174.97, 1.87}, {"Hf", 178.49, 1.75}, {"Ta", 180.95, 1.70}, {"W", 183.84, 1.62},  {"Re", 186.21, 1.51},
    {"Os", 190.23, 1.44}, {"Ir", 192.22, 1.41}, {"Pt", 195.08, 1.36}, {"Au", 196.97, 1.36}, {"Hg", 200.59, 1.32},
    {"Tl", 204.38, 1.45}, {"Pb", 207.2, 1.46},  {"Bi", 208.98, 1.48}, {"Po", 209, 1.40},    {"At", 210, 1.50},
    {"Rn", 222, 1.50},    {"Fr", 223, 2.60},    {"Ra", 226, 2.21},    {"Ac", 227, 2.15},    {"Th", 232.04, 2.06},
    {"Pa", 231.04, 2.00}, {"U", 238.03, 1.96},  {"Np", 237, 1.90},    {"Pu", 244, 1.87},    {"Am", 243, 1.80},
    {"Cm", 247, 1.69},    {"Bk", 247, 0},       {"Cf", 251, 0},       {"Es", 252, 0},       {"Fm", 257, 0},
    {"Md", 258, 0},       {"No", 259, 0},       {"Lr", 262, 0},       {"Rf", 267, 0},       {"Db", 270, 0},
    {"Sg", 269, 0},       {"Bh", 270, 0},       {"Hs", 270, 0},       {"Mt", 278, 0},       {"Ds", 281, 0},
    {"Rg", 281, 0},       {"Cn", 285, 0},       {"Nh", 286, 0},       {"Fl", 289, 0},       {"Mc", 289, 0},
    {"Lv", 293, 0},       {"Ts", 293, 0},       {"Og", 294, 0},
}};

const Entry& entry(int atomic_number) {
  if (atomic_number < 1 || atomic_number > 118)
    throw Error{Error::Kind::bad_input, fmt::format("atomic number {}: elements are 1 to 118", atomic_number)};
  return table[static_cast<std::size_t>(atomic_number - 1)];
}

}  // namespace

std::optional<int> atomic_number(std::string_view symbol) {
  for (std::size_t i = 0; i < table.size(); ++i)
    if (table[i].symbol == symbol) return static_cast<int>(i) + 1;
  return std::nullopt;
}

std::string symbol_of(int atomic_number) { return std::string{entry(atomic_number).symbol}; }

double atomic_mass(int atomic_number) { return entry(atomic_number).mass; }

double covalent_radius(int atomic_number) {
  const double radius = entry(atomic_number).radius;
  return radius > 0 ? radius : 1.5;
}

double electronegativity(int atomic_number) {
  struct Value {
    int z;
    double pauling;
  };
  static constexpr auto values = std::to_array<Value>(
      {{1, 2.20},  {3, 0.98},  {4, 1.57},  {5, 2.04},  {6, 2.55},  {7, 3.04},  {8, 3.44},  {9, 3.98},  {11, 0.93},
       {12, 1.31}, {13, 1.61}, {14, 1.90}, {15, 2.19}, {16, 2.58}, {17, 3.16}, {19, 0.82}, {20, 1.00}, {21, 1.36},
       {22, 1.54}, {23, 1.63}, {24, 1.66}, {25, 1.55}, {26, 1.83}, {27, 1.88}, {28, 1.91}, {29, 1.90}, {30, 1.65},
       {31, 1.81}, {32, 2.01}, {33, 2.18}, {34, 2.55}, {35, 2.96}, {37, 0.82}, {38, 0.95}, {39, 1.22}, {40, 1.33},
       {41, 1.60}, {42, 2.16}, {43, 1.90}, {44, 2.20}, {45, 2.28}, {46, 2.20}, {47, 1.93}, {48, 1.69}, {49, 1.78},
       {50, 1.96}, {51, 2.05}, {52, 2.10}, {53, 2.66}, {55, 0.79}, {56, 0.89}, {57, 1.10}, {58, 1.12}, {59, 1.13},
       {60, 1.14}, {62, 1.17}, {64, 1.20}, {66, 1.22}, {67, 1.23}, {68, 1.24}, {69, 1.25}, {71, 1.27}, {72, 1.30},
       {73, 1.50}, {74, 2.36}, {75, 1.90}, {76, 2.20}, {77, 2.20}, {78, 2.28}, {79, 2.54}, {80, 2.00}, {81, 1.62},
       {82, 2.33}, {83, 2.02}, {90, 1.30}, {92, 1.38}});
  for (const Value& value : values)
    if (value.z == atomic_number) return value.pauling;
  return atomic_number >= 57 && atomic_number <= 71 ? 1.2 : 2.0;
}

bool is_organic_element(int atomic_number) {
  switch (atomic_number) {
    case 1:
    case 6:
    case 7:
    case 8:
    case 15:
    case 16: return true;
    default: return false;
  }
}

bool is_halogen(int atomic_number) {
  switch (atomic_number) {
    case 9:
    case 17:
    case 35:
    case 53:
    case 85: return true;
    default: return false;
  }
}

bool is_alkali(int atomic_number) {
  switch (atomic_number) {
    case 3:
    case 11:
    case 19:
    case 37:
    case 55:
    case 87: return true;
    default: return false;
  }
}

bool is_alkaline_earth(int atomic_number) {
  switch (atomic_number) {
    case 4:
    case 12:
    case 20:
    case 38:
    case 56:
    case 88: return true;
    default: return false;
  }
}

bool is_metal(int atomic_number) {
  constexpr std::array others{1,  2,  5,  6,  7,  8,  9,  10, 14, 15, 16,  17,
                              18, 33, 34, 35, 36, 52, 53, 54, 85, 86, 117, 118};
  if (atomic_number < 1 || atomic_number > 118) return false;
  return std::find(others.begin(), others.end(), atomic_number) == others.end();
}

}  // namespace hopflow
