package poll

import (
	"fmt"
	"net"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ktcpvs/tests/wait"
)

// tcpPair is two connected TCP sockets; ours does not block.
func tcpPair(t *testing.T) (ours int, theirs *net.TCPConn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	accepted, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	file, err := accepted.(*net.TCPConn).File()
	accepted.Close()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	ours = int(file.Fd())
	unix.SetNonblock(ours, true)
	return ours, conn.(*net.TCPConn)
}

func TestAConnectionThatNobodyReadsTellsThatItFailed(t *testing.T) {
	for _, halfClosed := range []bool{false, true} {
		forEach(t, func(t *testing.T, p Poller) {
			ours, theirs := tcpPair(t)
			p.Add(1, ours, false)
			quiet(t, p)
			if halfClosed {
				theirs.CloseWrite()
				expect(t, p, HalfClosed, 1)
				quiet(t, p)
			}
			theirs.SetLinger(0)
			theirs.Close()
			expect(t, p, HungUp, 1)
			quiet(t, p)
		})
	}
}

// Whoever reads on finds every byte, and the end behind them.
func TestTheEndOfBothDirectionsInOrderIsNoFailure(t *testing.T) {
	forEach(t, func(t *testing.T, p Poller) {
		ours, theirs := tcpPair(t)
		p.Add(1, ours, false)
		unix.Shutdown(ours, unix.SHUT_WR)
		theirs.Write([]byte("last"))
		theirs.CloseWrite()
		expect(t, p, HalfClosed, 1)
		quiet(t, p)
		p.Recv(1, 100)
		if ev := expect(t, p, Received, 1); string(ev.Data) != "last" {
			t.Fatalf("received %q, expected the last bytes", ev.Data)
		}
		p.Recv(1, 100)
		if ev := expect(t, p, Received, 1); len(ev.Data) != 0 || ev.Err != 0 {
			t.Fatalf("%+v, expected the end", ev)
		}
	})
}

// urgent sends one byte as urgent data.
func urgent(t *testing.T, conn *net.TCPConn, b byte) {
	t.Helper()
	raw, err := conn.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	raw.Control(func(fd uintptr) { err = unix.Sendto(int(fd), []byte{b}, unix.MSG_OOB, nil) })
	if err != nil {
		t.Fatal(err)
	}
}

func TestWhatStandsBehindAnUrgentByteIsReceivedWithoutMoreToCome(t *testing.T) {
	for _, early := range []bool{false, true} {
		forEach(t, func(t *testing.T, p Poller) {
			ours, theirs := tcpPair(t)
			send := func() {
				theirs.Write([]byte("abc"))
				urgent(t, theirs, '!')
				theirs.Write([]byte("defEND"))
			}
			if early {
				send()
				arrive(t, ours, 10)
			}
			p.Add(1, ours, early)
			if !early {
				send()
			}
			var got string
			for len(got) < len("abcdefEND") {
				p.Recv(1, 4096)
				ev, ok := next(t, p)
				if !ok {
					t.Fatalf("received %q and then nothing, expected abcdefEND", got)
				}
				got += string(ev.Data)
			}
			if got != "abcdefEND" {
				t.Fatalf("received %q, expected abcdefEND: the urgent byte is in no stream", got)
			}
			p.Recv(1, 4096)
			quiet(t, p)
		})
	}
}

// Splice stops in front of an urgent byte, and says no more than that there is
// nothing to move.
func TestAnUrgentByteIsKnownToWhoReadsByOtherMeans(t *testing.T) {
	forEach(t, func(t *testing.T, p Poller) {
		ours, theirs := tcpPair(t)
		p.Add(1, ours, false)
		p.WantRead(1)
		quiet(t, p)
		theirs.Write([]byte("abc"))
		expect(t, p, Readable, 1)
		if p.Marked(1) {
			t.Error("marked, though nothing that came is urgent")
		}
		unix.Read(ours, make([]byte, 3))
		p.WantRead(1)
		urgent(t, theirs, '!')
		theirs.Write([]byte("def"))
		arrive(t, ours, 7)
		wait.Until(t, "it is marked, as an urgent byte waits", func() bool {
			p.WantRead(1)
			p.Wait(5 * time.Millisecond)
			var ev Event
			for p.Next(&ev) {
			}
			return p.Marked(1)
		})
	})
}

// arrive waits until so many bytes are there to be received, those behind an
// urgent byte too.
func arrive(t *testing.T, fd int, n uint64) {
	t.Helper()
	wait.UntilSays(t, "the bytes are there", func() (string, bool) {
		info, err := unix.GetsockoptTCPInfo(fd, unix.IPPROTO_TCP, unix.TCP_INFO)
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf("%d of %d", info.Bytes_received, n), info.Bytes_received >= n
	})
}
