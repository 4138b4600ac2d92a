package poll

import (
	"time"

	"golang.org/x/sys/unix"
)

// Kind says what an Event tells of its slot.
type Kind uint8

const (
	// Received ends an armed receive. Data is valid until the next call of
	// Next; no Data and no Err is the end of the stream.
	Received Kind = iota + 1
	// Writable follows a Send that was short, a connect in progress, or
	// WantWrite: once for each.
	Writable
	// Readable follows WantRead, for those who read by other means (splice).
	Readable
	// Acceptable says that a listener has connections; it comes again with
	// each Wait until there are none, unless the listener is paused.
	Acceptable
	// HungUp says that the connection has failed while no receive was armed that
	// could have told. An end in order, of both directions too, is none: who
	// receives finds it behind the last bytes.
	HungUp
	// HalfClosed says, once, that the peer has ended its stream while no receive was
	// armed that could have told; what it sent before may wait to be received.
	HalfClosed
	// Woken says that Wake was called.
	Woken
)

// Event is one completion. The poller fills it anew with every Next.
type Event struct {
	Kind Kind
	Slot uint32
	Data []byte
	Err  unix.Errno
	Last bool // Received: the end of the stream is known to be behind Data
}

// Poller waits for many sockets at once. A slot is the caller's number for a
// socket, small and dense; it may be used again after Remove.
type Poller interface {
	// Name is "epoll" or "io_uring".
	Name() string

	// Add registers a socket, once in its life. fresh says that it may well
	// have bytes already, so that the first receive is tried at once.
	Add(slot uint32, fd int, fresh bool) error
	// AddListener registers a listening socket.
	AddListener(slot uint32, fd int) error
	// Pause stops a listener's Acceptable events, or lets them come again.
	Pause(slot uint32, paused bool) error
	// Remove forgets a slot, whose events end with the call. The caller
	// closes the socket afterwards.
	Remove(slot uint32)

	// Recv arms one receive of at most limit bytes. Arming an armed slot only
	// changes the limit.
	Recv(slot uint32, limit int)
	// Drained reports whether the socket held nothing when it was read last; it
	// is false when that is not known.
	Drained(slot uint32) bool
	// Send sends head and then data at once, as much as the socket takes
	// without blocking, and returns how much that was. After a short count
	// without an error Writable follows.
	Send(slot uint32, head, data []byte) (int, unix.Errno)
	// WantWrite and WantRead ask for one Writable or Readable event, for those
	// who move bytes by other means and were just told to wait.
	WantWrite(slot uint32)
	WantRead(slot uint32)
	// Marked reports whether an urgent byte (MSG_OOB) is among what is to be read:
	// reading by other means stops in front of it, and a receive passes over it.
	Marked(slot uint32) bool
	// Recheck ends reading by other means, after which there may be more: the
	// next armed receive is tried at once.
	Recheck(slot uint32)

	// Wait collects what has happened, for at most d if nothing has; Next
	// then hands it out, one event a call, and returns false after the last.
	Wait(d time.Duration) error
	Next(ev *Event) bool

	// Settled reports whether the last Wait, when Next has handed all of it out,
	// left nothing that had happened by then, but for receives that wait for
	// their turn; those Waiting tells of.
	Settled() bool
	// Waiting reports whether bytes, or an end, are known to be there for an armed
	// receive, and are still to be handed out.
	Waiting(slot uint32) bool

	// Wake ends a Wait from any goroutine.
	Wake()
	Close() error
}

const (
	// ReceiveSize is the most that one receive brings.
	ReceiveSize = 256 << 10

	// BulkReceive is up to where a receive is not kept waiting for others: a
	// larger one takes its turn.
	BulkReceive = 32 << 10
)
