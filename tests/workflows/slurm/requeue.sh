#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# hopflow-test timeout=900 alone=yes
# A study submitted to a real Slurm and signalled before it is done puts itself back into the queue, goes on where it
# stopped, and ends with the bytes of a run without Slurm.
set -u
. "$(dirname -- "$(realpath -- "${BASH_SOURCE[0]}")")/slurm.sh"
start_slurm

mkdir -p "$folder/inputs"
cp -r "$root/inputs/structures" "$root/inputs/forcefields" "$folder/inputs/"
mkdir -p "$folder/inputs/studies"
study="$folder/inputs/studies/one crystal.yaml"
cat >"$study" <<'STUDY'
study: one-crystal
materials:
  - {name: MAPbI3, structure: ../structures/mapbi3-tetragonal.cif, forcefield: ../forcefields/myp-mapbi3.yaml}
supercell: {min_image_distance: 10}
hops: {max_length: 5.5, select: all}
STUDY

"$hopflow" run "$study" -o "$folder/alone" --until barriers >"$folder/alone.txt" 2>&1
expected=$?
check "the run without Slurm finishes (exit $expected)" [ "$expected" -eq 0 -o "$expected" -eq 5 ]

run="$folder/in the queue"
told=$("$hopflow" submit "$study" --slurm -o "$run" --ntasks 2 --time 00:10:00 --until barriers --json)
check "the submission is accepted" [ $? -eq 0 ]
job=$(job_of "$told")

# A third of the evaluations, so that the signal comes in the middle.
stored() { "$hopflow" status "$1" --json 2>/dev/null | sed -n 's/.*"evaluations_stored": \([0-9]*\).*/\1/p'; }
whole=$(stored "$folder/alone")
a_third_is_done() { [ "$(stored "$run")0" -ge "$((whole / 3))0" ]; }
check "a third of $whole evaluations is done" wait_for 300 a_third_is_done
check "while the job is running" job_state_is "$job" RUNNING
scancel --signal=USR1 --batch "$job"
leaves() { ! job_state_is "$job" RUNNING; }
check "the signalled job leaves its node" wait_for 60 leaves
check "with work left to do" [ "$(stored "$run")0" -lt "${whole}0" ]
over='COMPLETED|FAILED|CANCELLED|TIMEOUT|NODE_FAIL'
check "comes back and ends" wait_for 400 job_state_is "$job" "$over"
check "after one restart" [ "$(job_field "$job" Restarts)" = 1 ]
check "with the exit code of the run without Slurm" [ "$(job_field "$job" ExitCode)" = "$expected:0" ]
check "and as many evaluations" [ "$(stored "$run")" = "$whole" ]

result_sums "$folder/alone" >"$folder/alone.sums"
result_sums "$run" >"$folder/queue.sums"
check "$(wc -l <"$folder/alone.sums") result files, paths among them" grep -q 'path\.extxyz' "$folder/alone.sums"
check "have the same bytes" diff "$folder/alone.sums" "$folder/queue.sums"
[ "$failed" -eq 0 ] || tail -n 30 "$run"/slurm-*.log
exit "$failed"
