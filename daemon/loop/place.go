package loop

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"ktcpvs/daemon/klog"
	"ktcpvs/daemon/relay"
)

// When all of a service's maxclients are served, its clients that are kept between
// two requests give way to those who wait in the listen queue: who has been idle for
// longest first, in whatever loop that is.
//
//	listener is full --> appeal --> each loop: who has been idle for longest
//	       ^                                          |
//	       +---- the oldest of all of them close <----+
//
// A loop looks at all sessions of a listener once for many newcomers: who has become
// idle since then has not been so for longer than those it found.

const (
	mostIdlers = 128                   // are found at one look
	lookAgain  = 10 * time.Millisecond // at a full listener, without an event of it
)

// idler is a client that may give way.
type idler struct {
	s     *session
	since time.Duration // it has been idle
}

// idlers are those of a listener, by since.
type idlers struct {
	list []idler
	next time.Duration // when it is looked for others
}

// appeal asks all loops for clients that give way to those of a listener.
type appeal struct {
	from *listener
	want int

	mu      sync.Mutex
	missing int // loops that have not answered
	found   []offer
}

// offer is one loop's idler.
type offer struct {
	idler
	loop *Loop
}

// full takes in that the service serves as many as may be, and reports whether
// somebody waits. Otherwise nothing is done.
func (lis *listener) full(most int) bool {
	l := lis.loop
	lis.lookAt = l.ctx.Now + lookAgain
	waiting := lis.waiting()
	if waiting > lis.counted {
		lis.live.Stats.Cell(l.index).Limited.Add(uint64(waiting - lis.counted))
	}
	if lis.counted = waiting; waiting == 0 {
		return false
	}
	lis.pause(0)
	if now := time.Now().Unix(); lis.live.LimitSaid.Swap(now) != now {
		l.log.Say(klog.Announce, "maxclients is reached: newcomers wait in the listen queue", "service", lis.name, "maxclients", most)
	}
	if lis.appealing {
		return true
	}
	lis.appealing = true
	a := &appeal{from: lis, want: min(waiting, mostIdlers), missing: len(l.peers)}
	for _, peer := range l.peers {
		peer.do(func() { peer.answer(a) })
	}
	return true
}

// waiting is how many connections are in the listen queue (net/ipv4/tcp.c,
// tcp_get_info).
func (lis *listener) waiting() int {
	info := &lis.loop.info
	size := uint32(unsafe.Sizeof(*info))
	_, _, errno := unix.RawSyscall6(unix.SYS_GETSOCKOPT, uintptr(lis.fd), unix.IPPROTO_TCP, unix.TCP_INFO,
		uintptr(unsafe.Pointer(info)), uintptr(unsafe.Pointer(&size)), 0)
	if errno != 0 {
		return 0
	}
	return int(info.Unacked)
}

// answer offers this loop's clients that may give way; the last loop to do so closes
// the appeal.
func (l *Loop) answer(a *appeal) {
	var found []offer
	for _, lis := range l.listeners {
		if lis.live == a.from.live {
			for _, i := range lis.longestIdle(a.want) {
				found = append(found, offer{i, l})
			}
		}
	}
	a.mu.Lock()
	a.found = append(a.found, found...)
	a.missing--
	last := a.missing == 0
	a.mu.Unlock()
	if last {
		a.close()
	}
}

// close has those give way who have been idle for longest, and the listener look
// again when they have.
func (a *appeal) close() {
	slices.SortFunc(a.found, func(x, y offer) int { return int(x.since - y.since) })
	a.found = a.found[:min(a.want, len(a.found))]
	from := a.from.loop
	var left atomic.Int32
	left.Store(int32(len(from.peers)))
	for _, l := range from.peers {
		l.do(func() {
			for _, o := range a.found {
				if o.loop == l {
					l.giveWay(o.idler)
				}
			}
			if left.Add(-1) == 0 {
				from.do(a.from.heard)
			}
		})
	}
}

// heard takes in that an appeal is over.
func (lis *listener) heard() {
	lis.appealing = false
	if lis.paused {
		lis.resume()
	}
}

// giveWay closes the connection of a client that is still idle. What it has sent
// meanwhile is not lost: then it is not.
func (l *Loop) giveWay(i idler) {
	if i.may(l) {
		l.step(i.s, relay.Event{Kind: relay.Yield})
	}
}

// idle reports whether the client is still so since then, and has taken all.
func (i *idler) idle() bool {
	since, kept := i.s.Kept()
	return i.s.client != nil && kept && since == i.since && !i.s.client.queued()
}

// may reports whether the client may give way: it has sent nothing, either.
func (i *idler) may(l *Loop) bool {
	return i.idle() && !l.poll.Waiting(i.s.client.slot) && empty(i.s.client.fd)
}

// longestIdle gives up to want clients that have been idle for longest.
func (lis *listener) longestIdle(want int) []idler {
	l, all := lis.loop, &lis.idlers
	all.list = slices.DeleteFunc(all.list, func(i idler) bool { return !i.idle() })
	if len(all.list) == 0 && l.ctx.Now >= all.next {
		lis.look()
	}
	for n := 0; n < min(want, len(all.list)); {
		if all.list[n].may(l) {
			n++
		} else {
			all.list = slices.Delete(all.list, n, n+1)
		}
	}
	return all.list[:min(want, len(all.list))]
}

// look finds them among all sessions. That takes a tenth of the time at most.
func (lis *listener) look() {
	const each = time.Microsecond
	all := &lis.idlers
	all.next = lis.loop.ctx.Now + time.Duration(lis.count)*each
	for s := lis.first; s != nil; s = s.next {
		since, kept := s.Kept()
		if !kept || len(all.list) == mostIdlers && since >= all.list[mostIdlers-1].since {
			continue
		}
		if i := (idler{s, since}); i.idle() {
			at, _ := slices.BinarySearchFunc(all.list, since, func(i idler, t time.Duration) int { return int(i.since - t) })
			all.list = slices.Insert(all.list[:min(len(all.list), mostIdlers-1)], min(at, mostIdlers-1), i)
		}
	}
}
