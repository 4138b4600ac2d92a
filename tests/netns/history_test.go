package netns

import (
	"strings"
	"testing"

	"ktcpvs/tests/netns/lab"
)

// TestTheHistoryTellsWhoChangedWhatByWhicheverWay also restarts the daemon, which
// goes on counting.
func TestTheHistoryTellsWhoChangedWhatByWhicheverWay(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.Load("virtual web { listen = 127.0.0.1:81 server = r1:80 1 }")
	o.Script(`
		-e -i web -r r1:80 -w 3
		--start -i web
		--stop -i web
		--load-module wlc
		--knob keepalive_timeout=9
		-A -i other
		-Z -i web`)
	o.Shell("echo 7 > " + lab.KnobDir + "/read_timeout")
	o.daemon.Kill()
	o.daemon = o.StartDaemon()
	o.Does("-D", "-i", "other")

	history := o.Does("--history")
	for _, want := range []string{
		"    replace\n    new-service web\n    new-dest web 192.168.0.11:80 weight 1\n  + module http\n  + web: Virtual web {\n",
		"    set-dest web 192.168.0.11:80 weight 3\n  - web: server = 192.168.0.11:80 1\n  + web: server = 192.168.0.11:80 3\n2",
		"    start web\n  - web: state = stopped\n  + web: state = running\n",
		"    stop web\n  - web: state = running\n  + web: state = stopped\n",
		"    new-module wlc\n  + module wlc\n",
		"    set-knob keepalive_timeout 9\n  - keepalive_timeout = 30\n  + keepalive_timeout = 9\n",
		"    zero web\n",
		"    set-knob read_timeout 7\n  - read_timeout = 180\n  + read_timeout = 7\n",
		" netlink uid 0 ", " sysctl uid 0 ", " tcpvsadm\n", " sh\n",
		"    del-service other\n  - other: Virtual other {\n",
	} {
		if want = strings.TrimSuffix(want, "2"); !strings.Contains(history, want) {
			t.Errorf("the history is\n%s\nexpected that it has %q", history, want)
		}
	}
	entries := 0
	for _, line := range strings.Split(history, "\n") {
		if strings.Contains(line, " generation ") {
			entries++
		}
	}
	if entries != 10 || !strings.HasPrefix(history, "1 generation 1 ") {
		t.Errorf("%d changes are told, expected 10:\n%s", entries, history)
	}
	if got := o.Does("--history", "-i", "other", "-n", "5"); strings.Count(got, " generation ") != 2 || strings.Contains(got, "web") {
		t.Errorf("of one service:\n%s", got)
	}
	if got := o.Does("--history", "-n", "1"); !strings.HasPrefix(got, "10 generation ") || strings.Count(got, " generation ") != 1 {
		t.Errorf("the last one is\n%s", got)
	}
	if !o.daemon.Log.Has("msg=changed number=10 ") {
		t.Errorf("the log does not tell of it:\n%s", o.daemon.Log)
	}
	o.Fails(2, `option --last (-n) with command --history is "0": expected a number from 1 to 4294967295`, "--history", "-n", "0")
}
