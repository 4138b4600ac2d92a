package nlport

import (
	"context"
	"errors"
	"os"
	"time"

	"ktcpvs/proto"

	"golang.org/x/sys/unix"
)

// Handler is given what arrives. Neither call may wait.
type Handler interface {
	Handle(from proto.Peer, datagram []byte, now time.Time)

	// Tick does what is due and tells how long until it wants to be called
	// again; 0: not before the next datagram; less: at once, if none has arrived.
	Tick(now time.Time) time.Duration
}

// requestsInTurn is how many datagrams are handed on before Tick gets its turn.
const requestsInTurn = 32

// Serve hands every datagram to h until ctx is done, which gives nil, or the
// socket fails.
func Serve(ctx context.Context, l *Listener, h Handler) error {
	stop := context.AfterFunc(ctx, func() { l.s.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	for {
		now := time.Now()
		var deadline time.Time
		pause := h.Tick(now)
		if pause > 0 {
			deadline = now.Add(pause)
		}
		if err := l.SetDeadline(deadline); err != nil {
			return err
		}
		// Looked at after the deadline is set: had ctx ended before, its
		// deadline would be lost.
		if ctx.Err() != nil {
			return nil
		}
		receive := l.Receive
		if pause < 0 {
			receive = l.poll
		}
		// What has arrived goes before what Tick has to do, which may be much.
		for n := 0; n < requestsInTurn; n++ {
			datagram, from, err := receive()
			if err == nil && from.Port == 0 || errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, unix.ENOBUFS) {
				break
			}
			if err != nil {
				return err
			}
			h.Handle(from, datagram, time.Now())
			receive = l.poll
		}
	}
}
