// SPDX-License-Identifier: GPL-2.0-or-later
// An executable that can be nothing but an engine process, for tests of EngineHost without the command line.
#include <cstdlib>
#include <cstring>
#include <string>

#include "potentials/host/engine_host.hpp"

int main(int argc, char** argv) {
  if (argc != 6 || std::strcmp(argv[1], "engine-worker") != 0) return 2;
  std::_Exit(hopflow::serve_engine(std::atoi(argv[3]), argv[5]));
}
