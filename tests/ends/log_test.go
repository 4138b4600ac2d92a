package ends

import (
	"testing"

	"ktcpvs/tests/netns/lab"
)

// A server that closes over what its client has still said resets the connection,
// and nothing has failed: the log of an operator who looks for failures says
// nothing of it, and does of a server that resets a client that is there.
func TestAResetOfTheClientsDoingIsNoFailureOfTheServer(t *testing.T) {
	for _, poller := range []string{"epoll", "io_uring"} {
		t.Run(poller, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, "0")
			d := s.start("--poll=" + poller)
			s.Balancer.SetKnob("debug_level", "1")
			open := func(k kind) *stream {
				st, err := s.open(&k, false, little, false)
				t.Cleanup(func() {
					for _, f := range st.close {
						f()
					}
				})
				if err == nil {
					err = st.fill(false)
				}
				if err != nil {
					t.Fatal(err)
				}
				return st
			}
			lab.Eventually(t, "the log has the change of debug_level", func() bool { return d.Log.Has("set-knob debug_level 1") })
			since := d.Log.Mark()
			for _, k := range kinds() {
				if k.column != tunnel || !k.up {
					continue
				}
				for range 10 {
					// The client goes, in order or not, and its server resets.
					st := open(k)
					st.sender.Write([]byte("goodbye"))
					st.sender.Close()
					awaitEnd(t, st)
					reset(st.receiver)
					st = open(k)
					reset(st.sender)
					reset(st.receiver)
					// The server goes first, and the client did not know.
					st = open(k)
					st.receiver.CloseWrite()
					st.heard.ReadByte()
					st.sender.Write([]byte("goodbye"))
					reset(st.receiver)
					lab.Eventually(t, "the client is told", func() bool { return gone(st.sender) })
				}
			}
			if log := since(); len(log) > 0 {
				t.Errorf("of clients that left, the log says\n%s", log)
			}
			st := open(kind{scheduler: "wlc", column: tunnel, framing: raw, up: true})
			reset(st.receiver)
			lab.Eventually(t, "the log says that a server failed", func() bool { return d.Log.Has("server failed") })
		})
	}
}

// awaitEnd reads at the server until the client's end has come.
func awaitEnd(t *testing.T, st *stream) {
	t.Helper()
	buf := make([]byte, 100)
	for {
		if _, err := st.body.Read(buf); err != nil {
			return
		}
	}
}
