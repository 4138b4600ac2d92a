package relay

import (
	"bytes"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"ktcpvs/daemon/match"
	"ktcpvs/daemon/table"
)

var update = flag.Bool("update", false, "write what was seen into the scenarios")

// A scenario file sets a service up and then alternates events with the
// operations they bring, which are indented:
//
//	scheduler phttp
//	server 10.0.0.1:80
//	rule .* 10.0.0.1:80
//
//	opened
//	client "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
//		dial 10.0.0.1:80
//		server <- "GET / ..."
//
// Other events: server "bytes" [surplus|stalled], client end, server end, connecting,
// connected, fail SIDE CAUSE [reused] [calling], moved SIDE N [surplus],
// progress SIDE N [blocked [stalled]], expired [blocked] [calling] [stalled] [reused],
// refuse STATUS, drain, departed, shed [blocked], wait DURATION. counted brings what the
// service and its servers have counted. Other lines before the first event:
// redirect ADDRESS, zerocopy, limit NAME VALUE.
func TestScenariosBringTheirOperations(t *testing.T) {
	files, err := filepath.Glob("testdata/*.scenario")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenarios: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".scenario"), func(t *testing.T) {
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := play(t, string(want))
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			} else if got != string(want) {
				t.Errorf("%s\n--- got\n%s--- want\n%s", firstDifference(got, string(want)), got, want)
			}
		})
	}
}

func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			return fmt.Sprintf("line %d: got %q, want %q", i+1, g[i], w[i])
		}
	}
	return "one is longer"
}

// bench is a session with the table and context it needs.
type bench struct {
	ctx  *Context
	svc  *table.Service
	sess Session

	dialed bool // by the last event
}

// play runs a scenario and returns it with the operations that were seen.
func play(t *testing.T, text string) string {
	t.Helper()
	var out, setup []string
	var b *bench
	for _, line := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
		if strings.HasPrefix(line, "\t") {
			continue // what was seen the last time
		}
		out = append(out, line)
		words := strings.Fields(line)
		if len(words) == 0 || words[0] == "#" {
			continue
		}
		if b == nil {
			switch words[0] {
			case "scheduler", "server", "rule", "redirect", "zerocopy", "limit":
				setup = append(setup, line)
				continue
			}
			b = newBench(t, setup)
		}
		if words[0] == "wait" {
			d, err := time.ParseDuration(words[1])
			if err != nil {
				t.Fatal(err)
			}
			b.ctx.Now += d
			b.ctx.Unix += int64(d / time.Second)
			continue
		}
		if words[0] == "counted" {
			if b.dialed {
				b.sess.Attach(b.ctx)
				b.dialed = false
			}
			out = append(out, b.counted()...)
			continue
		}
		ev := event(t, line, words)
		if b.dialed && ev.Kind != Connecting && !ev.Calling {
			b.sess.Attach(b.ctx) // an idle connection was found
		}
		b.dialed = false
		for _, op := range b.sess.Step(b.ctx, ev) {
			out = append(out, "\t"+describe(op))
			b.dialed = b.dialed || op.Kind == Dial
		}
		for _, r := range b.ctx.Refusals {
			out = append(out, describeRefusal(&r))
		}
		if n := b.ctx.Buffers.Held(); n > 0 && (b.sess.Idle() || b.sess.phase == tunnel) {
			t.Errorf("%d bytes of buffers are held in state %s after %q", n, b.sess.State(), line)
		}
		if !b.sess.Closed() {
			by, at := b.sess.Deadline()
			out = append(out, fmt.Sprintf("\t%s, wants %d from client, %d from server, until %v of %v", strings.ToLower(b.sess.State()),
				b.sess.Wants(Client), b.sess.Wants(Server), at, by))
		}
	}
	if b != nil && b.sess.Closed() {
		b.settled(t)
	}
	return strings.Join(out, "\n") + "\n"
}

// settled checks that a session that is over holds nothing.
func (b *bench) settled(t *testing.T) {
	t.Helper()
	if held := b.ctx.Buffers.Held(); held != 0 {
		t.Errorf("a closed session holds %d bytes of buffers", held)
	}
	for _, server := range b.svc.Servers {
		if n := server.Live.Conns.Load(); n != 0 {
			t.Errorf("a closed session counts %d times at %v", n, server.Addr)
		}
	}
}

func event(t *testing.T, line string, words []string) *Event {
	t.Helper()
	sides := map[string]Side{"client": Client, "server": Server}
	switch words[0] {
	case "opened", "connecting", "connected", "drain", "departed":
		return &Event{Kind: map[string]EventKind{"opened": Opened, "connecting": Connecting, "connected": Connected, "drain": Drain, "departed": Departed}[words[0]]}
	case "expired":
		return &Event{Kind: Expired, Blocked: slices.Contains(words, "blocked"), Calling: slices.Contains(words, "calling"),
			Stalled: slices.Contains(words, "stalled"), Reused: slices.Contains(words, "reused")}
	case "refuse":
		n, _ := strconv.ParseInt(words[1], 10, 64)
		return &Event{Kind: Refuse, N: n}
	case "shed":
		return &Event{Kind: Shed, Blocked: len(words) > 1}
	case "progress":
		n, err := strconv.ParseInt(words[2], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return &Event{Kind: Progress, Side: sides[words[1]], N: n, Blocked: len(words) > 3, Stalled: slices.Contains(words, "stalled")}
	case "fail":
		causes := map[string]Cause{"reset": Reset, "refused": Refused, "unreachable": Unreachable, "timeout": TimedOut, "portless": Portless, "exhausted": Exhausted, "crowded": Crowded}
		if causes[words[2]] == 0 {
			t.Fatalf("unknown cause in %q", line)
		}
		return &Event{Kind: Failed, Side: sides[words[1]], Cause: causes[words[2]],
			Reused: slices.Contains(words, "reused"), Calling: slices.Contains(words, "calling")}
	case "moved":
		n, err := strconv.ParseInt(words[2], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return &Event{Kind: Moved, Side: sides[words[1]], N: n, Surplus: len(words) > 3}
	case "client", "server":
		ev := &Event{Kind: Received, Side: sides[words[0]], Reused: words[len(words)-1] == "reused", Surplus: words[len(words)-1] == "surplus",
			Stalled: words[len(words)-1] == "stalled"}
		rest := strings.TrimPrefix(line, words[0])
		rest = strings.TrimSpace(strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(rest, "reused"), "surplus"), "stalled"))
		if rest == "end" {
			return ev
		}
		if n, ok := strings.CutPrefix(rest, "bytes "); ok {
			size, err := strconv.Atoi(n)
			if err != nil {
				t.Fatal(err)
			}
			ev.Data = bytes.Repeat([]byte("x"), size)
			return ev
		}
		text, err := strconv.Unquote(rest)
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		ev.Data = []byte(text)
		return ev
	}
	t.Fatalf("unknown event %q", line)
	return nil
}

func describe(op Op) string {
	side := [...]string{"client", "server"}[op.Side]
	quote := func(b []byte) string {
		if len(b) > 600 {
			return fmt.Sprintf("%q... %d bytes", b[:20], len(b))
		}
		return strconv.Quote(string(b))
	}
	switch op.Kind {
	case Dial:
		to, fresh := op.Addr.String(), ""
		if op.Server != nil {
			to = op.Server.Addr.String()
		} else {
			to += " (redirect)"
		}
		if op.Fresh {
			fresh = " fresh"
		}
		if op.Again {
			fresh += " again"
		}
		return "dial " + to + fresh
	case Write:
		if len(op.Data) > 0 {
			return side + " <- " + quote(op.Head) + " + " + quote(op.Data)
		}
		return side + " <- " + quote(op.Head)
	case Release:
		return "release"
	case HangUp, Abort, Guard:
		return map[OpKind]string{HangUp: "hang up ", Abort: "abort ", Guard: "guard "}[op.Kind] + side
	case Finish:
		if op.Last {
			return "finish " + side + ", the last"
		}
		return "finish " + side
	case Distrust:
		return "distrust " + op.Server.Addr.String()
	case Splice:
		return fmt.Sprintf("splice from %s %d", side, op.N)
	}
	return fmt.Sprintf("unknown operation %d", op.Kind)
}

func newBench(t testing.TB, setup []string) *bench {
	t.Helper()
	store := table.NewStore(schedulers{}, 1, match.DefaultLimits())
	err := store.Update(func(tx *table.Tx) error {
		spec := table.ServiceSpec{Name: "web", Listen: netip.MustParseAddrPort("0.0.0.0:80")}
		for _, line := range setup {
			switch words := strings.Fields(line); words[0] {
			case "scheduler":
				spec.Scheduler = words[1]
			case "redirect":
				spec.Redirect = netip.MustParseAddrPort(words[1])
			}
		}
		if err := tx.AddService(spec); err != nil {
			return err
		}
		for _, line := range setup {
			var err error
			switch words := strings.Fields(line); words[0] {
			case "server":
				weight := 1
				if len(words) > 2 {
					weight, _ = strconv.Atoi(words[2])
				}
				err = tx.AddServer("web", table.ServerSpec{Addr: netip.MustParseAddrPort(words[1]), Weight: weight})
			case "rule":
				err = tx.AddRule("web", table.RuleSpec{Pattern: match.Pattern{Expr: words[1]}, Server: netip.MustParseAddrPort(words[2])})
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{ctx: NewContext(0), svc: store.Snapshot().Lookup("web")}
	b.ctx.Snapshot = store.Snapshot()
	b.ctx.Unix = 1_000_000
	b.ctx.Date = []byte("Thu, 01 Jan 1970 00:00:00 GMT")
	for _, line := range setup {
		if line == "zerocopy" {
			b.ctx.SpliceFrom = 256 << 10
		}
		if words := strings.Fields(line); words[0] == "limit" {
			b.limit(t, words[1], words[2])
		}
	}
	b.sess.Open(b.svc.Live, netip.MustParseAddr("192.0.2.7"))
	return b
}

// limit sets one of the bounds on what a client may cost.
func (b *bench) limit(t testing.TB, name, value string) {
	t.Helper()
	n, _ := strconv.Atoi(value)
	d, _ := time.ParseDuration(value)
	switch p := &b.ctx.Policy; name {
	case "body":
		p.Body = int64(n)
	case "requests":
		p.Requests = n
	case "half-closed":
		p.HalfClosed = HalfClosed(n)
	case "request-rate":
		p.RequestRate, b.ctx.Sources = n, &countdown{n}
	case "body-rate":
		p.BodyRate = n
	case "held":
		b.ctx.Short = n > 0
	case "head":
		b.ctx.Timeouts.Head = d
	case "total":
		b.ctx.Timeouts.Total = d
	case "first-byte":
		b.ctx.Timeouts.FirstByte = d
	default:
		t.Fatalf("unknown limit %q", name)
	}
}

// countdown lets so many requests pass, and then none.
type countdown struct{ left int }

func (c *countdown) Request(netip.Addr, int, time.Duration) bool {
	c.left--
	return c.left >= 0
}

// schedulers are the real ones as far as a session can tell: the first server
// of weight above 0 is picked.
type schedulers struct{}

func (schedulers) Scheduler(name string) (*table.Scheduler, error) {
	s := map[string]*table.Scheduler{
		"wlc":   {Unit: table.PerConnection},
		"http":  {Unit: table.PerConnection, Content: true},
		"phttp": {Unit: table.PerRequest, Content: true},
		"chttp": {Unit: table.PerRequest, Content: true, Affinity: true},
	}[name]
	if s == nil {
		return nil, table.ErrNoScheduler
	}
	s.Name = name
	s.Build = func(servers []*table.Server) table.Picker { return first(servers) }
	return s, nil
}

type first []*table.Server

func (f first) Pick(int, uint32) *table.Server {
	const muchLater = 1 << 62 // nobody counts as away any more
	return f.PickOther(0, &table.Avoid{Now: muchLater})
}

func (f first) PickOther(_ uint32, avoid *table.Avoid) (away *table.Server) {
	for _, s := range f {
		switch {
		case s.Weight == 0 || avoid.HasFailed(s.Live):
		case !avoid.IsAway(s.Live):
			return s
		case away == nil:
			away = s
		}
	}
	return away
}
