package arena

import (
	"fmt"
	"net/netip"
	"runtime"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Crowd is how each of many hostile clients behaves.
type Crowd struct {
	Hello         string // what it sends at once
	Drip          string // what it sends every second from then on
	Sip           int    // how many bytes it reads every second
	ReceiveBuffer int    // SO_RCVBUF; 0 is the system's
}

// Gathering is a crowd at the balancer's door.
type Gathering struct {
	t        testing.TB
	fds      []int         // of the goroutine, until it has ended
	stop     chan struct{} // nil once dispersed
	gathered chan error    // closed when all are connected
	busy     sync.WaitGroup

	mu   sync.Mutex
	lost int
}

// Gather connects n clients and has them behave as they do until Disperse, or
// until the test ends.
func (c Crowd) Gather(t testing.TB, to netip.AddrPort, n int) *Gathering {
	t.Helper()
	g := c.Begin(t, to, n)
	g.Gathered()
	return g
}

// Begin is Gather, but does not wait for the clients to be connected.
func (c Crowd) Begin(t testing.TB, to netip.AddrPort, n int) *Gathering {
	g := &Gathering{t: t, stop: make(chan struct{}), gathered: make(chan error, 1)}
	t.Cleanup(g.Disperse)
	stop := g.stop
	g.busy.Go(func() {
		for len(g.fds) < n {
			fd, err := c.connect(to)
			if err != nil {
				g.gathered <- fmt.Errorf("client %d of the crowd: %w", len(g.fds), err)
				return
			}
			g.fds = append(g.fds, fd)
		}
		close(g.gathered)
		if c.Drip != "" || c.Sip > 0 {
			g.behave(c, stop)
		}
	})
	return g
}

// Gathered waits until all are connected, and fails the test when one was not.
func (g *Gathering) Gathered() {
	g.t.Helper()
	if err := <-g.gathered; err != nil {
		g.t.Fatal(err)
	}
}

func (c Crowd) connect(to netip.AddrPort) (fd int, err error) {
	family, sa, err := sockaddr(to)
	if err != nil {
		return -1, err
	}
	if fd, err = unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0); err != nil {
		return -1, err
	}
	if c.ReceiveBuffer > 0 {
		err = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, c.ReceiveBuffer)
	}
	if err == nil {
		err = unix.Connect(fd, sa)
	}
	if err == nil && c.Hello != "" {
		err = unix.Sendto(fd, []byte(c.Hello), unix.MSG_NOSIGNAL, nil)
	}
	if err != nil {
		unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

// behave goes round the crowd once a second, evenly. Attackers have machines of
// their own; here they get of this one what others leave.
func (g *Gathering) behave(c Crowd, stop <-chan struct{}) {
	// The thread may not end with the goroutine: that would kill the programs
	// that it has started (PR_SET_PDEATHSIG).
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	yield := func(nice int) {
		if err := unix.Setpriority(unix.PRIO_PROCESS, unix.Gettid(), nice); err != nil {
			g.t.Error(err)
		}
	}
	yield(19)
	defer yield(0)
	const turns = 500
	tick := time.NewTicker(time.Second / turns)
	defer tick.Stop()
	drip, sip := []byte(c.Drip), make([]byte, c.Sip)
	gone := make([]bool, len(g.fds))
	for turn := 0; ; turn = (turn + 1) % turns {
		select {
		case <-stop:
			return
		case <-tick.C:
		}
		for i := turn; i < len(g.fds); i += turns {
			if gone[i] {
				continue
			}
			var err error
			if c.Drip != "" {
				err = unix.Sendto(g.fds[i], drip, unix.MSG_NOSIGNAL|unix.MSG_DONTWAIT, nil)
			}
			if err == nil && c.Sip > 0 {
				_, _, err = unix.Recvfrom(g.fds[i], sip, unix.MSG_DONTWAIT)
			}
			if err != nil && err != unix.EAGAIN {
				gone[i] = true
				g.mu.Lock()
				g.lost++
				g.mu.Unlock()
			}
		}
	}
}

// Lost is how many clients found out that the balancer has closed.
func (g *Gathering) Lost() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.lost
}

// Disperse closes every connection, with a reset, so that no port lingers.
func (g *Gathering) Disperse() {
	if g.stop == nil {
		return
	}
	close(g.stop)
	g.stop = nil
	g.busy.Wait()
	for _, fd := range g.fds {
		unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
		unix.Close(fd)
	}
	g.fds = nil
}
