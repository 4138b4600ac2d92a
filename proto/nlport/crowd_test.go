package nlport_test

import (
	"testing"
	"time"

	"ktcpvs/proto"
	"ktcpvs/proto/client"
	"ktcpvs/proto/engine"
	"ktcpvs/proto/nlport"
	"ktcpvs/proto/prototest"
	"ktcpvs/tests/require"
	"ktcpvs/tests/wait"

	"golang.org/x/sys/unix"
)

// plain is a client's socket with as little room as the kernel gives, as any
// program may have one.
func plain(t *testing.T) int {
	t.Helper()
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_GENERIC)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, 40<<10); err != nil {
		t.Fatal(err)
	}
	if err := unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		t.Fatal(err)
	}
	return fd
}

// say sends a request to the daemon, again where there was no room for it.
func say(t *testing.T, fd int, port uint32, flags uint16, r proto.Request) {
	t.Helper()
	b := proto.BeginMessage(nil, proto.Header{Type: proto.FamilyID, Flags: proto.FlagRequest | flags, Seq: 1})
	b, err := proto.AppendRequest(b, &r)
	for err == nil {
		err = unix.Sendto(fd, proto.EndMessage(b, 0), unix.MSG_DONTWAIT, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Pid: port})
		if err != unix.EAGAIN {
			break
		}
		wait.Gap(time.Millisecond)
		err = nil
	}
	if err != nil {
		t.Fatal(err)
	}
}

// ordinary is how long it takes to ask for the knobs, the mean of many.
func ordinary(t *testing.T, c *client.Client) time.Duration {
	t.Helper()
	const times = 101
	start := time.Now()
	for range times {
		if _, err := c.Info(); err != nil {
			t.Fatal(err)
		}
	}
	return time.Since(start) / times
}

// expectLittleMore holds what a request takes beside a crowd to what it takes alone.
// On a busy machine either may be disturbed, but not in each of the rounds.
func expectLittleMore(t *testing.T, c *client.Client, alone time.Duration, crowd string, rounds int) {
	t.Helper()
	most := 100 * alone
	var beside time.Duration
	for range rounds {
		beside = ordinary(t, c)
		t.Logf("asking for the knobs takes %v alone, %v beside %s", alone, beside, crowd)
		if beside <= most {
			return
		}
	}
	t.Errorf("beside %s a request takes %v in the last of %d rounds, expected %v at most, as it takes %v alone", crowd, beside, rounds, most, alone)
}

// A request waits for a small part of one list at most, however many there are;
// it took 30 seconds when it waited for a part of each.
func TestAThousandSlowListsDelayNoRequest(t *testing.T) {
	require.That(t, "a user and network namespace of its own", prototest.NoNamespace())
	const lists, rules = 1000, 20000
	port := prototest.Serve(t, many{prototest.New(), rules}, engine.DefaultLimits())
	c := dial(t, port)
	alone := ordinary(t, c)

	sockets := make([]int, lists)
	for i := range sockets {
		sockets[i] = plain(t)
		say(t, sockets[i], port, proto.FlagDump, proto.Request{Command: proto.CmdGetRule, Dump: true})
	}
	// Each reads a datagram now and then, so that all of them go on.
	stop, stopped := make(chan bool), make(chan bool)
	go func() {
		defer close(stopped)
		for buf := make([]byte, nlport.MaxDatagram); ; {
			for _, fd := range sockets {
				select {
				case <-stop:
					return
				case <-time.After(time.Millisecond): // clock: slowly
				}
				_, _, _ = unix.Recvfrom(fd, buf, unix.MSG_DONTWAIT)
			}
		}
	}()
	defer func() {
		close(stop)
		<-stopped
	}()
	// It comes behind as many requests as there are lists, and waits for these.
	start := time.Now()
	if _, err := c.Info(); err != nil {
		t.Fatal(err)
	}
	first, most := time.Since(start), 20*lists*alone
	t.Logf("behind the requests for all lists it takes %v", first)
	if first > most { // clock: many times what it takes alone, in the same run
		t.Errorf("behind %d requests for lists a request takes %v, expected %v at most, as one takes %v alone", lists, first, most, alone)
	}
	expectLittleMore(t, c, alone, "1,000 slow lists of 20,000 rules", 10)
}

func TestIdleBatchesDelayNoRequest(t *testing.T) {
	require.That(t, "a user and network namespace of its own", prototest.NoNamespace())
	const batches = 256
	port := prototest.New().Listen(t)
	c := dial(t, port)
	alone := ordinary(t, c)
	for range batches {
		fd := plain(t)
		say(t, fd, port, proto.FlagAck, proto.Request{Command: proto.CmdBatchBegin})
		answer := make([]byte, 4096)
		n, _, err := unix.Recvfrom(fd, answer, 0)
		if err == nil {
			err = proto.DecodeAck(answer[:n])
		}
		if err != nil {
			t.Fatalf("a batch was not begun: %v", err)
		}
	}
	// It is when they have been silent for a while that they are looked after.
	wait.Pass(1100 * time.Millisecond)
	expectLittleMore(t, c, alone, "256 idle batches", 1)
}
