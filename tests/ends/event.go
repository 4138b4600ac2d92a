package ends

import (
	"net"
	"time"

	"golang.org/x/sys/unix"

	"ktcpvs/tests/netns/lab"
	"ktcpvs/tests/wait"
)

// event is a row of the manual's table: one way for a stream to end.
type event struct {
	name     string
	complete bool // of messages: the last byte of the body is sent
	goesOn   bool // the sender sends on, until it may not
	args     []string
	timeout  int // seconds that read_timeout is

	// common happens to the daemon when all streams are under way; apply then to
	// each of them, while the receiver reads; after, when it has read the end.
	common func(*site, *lab.Daemon)
	apply  func(*stream)
	after  func(*stream) string
	silent bool // the receiver does not read: it is gone
}

// ends has the sender end in order behind all that it sends.
func ends(st *stream) {
	if err := <-st.wrote; err != nil {
		st.wrote <- err
		return
	}
	st.wrote <- nil
	if st.old {
		st.complete() // the client, who knows no chunks, gets the close
	}
	st.sender.CloseWrite()
	if st.column == toClose || st.column == counted {
		st.sender.Close()
	}
}

// completes ends a message with its last byte, and anything else in order.
func completes(st *stream) {
	if st.column == tunnel || st.framing == delimited {
		ends(st)
		return
	}
	err := <-st.wrote
	if st.wrote <- err; err == nil {
		st.complete()
	}
}

func reset(conn *net.TCPConn) {
	conn.SetLinger(0)
	conn.Close()
}

// endsSecond has the receiver end its own stream first, and then the sender.
func endsSecond(st *stream) {
	st.receiver.CloseWrite()
	st.heard.ReadByte() // its end
	ends(st)
}

// resetsBehindItsEnd resets a sender that had ended, and looks whether the other
// side is told.
func resetsBehindItsEnd(st *stream) string {
	reset(st.sender)
	for end := wait.End(); !gone(st.receiver); wait.Gap(time.Millisecond) {
		if time.Now().After(end) {
			return "whole, and no reset behind it"
		}
	}
	return "whole, reset"
}

func signal(s unix.Signal) func(*site, *lab.Daemon) {
	return func(_ *site, d *lab.Daemon) { d.Signal(s) }
}

// stops asks the daemon to stop and waits until it has begun to.
func stops(s *site, d *lab.Daemon) {
	d.Signal(unix.SIGTERM)
	lab.Eventually(s.t, "the daemon stops", func() bool { return d.Log.Has("stopping") })
}

func events() []event {
	return []event{
		{name: "sender ends", apply: ends},
		{name: "sender completes it", complete: true, apply: completes},
		{name: "sender ends second", apply: endsSecond},
		{name: "sender ends, then resets", apply: ends, after: resetsBehindItsEnd},
		{name: "sender resets", apply: func(st *stream) { reset(st.sender) }},
		{name: "receiver resets", silent: true, apply: func(st *stream) { reset(st.receiver) }},
		{name: "receiver closes", silent: true, goesOn: true, apply: func(st *stream) { st.receiver.Close() }},
		{name: "read_timeout", timeout: 3},
		{name: "stop, ends in time", complete: true, args: []string{"--drain=600"}, common: stops, apply: completes},
		{name: "stop, deadline", args: []string{"--drain=1"}, common: stops},
		{name: "stop, second signal", args: []string{"--drain=600"}, common: func(s *site, d *lab.Daemon) {
			stops(s, d)
			d.Signal(unix.SIGTERM)
		}},
		{name: "kill", common: signal(unix.SIGKILL)},
	}
}
