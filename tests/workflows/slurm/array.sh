#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# hopflow-test timeout=600 alone=yes
# `hopflow submit --array` in a real Slurm: a task for each of twelve hops, one of them with an engine that fails; the collecting
# job runs after any end and leaves the bytes of a run without Slurm. `hopflow status` in each state.
set -u
state_is() { [ "$("$hopflow" status "$run" --json | sed -n 's/.*"state": "\(.*\)".*/\1/p')" = "$1" ]; }
. "$(dirname -- "$(realpath -- "${BASH_SOURCE[0]}")")/slurm.sh"

cif=$root/inputs/structures/mapbi3-tetragonal.cif
{
  printf 'study: array\nmaterials:\n'
  for n in 01 02 03 04 05 06 07 08 09 10 11; do
    printf '  - {name: Sample%s, structure: %s, forcefield: %s}\n' "$n" "$cif" "$root/inputs/forcefields/myp-mapbi3.yaml"
  done
  printf '  - {name: Broken, structure: %s, engine: {kind: ipi, command: "false {socket}", tier: test}}\n' "$cif"
  printf 'supercell: {min_image_distance: 8, series: []}\nmobile: inorganic\nhops: {max_length: 5.5, select: shortest}\n'
  printf 'neb: {images: 3, climb: true, fmax: 0.1}\n'
} >"$folder/study.yaml"
printf 'export FROM_SET_UP=yes\n' >"$folder/set-up"
script=$("$hopflow" submit "$folder/study.yaml" --slurm --array --nodes 1 --mem 500M --qos normal --partition debug,long \
  --directive '--comment=note' --set-up "$folder/set-up" -o "$folder/dry" --dry-run)
for line in '#SBATCH --array=0-11' '#SBATCH --nodes=1' '#SBATCH --mem="500M"' '#SBATCH --qos="normal"' \
  '#SBATCH --partition="debug,long"' '#SBATCH --comment=note' 'export FROM_SET_UP=yes'; do
  check "the script holds $line" grep -qxF -- "$line" <<<"$script"
done
script=$("$hopflow" submit "$folder/study.yaml" --pbs --ntasks 4 --time 01:00:00 --mem 2gb -o "$folder/dry" --dry-run)
for line in '#PBS -l select=1:ncpus=4:mpiprocs=4:mem=2gb' '#PBS -l walltime=01:00:00' 'max_time=3510'; do
  check "the script for PBS holds $line" grep -qxF -- "$line" <<<"$script"
done
check "and bash can read it" bash -n <(echo "$script")
script=$("$hopflow" submit "$folder/study.yaml" --torque --array --nodes 2 --ntasks 4 --mem 2gb -o "$folder/dry" --dry-run)
for line in '#PBS -l nodes=2:ppn=2,mem=2gb' '#PBS -t 0-11' 'task=${PBS_ARRAYID:-0}'; do
  check "the script for Torque holds $line" grep -qxF -- "$line" <<<"$script"
done
sed '/Sample0[2-9]/d; /Sample1/d; /Broken/d' "$folder/study.yaml" >"$folder/one.yaml"
script=$("$hopflow" submit "$folder/one.yaml" --pbs --array -o "$folder/dry" --dry-run)
check "PBS takes no array of one task" eval '! grep -q "PBS -J" <<<"$script" && grep -q "PBS_ARRAY_INDEX:-0" <<<"$script"'

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
check "and that it is running, when some tasks run and others wait" wait_for 120 state_is running
check "the collecting job ends" wait_for 400 job_state_is "$collecting" 'COMPLETED|FAILED'
check "with the engine's failure" [ "$(job_field "$collecting" ExitCode)" = 6:0 ]
results() { sed 1d "$run/barriers.csv" | grep -c "$1"; }
check "eleven of twelve have a barrier" [ "$(results '^Sample.*,converged')" -eq 11 ]
check "and one says that it failed" [ "$(results '^Broken.*,failed')" -eq 1 ]
check "what is left is what a run without Slurm leaves" cmp -s "$run/summary.json" "$alone/summary.json"
check "status says finished" state_is finished
exit "$failed"
