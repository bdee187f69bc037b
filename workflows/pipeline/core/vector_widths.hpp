// SPDX-License-Identifier: GPL-2.0-or-later
// Loops compiled for several vector widths, one of which is chosen when the program starts.
#pragma once

// Contraction is off and no sum is reordered, so the widths agree bit by bit. Sanitizers cannot run the choosing code,
// which is called before they are set up.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)
#define HOPFLOW_WIDTHS __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define HOPFLOW_WIDTHS
#endif

/// What such loops call: it must become part of each variant.
#define HOPFLOW_INLINE inline __attribute__((always_inline))
