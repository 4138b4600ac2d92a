package main

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ktcpvs/proto"
	"ktcpvs/proto/client"
	"ktcpvs/proto/conf"
	"ktcpvs/proto/prototest"
	"ktcpvs/proto/resolve"
)

// book is a directory that a test writes.
type book struct {
	hosts map[string]string // name to address
	ports map[string]int
	asked chan string // every look-up, where the test wants to know
	block bool        // answer only when the asker gives up
}

var errNotInBook = errors.New("not in the book")

func (b *book) wait(ctx context.Context, what string) {
	if b.asked != nil {
		b.asked <- what
	}
	if b.block {
		<-ctx.Done()
	}
}

func (b *book) LookupNetIP(ctx context.Context, _, host string) ([]netip.Addr, error) {
	b.wait(ctx, host)
	if text, ok := b.hosts[host]; ok {
		return []netip.Addr{netip.MustParseAddr(text)}, nil
	}
	return nil, errNotInBook
}

func (b *book) LookupAddr(ctx context.Context, addr string) (names []string, err error) {
	b.wait(ctx, addr)
	for name, text := range b.hosts {
		if text == addr || strings.HasPrefix(name, "also-") {
			names = append(names, name)
		}
	}
	if names == nil {
		return nil, errNotInBook
	}
	return names, nil
}

func (b *book) LookupPort(_ context.Context, _, service string) (int, error) {
	if port, ok := b.ports[service]; ok {
		return port, nil
	}
	return 0, errNotInBook
}

// reader is a resolver on two books and a file of services.
func reader(t *testing.T, files, system *book, services string) *resolver {
	t.Helper()
	path := filepath.Join(t.TempDir(), "services")
	if err := os.WriteFile(path, []byte(services), 0o644); err != nil {
		t.Fatal(err)
	}
	return resolverOn(files, system, path)
}

const someServices = `# name port/protocol aliases
http		80/tcp		www	# web
http-alt	8080/tcp	webcache
http-alt	8080/udp
domain		53/udp
odd			not-a-port/tcp
lonely
`

var somePorts = map[string]int{"http": 80, "www": 80, "http-alt": 8080, "webcache": 8080, "domain": 53}

// inside runs a call in this process, against a fake daemon in memory.
func inside(t *testing.T, d *prototest.Daemon, r *resolver, args ...string) string {
	t.Helper()
	var out bytes.Buffer
	s := &session{in: strings.NewReader(""), out: &out, resolve: r, dial: func(client.Options) (daemon, error) { return client.New(d.Pipe()) }}
	if err := s.run(args); err != nil {
		t.Fatalf("tcpvsadm %q: %v", args, err)
	}
	return out.String()
}

func TestListingInTheReferencesFormatWithNames(t *testing.T) {
	d := prototest.New()
	files := &book{hosts: map[string]string{"localhost": "127.0.0.1", "r1": "192.168.0.11"}}
	system := &book{hosts: map[string]string{"r2.example.": "0.0.0.1", "r2.example": "192.168.0.13", "six": "2001:db8::6"}, ports: somePorts}
	r := reader(t, files, system, someServices)
	file := `virtual web {
		scheduler = hhttp redirect = 127.0.0.1:80
		server = 192.168.0.11:80 server = 192.168.0.12:80 server = 192.168.0.13:81 server = [2001:db8::6]:80 server = [2001:db8::7]:8080
		rule = pattern "/users/([^/]+)/.*" match 1 use server 192.168.0.12:80
	}`
	path := write(t, file)
	inside(t, d, r, "-f", path)
	golden(t, "names.golden", inside(t, d, r, "-L"))
	golden(t, "numeric.golden", inside(t, d, r, "-Ln"))
}

func TestANameIsPrintedOnlyIfItLeadsBack(t *testing.T) {
	addr := netip.MustParseAddr("10.0.0.1")
	for name, hosts := range map[string]map[string]string{
		"another host":      {"also-other": "10.0.0.2"},
		"escape sequences":  {"a\x1b[2Jb": "10.0.0.1"},
		"white space":       {"a b": "10.0.0.1"},
		"looks like number": {"10.0.0.99": "10.0.0.1"},
	} {
		r := reader(t, &book{hosts: hosts}, &book{hosts: hosts}, "")
		if got := r.names([]netip.Addr{addr}).Host(addr); got != "10.0.0.1" {
			t.Errorf("%s: printed as %q", name, got)
		}
	}
	r := reader(t, &book{}, &book{ports: map[string]int{"moved": 90}}, "moved 91/tcp\n")
	if got := r.names(nil).Port(91); got != "91" {
		t.Errorf("port 91 is printed as %q, which is 90", got)
	}
}

func TestTheHostsFileIsAskedBeforeDNS(t *testing.T) {
	known, unknown := netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("10.0.0.2")
	system := &book{asked: make(chan string, 8)}
	r := reader(t, &book{hosts: map[string]string{"r1": "10.0.0.1"}}, system, "")
	n := r.names([]netip.Addr{known, unknown, netip.IPv4Unspecified(), {}, unknown})
	if got := n.Host(known); got != "r1" {
		t.Errorf("10.0.0.1 is printed as %q", got)
	}
	close(system.asked)
	for asked := range system.asked {
		if asked != "10.0.0.2" {
			t.Errorf("DNS is asked for %s", asked)
		}
	}
	if got := n.Host(netip.IPv4Unspecified()); got != "0.0.0.0" {
		t.Errorf("0.0.0.0 is printed as %q", got)
	}
}

func TestANameServerThatDoesNotAnswerDelaysAListingByTwoSeconds(t *testing.T) {
	r := reader(t, &book{hosts: map[string]string{"r1": "10.0.0.1"}}, &book{block: true}, "")
	var addrs []netip.Addr
	for i := range 200 {
		addrs = append(addrs, netip.AddrFrom4([4]byte{10, 0, 0, byte(i)}))
	}
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		n := r.names(addrs)
		if took := time.Since(start); took != 2*time.Second {
			t.Errorf("it took %v", took)
		}
		if a, b := n.Host(addrs[1]), n.Host(addrs[2]); a != "r1" || b != "10.0.0.2" {
			t.Errorf("printed as %s and %s", a, b)
		}
	})
}

func TestServiceNamesLeadBackToTheirPort(t *testing.T) {
	r := reader(t, &book{}, &book{ports: somePorts}, someServices+"late 80/tcp\n")
	for port, want := range map[uint16]string{80: "www", 8080: "webcache", 53: "53", 1: "1"} {
		if got := r.names(nil).Port(port); got != want {
			t.Errorf("port %d is printed as %q, want %q", port, got, want)
		}
	}
	if got := readServices(filepath.Join(t.TempDir(), "none")); got != nil {
		t.Errorf("a file that is not there names %v", got)
	}
	plain := reader(t, &book{}, &book{ports: map[string]int{"http": 80}}, "http 80/tcp\n")
	if got := plain.names(nil).Port(80); got != "http" {
		t.Errorf("port 80 is printed as %q where the system only knows http", got)
	}
}

func TestHostsResolveToIPv4WhereTheyCan(t *testing.T) {
	r := newResolver()
	addr, err := r.Host("localhost")
	if err != nil || addr != netip.MustParseAddr("127.0.0.1") {
		t.Errorf("localhost is %v, %v", addr, err)
	}
	port, err := r.Port("http")
	if err != nil || port != 80 {
		t.Errorf("http is %d, %v", port, err)
	}
}

func TestAHostIsLookedUpOnceACall(t *testing.T) {
	system := &book{hosts: map[string]string{"r1": "10.0.0.1"}, asked: make(chan string, 8)}
	r := reader(t, &book{}, system, "")
	for range 3 {
		if _, err := r.Host("r1"); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Host("none"); !errors.Is(err, errNotInBook) {
			t.Fatal(err)
		}
	}
	if n := len(system.asked); n != 2 {
		t.Errorf("%d look-ups", n)
	}
}

func TestTheReasonOfALookUpDoesNotRepeatTheName(t *testing.T) {
	system := &net.DNSError{Err: "no such host", Name: "r1", Server: "192.0.2.1:53"}
	_, err := conf.ParseAddress("r1:80", resolverOf(func() error { return system }))
	if want := `host "r1" does not resolve: no such host`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// resolverOf fails every look-up as fail says, as a resolver reports it.
type resolverOf func() error

func (fail resolverOf) Host(string) (netip.Addr, error) { return netip.Addr{}, resolve.Reason(fail()) }
func (fail resolverOf) Port(string) (uint16, error)     { return 0, resolve.Reason(fail()) }

// counting is a daemon whose table has counted.
type counting struct{ daemon }

func (counting) Info() (proto.Info, error) { return proto.Info{Version: "1.2.3"}, nil }

func (counting) Table() ([]proto.Virtual, error) {
	addr := func(text string) netip.AddrPort { return netip.MustParseAddrPort(text) }
	return []proto.Virtual{
		{
			Service: proto.Service{Name: "web", Listen: addr("0.0.0.0:8080"), Running: true, ActiveConns: 7,
				Stats: proto.Stats{Conns: 99999999, Requests: 100000000, InBytes: 123456789012, OutBytes: 123456789012345, Errors: 3,
					Limited: 12, Unconnected: 4, Resets: 5, Timeouts: 6, BadResponses: 7}},
			Dests: []proto.Dest{
				{Addr: addr("10.0.0.1:80"), Weight: 65535, ActiveConns: 4, Stats: proto.Stats{Conns: 1, Requests: 2, InBytes: 3, OutBytes: 4}},
				{Addr: addr("[2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff]:65535"), Down: "refused", Stats: proto.Stats{OutBytes: 1<<64 - 1, Errors: 4, Unconnected: 4}},
			},
		},
		{Service: proto.Service{Name: "idle", Listen: addr("[::]:80")}},
	}, nil
}

func (counting) Close() error { return nil }

func TestLargeCountersAreCutUnlessExact(t *testing.T) {
	for name, args := range map[string][]string{
		"stats.golden":       {"-L", "--stats", "-n"},
		"stats-exact.golden": {"-Ln", "--exact", "--stats"},
	} {
		var out bytes.Buffer
		s := &session{out: &out, resolve: reader(t, &book{}, &book{}, ""), dial: func(client.Options) (daemon, error) { return counting{}, nil }}
		if err := s.run(args); err != nil {
			t.Fatal(err)
		}
		golden(t, name, out.String())
	}
}

func TestAListingThatCanNotBeWrittenFails(t *testing.T) {
	o := prepared(t)
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	for _, args := range [][]string{{"-L"}, {"-S"}, {"--modules"}, {"--knob"}, {"-L", "--stats"}} {
		if r := o.into(full, args...); r.status != exitFailed || !strings.Contains(r.stderr, "no space left on device") {
			t.Errorf("%q into a full device: status %d, %s", args, r.status, r.stderr)
		}
	}
}
