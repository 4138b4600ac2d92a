package scripts

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"ktcpvs/tests/require"
)

// configuration is loaded by the scripts as /etc/ktcpvs.conf.
const configuration = `virtual web1 { listen = 127.0.0.1:8081 SCHEDULER = http server = 127.0.0.1:9001 1 rule = pattern .* use server 127.0.0.1:9001 }
virtual web2 {
    listen = 127.0.0.1:8082   # scheduler = hhttp
    scheduler = phttp
    server = 127.0.0.1:9001 0
    rule = pattern .* use server 127.0.0.1:9001
}
`

// installed is a machine on which make install was run, with its configuration
// file in etc. The stand-ins and programs are found by the installed scripts
// themselves.
func installed(t *testing.T) (m *machine, etc, sbin string) {
	t.Helper()
	m = newMachine(t)
	m.path = os.Getenv("PATH")
	prefix, etc := filepath.Join(m.dir, "usr"), filepath.Join(m.dir, "etc")
	makeIn(t, "install", "PREFIX="+prefix, "SYSCONFDIR="+etc)
	if err := os.WriteFile(filepath.Join(etc, "ktcpvs.conf"), []byte(configuration), 0o644); err != nil {
		t.Fatal(err)
	}
	return m, etc, filepath.Join(prefix, "sbin")
}

func TestStartAndStopScriptsLoadAndUnloadEverything(t *testing.T) {
	m, etc, sbin := installed(t)
	require.Tool(t, "curl")
	m.runs("sh",
		step{do: "PATH=" + sbin + ":" + filepath.Dir(sbin) + "/libexec/ktcpvs:$PATH"},
		step{do: "ktcpvs.stop"},
		step{do: "ktcpvs.start /nowhere", status: 1, says: "ktcpvs.start: cannot read /nowhere, expected a configuration file"},
		step{do: "ktcpvs.start"},
		step{do: "lsmod | sed -n 's/^\\(ktcpvs[^ ]*\\) .*/\\1/p'", says: "ktcpvs_http\nktcpvs_phttp\nktcpvs"},
		step{do: "for port in 8081 8082; do curl -s -o /dev/null -w '%{http_code}\n' http://127.0.0.1:$port/; done", says: "~50[0-9]\n50[0-9]"},
		step{do: "ktcpvs.stop"},
		step{do: "lsmod | grep ktcpvs", status: 1},
		step{do: "ls -d /proc/sys/net/ktcpvs", status: 2, says: "*"},
		// What the file has stopped is not started, however it is written.
		step{do: "cat >" + etc + `/ktcpvs.conf <<'end'
Virtual "a" {
	listen = 127.0.0.1:8081
}
virtual halted { # for now
	listen = 127.0.0.1:8082
	State=stopped # until tomorrow
}
virtual c{
	#state = stopped
	listen = 127.0.0.1:8083
}
end
ktcpvs.start 2>&1 | grep -v warning:; true`},
		step{do: "tcpvsadm -S | sed -n 's/^ *state = //p; s/^virtual \\(.*\\) {$/\\1/Ip' | tr '\\n' ,", says: "a,running,halted,stopped,c,running,"},
		step{do: "ktcpvs.stop"},
		step{do: "echo 'virtual x {' >" + etc + "/ktcpvs.conf; ktcpvs.start", status: 1, says: "~tcpvsadm: " + etc + "/ktcpvs.conf:.*"},
	)
}

func TestTheInitScriptDoesWhatInitScriptsDo(t *testing.T) {
	m, etc, _ := installed(t)
	init := etc + "/init.d/ktcpvsd "
	m.runs("sh",
		step{do: init + "status", status: 3, says: "ktcpvs is not loaded"},
		step{do: init + "stop"},
		step{do: init + "start"},
		step{do: init + "start"},
		step{do: init + "status", says: "ktcpvs runs: 2 virtual service(s)"},
		step{do: "[ -d /proc/sys/net/ktcpvs ]"},
		step{do: init + "restart"},
		step{do: init + "status", says: "ktcpvs runs: 2 virtual service(s)"},
		step{do: init + "stop"},
		step{do: init + "status", status: 3, says: "ktcpvs is loaded, no virtual service runs"},
		step{do: init + "unload"},
		step{do: init + "status", status: 3, says: "ktcpvs is not loaded"},
		step{do: init + "unload"},
		step{do: init + "begin", status: 2, says: "usage: " + init + "start|stop|unload|restart|force-reload|status"},
		step{do: "rm " + etc + "/ktcpvs.conf; " + init + "start", status: 6, says: "ktcpvs: cannot read " + etc + "/ktcpvs.conf, expected a configuration file"},
	)
}

// unit is the settings of ktcpvsd.service, by name.
func unit(t *testing.T) map[string]string {
	t.Helper()
	f, err := os.Open(filepath.Join(root, "scripts/ktcpvsd.service"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	settings := map[string]string{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if name, value, ok := strings.Cut(lines.Text(), "="); ok {
			settings[name] = value
		}
	}
	return settings
}

func TestTheUnitsCapabilitiesSuffice(t *testing.T) {
	m := newMachine(t)
	require.Tool(t, "setpriv")
	bounding := "-all"
	for _, name := range strings.Fields(unit(t)["CapabilityBoundingSet"]) {
		bounding += ",+" + strings.ToLower(strings.TrimPrefix(name, "CAP_"))
	}
	m.runs("sh",
		step{do: "mkdir /run/ktcpvs; setpriv --bounding-set=" + bounding + " --no-new-privs ktcpvsd 2>/run/log &"},
		step{do: "for try in $(seq 1800); do [ ! -e /run/ktcpvs/ktcpvsd.pid ] || break; sleep 0.1; done; cat /proc/sys/net/ktcpvs/debug_level", says: "0"},
		step{do: "tcpvsadm -A -i low -s wlc -l 127.0.0.1:99 && tcpvsadm --start -i low"},
		step{do: "kill $(cat /run/ktcpvs/ktcpvsd.pid); wait; ls -d /proc/sys/net/ktcpvs", status: 2, says: "*"},
		step{do: "grep -i -e 'permitted' -e 'cannot' /run/log", status: 1},
	)
}

func TestTheUnitIsValid(t *testing.T) {
	analyze := require.Tool(t, "systemd-analyze")
	prefix := filepath.Join(t.TempDir(), "usr")
	makeIn(t, "install", "PREFIX="+prefix, "SYSCONFDIR="+prefix+"/etc")
	out, err := exec.Command(analyze, "verify", "--man=no", filepath.Join(prefix, "lib/systemd/system/ktcpvsd.service")).CombinedOutput()
	// It speaks of the machine's other units too.
	for line := range strings.Lines(string(out)) {
		if strings.Contains(line, "notify-reload") {
			continue // before systemd 253
		}
		if strings.Contains(line, "ktcpvsd.service") {
			t.Errorf("%v: %s", err, line)
		}
	}
}

// Each of these gives the daemon a mount namespace of its own, where
// /proc/sys/net/ktcpvs would be seen by nobody else.
func TestTheUnitLeavesTheDaemonInTheMachinesMountNamespace(t *testing.T) {
	settings := unit(t)
	for _, name := range []string{
		"ProtectSystem", "ProtectHome", "ProtectProc", "ProtectKernelTunables", "ProtectKernelModules", "ProtectKernelLogs",
		"ProtectControlGroups", "PrivateTmp", "PrivateDevices", "PrivateMounts", "ReadOnlyPaths", "ReadWritePaths",
		"InaccessiblePaths", "TemporaryFileSystem", "BindPaths", "RootDirectory", "DynamicUser", "MountFlags",
	} {
		if value, set := settings[name]; set {
			t.Errorf("%s=%s", name, value)
		}
	}
	for name, value := range map[string]string{"Type": "notify-reload", "StateDirectory": "ktcpvs", "NotifyAccess": "main", "Restart": "on-failure", "NoNewPrivileges": "yes"} {
		if settings[name] != value {
			t.Errorf("%s=%s, expected %s", name, settings[name], value)
		}
	}
}
