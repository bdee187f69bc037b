# SPDX-License-Identifier: GPL-2.0-or-later
# A private one-node Slurm on loopback for tests, to be sourced. Nothing of it is outside a temporary folder; it is
# stopped and removed when the shell that sourced this ends, however it ends.
# Sets root, hopflow and folder as the tests have them.
#   start_slurm       starts it and waits until the node is idle; exits with 77 where Slurm isn't installed
#   job_field ID KEY  a value of `scontrol show job`
#   check WHAT COMMAND...   says whether the command succeeded; sets `failed` where it did not
#   job_of JSON       the job that `hopflow submit --json` has submitted
#   result_sums RUN   sums of the files of a run that do not depend on how it was run
#   wait_for SECONDS COMMAND...   until the command succeeds; fails when the time is over

slurm_folder=
failed=0
root=${HOPFLOW_ROOT:-$(realpath -- "$(dirname -- "${BASH_SOURCE[0]}")/../../..")}
hopflow=${HOPFLOW:-$root/build/release/hopflow}
folder=${HOPFLOW_TEST_FOLDER:-$(mktemp -d)}

check() {
  local what=$1
  shift
  if "$@"; then echo "ok    $what"; else echo "FAIL  $what"; failed=1; fi
}

wait_for() {
  local limit=$((SECONDS + $1))
  shift
  until "$@"; do
    [ "$SECONDS" -lt "$limit" ] || return 1
    sleep 0.2
  done
}

job_field() { scontrol --oneliner show job "$1" 2>/dev/null | tr ' ' '\n' | sed -n "s/^$2=//p" | head -n 1; }

job_of() { /usr/bin/python3 -c 'import json, sys; print(json.load(sys.stdin)["job"])' <<<"$1"; }

result_sums() { (cd "$1" && find summary.json barriers.csv study.yaml hops -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum); }

job_state_is() { [[ $(job_field "$1" JobState) =~ ^($2)$ ]]; }

no_job_left() { [ -z "$(squeue --noheader 2>/dev/null)" ]; }

node_is_idle() { [ "$(sinfo --noheader --format=%T 2>/dev/null)" = idle ]; }

# Ends a daemon by its pid file and waits for it.
end_daemon() {
  local pid
  pid=$(cat "$1" 2>/dev/null) || return 0
  kill "$pid" 2>/dev/null
  wait_for 5 eval "! kill -0 $pid 2>/dev/null" || kill -KILL "$pid" 2>/dev/null
}

stop_slurm() {
  [ -n "$slurm_folder" ] || return 0
  if [ -f "$slurm_folder/run/slurmctld.pid" ]; then
    scancel --user="$(id -un)" 2>/dev/null
    wait_for 20 no_job_left
  fi
  local daemon
  for daemon in slurmd slurmctld munged; do end_daemon "$slurm_folder/run/$daemon.pid"; done
  if [ -n "${HOPFLOW_TEST_FOLDER:-}" ]; then
    cp "$slurm_folder"/log/*.log "$HOPFLOW_TEST_FOLDER/" 2>/dev/null
  fi
  rm -rf -- "$slurm_folder"
  slurm_folder=
}

start_slurm() {
  local program name user port_control port_node
  PATH=$PATH:/usr/sbin:/sbin
  for program in munged slurmctld slurmd sbatch; do
    command -v "$program" >/dev/null || { echo "skipped: $program isn't installed"; exit 77; }
  done
  name=$(hostname -s)
  user=$(id -un)
  # Socket names are short and daemons dislike blanks: not in the clone.
  slurm_folder=$(mktemp -d "${TMPDIR:-/tmp}/hopflow-slurm.XXXXXX")
  trap stop_slurm EXIT
  trap 'exit 1' INT TERM HUP
  mkdir -p "$slurm_folder"/{state,spool,log,run,key}
  chmod 755 "$slurm_folder" "$slurm_folder/run"
  chmod 700 "$slurm_folder/key"
  (umask 077 && head -c 128 /dev/urandom >"$slurm_folder/key/munge.key")
  read -r port_control port_node < <(/usr/bin/python3 -c '
import socket
held = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
print(*(s.getsockname()[1] for s in held))')
  cat >"$slurm_folder/slurm.conf" <<CONF
ClusterName=test
SlurmctldHost=$name(127.0.0.1)
SlurmUser=$user
SlurmdUser=$user
AuthType=auth/munge
AuthInfo=socket=$slurm_folder/run/munge.socket,cred_expire=5
CredType=cred/munge
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
SlurmctldPort=$port_control
SlurmdPort=$port_node
StateSaveLocation=$slurm_folder/state
SlurmdSpoolDir=$slurm_folder/spool
SlurmctldPidFile=$slurm_folder/run/slurmctld.pid
SlurmdPidFile=$slurm_folder/run/slurmd.pid
SlurmctldLogFile=$slurm_folder/log/slurmctld.log
SlurmdLogFile=$slurm_folder/log/slurmd.log
MailProg=/bin/true
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=batch_sched_delay=0,sched_interval=1,bf_interval=1
MpiDefault=none
ReturnToService=2
KillWait=5
MinJobAge=3600
SlurmdTimeout=30
NodeName=$name NodeAddr=127.0.0.1 CPUs=$(nproc) RealMemory=1000 State=UNKNOWN
PartitionName=debug Nodes=ALL Default=YES MaxTime=INFINITE DefaultTime=5 State=UP OverSubscribe=NO
CONF
  # Nothing here uses control groups; looking for them fails where none are mounted.
  echo CgroupPlugin=cgroup/v1 >"$slurm_folder/cgroup.conf"
  export SLURM_CONF=$slurm_folder/slurm.conf
  munged --key-file="$slurm_folder/key/munge.key" --socket="$slurm_folder/run/munge.socket" \
    --pid-file="$slurm_folder/run/munged.pid" --log-file="$slurm_folder/log/munged.log" \
    --seed-file="$slurm_folder/key/seed" || { echo "FAIL  munged doesn't start"; exit 1; }
  slurmctld -f "$SLURM_CONF" -c && slurmd -f "$SLURM_CONF" || { echo "FAIL  Slurm doesn't start"; exit 1; }
  if ! wait_for 30 node_is_idle; then
    tail -n 20 "$slurm_folder"/log/*.log
    echo "FAIL  the node doesn't become idle"
    exit 1
  fi
}
