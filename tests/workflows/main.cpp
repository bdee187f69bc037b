// SPDX-License-Identifier: GPL-2.0-or-later
// Test main of the workflows: rank 0 runs the tests, other ranks work for it.
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>

#include "tests/workflows/crew/session.hpp"
#include "workflows/crew/crew.hpp"
#include "workflows/pipeline/stages.hpp"

hopflow::MpiSession& test_session() {
  static hopflow::MpiSession session;
  return session;
}

int main(int argc, char** argv) {
  hopflow::MpiSession& session = test_session();
  if (session.rank() != 0) return hopflow::work_for_rank_zero(session, hopflow::pipeline::stages());
  const int failed = Catch::Session().run(argc, argv);
  hopflow::end_crew(session, failed);
  return failed;
}
