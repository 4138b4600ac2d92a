package nlport

import (
	"errors"
	"testing"
	"time"

	"ktcpvs/proto"
	"ktcpvs/tests/require"

	"github.com/mdlayher/socket"
	"golang.org/x/sys/unix"
)

// mute is a daemon's end that says nothing by itself.
func mute(t *testing.T) (daemon *socket.Conn, client *Conn) {
	t.Helper()
	require.Capability(t, "CAP_NET_ADMIN")
	const port = 4715
	daemon, err := open(port, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { daemon.Close() })
	if client, err = Dial(port); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	client.silent = time.Millisecond
	if err := client.WriteDatagram(proto.AppendNoop(nil)); err != nil {
		t.Fatal(err)
	}
	return daemon, client
}

// A busy daemon is waited for, however often it was asked whether it is there.
func TestADaemonThatIsThereIsWaitedFor(t *testing.T) {
	daemon, client := mute(t)
	const silences = 100 // it was given up after 30
	go func() {
		for buf, n := make([]byte, MaxDatagram), 0; n <= silences; n++ {
			if _, _, _, err := receive(daemon, buf); err != nil {
				t.Errorf("after %d questions: %v", n, err)
				return
			}
		}
		if err := send(daemon, client.ID(), proto.AppendNoop(nil)); err != nil {
			t.Error(err)
		}
	}()
	if answer, err := client.ReadDatagram(); err != nil || len(answer) == 0 {
		t.Errorf("after %d silences: %d bytes, %v; expected the answer", silences, len(answer), err)
	}
}

func TestADaemonThatGoesAwayIsNotWaitedFor(t *testing.T) {
	daemon, client := mute(t)
	go func() {
		buf := make([]byte, MaxDatagram)
		for range 5 {
			if _, _, _, err := receive(daemon, buf); err != nil {
				t.Error(err)
				return
			}
		}
		daemon.Close()
	}()
	if _, err := client.ReadDatagram(); !errors.Is(err, unix.ECONNREFUSED) {
		t.Errorf("got %v, expected ECONNREFUSED", err)
	}
}

func TestAWaitEndsWhenItsEndIsClosed(t *testing.T) {
	daemon, client := mute(t)
	go func() {
		buf := make([]byte, MaxDatagram)
		for range 5 {
			if _, _, _, err := receive(daemon, buf); err != nil {
				t.Error(err)
				return
			}
		}
		client.Close()
	}()
	if _, err := client.ReadDatagram(); err == nil {
		t.Error("an answer from nobody")
	}
}
