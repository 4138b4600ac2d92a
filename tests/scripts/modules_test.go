package scripts

import "testing"

// nothing is lsmod's output when no module of ktcpvs is loaded.
const nothing = "Module                  Size  Used by\nip_vs                 172032  0"

func TestLoadingASchedulerStartsTheDaemonAndRemovingKtcpvsStopsIt(t *testing.T) {
	m := newMachine(t)
	m.fakeTools()
	m.runs("sh",
		step{do: "lsmod", says: nothing},
		step{do: "insmod ktcpvs_wlc.o"},
		step{do: "cat /proc/sys/net/ktcpvs/debug_level", says: "0"},
		step{do: "cat /proc/$(cat /run/ktcpvs/ktcpvsd.pid)/comm", says: "ktcpvsd"},
		step{do: "modprobe ktcpvs_http"},
		step{do: "tcpvsadm -A -i web -s http"},
		step{do: "lsmod", says: "~" + `Module                  Size  Used by
ktcpvs_wlc                 0  0
ktcpvs_http                0  1
ktcpvs              +[0-9]+  2 ktcpvs_wlc,ktcpvs_http
ip_vs                 172032  0`},
		step{do: "tcpvsadm -F; rmmod ktcpvs_wlc ktcpvs_http ktcpvs"},
		step{do: "lsmod", says: nothing},
		step{do: "ls -d /proc/sys/net/ktcpvs /run/ktcpvs/ktcpvsd.pid", status: 2, says: "*"},
		step{do: "tcpvsadm", status: 3, says: "~tcpvsadm: The ktcpvs module not loaded.*"},
	)
}

func TestModulesAreKnownInEverySpelling(t *testing.T) {
	m := newMachine(t)
	m.runs("sh",
		step{do: "insmod /lib/modules/2.4.20/kernel/net/ktcpvs.o"},
		step{do: "insmod ./ktcpvs_wlc.ko"},
		step{do: "insmod ktcpvs_http.ko.xz"},
		step{do: "modprobe ktcpvs-phttp"},
		step{do: "insmod ktcpvs_chttp"},
		step{do: "modprobe -a ktcpvs_chttp ktcpvs_hhttp"},
		step{do: "tcpvsadm --modules | grep -c ' loaded '", says: "5"},
		step{do: "insmod ktcpvs_wlc.o debug=1", status: 1, says: "insmod: ktcpvs_wlc: unknown parameter 'debug' ignored\n" +
			"insmod: ERROR: could not insert module ktcpvs_wlc.o: File exists"},
	)
}

func TestLoadingTwiceSaysFileExists(t *testing.T) {
	m := newMachine(t)
	m.runs("sh",
		step{do: "insmod ktcpvs.o"},
		step{do: "insmod ktcpvs.o", status: 1, says: "insmod: ERROR: could not insert module ktcpvs.o: File exists"},
		step{do: "insmod ktcpvs_http.o"},
		step{do: "insmod ktcpvs_http.o", status: 1, says: "insmod: ERROR: could not insert module ktcpvs_http.o: File exists"},
		step{do: "modprobe ktcpvs && modprobe ktcpvs_http"},
		step{do: "modprobe --first-time ktcpvs", status: 1, says: "modprobe: ERROR: could not insert 'ktcpvs': Module already in kernel"},
	)
}

func TestRemovingWaitsUntilAModuleIsUnused(t *testing.T) {
	m := newMachine(t)
	m.runs("sh",
		step{do: "insmod ktcpvs_http.o; tcpvsadm -A -i web -s http"},
		step{do: "(sleep 1; tcpvsadm -F) & rmmod ktcpvs_http"},
		step{do: "insmod ktcpvs_wlc.o; (sleep 1; rmmod ktcpvs_wlc) & rmmod -v ktcpvs", says: "rmmod: removing ktcpvs"},
		step{do: "tcpvsadm --modules", status: 3, says: "*"},
	)
}

func TestAModuleInUseIsBusyAfterFiveSeconds(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.runs("sh",
		step{do: "insmod ktcpvs_http.o; tcpvsadm -A -i web -s http; begun=$(date +%s)"},
		step{do: "rmmod ktcpvs_http", status: 1, says: "rmmod: ERROR: could not remove module ktcpvs_http: Device or resource busy"},
		step{do: "waited=$(($(date +%s) - begun)); [ $waited -ge 4 ] && [ $waited -le 8 ]"},
		step{do: "tcpvsadm -L -i web -n | head -n 2 | tail -n 1", says: "Virtual web {"},
	)
}

func TestKtcpvsIsBusyWhileASchedulerIsLoaded(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.runs("sh",
		step{do: "insmod ktcpvs_http.o"},
		step{do: "modprobe -r ktcpvs", status: 1, says: "modprobe: FATAL: Module ktcpvs is in use: Device or resource busy"},
		step{do: "lsmod | grep -c ^ktcpvs", says: "2"},
	)
}

func TestRemovingWhatIsNotLoaded(t *testing.T) {
	m := newMachine(t)
	m.runs("sh",
		step{do: "rmmod ktcpvs", status: 1, says: "rmmod: ERROR: Module ktcpvs is not currently loaded"},
		step{do: "rmmod ktcpvs_wlc.o", status: 1, says: "rmmod: ERROR: Module ktcpvs_wlc is not currently loaded"},
		step{do: "insmod ktcpvs.o; rmmod ktcpvs_wlc", status: 1, says: "rmmod: ERROR: Module ktcpvs_wlc is not currently loaded"},
		step{do: "modprobe -r ktcpvs_wlc"},
		step{do: "modprobe -r --first-time ktcpvs_wlc", status: 1, says: "modprobe: FATAL: Module ktcpvs_wlc is not in kernel."},
		step{do: "rmmod -f ktcpvs", status: 1, says: "rmmod: ERROR: -f does not go with modules of ktcpvs, expected none or -v"},
	)
}

func TestModprobeRemovesKtcpvsWithItsLastScheduler(t *testing.T) {
	m := newMachine(t)
	m.runs("sh",
		step{do: "modprobe -v -a ktcpvs_wlc ktcpvs_http", says: "insmod ktcpvs_wlc\ninsmod ktcpvs_http"},
		step{do: "modprobe -rnv ktcpvs_wlc", says: "rmmod ktcpvs_wlc"},
		step{do: "modprobe -rv ktcpvs_wlc", says: "rmmod ktcpvs_wlc"},
		step{do: "modprobe -rv ktcpvs_http", says: "rmmod ktcpvs_http\nrmmod ktcpvs"},
		step{do: "ls /proc/sys/net/ktcpvs", status: 2, says: "*"},
		step{do: "modprobe -C x ktcpvs", status: 1, says: "modprobe: FATAL: -C does not go with modules of ktcpvs, expected -a, -n, -q, -r, -v or --first-time"},
	)
}

func TestOtherNamesGoToTheRealTools(t *testing.T) {
	m := newMachine(t)
	m.fakeTools()
	m.runs("sh",
		step{do: "insmod ip_vs.o debug=1", status: 7, says: "real insmod ip_vs.o debug=1"},
		step{do: "rmmod -f ip_vs", status: 7, says: "real rmmod -f ip_vs"},
		step{do: "modprobe -q ip_vs 'a b'", status: 7, says: "real modprobe -q ip_vs a b"},
		step{do: "modprobe ktcpvs_foo", status: 7, says: "real modprobe ktcpvs_foo"},
		step{do: "modprobe -a ktcpvs ip_vs", status: 1, says: "real modprobe -a ip_vs"},
		step{do: "rmmod -v ip_vs ktcpvs", status: 1, says: "real rmmod -v ip_vs\nrmmod: removing ktcpvs"},
		step{do: "insmod", status: 7, says: "real insmod "},
	)
}

func TestWithoutARealToolTheErrorSaysSo(t *testing.T) {
	m := newMachine(t)
	// Nothing of the machine's own but what the stand-ins call.
	m.runs("sh",
		step{do: "mkdir /run/bin; for tool in readlink dirname sed sh; do ln -s $(command -v $tool) /run/bin; done"},
		step{do: "mount -t tmpfs none /usr/sbin; mount -t tmpfs none /usr/local/sbin; [ -L /sbin ] || mount -t tmpfs none /sbin"},
		step{do: "PATH=${PATH%%:*}:/run/bin; insmod ip_vs.o", status: 1,
			says: "insmod: no module of ktcpvs is named, and there is no other insmod on PATH for: insmod ip_vs.o (Debian has it in kmod)"},
	)
}
