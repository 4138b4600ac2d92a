package integrity

import (
	"fmt"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"ktcpvs/tests/netns/lab"
	"ktcpvs/tests/require"
	"ktcpvs/tests/steady"
	"ktcpvs/tests/wait"
)

func TestMain(m *testing.M) { os.Exit(lab.Main(m)) }

const (
	// durationVariable is how long each mode runs, such as 3m.
	durationVariable = "KTCPVS_INTEGRITY"

	loops = 2
	vip   = "127.0.0.1:8080"
)

// clients is how many there are at a time. Under the race detector, where tests are
// short, fewer are enough to keep the processors busy.
func clients() int {
	if testing.Short() {
		return 80
	}
	return 200
}

// servers may all get any request; the last comes and goes.
var servers = []string{"127.0.0.1:8001", "127.0.0.1:8002", "127.0.0.1:8003"}

func duration(t *testing.T) time.Duration {
	t.Helper()
	text := os.Getenv(durationVariable)
	switch {
	case text == "" && testing.Short():
		return 500 * time.Millisecond
	case text == "":
		return time.Second
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatalf("%s=%s: expected a duration such as 3m", durationVariable, text)
	}
	return d
}

func TestNoClientGetsAnothersResponse(t *testing.T) {
	for _, poll := range []string{"epoll", "io_uring"} {
		for _, scheduler := range []string{"phttp", "chttp", "http"} {
			for _, zerocopy := range []string{"0", "1"} {
				t.Run(fmt.Sprintf("%s/%s/zerocopy=%s", poll, scheduler, zerocopy), func(t *testing.T) {
					t.Parallel() // each waits a good part of its time
					steady.Slower(t, func(trial testing.TB, scale int) { run(t, trial, scale, poll, scheduler, zerocopy) })
				})
			}
		}
	}
}

// run has all clients at one daemon for a while. What may be for no fault but the
// machine's, which is slower than the daemon's read_timeout, fails the trial.
func run(t *testing.T, trial testing.TB, scale int, poll, scheduler, zerocopy string) {
	require.Fuse(t)
	span := duration(t)
	host := lab.NewHost(trial, "gateway")
	tally := NewTally()
	for _, addr := range servers {
		host.Serve(addr, func(conn net.Conn) { Serve(conn, tally) })
	}
	daemon := host.StartDaemon(fmt.Sprintf("--loops=%d", loops), "--poll="+poll)
	if !daemon.Log.Has("poll=" + poll) {
		require.That(t, poll, fmt.Errorf("the daemon says %s", daemon.Log))
	}
	before := look(t, host, daemon)
	operator := host.Operator()
	operator.Load(configuration(scheduler))
	operator.Does("--start")
	host.SetKnob("zerocopy_send", zerocopy)
	host.SetKnob("read_timeout", fmt.Sprint(2*scale))
	host.SetKnob("keepalive_timeout", "1")
	began := time.Now()
	goesOn := func() bool { // a slow machine takes longer for enough exchanges
		passed := time.Since(began)
		return passed < span || tally.Of("right") < clients() && passed < wait.Limit // clock: as long as the test goes on
	}
	var all sync.WaitGroup
	for i := range clients() {
		all.Go(func() {
			c := NewClient(fmt.Sprintf("t%03d", i), func() (net.Conn, error) { return host.Dial(vip) }, tally)
			c.Again = scheduler != "http" // which has one server connection for each client's
			for len(tally.Violations()) < 10 && goesOn() {
				c.Session()
			}
		})
	}
	admin := operator.Connect(t)
	changes := make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(changes)
		change(t, admin, tally, done)
	}()
	all.Wait()
	close(done)
	<-changes
	t.Logf("%d clients, %v: %s", clients(), time.Since(began).Round(100*time.Millisecond), tally)
	for i, violation := range tally.Violations() {
		if i == 10 {
			break
		}
		t.Error(violation)
	}
	for _, cut := range tally.Late() {
		trial.Error(cut)
	}
	if tally.Of("right") < clients() {
		t.Errorf("%d exchanges were right, want %d at least", tally.Of("right"), clients())
	}
	before.mustBeGone(t, host, daemon, loops)
}
