// SPDX-License-Identifier: GPL-2.0-or-later
// How a run is asked to stop: USR1, or a time limit that comes near, finish the step under way; TERM, INT and HUP end
// at once with everything answered so far kept; a second of these ends without a word.
#pragma once

#include <chrono>

namespace hopflow {

/// Installs the handlers; the first USR1, TERM, INT or HUP only sets a flag. A HUP that is ignored (nohup) stays so,
/// and a reader of standard error that goes away no longer ends the process.
void watch_stop_signals();

/// On ranks that only work: stop requests are the driver's business.
void ignore_stop_signals();

/// Asks for a stop of its own before this moment: as USR1 while there is time for two more steps, as TERM once it has
/// come.
void stop_before(std::chrono::system_clock::time_point moment);

/// How long one step takes, for stop_before(); the longest counts.
void note_step(std::chrono::steady_clock::duration step) noexcept;

/// The signal that asked for a stop, 0 if none.
int stop_requested() noexcept;

}  // namespace hopflow
