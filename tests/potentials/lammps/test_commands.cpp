// SPDX-License-Identifier: GPL-2.0-or-later
// What a case file may say to LAMMPS, and what not.
#include <catch2/catch.hpp>

#include "potentials/lammps/allowed_commands.hpp"
#include "tests/potentials/support.hpp"

using namespace hopflow;
using hopflow::testing::contains;

TEST_CASE("ordinary pair style commands pass", "[potentials][commands]") {
  for (const char* command :
       {"pair_style eam/alloy", "pair_coeff * * AlCu.eam.alloy Al Cu",
        "pair_style hybrid/overlay coul/long 10.0 buck 10", "pair_coeff 1 2 -1.5e-3 0.3 0", "kspace_style ewald 1.0e-6",
        "kspace_modify gewald 0.3", "special_bonds lj 0 0 0.5", "pair_modify shift yes", "mass 1 26.98",
        "set type 2 charge -1.0", "pair_coeff * * SiC_1994.tersoff Si(D) NULL"}) {
    INFO(command);
    CHECK(problem_with_command(command).empty());
  }
}

TEST_CASE("commands that run programs, read or write files, or expand are refused", "[potentials][commands]") {
  for (const char* command : {"shell rm -rf x",
                              "include other.in",
                              "python f here \"x\"",
                              "variable a getenv HOME",
                              "print hello",
                              "read_data x",
                              "write_data x",
                              "pair_write 1 2 500 r 1 4 table.txt x",
                              "bond_write 1 5 r 1 2 t x",
                              "dump 1 all atom 1 x",
                              "log x",
                              "fix 1 all nve",
                              "run 10",
                              "jump x",
                              "next a",
                              "clear",
                              "quit",
                              "if 1 then",
                              "set atom 1 charge 1",
                              "set group all x 1",
                              "set type 1 charge 1 type 2",
                              "pair_style python 10",
                              "pair_style hybrid eam python 5",
                              "pair_style kim x",
                              "pair_style mliap model mliappy x",
                              "Pair_style lj/cut 10",
                              "PAIR_STYLE lj/cut 10"}) {
    INFO(command);
    CHECK_FALSE(problem_with_command(command).empty());
  }
}

TEST_CASE("marks with a meaning of their own are refused and named", "[potentials][commands]") {
  for (const char* mark :
       {"$", "`", "&", ";", "|", "<", ">", "\"", "'", "\\", "!", "#", "\n", "\t", "\x1b", "\xc3\xa9", "~"}) {
    INFO(mark);
    const std::string problem = problem_with_command(std::string{"pair_coeff 1 1 "} + mark + "{x}");
    CHECK(contains(problem, "number 16"));
  }
  CHECK(contains(problem_with_command("pair_coeff * * /etc/passwd Al"), "bare name"));
  CHECK(contains(problem_with_command("pair_coeff * * ../x.eam Al"), "bare name"));
  CHECK(contains(problem_with_command("pair_coef 1 1 0.1"), "did you mean pair_coeff?"));
  CHECK_FALSE(problem_with_command("").empty());
}
