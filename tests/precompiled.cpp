// SPDX-License-Identifier: GPL-2.0-or-later
// Carries the precompiled headers of the tests: the source of main defines what Catch2 must not see twice.
