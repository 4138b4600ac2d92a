package generator

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"runtime"
	"time"

	"golang.org/x/sys/unix"

	"ktcpvs/tests/load/cpu"
	"ktcpvs/tests/load/histogram"
)

// Loop is the event loop. One goroutine uses it; while it runs, that goroutine
// is locked to its thread, whose core is the caller's choice.
type Loop struct {
	epoll  int
	events [512]unix.EpollEvent
	buffer []byte
	origin time.Time

	patience time.Duration // with a proxy that is slow to answer

	listeners   []int
	addresses   []netip.AddrPort
	responses   [][]byte // by server
	servers     []server
	freeServers []int32

	load      Load
	target    unix.RawSockaddrInet4
	requests  [][]byte
	stride    int
	turn      int // index of the next request
	clients   []client
	connected int
	inFlight  int
	issuing   bool          // false: complete what is in flight, send nothing new
	interval  time.Duration // between requests; 0: closed loop
	due       time.Duration // when the next request is
	waiting   []int32       // idle clients, with an interval only

	bytes   uint64
	latency histogram.Histogram
}

// New opens that many servers, each on its own port of 127.0.0.1. They answer
// while Attach, Run or Detach runs.
func New(servers int) (*Loop, error) {
	if servers < 1 || servers > maxServers {
		return nil, fmt.Errorf("%d servers, expected 1 to %d", servers, maxServers)
	}
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("epoll_create: %w", err)
	}
	l := &Loop{epoll: epoll, buffer: make([]byte, 256<<10), origin: time.Now(), patience: 5 * time.Second, servers: make([]server, 0, 4096), freeServers: make([]int32, 0, 4096)}
	for number := range servers {
		fd, addr, err := listen()
		if err != nil {
			l.Close()
			return nil, err
		}
		l.listeners = append(l.listeners, fd)
		l.addresses = append(l.addresses, addr)
		l.responses = append(l.responses, appendResponse(nil, number, MinBody))
		if err := register(epoll, fd, listenerEvent, int32(number), unix.EPOLLIN); err != nil {
			l.Close()
			return nil, err
		}
	}
	return l, nil
}

// Servers are the addresses to put behind the proxy; a Request's Server counts in it.
func (l *Loop) Servers() []netip.AddrPort { return l.addresses }

// Close closes every socket.
func (l *Loop) Close() {
	l.closeClients()
	for _, s := range l.servers {
		if s.fd >= 0 {
			closeSocket(s.fd)
		}
	}
	for _, fd := range l.listeners {
		closeSocket(fd)
	}
	closeSocket(l.epoll)
}

// Attach opens the load's connections and waits until all are established, at
// most 5 seconds. After an error none is open.
func (l *Loop) Attach(ctx context.Context, load Load) (err error) {
	defer func() {
		if err != nil {
			l.closeClients()
		}
	}()
	if err := load.check(len(l.addresses)); err != nil {
		return err
	}
	if load.BodySize != l.load.BodySize {
		for number := range l.responses {
			l.responses[number] = appendResponse(l.responses[number][:0], number, load.BodySize)
		}
	}
	l.load, l.target = load, rawAddress(load.Target)
	l.requests = make([][]byte, len(load.Requests))
	for i, r := range load.Requests {
		l.requests[i] = load.encode(r)
	}
	l.stride, l.turn = stride(len(l.requests)), 0
	l.interval = 0
	if load.Rate > 0 {
		l.interval = time.Duration(float64(time.Second) / load.Rate)
	}
	l.clients = make([]client, load.Connections)
	l.waiting = make([]int32, 0, load.Connections)
	l.issuing = false
	for i := range l.clients {
		l.clients[i] = client{fd: -1, partial: make([]byte, 0, maxHead)}
	}
	if load.NewConnections {
		return nil // each is opened with its request
	}
	for i := range l.clients {
		if err := l.open(int32(i)); err != nil {
			return err
		}
	}
	return l.until(ctx, connectPatience, "connections to be established", func() bool { return l.connected == len(l.clients) })
}

// connectPatience is how long connections may take to be established, on a machine
// that is busy with other things too.
const connectPatience = time.Minute

// Detach lets the responses in flight arrive, for at most the given time, and
// closes the connections. The load is over even when it returns an error.
func (l *Loop) Detach(ctx context.Context, patience time.Duration) error {
	defer l.closeClients()
	l.issuing = false
	return l.until(ctx, patience, "the last responses", func() bool { return l.inFlight == 0 })
}

func (l *Loop) closeClients() {
	for i := range l.clients {
		if l.clients[i].fd >= 0 {
			closeSocket(l.clients[i].fd)
		}
	}
	l.clients, l.connected, l.inFlight = nil, 0, 0
}

// Run makes the load for the given time, and then for up to 4 times as long, or
// 5 seconds, until there were so many responses: a proxy that takes milliseconds
// for a request answers in bursts, and a window of few bursts counts wrongly.
// The clients keep their connections and what is in flight from one Run to the
// next, so that the first can warm up what the second measures. It ends early,
// with an error and all connections closed, at the first wrong answer and when
// the context is cancelled; that there was no response at all is an error too.
func (l *Loop) Run(ctx context.Context, d time.Duration, responses int) (Window, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	window, err := l.run(ctx, d, uint64(max(responses, 1)))
	if err != nil {
		l.closeClients()
	}
	return window, err
}

func (l *Loop) run(ctx context.Context, d time.Duration, enough uint64) (Window, error) {
	// A wait until the next request is due must not be lengthened by the 50 us
	// by which the kernel likes to gather timers.
	if err := unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0); err != nil {
		return Window{}, fmt.Errorf("PR_SET_TIMERSLACK: %w", err)
	}
	busy, err := cpu.ThreadTime()
	if err != nil {
		return Window{}, err
	}
	l.bytes = 0
	l.latency.Reset()
	begin := l.now()
	if err := l.resume(begin); err != nil {
		return Window{}, err
	}
	now := begin
	for done := ctx.Done(); now < begin+d || l.latency.Count() < enough && now < begin+max(4*d, l.patience); now = l.now() {
		select {
		case <-done:
			return Window{}, ctx.Err()
		default:
		}
		if err := l.sendDue(now); err != nil {
			return Window{}, err
		}
		if err := l.poll(l.timeout(now)); err != nil {
			return Window{}, err
		}
	}
	after, err := cpu.ThreadTime()
	if err != nil {
		return Window{}, err
	}
	if l.latency.Count() == 0 {
		return Window{}, fmt.Errorf("%s: no response within %v", l.load.Target, now-begin)
	}
	return Window{Elapsed: now - begin, Busy: after - busy, Requests: l.latency.Count(), Bytes: l.bytes, P50: l.latency.Quantile(0.5), P99: l.latency.Quantile(0.99)}, nil
}

// resume sets every client without a request to work.
func (l *Loop) resume(now time.Duration) error {
	l.issuing, l.due = true, now
	for i := range l.clients {
		var err error
		switch {
		case l.clients[i].phase == closed:
			err = l.open(int32(i))
		case l.clients[i].phase == idle && l.interval == 0:
			err = l.next(int32(i))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// sendDue sends the requests whose time has come, as far as clients are idle.
func (l *Loop) sendDue(now time.Duration) error {
	for l.interval > 0 && l.due <= now && len(l.waiting) > 0 {
		last := len(l.waiting) - 1
		c := &l.clients[l.waiting[last]]
		l.waiting = l.waiting[:last]
		if c.phase != idle {
			continue // it was closed meanwhile, and comes back when it is connected
		}
		l.inFlight++
		c.began = l.due
		l.due += l.interval
		if err := l.sendRequest(c); err != nil {
			return err
		}
	}
	return nil
}

// longestWait bounds a wait that holds one of the Go scheduler's processors.
const longestWait = time.Millisecond

// timeout is how long to wait for events: until the next request is due. It
// never spins, because the kernel's own threads may need the core to deliver
// what was sent.
func (l *Loop) timeout(now time.Duration) time.Duration {
	if l.interval > 0 && len(l.waiting) > 0 {
		return min(max(l.due-now, 0), longestWait)
	}
	return longestWait
}

// until polls until done holds.
func (l *Loop) until(ctx context.Context, patience time.Duration, what string, done func() bool) error {
	for deadline := l.now() + patience; !done(); {
		if err := ctx.Err(); err != nil {
			return err
		}
		if l.now() > deadline {
			return errors.New(l.load.Target.String() + ": waited " + patience.String() + " for " + what)
		}
		if err := l.poll(longestWait); err != nil {
			return err
		}
	}
	return nil
}

// poll waits once and handles what is ready.
func (l *Loop) poll(timeout time.Duration) error {
	n, err := wait(l.epoll, l.events[:], timeout)
	if err != nil {
		return err
	}
	for i := range l.events[:n] {
		event := &l.events[i]
		switch event.Pad {
		case listenerEvent:
			err = l.acceptServers(event.Fd)
		case serverEvent:
			l.serverReady(event.Fd, event.Events)
		case clientEvent:
			err = l.clientReady(event.Fd, event.Events)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (l *Loop) now() time.Duration { return time.Since(l.origin) }
