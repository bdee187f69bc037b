#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# By hand, as it takes minutes: jobs of two minutes each, too short for the study. Each stops itself before its time limit,
# goes back into the queue, and goes on where it was; the last one leaves the bytes of a run without Slurm. None is ended by Slurm.
set -u
. "$(dirname -- "$(realpath -- "${BASH_SOURCE[0]}")")/slurm.sh"
start_slurm

cat >"$folder/study.yaml" <<STUDY
study: long
materials:
  - {name: MAPbI3, structure: $root/inputs/structures/mapbi3-tetragonal.cif, forcefield: $root/inputs/forcefields/myp-mapbi3.yaml}
supercell: {min_image_distance: ${DISTANCE:-24}}
hops: {max_length: 5.5, select: ${HOPS:-all}}
neb: {images: 7, climb: true, fmax: 0.01, surrogate: false}
STUDY
begun=$SECONDS
"$hopflow" run "$folder/study.yaml" -o "$folder/alone" --until barriers >"$folder/alone.txt" 2>&1
expected=$?
check "the run without Slurm ends (exit $expected) after $((SECONDS - begun)) s" [ "$expected" -eq 0 -o "$expected" -eq 5 ]

told=$("$hopflow" submit "$folder/study.yaml" --slurm -o "$folder/run" --ntasks "${RANKS:-1}" --time 00:02:00 --signal-before 30 --until barriers --json)
job=$(job_of "$told")
over='COMPLETED|FAILED|CANCELLED|TIMEOUT|NODE_FAIL'
check "the submitted run ends" wait_for 1500 job_state_is "$job" "$over"
restarts=$(job_field "$job" Restarts)
check "after $restarts restarts, at least one" [ "${restarts:-0}" -ge 1 ]
check "in the state $(job_field "$job" JobState), not at a time limit" job_state_is "$job" 'COMPLETED|FAILED'
check "with the exit code of the run without Slurm" [ "$(job_field "$job" ExitCode)" = "$expected:0" ]
check "and no job was ended by Slurm" eval '! grep -qi "DUE TO TIME LIMIT" "$folder"/run/slurm-*.log'
result_sums "$folder/alone" >"$folder/alone.sums"
result_sums "$folder/run" >"$folder/queue.sums"
check "$(wc -l <"$folder/alone.sums") result files have the same bytes" diff "$folder/alone.sums" "$folder/queue.sums"
[ "$failed" -eq 0 ] || tail -n 30 "$folder/run"/slurm-*.log
exit "$failed"
