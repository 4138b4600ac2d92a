package main

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"ktcpvs/tests/load/suite"
)

func TestDefaultsOfAnOrdinaryQuickAndCheckingRun(t *testing.T) {
	for line, want := range map[string]struct {
		suites      []string
		connections []int
		time        time.Duration
	}{
		"":                    {suite.Names, []int{1, 16, 64, 256}, 170 * time.Second},
		"-quick":              {[]string{"keepalive", "new", "bulk", "rules", "rules-mix"}, []int{16, 64}, 22 * time.Second},
		"-check":              {[]string{"keepalive"}, []int{1, 16, 64, 256}, 40 * time.Second},
		"-check -quick":       {[]string{"keepalive"}, []int{16, 64, 256}, 22 * time.Second},
		"-suites rules,wrk":   {[]string{"rules", "wrk"}, []int{1, 16, 64, 256}, 170 * time.Second},
		"-connections 3,4":    {suite.Names, []int{3, 4}, 170 * time.Second},
		"-quick -time 1m":     {[]string{"keepalive", "new", "bulk", "rules", "rules-mix"}, []int{16, 64}, time.Minute},
		"-check -suites rate": {[]string{"rate"}, []int{1, 16, 64, 256}, 170 * time.Second},
	} {
		o, err := parse(strings.Fields(line), io.Discard)
		if err != nil {
			t.Errorf("%q: %v", line, err)
			continue
		}
		if !slices.Equal(o.suites, want.suites) || !slices.Equal(o.scope.Connections, want.connections) || o.time != want.time {
			t.Errorf("%q: suites %v, connections %v, time %v; expected %v", line, o.suites, o.scope.Connections, o.time, want)
		}
	}
}

func TestContendersAreNamedAndTold(t *testing.T) {
	o, err := parse(strings.Fields("-proxies none,nginx,ktcpvs-epoll,ktcpvs-io_uring -rules 5 -sizes 4096 -body 200 -rate 7"), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if len(o.contenders) != 4 || o.contenders[0].Program != nil || !o.contenders[1].Peer || o.contenders[2].Peer {
		t.Errorf("contenders %+v", o.contenders)
	}
	if !slices.Equal(o.ours, []string{"ktcpvs-epoll", "ktcpvs-io_uring"}) {
		t.Errorf("our own are %v", o.ours)
	}
	if s := o.scope; !slices.Equal(s.Rules, []int{5}) || !slices.Equal(s.MixedRules, []int{5}) || !slices.Equal(s.BulkSizes, []int{4096}) || s.BodySize != 200 || s.Rate != 7 {
		t.Errorf("scope %+v", s)
	}
}

func TestWrongFlagsAreNamed(t *testing.T) {
	for line, want := range map[string]string{
		"-proxies squid":                 `"squid"`,
		"-proxies nginx,nginx":           "twice",
		"-connections 0":                 "at least 1",
		"-connections 16,many":           `"many"`,
		"-connections 100000":            "at most",
		"-rounds 0":                      "-rounds",
		"-body 3":                        "-body",
		"-sizes 3":                       "-sizes",
		"-time -1s":                      "-time",
		"-nice 20":                       "-nice",
		"-check -proxies haproxy,nginx":  "expected ktcpvs",
		"-quick now":                     `"now"`,
		"-suites keepalive -nosuch flag": "nosuch",
	} {
		if _, err := parse(strings.Fields(line), io.Discard); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, expected one that says %q", line, err, want)
		}
	}
}

func TestEverythingThatIsMissingIsSaidAtOnce(t *testing.T) {
	var said bytes.Buffer
	status, err := run(t.Context(), strings.Fields("-suites keepalive,wrk -haproxy /none/h -nginx /none/n -wrk /none/w -ktcpvsd /none/k -tcpvsadm /none/a"), &said, &said)
	if status != unusable || err == nil {
		t.Fatalf("status %d, error %v", status, err)
	}
	for _, program := range []string{"/none/h", "/none/n", "/none/w", "/none/k", "/none/a"} {
		if !strings.Contains(err.Error(), program+" is missing: install") {
			t.Errorf("the error does not name %s: %v", program, err)
		}
	}
}

func TestTheStatusSaysWhatFailed(t *testing.T) {
	good := &suite.Report{Claims: []suite.Claim{{Text: "true", Holds: true}}}
	untrue := &suite.Report{Claims: []suite.Claim{{Text: "too good", Found: "1.2"}}}
	failed := &suite.Report{Suites: []suite.SuiteResult{{Cases: []suite.CaseResult{{Results: []suite.Result{{Proxy: "nginx", Error: "gone"}}}}}}}
	for _, c := range []struct {
		report  *suite.Report
		check   bool
		failure error
		status  int
		says    string
	}{
		{report: good, check: true},
		{report: untrue},
		{report: untrue, check: true, status: notTrue, says: "too good: 1.2"},
		{report: failed, status: notTrue, says: "nginx: gone"},
		{report: good, failure: errors.New("interrupted"), status: notTrue, says: "interrupted"},
	} {
		status, err := verdict(c.report, c.check, c.failure)
		if (status != 0) != (err != nil) || status != c.status || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("check %v: status %d, error %v; expected %d and %q", c.check, status, err, c.status, c.says)
		}
	}
}
