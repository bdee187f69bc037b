#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# hopflow-test timeout=600
# `hopflow submit --array` in a real Slurm: a task for each hop, one of them with an engine that fails; the collecting
# job runs after any end and leaves the bytes of a run without Slurm. `hopflow status` in each state.
set -u
here=$(dirname -- "$(realpath -- "${BASH_SOURCE[0]}")")
root=${HOPFLOW_ROOT:-$(realpath -- "$here/../../..")}
hopflow=${HOPFLOW:-$root/build/release/hopflow}
folder=${HOPFLOW_TEST_FOLDER:-$(mktemp -d)}
state_is() { [ "$("$hopflow" status "$run" --json | sed -n 's/.*"state": "\(.*\)".*/\1/p')" = "$1" ]; }
. "$here/slurm.sh"

cif=$root/inputs/structures/mapbi3-tetragonal.cif
cat >"$folder/study.yaml" <<STUDY
study: array
materials:
  - {name: First, structure: $cif, forcefield: $root/inputs/forcefields/myp-mapbi3.yaml}
  - {name: Second, structure: $cif, forcefield: $root/inputs/forcefields/myp-mapbi3.yaml}
  - {name: Third, structure: $cif, engine: {kind: ipi, command: "false {socket}", tier: test}}
supercell: {min_image_distance: 8, series: []}
mobile: inorganic
hops: {max_length: 5.5, select: shortest}
neb: {images: 3, climb: true, fmax: 0.1}
STUDY
printf 'export FROM_SET_UP=yes\n' >"$folder/set-up"
script=$("$hopflow" submit "$folder/study.yaml" --slurm --array --nodes 1 --mem 500M --qos normal --partition debug,long \
  --directive '--comment=note' --set-up "$folder/set-up" -o "$folder/dry" --dry-run)
for line in '#SBATCH --array=0-2' '#SBATCH --nodes=1' '#SBATCH --mem="500M"' '#SBATCH --qos="normal"' \
  '#SBATCH --partition="debug,long"' '#SBATCH --comment=note' 'export FROM_SET_UP=yes'; do
  check "the script holds $line" grep -qxF -- "$line" <<<"$script"
done
script=$("$hopflow" submit "$folder/study.yaml" --pbs --ntasks 4 --time 01:00:00 --mem 2gb -o "$folder/dry" --dry-run)
for line in '#PBS -l select=1:ncpus=4:mpiprocs=4:mem=2gb' '#PBS -l walltime=01:00:00' 'max_time=3510'; do
  check "the script for PBS holds $line" grep -qxF -- "$line" <<<"$script"
done
check "and bash can read it" bash -n <(echo "$script")

start_slurm
run=$folder/run
alone=$folder/alone
"$hopflow" run "$folder/study.yaml" --until barriers -o "$alone" 2>/dev/null
code=$?
check "without Slurm the run ends with the engine's failure" [ "$code" -eq 6 ]
"$hopflow" submit "$folder/study.yaml" --slurm --array --ntasks 1 --time 00:10:00 --until barriers -o "$run" --json >"$folder/out"
collecting=$(sed -n 's/.*"job": "\(.*\)",/\1/p' "$folder/out")
array=$(sed -n 's/.*"array": "\(.*\)"/\1/p' "$folder/out")
check "status knows that it is pending or running" eval 'state_is pending || state_is running'
check "the collecting job ends" wait_for 240 job_state_is "$collecting" 'COMPLETED|FAILED'
check "with the engine's failure" [ "$(job_field "$collecting" ExitCode)" = 6:0 ]
check "what is left is what a run without Slurm leaves" cmp -s "$run/summary.json" "$alone/summary.json"
check "status says finished" state_is finished
exit "$failed"
