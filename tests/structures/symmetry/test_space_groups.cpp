// SPDX-License-Identifier: GPL-2.0-or-later
#include <catch2/catch.hpp>

#include "structures/core/cell.hpp"
#include "structures/symmetry/hall_symbol.hpp"
#include "structures/symmetry/space_group_table.hpp"

using namespace hopflow;

namespace {

/// A cell that the operations keep: the mean of a generic metric over the group, as vectors.
Eigen::Matrix3d fitting_cell(const std::vector<Operation>& operations) {
  const Eigen::Matrix3d generic = cell_from_parameters({7.1, 8.3, 9.7, 81, 77, 69});
  const Eigen::Matrix3d metric = generic.transpose() * generic;
  Eigen::Matrix3d mean = Eigen::Matrix3d::Zero();
  for (const Operation& o : operations)
    mean += o.rotation.cast<double>().transpose() * metric * o.rotation.cast<double>();
  mean /= static_cast<double>(operations.size());
  return mean.llt().matrixU();
}

}  // namespace

TEST_CASE("an operation is read as CIF writes it", "[structures][cif]") {
  const auto o = parse_operation("x,1/2-y, Z+0.25");
  REQUIRE(o);
  CHECK(o->rotation.diagonal() == Eigen::Vector3i(1, -1, 1));
  CHECK(o->translation == Eigen::Vector3d(0, 0.5, 0.25));
  const auto hexagonal = parse_operation("-y,x-y,z+.6667");
  REQUIRE(hexagonal);
  CHECK(hexagonal->rotation(1, 0) == 1);
  CHECK(hexagonal->rotation(1, 1) == -1);
  CHECK(hexagonal->translation(2) == 2.0 / 3.0);
  CHECK(format_operation(*hexagonal) == "-y,x-y,z+2/3");
}

TEST_CASE("what is no operation is refused, never evaluated", "[structures][cif]") {
  for (const char* text :
       {"", "x,y", "x,y,z,t", "x*y,y,z", "2*x,y,z", "x,y,z+1/0", "x,,z", "x y,z,x", "xy,y,z", "+,y,z", "x+,y,z",
        "x,y,__import__('os')", "x,y,z+1e3", "x,y,z+nan", "x;y;z", "a,b,c", "x_,y,z", "x,y,z+0x1", "x,y,z+1/2/3"})
    CHECK_FALSE(parse_operation(text));
}

TEST_CASE("every tabulated setting is a group, has its number, and is found by its symbols", "[structures][cif]") {
  int settings = 0;
  for (int number = 1; number <= 230; ++number)
    for (const SpaceGroupSetting& setting : settings_of_number(number)) {
      ++settings;
      INFO(setting.hall_number << " " << setting.symbol << " [" << setting.hall << "]");
      const std::vector<Operation> operations = operations_of(setting);
      CHECK(group_problem(operations).empty());
      const Eigen::Matrix3d cell = fitting_cell(operations);
      CHECK(metric_mismatch(operations, cell) < 1e-9);
      const auto found = identify_group(operations, cell);
      REQUIRE(found);
      CHECK(found->number == number);
      for (const Operation& o : operations) {
        const auto read = parse_operation(format_operation(o));
        REQUIRE(read);
        CHECK(same_operation(*read, o));
      }
      const auto holds = [&](const std::vector<SpaceGroupSetting>& list) {
        return std::any_of(list.begin(), list.end(),
                           [&](const auto& s) { return s.hall_number == setting.hall_number; });
      };
      CHECK(holds(settings_of_symbol(setting.symbol)));
      CHECK(holds(settings_of_hall(setting.hall)));
    }
  CHECK(settings == 530);
}

TEST_CASE("symbols are found in the spellings files use", "[structures][cif]") {
  const auto first = [](const char* symbol) {
    const auto found = settings_of_symbol(symbol);
    return found.empty() ? 0 : found.front().number;
  };
  CHECK(first("Pnma") == 62);
  CHECK(first("P n m a") == 62);
  CHECK(first("P 21/n 21/m 21/a") == 62);
  CHECK(first("P2_1/m") == 11);
  CHECK(first("P 1 21/m 1") == 11);
  CHECK(first("P21/n") == 14);
  CHECK(first("I 4/m c m") == 140);
  CHECK(first("Pm3m") == 221);
  CHECK(first("P m -3 m") == 221);
  CHECK(first("R -3 m H") == 166);
  CHECK(first("F d -3 m :2") == 227);
  CHECK(first("P q r s") == 0);
  CHECK(settings_of_symbol("F d -3 m :2").size() == 1);
  CHECK(settings_of_symbol("F d -3 m").size() == 2);
  // P 21/n must not be taken for P 21/c, of which it is another cell.
  for (const auto& s : settings_of_symbol("P 21/c")) CHECK(s.symbol.find('c') != std::string::npos);
}

TEST_CASE("lists that are no group are told why", "[structures][cif]") {
  const auto list = [](std::initializer_list<const char*> words) {
    std::vector<Operation> out;
    for (const char* word : words) out.push_back(*parse_operation(word));
    return out;
  };
  CHECK(group_problem(list({"x,y,z", "-y,x,z"})).find("'-x,-y,z', which is not listed") != std::string::npos);
  CHECK(group_problem(list({"x,y,z", "x+x,y,z"})).find("determinant 2") != std::string::npos);
  CHECK(group_problem(list({"-x,-y,-z"})).find("identity") != std::string::npos);
  CHECK(group_problem({}).find("no symmetry operation") != std::string::npos);
}

TEST_CASE("space group symbols are understood as papers, programs and decades write them", "[structures]") {
  struct Spelling {
    const char* symbol;
    int number;
    std::size_t operations;
  };
  // Numbers and orders from the International Tables.
  for (const Spelling& s :
       {Spelling{"P2(1)/c", 14, 4}, Spelling{"P 2(1)2(1)2(1)", 19, 4}, Spelling{"P 6(3)/m m c", 194, 24},
        Spelling{"C m c a", 64, 16}, Spelling{"Cmce", 64, 16}, Spelling{"A b a 2", 41, 8}, Spelling{"Cmma", 67, 16},
        Spelling{"Ccca:2", 68, 16}, Spelling{"R3m:H", 160, 18}, Spelling{"R 3 m H", 160, 18}, Spelling{"H3m", 160, 18},
        Spelling{"R -3 m (R)", 166, 12}, Spelling{"F d -3 m (origin choice 2)", 227, 192},
        Spelling{"F d 3 m S", 227, 192}, Spelling{"P n c b:2", 50, 8}, Spelling{"P M 3 M", 221, 48}}) {
    INFO(s.symbol);
    const auto settings = settings_of_symbol(s.symbol);
    REQUIRE_FALSE(settings.empty());
    for (const SpaceGroupSetting& setting : settings) {
      CHECK(setting.number == s.number);
      CHECK(operations_of(setting).size() == s.operations);
    }
  }
  for (const char* none : {"P 7", "Pm(", "(1)", "", ":2", "P2(1)(1)", "Q m c a"})
    CHECK(settings_of_symbol(none).empty());
}

TEST_CASE("operations that change the cell's shape are noticed", "[structures][cif]") {
  const std::vector<Operation> four{*parse_operation("x,y,z"), *parse_operation("-y,x,z")};
  CHECK(metric_mismatch(four, cell_from_parameters({5, 5, 7, 90, 90, 90})) < 1e-12);
  CHECK(metric_mismatch(four, cell_from_parameters({5, 5.5, 7, 90, 90, 90})) == Approx(0.21));
}

TEST_CASE("Hall symbols mean what spglib's table says of them, and are read beyond the table",
          "[structures][symmetry]") {
  int read = 0;
  for (int number = 1; number <= 230; ++number)
    for (const SpaceGroupSetting& setting : settings_of_number(number)) {
      INFO(setting.hall_number << ": " << setting.hall);
      const auto operations = operations_of_hall(setting.hall);
      REQUIRE(operations);
      ++read;
      CHECK(same_operations(*operations, operations_of(setting)));
    }
  CHECK(read == 530);
  const auto moved = operations_of_hall("-P 1 (0 0 3)");
  REQUIRE(moved);
  CHECK(same_operations(*moved, {*parse_operation("x,y,z"), *parse_operation("-x,-y,1/2-z")}));
  // P 1 2/c 1 with its glide along n: other axes of the same lattice.
  CHECK(same_operations(operations_of_hall("-P 2yc (x-z,y,z)").value(), operations_of_hall("-P 2yac").value()));
  // The tables print these for the screw axes of 3, 6 (ITB): the origin is part of the symbol.
  for (const auto& [symbol, number] :
       {std::pair{"P 31 2 (0 0 4)", 151}, std::pair{"P 32 2 (0 0 2)", 153}, std::pair{"P 61 2 (0 0 5)", 178},
        std::pair{"P 65 2 (0 0 1)", 179}, std::pair{"P 62 2 (0 0 4)", 180}, std::pair{"P 64 2 (0 0 2)", 181}}) {
    INFO(symbol);
    CHECK(same_operations(operations_of_hall(symbol).value(), operations_of(settings_of_number(number).front())));
  }
  for (const char* wrong :
       {"", "P", "-", "Q 2", "P 5", "P 7", "P 2 21 1u (((()))", "P 2 (0 0", "P 2 (0 0 1) x", "P 2q", "P 1u 1v 1w 1d 1a",
        "P 2 4", "P 22", "P 31*", "P 2 (2x,y,z)", "P 2 (x,x,z)", "P 6* 2", "P 3 4x"})
    CHECK_FALSE(operations_of_hall(wrong));
}
