// SPDX-License-Identifier: GPL-2.0-or-later
// Catch2 version 3 under the name and with the names of version 2, which Debian 12 has.
#pragma once

#ifdef CATCH_CONFIG_MAIN
#include <catch2/catch_session.hpp>
#endif
#include <catch2/catch_all.hpp>

using Catch::Approx;

namespace Catch {
inline auto Contains(const std::string& text) { return Matchers::ContainsSubstring(text); }
using Matchers::EndsWith;
using Matchers::Equals;
using Matchers::StartsWith;
}  // namespace Catch

#ifdef CATCH_CONFIG_MAIN
int main(int argc, char** argv) { return Catch::Session().run(argc, argv); }
#endif
