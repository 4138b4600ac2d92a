package klog

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// writes keeps each Write by itself, as /dev/kmsg does.
type writes []string

func (w *writes) Write(p []byte) (int, error) {
	*w = append(*w, string(p))
	return len(p), nil
}

// newTestKmsg is a kernel log, and a clock that stands until it is moved.
func newTestKmsg() (*Logger, *writes, *time.Time) {
	out, clock := &writes{}, new(time.Unix(1_000_000_000, 0))
	handler := newKmsgHandler(out, func() time.Time { return *clock })
	return &Logger{level: at(12), handler: handler}, out, clock
}

func TestKernelLogLinesAreAsTheOriginals(t *testing.T) {
	log, out, _ := newTestKmsg()
	log.Say(Announce, "The master daemon stopped. You can unload the module now.")
	log.Say(Fault, "refused", "pid", 7, "error", errors.New("no such service"))
	log.Say(Lookup, "connection accepted", "client", netip.MustParseAddrPort("10.0.0.1:80"), "service", "")
	log.Say(Relay, "relayed", slog.Int64("bytes", 1<<40), "took", 3*time.Second)
	want := writes{
		"<6>TCPVS: The master daemon stopped. You can unload the module now.\n",
		"<4>TCPVS: refused pid=7 error=\"no such service\"\n",
		"<7>TCPVS: connection accepted client=10.0.0.1:80 service=\"\" debug=4\n",
		"<7>TCPVS: relayed bytes=1099511627776 took=3s debug=12\n",
	}
	if !slices.Equal(*out, want) {
		t.Errorf("wrote %q, want %q", *out, want)
	}
}

func TestOneRecordIsOneLineWhateverIsInIt(t *testing.T) {
	log, out, _ := newTestKmsg()
	log.Say(Announce, "a\n<0>forged\x00\xff", "k\n", "v\r\n", "q", `a "b"`, "é", "ü")
	want := writes{`<6>TCPVS: a\n<0>forged\x00\xff k\n="v\r\n" q="a \"b\"" é=ü` + "\n"}
	if !slices.Equal(*out, want) {
		t.Errorf("wrote %q, want %q", *out, want)
	}
}

func TestALongRecordIsCutToWhatTheKernelTakes(t *testing.T) {
	for pad := range 4 {
		log, out, _ := newTestKmsg()
		log.Say(Announce, strings.Repeat("x", pad), "uri", strings.Repeat("€", 1000))
		line := (*out)[0]
		if len(*out) != 1 || len(line) > maxLine+1 || len(line) < maxLine-3 || !strings.HasSuffix(line, "...\n") || !utf8.ValidString(line) {
			t.Errorf("%d writes, the first of %d bytes ending in %q", len(*out), len(line), line[len(line)-8:])
		}
	}
}

func TestAFloodIsCutAndCounted(t *testing.T) {
	log, out, clock := newTestKmsg()
	for i := range burst + 50 {
		log.Say(Relay, fmt.Sprint("line ", i))
	}
	if len(*out) != burst {
		t.Errorf("%d lines written at once, want %d", len(*out), burst)
	}
	*clock = clock.Add(interval - 1)
	log.Say(Relay, "too soon")
	*clock = clock.Add(1)
	log.Say(Relay, "next")
	log.Say(Relay, "again too soon")
	got := (*out)[burst:]
	want := writes{"<7>TCPVS: 51 lines suppressed\n", "<7>TCPVS: next debug=12\n"}
	if !slices.Equal(got, want) {
		t.Errorf("then wrote %q, want %q", got, want)
	}

	*clock = clock.Add(time.Hour)
	*out = nil
	for range 2 * burst {
		log.Say(Relay, "after an hour")
	}
	if len(*out) != burst+1 || (*out)[0] != "<7>TCPVS: 1 lines suppressed\n" {
		t.Errorf("%d lines after an hour of silence, beginning with %q", len(*out), (*out)[0])
	}
}

func TestDebuggingNeverSuppressesAnnouncements(t *testing.T) {
	log, out, _ := newTestKmsg()
	for range 2 * burst {
		log.Say(Relay, "flood")
	}
	*out = nil
	log.Say(Announce, "ready")
	log.Say(Fault, "refused")
	if want := (writes{"<6>TCPVS: ready\n", "<4>TCPVS: refused\n"}); !slices.Equal(*out, want) {
		t.Errorf("wrote %q, want %q", *out, want)
	}
}

func TestAClockThatGoesBackTakesNothingAway(t *testing.T) {
	log, out, clock := newTestKmsg()
	log.Say(Announce, "one")
	*clock = clock.Add(-time.Hour)
	log.Say(Announce, "two")
	if len(*out) != 2 {
		t.Errorf("wrote %q, want both", *out)
	}
}
