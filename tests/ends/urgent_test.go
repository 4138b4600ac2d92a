package ends

import (
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ktcpvs/tests/wait"
)

// urge sends the last byte of a text as urgent data.
func urge(conn *net.TCPConn, text string) (err error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	failed := raw.Write(func(fd uintptr) bool {
		err = unix.Sendto(int(fd), []byte(text), unix.MSG_OOB, nil)
		return err != unix.EAGAIN
	})
	if failed != nil {
		return failed
	}
	return err
}

// What stands behind an urgent byte is passed on as it comes, and nothing has to
// follow; the byte itself is in no stream.
func TestUrgentDataStopsNoStream(t *testing.T) {
	for _, poller := range []string{"epoll", "io_uring"} {
		for _, zerocopy := range []string{"0", "1"} {
			t.Run(fmt.Sprintf("%s/zerocopy=%s", poller, zerocopy), func(t *testing.T) {
				t.Parallel()
				s := newSite(t, zerocopy)
				s.start("--poll=" + poller)
				var all sync.WaitGroup
				for _, k := range kinds() {
					for i := range 4 {
						if i > 1 && k.scheduler != "wlc" && k.scheduler != "phttp" {
							continue // bulk is the same for all
						}
						all.Go(func() {
							if err := s.interrupt(&k, i&1 != 0, i&2 != 0); err != nil {
								t.Errorf("%s, IPv6 %v, in bulk %v: %v", k.name, i&1 != 0, i&2 != 0, err)
							}
						})
					}
				}
				all.Wait()
			})
		}
	}
}

// interrupt sends urgent bytes in the middle of a stream, several times, once
// behind nothing and else behind enough to be spliced.
func (s *site) interrupt(k *kind, six, bulk bool) error {
	before := 5
	if bulk {
		before = 600 << 10
	}
	const rounds, after = 3, 9
	st, err := s.open(k, six, rounds*(before+after), false)
	defer func() {
		for _, f := range st.close {
			f()
		}
	}()
	if err != nil {
		return err
	}
	at := 0
	piece := func(n int) []byte {
		p := make([]byte, n)
		for i := range p {
			p[i] = pattern(at + i)
		}
		at += n
		return k.frames(p)
	}
	for range rounds {
		from := at
		st.receiver.SetDeadline(wait.End())
		sent := make(chan error, 1)
		go func() {
			_, err := st.sender.Write(piece(before))
			if err == nil {
				err = urge(st.sender, "!")
			}
			if err == nil {
				_, err = st.sender.Write(piece(after))
			}
			sent <- err
		}()
		if err := st.read(before+after, from); err != nil {
			return fmt.Errorf("the receiver, of %d bytes: %w", before+after, err)
		}
		if err := <-sent; err != nil {
			return err
		}
	}
	return nil
}

// A head is read on behind an urgent byte, too, whether it came in one piece or was
// there before the connection was accepted.
func TestUrgentDataStopsNoRequest(t *testing.T) {
	for _, poller := range []string{"epoll", "io_uring"} {
		t.Run(poller, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, "0")
			s.start("--poll=" + poller)
			k := kind{scheduler: "phttp", framing: delimited}
			for range 20 {
				id, comes := s.expect()
				conn, err := s.Client.Dial(s.address("phttp", false))
				if err != nil {
					t.Fatal(err)
				}
				client := conn.(*net.TCPConn)
				head, rest, _ := strings.Cut(k.asks(id, 0), "Host")
				client.Write([]byte(head))
				if err := urge(client, "!"); err != nil {
					t.Fatal(err)
				}
				client.Write([]byte("Host" + rest))
				select {
				case a := <-comes:
					close(a.done)
				case <-time.After(wait.Limit):
					t.Fatal("the request never comes to the server, though all of it was sent")
				}
				conn.Close()
			}
		})
	}
}
