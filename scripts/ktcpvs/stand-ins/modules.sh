# shellcheck shell=sh disable=SC2034 # its callers read module and reason
# What the stand-ins for insmod, rmmod, modprobe and lsmod share. The modules
# ktcpvs and ktcpvs_* are parts of ktcpvsd: ktcpvs is loaded while the daemon
# runs, a scheduler while the daemon says so. Every other name is the real
# tool's business.
#
#   KTCPVS_RUN_DIR   where the daemon's process id and log are (/run/ktcpvs, or a
#                    directory below it where that is another network's daemon's)
#   KTCPVSD_OPTIONS  more options for a daemon that is started here

tool=${0##*/}
# usual_run_dir prints where the daemon of this network namespace is, or would be.
usual_run_dir() (
	pid='' there='' here=$(stat -L -c %i /proc/self/ns/net 2>/dev/null)
	{ read -r pid </run/ktcpvs/ktcpvsd.pid; } 2>/dev/null
	# Who may not know where a daemon of root's is takes it for ours.
	! is_daemon "$pid" || there=$(stat -L -c %i "/proc/$pid/ns/net" 2>/dev/null)
	if [ "${there:-$here}" != "$here" ] || [ -e "/run/ktcpvs/netns-$here/ktcpvsd.pid" ]; then
		echo "/run/ktcpvs/netns-$here"
	else
		echo /run/ktcpvs
	fi
)

# is_daemon PID tells whether that process is ktcpvsd and lives: the number may
# have gone to another since it was written down, and a killed one may wait for
# its parent.
is_daemon() {
	[ -n "$1" ] || return 1
	name='' state=''
	{ read -r _ name state _ <"/proc/$1/stat"; } 2>/dev/null
	[ "$name" = "(ktcpvsd)" ] && [ "$state" != Z ]
}

run_dir=${KTCPVS_RUN_DIR:-$(usual_run_dir)}
pid_file=$run_dir/ktcpvsd.pid
lock_dir=$run_dir/private
log=$run_dir/ktcpvsd.log
start_seconds=10
unused_seconds=5
stop_seconds=60

say() {
	echo "$tool: $*" >&2
}

# is_ours NAME-OR-FILE tells whether that is a module of ktcpvs, and sets
# module to its name. A file need not exist: old scripts name kernels that
# have been gone for long.
is_ours() {
	module=${1##*/}
	module=${module%.[gx]z}
	module=${module%.zst}
	module=${module%.ko}
	module=${module%.o}
	case $module in
	ktcpvs-*) module=ktcpvs_${module#ktcpvs-} ;;
	esac
	case $module in
	ktcpvs | ktcpvs_wlc | ktcpvs_http | ktcpvs_phttp | ktcpvs_chttp | ktcpvs_hhttp) return 0 ;;
	esac
	return 1
}

# real_tool prints the path of the tool that this one stands in for.
real_tool() (
	IFS=:
	set -f
	for dir in $PATH /usr/local/sbin /usr/sbin /sbin; do
		if [ -f "$dir/$tool" ] && [ -x "$dir/$tool" ] && [ ! -e "$dir/modules.sh" ]; then
			echo "$dir/$tool"
			exit 0
		fi
	done
	exit 1
)

# hand_over ARGUMENTS... lets the real tool do it all.
hand_over() {
	real=$(real_tool) || {
		say "no module of ktcpvs is named, and there is no other $tool on PATH for: $tool $* (Debian has it in kmod)"
		exit 1
	}
	exec "$real" "$@"
}

# running tells whether the daemon of this run directory runs, and sets pid.
running() {
	pid=
	{ read -r pid <"$pid_file"; } 2>/dev/null
	is_daemon "$pid"
}

# start_daemon returns when the daemon is ready, whoever started it. Otherwise
# reason has the daemon's own last words.
start_daemon() {
	if ! command -v ktcpvsd >/dev/null || ! command -v tcpvsadm >/dev/null; then
		reason="ktcpvsd and tcpvsadm are not on PATH: run make, then . ./env"
		return 1
	fi
	if ! reason=$(mkdir -p "$run_dir" 2>&1); then
		return 1
	fi
	if ! reason=$(private_dir "$lock_dir" 2>&1); then
		return 1
	fi
	# One at a time, however many are loaded at once.
	reason=$({ flock 9 && start_unless_running; } 2>&1 9>"$lock_dir/start")
}

# private_dir DIRECTORY makes it, so that nobody but its owner can open what is in
# it: who can open a file can lock it for ever. It prints why it can not.
private_dir() {
	[ -e "$1" ] || [ -L "$1" ] || mkdir -m 0700 "$1" || [ -d "$1" ] || return 1
	if [ ! -L "$1" ] && [ -O "$1" ]; then
		case $(ls -ld "$1") in
		drwx------*) return 0 ;;
		esac
	fi
	echo "$1 is not a directory of our own with mode 0700, so that others could lock what is in it: remove it"
	return 1
}

# start_unless_running prints why, when the daemon does not become ready.
start_unless_running() {
	! running || return 0
	[ ! -e "$log" ] || mv -f "$log" "$log.old"
	# setsid: the daemon outlives the terminal that it was started from.
	# As with the modules of that time, the table ends with what holds it, unless
	# somebody says where it is to be kept.
	keep=--ephemeral
	case ${KTCPVSD_OPTIONS-} in *--state-dir*) keep= ;; esac
	# shellcheck disable=SC2086 # the options are words
	(cd / && exec setsid ktcpvsd --run-dir="$run_dir" $keep ${KTCPVSD_OPTIONS-}) </dev/null >"$log" 2>&1 9>&- &
	started=$!
	late=$(($(date +%s) + start_seconds))
	until running && [ "$pid" = "$started" ]; do
		if ! kill -0 "$started" 2>/dev/null; then
			tail -n 1 "$log"
			return 1
		fi
		if [ "$(date +%s)" -gt "$late" ]; then
			kill "$started"
			echo "ktcpvsd was not ready within $start_seconds seconds; its log is $log.old"
			mv -f "$log" "$log.old"
			return 1
		fi
		sleep 0.1
	done
}

# schedulers prints a line "MODULE USERS" for each scheduler that is loaded.
schedulers() {
	modules=$(tcpvsadm --modules) || return 1
	echo "$modules" | while read -r name state users; do
		[ "$state" != loaded ] || echo "ktcpvs_$name $users"
	done
}

# users MODULE prints how many use it: services a scheduler, schedulers ktcpvs.
# Nothing is printed if it is not loaded.
users() {
	running || return 0
	loaded=$(schedulers) || return 1
	if [ "$1" = ktcpvs ]; then
		echo "$loaded" | grep -c . || true
	else
		echo "$loaded" | sed -n "s/^$1 //p"
	fi
}

# load MODULE loads it. Status: 0 it is now, 1 it was already, 2 it can not
# be, and reason says why.
load() {
	if [ "$1" = ktcpvs ] && running; then
		return 1
	fi
	start_daemon || return 2
	[ "$1" != ktcpvs ] || return 0
	count=$(users "$1" 2>&1) || {
		reason=$count
		return 2
	}
	[ -z "$count" ] || return 1
	if ! reason=$(tcpvsadm --load-module "${1#ktcpvs_}" 2>&1); then
		# Another may have loaded it meanwhile.
		[ -z "$(users "$1" 2>/dev/null)" ] || return 1
		return 2
	fi
}

# unload MODULE removes it when it has become unused. Status: 0 it is gone, 1
# it was not loaded, 2 it can not be removed, and reason says why.
unload() {
	late=$(($(date +%s) + unused_seconds))
	while :; do
		count=$(users "$1" 2>&1) || {
			reason=$count
			return 2
		}
		[ -n "$count" ] || return 1
		if [ "$count" = 0 ]; then
			break
		fi
		if [ "$(date +%s)" -ge "$late" ]; then
			reason="Device or resource busy"
			return 2
		fi
		sleep 0.1
	done
	if [ "$1" = ktcpvs ]; then
		stop_daemon
	else
		reason=$(tcpvsadm --unload-module "${1#ktcpvs_}" 2>&1) || return 2
	fi
}

# stop_daemon returns when the daemon is gone.
stop_daemon() {
	running || return 0
	stopping=$pid
	reason=$(kill -TERM "$stopping" 2>&1) || return 2
	late=$(($(date +%s) + stop_seconds))
	while is_daemon "$stopping"; do
		if [ "$(date +%s)" -ge "$late" ]; then
			reason="ktcpvsd (process $stopping) is still stopping after $stop_seconds seconds; its log is $log"
			return 2
		fi
		sleep 0.1
	done
}
