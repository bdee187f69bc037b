// SPDX-License-Identifier: GPL-2.0-or-later
// How a run is asked to stop: USR1 and TERM finish the step under way, a second TERM or INT ends at once.
#pragma once

namespace hopflow {

/// Installs the handlers; the first USR1, TERM or INT only sets a flag.
void watch_stop_signals();

/// On ranks that only work: stop requests are the driver's business.
void ignore_stop_signals();

/// The signal that asked for a stop, 0 if none.
int stop_requested() noexcept;

}  // namespace hopflow
