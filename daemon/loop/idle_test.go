package loop

import (
	"net/http"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"ktcpvs/daemon/poll"
	"ktcpvs/daemon/relay"
	"ktcpvs/daemon/table"
	"ktcpvs/tests/wait"
)

// limits notes what was last armed of each slot.
type limits struct {
	poll.Poller
	of map[uint32]int
}

func (p limits) Recv(slot uint32, limit int) {
	p.of[slot] = limit
	p.Poller.Recv(slot, limit)
}

// The end of an idle server connection, or what comes over it unasked, must be
// seen before the next request is sent over it, however many large bodies there
// are.
func TestWhatComesOverAnIdleServerConnectionDoesNotWaitForLargeBodies(t *testing.T) {
	armed := map[uint32]int{}
	r := newRigOn(t, 1, func() (poll.Poller, error) {
		p, err := pollers[pollerUnderTest]()
		return limits{p, armed}, err
	})
	r.serve(table.ServiceSpec{Scheduler: "phttp"}, backend(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Write(make([]byte, 4<<20)) // by the end of which much is received at once
	}))
	get(t, r.client(), "http://"+r.addr+"/")
	idle := 0
	l := r.group.loops[0]
	l.call(func() {
		for _, c := range l.conns {
			if c != nil && c.fd >= 0 && c.side == relay.Server && c.sess == nil && l.bySlot[c.slot] == nil {
				idle++
				if n := armed[c.slot]; n == 0 || n > poll.BulkReceive {
					t.Errorf("a receive of %d bytes is armed", n)
				}
			}
		}
	})
	if idle != 1 {
		t.Errorf("%d server connections are idle, want 1", idle)
	}
}

// A client that has taken a large response may ask for a small one next, which
// is not to wait behind the large ones of others.
func TestASmallResponseAfterALargeOneDoesNotWaitForLargeBodies(t *testing.T) {
	armed := map[uint32]int{}
	r := newRigOn(t, 1, func() (poll.Poller, error) {
		p, err := pollers[pollerUnderTest]()
		return limits{p, armed}, err
	})
	wait := make(chan struct{})
	r.serve(table.ServiceSpec{Scheduler: "phttp"}, backend(t, func(w http.ResponseWriter, q *http.Request) {
		if q.URL.Path == "/large" {
			w.Write(make([]byte, 4<<20))
			return
		}
		<-wait
	}))
	client := r.client()
	get(t, client, "http://"+r.addr+"/large")
	done := make(chan struct{})
	go func() { defer close(done); get(t, client, "http://"+r.addr+"/small") }()
	l := r.group.loops[0]
	limit := 0
	l.until(t, "a receive is armed for the answer", func() bool {
		for _, c := range l.conns {
			if c != nil && c.fd >= 0 && c.side == relay.Server && c.sess != nil && !c.connecting {
				limit = armed[c.slot]
			}
		}
		return limit != 0
	})
	close(wait)
	<-done
	if limit > poll.BulkReceive {
		t.Errorf("a receive of %d bytes is armed for a response that has not begun", limit)
	}
}

// Descriptors that wait for some later use are given up for one that is needed now.
func TestACallToAServerTakesTheDescriptorsOfPipesThatNobodyUses(t *testing.T) {
	r := newRig(t, 1)
	server := backend(t, func(http.ResponseWriter, *http.Request) {})
	r.serve(table.ServiceSpec{Scheduler: "phttp"}, server)
	l := r.group.loops[0]
	l.call(func() {
		p, err := l.takePipe()
		if err != nil {
			t.Error(err)
			return
		}
		l.pipes = append(l.pipes, p)
		defer noMoreFiles()()
		fd, errno := l.socket(unix.AF_INET)
		if errno != 0 {
			t.Errorf("%v, and %d pipes are kept", errno, len(l.pipes))
			return
		}
		closeSocket(fd)
	})
}

// noMoreFiles takes all descriptors that there are, until the function that it
// gives is called.
func noMoreFiles() (end func()) {
	var limit unix.Rlimit
	unix.Getrlimit(unix.RLIMIT_NOFILE, &limit)
	unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 256, Max: limit.Max})
	var taken []int
	for fd, err := unix.Dup(0); err == nil; fd, err = unix.Dup(0) {
		taken = append(taken, fd)
	}
	return func() {
		unix.Setrlimit(unix.RLIMIT_NOFILE, &limit)
		for _, fd := range taken {
			unix.Close(fd)
		}
	}
}

func TestIdleServerConnectionsAreGivenUpForMemoryAndNotForNewcomers(t *testing.T) {
	const clients = 8
	var together sync.WaitGroup
	together.Add(clients)
	r := newRig(t, 1)
	r.serve(table.ServiceSpec{Scheduler: "phttp"}, backend(t, func(http.ResponseWriter, *http.Request) {
		together.Done()
		together.Wait() // each has a server connection of its own
	}))
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() { get(t, r.client(), "http://"+r.addr+"/") })
	}
	wg.Wait()
	l := r.group.loops[0]
	idle := func() (n int) {
		l.call(func() { n = l.idle.Len() })
		return n
	}
	if n := idle(); n != clients {
		t.Fatalf("%d server connections are idle, want %d", n, clients)
	}
	l.call(func() { l.listeners[0].shed(unix.EMFILE) })
	if n := idle(); n != clients {
		t.Errorf("%d are idle after an accept found no descriptor, want %d: newcomers do not take them", n, clients)
	}
	l.memory.tight.Store(true)
	wait.UntilIs(t, "no server connections are idle", 0, idle)
}
