package hostile

import (
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"ktcpvs/tests/hostile/arena"
	"ktcpvs/tests/wait"
)

// small is a request that takes nothing to answer.
const small = "/length/10/" + arena.Nothing

// visitor is a client on its own connection, which it keeps unless it is told
// not to.
type visitor struct {
	http.Client
	url string
}

func newVisitor(t *testing.T, web netip.AddrPort, keep bool) *visitor {
	v := &visitor{http.Client{Transport: &http.Transport{DisableKeepAlives: !keep}, Timeout: wait.Limit}, "http://" + web.String()}
	t.Cleanup(v.CloseIdleConnections)
	return v
}

// get asks for a path and gives the status and how long the body is.
func (v *visitor) get(path string) (code, size int, err error) {
	res, err := v.Get(v.url + path)
	if err != nil {
		return 0, 0, err
	}
	defer res.Body.Close()
	n, err := io.Copy(io.Discard, res.Body)
	return res.StatusCode, int(n), err
}

func (v *visitor) served() bool {
	code, _, err := v.get(small)
	return err == nil && code == 200
}

// saysSo expects the daemon to have said words since began, and all it has said
// to be one line a second at most.
func saysSo(t *testing.T, d *arena.Daemon, began time.Time, words string) {
	t.Helper()
	arena.Eventually(t, "the daemon says: "+words, func() bool { return len(d.Log.Lines(words)) > 0 })
	lines, seconds := len(d.Log.Lines(" err=")), int(time.Since(began).Seconds())
	if lines > seconds+2 {
		t.Errorf("%d lines in %d seconds, expected one a second at most:\n%s", lines, seconds, d.Log)
	}
}

// Without descriptors the daemon does not accept for the moment, says so once a
// second at most, goes on with those it has, and recovers by itself.
func TestOutOfDescriptorsTheDaemonWaitsAndRecovers(t *testing.T) {
	d := arena.StartDaemon(t)
	victim := arena.StartEcho(t)
	web := d.Serve(arena.Service{Servers: []netip.AddrPort{victim.Addr}})
	early := newVisitor(t, web, true)
	if !early.served() {
		t.Fatal("not served before")
	}
	before := d.Descriptors()
	d.LeaveDescriptors(50)
	began := time.Now()
	crowd := arena.Crowd{Hello: "GET /length/10/nothing HTTP/1.1\r\nHost: x\r\n\r\n"}.Gather(t, web, 200)
	saysSo(t, d, began, "cannot accept connections for the moment")
	wait.Pass(2 * time.Second)
	if code, _, err := early.get(small); err != nil || code != 200 {
		t.Errorf("a connection from before gets %d, %v", code, err)
	}
	saysSo(t, d, began, "cannot accept connections for the moment")

	crowd.Disperse()
	late := newVisitor(t, web, false)
	arena.Eventually(t, "a new client is served again", late.served)
	d.Knobs("keepalive_timeout=1")
	arena.Eventually(t, "descriptors are as before", func() bool { return d.Descriptors() <= before })
}

// Without a descriptor, a kept connection to one server makes room for another
// server's, since who is served already needs it more.
func TestOutOfDescriptorsAKeptServerConnectionMakesRoom(t *testing.T) {
	d := arena.StartDaemon(t)
	first, second := arena.StartEcho(t), arena.StartEcho(t)
	web := d.Serve(arena.Service{
		Servers: []netip.AddrPort{first.Addr, second.Addr},
		Rules:   []string{fmt.Sprintf("pattern .* use server %v", second.Addr), fmt.Sprintf("pattern first use server %v", first.Addr)},
	})
	v := newVisitor(t, web, true)
	if code, _, err := v.get(small + "?first"); err != nil || code != 200 {
		t.Fatalf("%d, %v", code, err)
	}
	d.LeaveDescriptors(0)
	if code, _, err := v.get(small); err != nil || code != 200 {
		t.Errorf("%d, %v with a connection to another server idle", code, err)
	}
}

// A descriptor short of a pipe, the daemon copies what it would have spliced.
func TestOutOfPipesTheDaemonCopies(t *testing.T) {
	const size = 4 << 20
	d := arena.StartDaemon(t)
	d.Knobs("zerocopy_send=1")
	victim := arena.StartEcho(t)
	web := d.Serve(arena.Service{Servers: []netip.AddrPort{victim.Addr}})
	v := newVisitor(t, web, true)
	if !v.served() {
		t.Fatal("not served before")
	}
	files := d.Descriptors()
	d.LeaveDescriptors(1)
	began := time.Now()
	large := "/length/4194304/" + arena.Nothing
	for range 3 {
		if code, n, err := v.get(large); err != nil || code != 200 || n != size {
			t.Errorf("%d, %d bytes, %v", code, n, err)
		}
	}
	if n := d.Descriptors(); n != files {
		t.Errorf("%d descriptors, expected %d: there was room for a pipe", n, files)
	}
	saysSo(t, d, began, "cannot splice for the moment, and copies")

	d.LeaveDescriptors(100)
	if code, n, err := v.get(large); err != nil || code != 200 || n != size {
		t.Errorf("%d, %d bytes, %v", code, n, err)
	}
	// A pipe that was used is kept for a while.
	if n := d.Descriptors(); n != files+2 {
		t.Errorf("%d descriptors, expected %d: it does not splice again", n, files+2)
	}
}

// The kernel makes pipes small once a user has enough of them. Splicing through
// those would cost more than copying, which is what becomes of further bodies.
func TestPastTheKernelsQuotaOfPipesTheDaemonCopies(t *testing.T) {
	const size, readers, kept = 4 << 20, 400, 64
	text, err := os.ReadFile("/proc/sys/fs/pipe-user-pages-soft")
	if err != nil {
		t.Fatal(err)
	}
	pages, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || pages == 0 {
		t.Fatalf("fs.pipe-user-pages-soft is %q, expected a quota", text)
	}
	most := pages * os.Getpagesize() / (512 << 10)
	d := arena.StartDaemon(t)
	d.Knobs("zerocopy_send=1", "keepalive_timeout=3600")
	web := d.Serve(arena.Service{Servers: []netip.AddrPort{arena.StartEcho(t).Addr}})
	v := newVisitor(t, web, true)
	if !v.served() {
		t.Fatal("not served before")
	}
	before := d.PipeEnds()
	crowd := arena.Crowd{Hello: "GET /length/67108864/nothing HTTP/1.1\r\nHost: x\r\n\r\n", Sip: 1, ReceiveBuffer: 4096}.Gather(t, web, readers)
	pipes := func() int { return (d.PipeEnds() - before) / 2 }
	arena.Eventually(t, "pipes are in use", func() bool { return pipes() >= min(most, readers)/2 })
	for range 3 {
		if code, n, err := v.get("/length/4194304/" + arena.Nothing); err != nil || code != 200 || n != size {
			t.Errorf("%d, %d bytes, %v", code, n, err)
		}
	}
	t.Logf("%d clients have %d pipes; the kernel's quota is %d", readers, pipes(), most)
	if n := pipes(); n > most {
		t.Errorf("%d pipes, expected %d at most", n, most)
	}
	crowd.Disperse()
	arena.Eventually(t, "pipes are closed", func() bool { return pipes() <= 2*kept })
}
