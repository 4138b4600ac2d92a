package scripts

import "testing"

func TestManyLoadingAtOnceStartOneDaemon(t *testing.T) {
	m := newMachine(t)
	m.runs("sh",
		step{do: "for s in wlc http phttp chttp hhttp; do insmod ktcpvs_$s.o & done; wait"},
		step{do: "tcpvsadm --modules | grep -c ' loaded '", says: "5"},
		step{do: "cat /proc/[0-9]*/comm | grep -c '^ktcpvsd$'", says: "1"},
	)
}

func TestADaemonThatDoesNotStartSaysWhy(t *testing.T) {
	m := newMachine(t)
	m.runs("sh",
		step{do: "KTCPVSD_OPTIONS=--loops=0 insmod ktcpvs_wlc.o", status: 1,
			says: "insmod: ERROR: could not insert module ktcpvs_wlc.o: ktcpvsd: --loops=0: expected 1 to 256"},
		step{do: "KTCPVS_RUN_DIR=/proc/nowhere modprobe ktcpvs", status: 1, says: "~modprobe: ERROR: could not insert 'ktcpvs': mkdir: .*/proc/nowhere.*"},
		step{do: "insmod ktcpvs.o"},
		step{do: "KTCPVS_RUN_DIR=/run/other insmod ktcpvs.o", status: 1,
			says: "~insmod: ERROR: could not insert module ktcpvs.o: ktcpvsd: netlink port id .* is held by process [0-9]+ \\(ktcpvsd\\).*"},
		step{do: "PATH=${PATH%%:*}:/usr/bin:/bin; KTCPVS_RUN_DIR=/run/third insmod ktcpvs.o", status: 1,
			says: "insmod: ERROR: could not insert module ktcpvs.o: ktcpvsd and tcpvsadm are not on PATH: run make, then . ./env"},
	)
}

func TestAKilledDaemonIsReplaced(t *testing.T) {
	m := newMachine(t)
	m.fakeTools()
	m.runs("sh",
		step{do: "insmod ktcpvs_wlc.o; pid=$(cat /run/ktcpvs/ktcpvsd.pid); kill -KILL $pid; while grep -qs '^State:.[^Z]' /proc/$pid/status; do sleep 0.1; done"},
		step{do: "lsmod", says: nothing},
		step{do: "insmod ktcpvs_http.o"},
		step{do: "lsmod | sed -n 's/ .*//p'", says: "Module\nktcpvs_http\nktcpvs\nip_vs"},
		step{do: "cat /proc/sys/net/ktcpvs/read_timeout", says: "180"},
		step{do: "rmmod ktcpvs_http ktcpvs"},
	)
}

func TestAnotherProcessWithTheRecordedNumberIsLeftAlone(t *testing.T) {
	m := newMachine(t)
	m.runs("sh",
		step{do: "sleep 3600 & other=$!; mkdir /run/ktcpvs; echo $other >/run/ktcpvs/ktcpvsd.pid"},
		step{do: "rmmod ktcpvs", status: 1, says: "rmmod: ERROR: Module ktcpvs is not currently loaded"},
		step{do: "insmod ktcpvs.o; rmmod ktcpvs; kill -0 $other"},
	)
}

func TestTheDaemonsWordsAreInItsLog(t *testing.T) {
	m := newMachine(t)
	m.runs("sh",
		step{do: "KTCPVSD_OPTIONS='--log=json --loops=1' insmod ktcpvs.o"},
		step{do: "cat /run/ktcpvs/ktcpvsd.log", says: `~\{.*"loops":1.*\}`},
		step{do: "rmmod ktcpvs && tail -n 1 /run/ktcpvs/ktcpvsd.log", says: `~\{.*"signal":"terminated".*\}`},
	)
}

// A user who may open a file may lock it, and whoever waits for the lock then waits
// for ever.
func TestNoUsersLockHoldsUpLoading(t *testing.T) {
	m := newMachine(t)
	const nobody = "setpriv --reuid 65534 --regid 65534 --clear-groups "
	m.runs("sh",
		// What an earlier version left, and all that a user finds below the run directory.
		step{do: "mkdir /run/ktcpvs; : >/run/ktcpvs/start.lock"},
		step{do: "insmod ktcpvs_wlc.o; rmmod ktcpvs_wlc ktcpvs"},
		step{do: "for path in $(find /run/ktcpvs); do " + nobody + "flock -xn \"$path\" sleep 60 2>/dev/null & done; sleep 1"},
		step{do: "timeout 120 insmod ktcpvs_wlc.o; tcpvsadm --modules | grep -c ' loaded '", says: "1"},
		step{do: "timeout 120 modprobe ktcpvs_http; tcpvsadm --modules | grep -c ' loaded '", says: "2"},
		step{do: "stat -c '%a %U' /run/ktcpvs/private", says: "700 root"},
		step{do: nobody + "ls /run/ktcpvs/private >/dev/null 2>&1", status: 2},
		step{do: "rmmod ktcpvs_wlc ktcpvs_http ktcpvs"},
		// One that a user could have prepared is refused, and named.
		step{do: "chmod 0755 /run/ktcpvs/private"},
		step{do: "insmod ktcpvs_wlc.o", status: 1,
			says: "insmod: ERROR: could not insert module ktcpvs_wlc.o: /run/ktcpvs/private is not a directory of our own with mode 0700, so that others could lock what is in it: remove it"},
	)
}
