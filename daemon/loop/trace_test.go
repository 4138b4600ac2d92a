package loop

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"ktcpvs/daemon/klog"
	"ktcpvs/daemon/relay"
	"ktcpvs/daemon/table"
)

func TestTheLogSaysWhyARequestIsRefused(t *testing.T) {
	r := newRig(t, 1)
	server := rawBackend(t, func(c net.Conn) {
		c.Read(make([]byte, 4096))
		io.WriteString(c, "SSH-2.0-OpenSSH\r\n")
	})
	r.serve(table.ServiceSpec{Scheduler: "phttp"}, server)
	var out bytes.Buffer
	l := r.group.loops[0]
	l.call(func() {
		l.log = klog.New(klog.Options{Format: klog.Text, Target: &out, Level: r.knobs.DebugLevel.Get})
	})
	log := func(level int64, request string) (code int, lines string) {
		r.knobs.DebugLevel.Set(level)
		c := r.dial()
		io.WriteString(c, request)
		code = status(t, c)
		c.Close()
		l.call(func() { lines = out.String(); out.Reset() })
		return code, lines
	}
	const strange = "GET /path?secret HTTP/1.1\r\nHost: x\r\n\r\n"
	for _, c := range []struct {
		request string
		code    int
		parts   []string
	}{
		{"GET / HTTP/1.1\r\n\r\n", 400, []string{"status=400", `reason="HTTP/1.1 request without Host"`, "client=127.0.0.1:"}},
		{strange, 502, []string{"status=502", `reason="not an HTTP response"`, "target=/path server=" + server}},
	} {
		code, lines := log(klog.Fault, c.request)
		if code != c.code || strings.Count(lines, "msg=refused service=web") != 1 {
			t.Errorf("%q: status %d, and the log says %q", c.request, code, lines)
		}
		for _, part := range c.parts {
			if !strings.Contains(lines, part) {
				t.Errorf("%q is not in the log: %q", part, lines)
			}
		}
	}
	if code, lines := log(klog.Announce, strange); code != 502 || lines != "" {
		t.Errorf("status %d, and at level 0 the log says %q", code, lines)
	}
}

func TestRefusalsAndFailuresOfServersAreLoggedSoManyTimesASecond(t *testing.T) {
	var out bytes.Buffer
	l := &Loop{log: klog.New(klog.Options{Format: klog.Text, Target: &out, Level: func() int32 { return klog.Conn }})}
	s := &session{lis: &listener{name: "web"}, client: &conn{}, server: &conn{}}
	failed := relay.Event{Kind: relay.Failed, Side: relay.Server, Cause: relay.Refused}
	for _, kind := range []struct {
		line, more string
		happen     func()
	}{
		{"msg=refused ", "refused more", func() { l.refused(s, &relay.Refusal{Status: 400, Reason: "more than one Host"}) }},
		{"server failed", "more servers failed", func() { l.trace(s, &failed) }},
	} {
		for _, c := range []struct{ level, lines, more int }{
			{klog.Announce, 0, 0}, {klog.Fault, mostTold, 25 - mostTold}, {klog.Lookup, mostTold, 25 - mostTold}, {klog.Conn, 25, 0},
		} {
			for range 2 { // the next second begins anew
				l.debug = int32(c.level)
				for range 25 {
					kind.happen()
				}
				if n := strings.Count(out.String(), kind.line); n != c.lines {
					t.Errorf("%s, level %d: %d lines, want %d", kind.line, c.level, n, c.lines)
				}
				out.Reset()
				l.summarize()
				want := ""
				if c.more > 0 {
					want = fmt.Sprintf("msg=%q loop=0 number=%d", kind.more, c.more)
				}
				if got := out.String(); !strings.Contains(got, want) || want == "" && got != "" {
					t.Errorf("%s, level %d: %q, want %q", kind.line, c.level, got, want)
				}
				out.Reset()
			}
		}
	}
}

func TestWhatIsNotLoggedCostsNothing(t *testing.T) {
	l := &Loop{log: klog.Discard()}
	s := &session{lis: &listener{name: "web"}, client: &conn{}, server: &conn{}}
	r := relay.Refusal{Status: 502, Reason: "not an HTTP response", Target: []byte("/path")}
	failed := relay.Event{Kind: relay.Failed, Side: relay.Server, Cause: relay.Refused}
	for _, debug := range []int32{klog.Announce, klog.Fault} {
		l.debug, l.refusals.told, l.failures.told = debug, mostTold, mostTold
		if n := testing.AllocsPerRun(100, func() { l.refused(s, &r); l.trace(s, &failed) }); n > 0 {
			t.Errorf("level %d: %v allocations", debug, n)
		}
	}
}
