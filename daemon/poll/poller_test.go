package poll

import (
	"bytes"
	"net"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ktcpvs/tests/wait"
)

// forEach runs a test on every implementation that this kernel has.
func forEach(t *testing.T, f func(t *testing.T, p Poller)) {
	for name, open := range implementations {
		t.Run(name, func(t *testing.T) {
			runtime.LockOSThread() // a poller is driven by one thread
			defer runtime.UnlockOSThread()
			p, err := open()
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			f(t, p)
		})
	}
}

var implementations = map[string]func() (Poller, error){
	"epoll":    func() (Poller, error) { return NewEpoll() },
	"io_uring": func() (Poller, error) { return NewUring() },
}

// pair is two ends of a stream; the first is non-blocking.
func pair(t *testing.T) (ours, theirs int) {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	unix.SetNonblock(fds[0], true)
	t.Cleanup(func() { unix.Close(fds[0]); unix.Close(fds[1]) })
	return fds[0], fds[1]
}

// next waits for one event.
func next(t *testing.T, p Poller) (Event, bool) {
	t.Helper()
	var ev Event
	if p.Next(&ev) {
		return ev, true
	}
	for end := wait.End(); time.Now().Before(end); {
		if err := p.Wait(20 * time.Millisecond); err != nil {
			t.Fatal(err)
		}
		if p.Next(&ev) {
			return ev, true
		}
	}
	return ev, false
}

func expect(t *testing.T, p Poller, kind Kind, slot uint32) Event {
	t.Helper()
	ev, ok := next(t, p)
	if !ok || ev.Kind != kind || ev.Slot != slot {
		t.Fatalf("event %+v (%v), want kind %d of slot %d", ev, ok, kind, slot)
	}
	return ev
}

func quiet(t *testing.T, p Poller) {
	t.Helper()
	var ev Event
	for range 3 {
		if err := p.Wait(5 * time.Millisecond); err != nil {
			t.Fatal(err)
		}
		if p.Next(&ev) {
			t.Fatalf("unasked event %+v", ev)
		}
	}
}

func TestAnArmedReceiveBringsWhatWasSent(t *testing.T) {
	forEach(t, func(t *testing.T, p Poller) {
		a, b := pair(t)
		if err := p.Add(3, a, false); err != nil {
			t.Fatal(err)
		}
		p.Recv(3, 4096)
		unix.Write(b, []byte("hello"))
		ev := expect(t, p, Received, 3)
		if string(ev.Data) != "hello" || ev.Err != 0 {
			t.Fatalf("received %q, %v", ev.Data, ev.Err)
		}
	})
}

func TestBytesStayWhereTheyAreUntilAReceiveIsArmed(t *testing.T) {
	forEach(t, func(t *testing.T, p Poller) {
		a, b := pair(t)
		p.Add(1, a, false)
		unix.Write(b, []byte("early"))
		quiet(t, p)
		p.Recv(1, 4096)
		if ev := expect(t, p, Received, 1); string(ev.Data) != "early" {
			t.Fatalf("received %q", ev.Data)
		}
		unix.Write(b, []byte("more"))
		quiet(t, p)
	})
}

func TestAReceiveKeepsToItsLimitAndTheRestFollows(t *testing.T) {
	forEach(t, func(t *testing.T, p Poller) {
		a, b := pair(t)
		p.Add(1, a, true)
		unix.Write(b, []byte("abcdefgh"))
		for _, want := range []string{"abc", "def", "gh"} {
			p.Recv(1, 3)
			if ev := expect(t, p, Received, 1); string(ev.Data) != want {
				t.Fatalf("received %q, want %q", ev.Data, want)
			}
		}
	})
}

func TestASocketIsDrainedWhenAReceiveHasEmptiedIt(t *testing.T) {
	forEach(t, func(t *testing.T, p Poller) {
		a, b := pair(t)
		p.Add(1, a, false)
		unix.Write(b, []byte("abcdefgh"))
		for _, drained := range []bool{false, true} {
			p.Recv(1, 6)
			expect(t, p, Received, 1)
			if p.Drained(1) != drained {
				t.Fatalf("drained is %v", !drained)
			}
		}
		p.Recheck(1)
		if p.Drained(1) {
			t.Fatal("drained, although somebody else may have read")
		}
	})
}

func TestTheEndOfAStreamFollowsItsLastBytes(t *testing.T) {
	forEach(t, func(t *testing.T, p Poller) {
		a, b := pair(t)
		p.Add(1, a, false)
		unix.Write(b, []byte("last"))
		unix.Shutdown(b, unix.SHUT_RDWR)
		p.Recv(1, 4096)
		if ev := expect(t, p, Received, 1); string(ev.Data) != "last" {
			t.Fatalf("received %q", ev.Data)
		}
		p.Recv(1, 4096)
		if ev := expect(t, p, Received, 1); len(ev.Data) != 0 || ev.Err != 0 {
			t.Fatalf("%+v, want the end", ev)
		}
	})
}

func TestAnIdleConnectionShowsThatItWasClosed(t *testing.T) {
	forEach(t, func(t *testing.T, p Poller) {
		a, b := pair(t)
		p.Add(1, a, false)
		p.Recv(1, 1)
		quiet(t, p)
		unix.Shutdown(b, unix.SHUT_RDWR)
		if ev := expect(t, p, Received, 1); len(ev.Data) != 0 {
			t.Fatalf("%+v, want the end", ev)
		}
	})
}

// Bytes that stand before a reset are received first, and then nobody may want
// more: it must be told all the same.
func TestAResetBehindTheLastBytesIsToldThoughNobodyReads(t *testing.T) {
	for _, limit := range []int{100, ReceiveSize} {
		forEach(t, func(t *testing.T, p Poller) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			b, err := net.Dial("tcp", l.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			ours, err := l.Accept()
			if err != nil {
				t.Fatal(err)
			}
			a, err := ours.(*net.TCPConn).File()
			if err != nil {
				t.Fatal(err)
			}
			ours.Close()
			defer a.Close()
			p.Add(1, int(a.Fd()), false)
			p.Recv(1, limit)
			b.Write([]byte("last"))
			b.(*net.TCPConn).SetLinger(0)
			b.Close()
			switch ev := expect(t, p, Received, 1); {
			case string(ev.Data) == "last":
				expect(t, p, HungUp, 1)
			case ev.Err == 0:
				t.Fatalf("%+v, want the last bytes, or the reset", ev)
			}
			quiet(t, p)
		})
	}
}

func TestTheEndOfOneDirectionIsNoHangUp(t *testing.T) {
	forEach(t, func(t *testing.T, p Poller) {
		a, b := pair(t)
		p.Add(1, a, false)
		unix.Shutdown(b, unix.SHUT_WR)
		expect(t, p, HalfClosed, 1)
		quiet(t, p)
	})
}

func TestSendTakesBothPartsAndTellsWhenThereIsRoomAgain(t *testing.T) {
	forEach(t, func(t *testing.T, p Poller) {
		a, b := pair(t)
		p.Add(1, a, false)
		if n, errno := p.Send(1, []byte("head "), []byte("data")); n != 9 || errno != 0 {
			t.Fatalf("Send = %d, %v", n, errno)
		}
		buf := make([]byte, 1<<20)
		if n, _ := unix.Read(b, buf); string(buf[:n]) != "head data" {
			t.Fatalf("arrived %q", buf[:n])
		}
		big := bytes.Repeat([]byte("x"), 4<<20)
		n, errno := p.Send(1, big, nil)
		if n <= 0 || n == len(big) || errno != 0 {
			t.Fatalf("Send of 4 MiB = %d, %v", n, errno)
		}
		quiet(t, p)
		for got := 0; got < n; {
			m, err := unix.Read(b, buf)
			if err != nil {
				t.Fatal(err)
			}
			got += m
		}
		expect(t, p, Writable, 1)
	})
}

func TestSendToAClosedConnectionIsAnError(t *testing.T) {
	forEach(t, func(t *testing.T, p Poller) {
		a, b := pair(t)
		p.Add(1, a, false)
		unix.Shutdown(b, unix.SHUT_RDWR)
		if n, errno := p.Send(1, []byte("x"), nil); n != 0 || errno != unix.EPIPE {
			t.Fatalf("Send = %d, %v; want EPIPE", n, errno)
		}
	})
}

func TestEventsOfARemovedSlotDoNotReachItsSuccessor(t *testing.T) {
	forEach(t, func(t *testing.T, p Poller) {
		a, b := pair(t)
		c, _ := pair(t)
		p.Add(1, a, false)
		p.Recv(1, 100)
		unix.Write(b, []byte("for the first"))
		p.Wait(20 * time.Millisecond) // the event is collected
		p.Remove(1)
		if err := p.Add(1, c, false); err != nil {
			t.Fatal(err)
		}
		p.Recv(1, 100)
		quiet(t, p)
	})
}

func TestOneBusyConnectionDoesNotKeepAnotherWaiting(t *testing.T) {
	forEach(t, func(t *testing.T, p Poller) {
		a, b := pair(t)
		c, d := pair(t)
		p.Add(1, a, true)
		p.Add(2, c, true)
		unix.Write(b, bytes.Repeat([]byte("x"), 64<<10))
		unix.Write(d, []byte("me too"))
		p.Recv(1, 10)
		p.Recv(2, 10)
		for i := range 6 {
			ev, ok := next(t, p)
			if !ok {
				t.Fatal("no event")
			}
			if ev.Slot == 2 {
				return
			}
			if i == 5 {
				t.Fatal("the second connection did not get its turn")
			}
			p.Recv(1, 10)
		}
	})
}

func TestAListenerTellsOfConnectionsUnlessPaused(t *testing.T) {
	forEach(t, func(t *testing.T, p Poller) {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Close(fd)
		if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
			t.Fatal(err)
		}
		unix.Listen(fd, 8)
		if err := p.AddListener(5, fd); err != nil {
			t.Fatal(err)
		}
		p.Pause(5, true)
		addr, _ := unix.Getsockname(fd)
		client, _ := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		defer unix.Close(client)
		if err := unix.Connect(client, addr); err != nil {
			t.Fatal(err)
		}
		quiet(t, p)
		p.Pause(5, false)
		expect(t, p, Acceptable, 5)
		conn, _, err := unix.Accept(fd)
		if err != nil {
			t.Fatal(err)
		}
		unix.Close(conn)
		quiet(t, p)
	})
}

func TestWakeEndsAWait(t *testing.T) {
	forEach(t, func(t *testing.T, p Poller) {
		p.Wait(0)
		go func() {
			wait.Gap(20 * time.Millisecond)
			p.Wake()
		}()
		var ev Event
		wait.Until(t, "the wait is ended", func() bool {
			if err := p.Wait(wait.Limit); err != nil {
				t.Fatal(err)
			}
			return p.Next(&ev)
		})
		if ev.Kind != Woken {
			t.Fatalf("%+v, want Woken", ev)
		}
	})
}

func TestAnExchangeDoesNotAllocate(t *testing.T) {
	forEach(t, func(t *testing.T, p Poller) {
		a, b := pair(t)
		p.Add(1, a, false)
		msg, buf := []byte("request"), make([]byte, 64)
		var ev Event
		allocs := testing.AllocsPerRun(200, func() {
			p.Recv(1, 4096)
			unix.Write(b, msg)
			for !p.Next(&ev) {
				p.Wait(wait.Limit)
			}
			p.Send(1, ev.Data, msg)
			unix.Read(b, buf)
		})
		if allocs > 0 {
			t.Fatalf("%v allocations an exchange", allocs)
		}
	})
}
