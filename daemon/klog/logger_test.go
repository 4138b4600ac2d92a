package klog

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"
)

func at(level int32) func() int32 { return func() int32 { return level } }

func TestTheDebugLevelChoosesWhatIsSaid(t *testing.T) {
	levels := []int{Announce, Fault, Config, Daemon, Lookup, Conn, State, Relay}
	for _, format := range []Format{Text, JSON, Kmsg} {
		for _, debug := range []int32{-1, 0, 1, 2, 3, 4, 5, 6, 8, 11, 12, 1 << 30} {
			var out bytes.Buffer
			log := New(Options{Format: format, Target: &out, Level: at(debug)})
			want := 0
			for _, level := range levels {
				said := int32(level) <= debug
				if log.Enabled(level) != said {
					t.Errorf("%s: level %d at debug_level %d: enabled %v", format, level, debug, !said)
				}
				if said {
					want++
				}
				log.Say(level, "message")
			}
			if got := strings.Count(out.String(), "\n"); got != want {
				t.Errorf("%s: %d lines at debug_level %d, want %d", format, got, debug, want)
			}
		}
	}
}

func TestTheLevelsAreTheReferences(t *testing.T) {
	if got, want := [...]int{Announce, Fault, Config, Daemon, Lookup, Conn, State, Relay}, [...]int{0, 1, 2, 3, 4, 5, 8, 12}; got != want {
		t.Errorf("levels %v, want %v", got, want)
	}
}

func TestALevelChangeCountsAtOnce(t *testing.T) {
	var out bytes.Buffer
	level := int32(0)
	log := New(Options{Format: Text, Target: &out, Level: func() int32 { return level }})
	log.Say(Config, "before")
	level = 2
	log.Say(Config, "between")
	level = 0
	log.Say(Config, "after")
	if got := out.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, "between") {
		t.Errorf("said %q, want one line", got)
	}
}

func TestTextHasKeysAndValues(t *testing.T) {
	var out bytes.Buffer
	New(Options{Format: Text, Target: &out, Level: at(4)}).
		Say(Lookup, "connection accepted", "client", netip.MustParseAddrPort("10.0.0.1:80"), "err", errors.New("no way"))
	when, rest, _ := strings.Cut(out.String(), " ")
	if _, err := time.Parse("time="+time.RFC3339Nano, when); err != nil {
		t.Error(err)
	}
	const want = `level=DEBUG msg="connection accepted" client=10.0.0.1:80 err="no way" debug=4` + "\n"
	if rest != want {
		t.Errorf("said %q, want %q", rest, want)
	}
}

func TestJSONIsOneObjectALine(t *testing.T) {
	var out bytes.Buffer
	log := New(Options{Format: JSON, Target: &out, Level: at(1)})
	log.Say(Fault, "two\nlines", "n", 5)
	log.Say(Announce, "ready")
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	if len(lines) != 2 {
		t.Fatalf("%d lines, want 2", len(lines))
	}
	var first struct {
		Time  time.Time
		Level string
		Msg   string
		N     int
	}
	if err := json.Unmarshal([]byte(lines[0]), &first); err != nil {
		t.Fatal(err)
	}
	if first.Level != "WARN" || first.Msg != "two\nlines" || first.N != 5 || first.Time.IsZero() {
		t.Errorf("read back %+v", first)
	}
}

func TestAFormatIsKnownByName(t *testing.T) {
	for _, name := range []string{"text", "json", "kmsg"} {
		if f, err := ParseFormat(name); err != nil || string(f) != name {
			t.Errorf("ParseFormat(%s) = %q, %v", name, f, err)
		}
	}
	const want = `log format "xml" is not known, expected text, json or kmsg`
	if _, err := ParseFormat("xml"); err == nil || err.Error() != want {
		t.Errorf("ParseFormat(xml): %v, want %s", err, want)
	}
}

func TestDiscardSaysNothingAtAnyLevel(t *testing.T) {
	if Discard().Enabled(Announce) {
		t.Error("announcements are enabled")
	}
}

func TestManyGoroutinesNeverMixTheirLines(t *testing.T) {
	for _, format := range []Format{Text, JSON, Kmsg} {
		var out bytes.Buffer
		log := New(Options{Format: format, Target: &out, Level: at(12)})
		var sayers sync.WaitGroup
		for range 4 {
			sayers.Go(func() {
				for range 40 {
					log.Say(Relay, "relayed", "bytes", 12345, "side", "client")
				}
			})
		}
		sayers.Wait()
		lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
		if len(lines) != 160 {
			t.Errorf("%s: %d lines, want 160", format, len(lines))
		}
		for _, line := range lines {
			if strings.Count(line, "relayed") != 1 || strings.Count(line, "12345") != 1 {
				t.Errorf("%s: mixed line %q", format, line)
			}
		}
	}
}

func TestNothingAllocatesWhenOff(t *testing.T) {
	log := New(Options{Format: Text, Target: io.Discard, Level: at(0)})
	n, client := 1<<20, netip.MustParseAddrPort("10.0.0.1:80")
	if allocs := testing.AllocsPerRun(100, func() {
		if log.Enabled(Relay) {
			log.Say(Relay, "relayed", "bytes", n, "client", client)
		}
	}); allocs != 0 {
		t.Errorf("asked first: %v allocations, want none", allocs)
	}
	if allocs := testing.AllocsPerRun(100, func() {
		log.Say(State, "closing", "side", "client", "err", io.EOF, "left", 7)
	}); allocs != 0 {
		t.Errorf("with constants and pointers: %v allocations, want none", allocs)
	}
}

func BenchmarkOff(b *testing.B) {
	log := New(Options{Format: Text, Target: io.Discard, Level: at(0)})
	b.ReportAllocs()
	for b.Loop() {
		log.Say(State, "closing", "side", "client")
	}
}

func BenchmarkSaid(b *testing.B) {
	for _, format := range []Format{Text, JSON, Kmsg} {
		b.Run(string(format), func(b *testing.B) {
			log := New(Options{Format: format, Target: io.Discard, Level: at(12)})
			b.ReportAllocs()
			for b.Loop() {
				log.Say(State, "closing", "side", "client")
			}
		})
	}
}
