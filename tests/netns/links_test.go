package netns

import (
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ktcpvs/tests/netns/lab"
	"ktcpvs/tests/wait"
)

// The links that faults happen on do what they are told: otherwise the tests of
// what they do to clients would show nothing.

func TestALinkDoesToPacketsWhatItIsTold(t *testing.T) {
	t.Parallel()
	n := lab.NewFaultyNetwork(t, "r1")
	n.Host("r1").Serve(":70", func(c net.Conn) { io.Copy(c, c) })
	link := n.Link("r1")
	conn, err := n.Balancer.Dial("10.99.2.2:70")
	if err != nil {
		t.Fatal(err)
	}
	echo := func(text string) time.Duration {
		t.Helper()
		start := time.Now()
		if _, err := io.WriteString(conn, text); err != nil {
			t.Fatal(err)
		}
		back := make([]byte, len(text))
		if _, err := io.ReadFull(conn, back); err != nil || string(back) != text {
			t.Fatalf("%d bytes come back as %.20q, %v", len(text), back, err)
		}
		return time.Since(start)
	}
	echo("hello")
	link.Have(lab.Faults{Delay: 50 * time.Millisecond})
	if took := echo("hello"); took < 100*time.Millisecond {
		t.Errorf("50 ms each way made it %v", took)
	}
	bulk := strings.Repeat("0123456789abcdef", 1<<14)
	for what, c := range map[string]struct {
		faults lab.Faults
		count  func(*lab.Lane) int64
	}{
		"lost":    {lab.Faults{Loss: 0.05}, func(l *lab.Lane) int64 { return l.Lost.Load() }},
		"doubled": {lab.Faults{Duplication: 0.05}, func(l *lab.Lane) int64 { return l.Doubled.Load() }},
		"held":    {lab.Faults{Reordering: 0.05}, func(l *lab.Lane) int64 { return l.Held.Load() }},
	} {
		to, from := c.count(&link.To), c.count(&link.From)
		link.Have(c.faults)
		echo(bulk)
		if c.count(&link.To) == to || c.count(&link.From) == from {
			t.Errorf("no packet was %s", what)
		}
	}
	link.Have(lab.Faults{Cut: true})
	io.WriteString(conn, "hello")
	conn.SetReadDeadline(time.Now().Add(300 * time.Millisecond)) // clock: nothing is to come, however long
	if got, err := conn.Read(make([]byte, 10)); err == nil {
		t.Errorf("%d bytes came over a cut link", got)
	}
	link.Have(lab.Faults{})
	conn.SetReadDeadline(wait.End())
	if _, err := io.ReadFull(conn, make([]byte, 5)); err != nil {
		t.Errorf("what was sent over the cut link does not come after it: %v", err)
	}
	link.To.Have(lab.Faults{Reject: true})
	io.WriteString(conn, "hello")
	if _, err := conn.Read(make([]byte, 10)); !errors.Is(err, unix.ECONNRESET) {
		t.Errorf("a link that rejects: %v", err)
	}
	if _, err := n.Balancer.Dial("10.99.2.2:70"); !errors.Is(err, unix.ECONNREFUSED) {
		t.Errorf("connecting over a link that rejects: %v", err)
	}
}
