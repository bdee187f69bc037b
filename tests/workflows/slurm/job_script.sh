#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# hopflow-test timeout=300 alone=yes
# What the batch script of `hopflow submit` does with signals and exit codes, in a real Slurm, with a stand-in for
# hopflow whose moments can be chosen: it works in steps, writes each to a file, and ends with 75 on USR1.
set -u
. "$(dirname -- "$(realpath -- "${BASH_SOURCE[0]}")")/slurm.sh"
start_slurm
study=$root/inputs/studies/three-cations.yaml

# Name and folder with what shells and Slurm trip over.
odd="$folder/it's \$HOME, 100 % & <odd>"
refused=$("$hopflow" submit "$study" --slurm -o "$odd" --dry-run 2>&1)
check "a quote in the run folder is refused with exit 2" [ $? -eq 2 ]
check "and the message says where" grep -q -- "--output" <<<"$refused"
run="$folder/\$HOME, 100 % & <odd>"
mkdir -p "$run"

cat >"$folder/stand-in" <<'FAKE'
#!/usr/bin/env bash
# Rank 0 works: STEPS steps of 0.2 s, then ends with END. Called as: stand-in run STUDY -o FOLDER..., or resume FOLDER.
trap 'asked=yes' USR1
asked=
verb=$1
if [ "$verb" = run ]; then folder=$4; else folder=$2; fi
steps=${STEPS:-20} end=${END:-0}
if [ "${PMIX_RANK:-0}" != 0 ]; then
  while [ ! -e "$folder/over" ] && [ -z "$asked" ]; do sleep 0.1; done
  [ -z "$asked" ] || exit 75
  exit "$end"
fi
printf '%s\n' "$@" --- >>"$folder/arguments"
touch "$folder/hopflow-run.json"
for ((i = $(cat "$folder/steps" 2>/dev/null | wc -l); i < steps; ++i)); do
  if [ -n "$asked" ]; then exit 75; fi
  echo "step $i" >>"$folder/steps"
  sleep 0.2
done
touch "$folder/over"
exit "$end"
FAKE
chmod +x "$folder/stand-in"
export STAND_IN=$folder/stand-in

# submit_stand_in NAME [option...]: a job of the real script with the stand-in as program; sets job and work.
submit_stand_in() {
  work="$run/$1"
  shift
  mkdir -p "$work"
  "$hopflow" submit "$study" --slurm -o "$work" --ntasks 2 --time 00:05:00 --until barriers --dry-run "$@" |
    sed 's|^hopflow=.*|hopflow=$STAND_IN|' >"$work/submit.sbatch"
  job=$(sbatch --parsable "$work/submit.sbatch")
}
has_steps() { [ -e "$work/steps" ] && [ "$(wc -l <"$work/steps")" -ge "$1" ]; }
over='COMPLETED|FAILED|CANCELLED|TIMEOUT|NODE_FAIL'

submit_stand_in undisturbed
check "a job nobody signals completes" wait_for 60 job_state_is "$job" COMPLETED
check "with the arguments of the command line" cmp -s "$work/arguments" \
  <(printf '%s\n' run "$study" -o "$work" --until barriers ---)
check "its log is in the run folder" [ -f "$work/slurm-$job.log" ]

submit_stand_in signalled
wait_for 60 has_steps 3
scancel --signal=USR1 --batch "$job"
wait_for 30 job_state_is "$job" 'PENDING|CONFIGURING|REQUEUED|COMPLETING'
check "a signalled job completes" wait_for 120 job_state_is "$job" COMPLETED
check "after one restart" [ "$(job_field "$job" Restarts)" = 1 ]
check "every step was done once" cmp -s "$work/steps" <(for i in {0..19}; do echo "step $i"; done)
check "the restart resumed the folder" cmp -s "$work/arguments" \
  <(printf '%s\n' run "$study" -o "$work" --until barriers --- resume "$work" ---)

submit_stand_in twice --max-restarts 0
wait_for 60 has_steps 3
scancel --signal=USR1 --batch "$job"
scancel --signal=USR1 --batch "$job"
check "two signals and no restart left: the job ends" wait_for 60 job_state_is "$job" "$over"
check "with 75" [ "$(job_field "$job" ExitCode)" = 75:0 ]

submit_stand_in cancelled
wait_for 60 has_steps 3
scancel "$job"
check "a cancelled job stays cancelled" wait_for 60 job_state_is "$job" CANCELLED
sleep 3
check "and doesn't come back" job_state_is "$job" CANCELLED

export END=5
submit_stand_in unconverged
check "another exit code is the job's" wait_for 60 job_state_is "$job" FAILED
check "unchanged" [ "$(job_field "$job" ExitCode)" = 5:0 ]
exit "$failed"
