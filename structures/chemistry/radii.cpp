// SPDX-License-Identifier: GPL-2.0-or-later
#include "structures/chemistry/radii.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "structures/core/element.hpp"

namespace hopflow {

namespace {

struct Radius {
  int atomic_number;
  double radius;
};

constexpr std::array ions{
    Radius{3, 0.76},   Radius{4, 0.45},  Radius{8, 1.40},   Radius{9, 1.33},  Radius{11, 1.02},  Radius{12, 0.72},
    Radius{13, 0.535}, Radius{16, 1.84}, Radius{17, 1.81},  Radius{19, 1.38}, Radius{20, 1.00},  Radius{21, 0.745},
    Radius{22, 0.605}, Radius{23, 0.64}, Radius{24, 0.615}, Radius{25, 0.83}, Radius{26, 0.78},  Radius{27, 0.745},
    Radius{28, 0.69},  Radius{29, 0.77}, Radius{30, 0.74},  Radius{31, 0.62}, Radius{32, 0.73},  Radius{34, 1.98},
    Radius{35, 1.96},  Radius{37, 1.52}, Radius{38, 1.18},  Radius{39, 0.90}, Radius{40, 0.72},  Radius{41, 0.64},
    Radius{46, 0.86},  Radius{47, 1.15}, Radius{48, 0.95},  Radius{49, 0.80}, Radius{50, 1.10},  Radius{51, 0.76},
    Radius{52, 2.21},  Radius{53, 2.20}, Radius{55, 1.67},  Radius{56, 1.35}, Radius{57, 1.032}, Radius{58, 1.01},
    Radius{63, 1.17},  Radius{70, 1.02}, Radius{72, 0.71},  Radius{73, 0.64}, Radius{78, 0.625}, Radius{79, 1.37},
    Radius{80, 1.02},  Radius{81, 1.50}, Radius{82, 1.19},  Radius{83, 1.03}};

constexpr std::array molecular{Radius{1, 1.20},  Radius{5, 1.92},  Radius{6, 1.70},  Radius{7, 1.55},  Radius{8, 1.52},
                               Radius{9, 1.47},  Radius{14, 2.10}, Radius{15, 1.80}, Radius{16, 1.80}, Radius{17, 1.75},
                               Radius{34, 1.90}, Radius{35, 1.85}, Radius{53, 1.98}};

template <class Table>
std::optional<double> look_up(const Table& table, int atomic_number) {
  const auto found =
      std::find_if(table.begin(), table.end(), [&](const Radius& r) { return r.atomic_number == atomic_number; });
  return found == table.end() ? std::nullopt : std::optional{found->radius};
}

}  // namespace

double ionic_radius(int atomic_number) {
  const auto tabulated = look_up(ions, atomic_number);
  return tabulated ? *tabulated : covalent_radius(atomic_number);
}

double van_der_waals_radius(int atomic_number) { return look_up(molecular, atomic_number).value_or(2.0); }

}  // namespace hopflow
