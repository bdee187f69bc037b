# SPDX-License-Identifier: GPL-2.0-or-later
"""i-PI clients: evaluations a second of one and of four that sleep 50 ms over each answer, and what one call costs beside
the client itself.

    /usr/bin/python3 tests/bench/clients.py
"""
import json
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflows" / "end_to_end"))
import hopflow_runs as runs  # noqa: E402
import ipi_clients  # noqa: E402


def rate(scratch, name, clients, options, images):
    case = ipi_clients.write_case(scratch / name, options, clients)
    # A plain band from ends as they are: nearly all the work is in rounds of `images` questions.
    case.write_text(case.read_text().replace("images: 7", f"images: {images}, surrogate: false") + "relax_endpoints: false\n")
    begin = time.monotonic()
    code, out, errors = runs.run(1, "barrier", case, "--json")
    if code not in (0, 5):
        sys.exit(f"the run ended with {code}: {errors[-500:]}")
    seconds = time.monotonic() - begin
    return json.loads(out)["evaluations"], seconds


def main():
    with tempfile.TemporaryDirectory(prefix="hopflow-bench-") as scratch:
        scratch = Path(scratch)
        asked, one = rate(scratch, "one", 1, "sleep_ms=50", 16)
        _, four = rate(scratch, "four", 4, "sleep_ms=50", 16)
        print(f"{asked} evaluations of 50 ms: {one:.2f} s with one client, {four:.2f} s with four, ratio {one / four:.2f}")
        asked, seconds = rate(scratch, "bare", 1, "", 16)
        print(f"{asked} evaluations that cost nothing: {1000 * seconds / asked:.3f} ms each, the whole command counted")


if __name__ == "__main__":
    main()
