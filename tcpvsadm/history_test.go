package main

import (
	"testing"
	"time"

	"ktcpvs/proto"
)

func TestAChangeIsPrintedAsADifference(t *testing.T) {
	e := proto.Entry{
		Number: 12, Generation: 7, Time: time.Date(2026, 1, 2, 3, 4, 5, 6e6, time.UTC), Way: "netlink",
		UID: 0, PID: 4711, Login: 1000, HasLogin: true, Program: "tcpvsadm",
		Changes: []string{"set-dest web 10.0.0.1:80 weight 3"},
		Before:  []string{"web: server = 10.0.0.1:80 1"}, After: []string{"web: server = 10.0.0.1:80 3"},
	}
	const want = `12 generation 7 2026-01-02 04:04:05.006 +0100 netlink uid 0 login 1000 pid 4711 tcpvsadm
    set-dest web 10.0.0.1:80 weight 3
  - web: server = 10.0.0.1:80 1
  + web: server = 10.0.0.1:80 3
`
	if got := string(appendEntry(nil, &e, time.FixedZone("", 3600))); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	const bare = "1 generation 0 2026-01-02 03:04:05.006 +0000 sysctl uid 7 pid 0\n"
	e = proto.Entry{Number: 1, Time: e.Time, Way: "sysctl", UID: 7}
	if got := string(appendEntry(nil, &e, time.UTC)); got != bare {
		t.Errorf("got %q, want %q", got, bare)
	}
}
