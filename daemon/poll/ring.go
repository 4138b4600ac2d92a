package poll

import (
	"fmt"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The parts of linux/io_uring.h that are used here.
const (
	setupCQSize       = 1 << 3
	setupClamp        = 1 << 4
	setupDisabled     = 1 << 6
	setupSubmitAll    = 1 << 7
	setupSingleIssuer = 1 << 12
	setupDeferTaskrun = 1 << 13

	featSingleMmap = 1 << 0
	featNoDrop     = 1 << 1
	featExtArg     = 1 << 8

	offSQRing = 0
	offSQEs   = 0x10000000

	enterGetEvents = 1 << 0
	enterExtArg    = 1 << 3

	registerRestrictions = 11
	registerEnable       = 12
	registerBufRing      = 22

	opPollAdd     = 6
	opAsyncCancel = 14
	opRecv        = 27

	sqeBufferSelect = 1 << 5
	sqeSkipSuccess  = 1 << 6
	recvPollFirst   = 1 << 0
	pollMulti       = 1 << 0

	restrictRegister = 0 // the registrations
	restrictOp       = 1 // the operations
	restrictFlags    = 2 // and the flags of submissions that are allowed

	cqeBuffer        = 1 << 0
	cqeMore          = 1 << 1
	cqeSockNonEmpty  = 1 << 2
	cqeBufferIDShift = 16
)

type sqOffsets struct {
	head, tail, mask, entries, flags, dropped, array, _ uint32
	_                                                   uint64
}

type cqOffsets struct {
	head, tail, mask, entries, overflow, cqes, flags, _ uint32
	_                                                   uint64
}

type ringParams struct {
	sqEntries, cqEntries, flags, sqThreadCPU, sqThreadIdle, features, wqFD uint32
	_                                                                      [3]uint32
	sq                                                                     sqOffsets
	cq                                                                     cqOffsets
}

type sqe struct {
	opcode   uint8
	flags    uint8
	ioprio   uint16
	fd       int32
	off      uint64
	addr     uint64
	len      uint32
	opFlags  uint32
	userData uint64
	bufGroup uint16
	_        [22]byte
}

type cqe struct {
	userData uint64
	res      int32
	flags    uint32
}

type restriction struct {
	kind  uint16
	value uint8
	_     [13]byte
}

type bufReg struct {
	addr    uint64
	entries uint32
	group   uint16
	_       uint16
	_       [3]uint64
}

type bufEntry struct {
	addr uint64
	len  uint32
	id   uint16
	tail uint16 // of the ring, in the first entry
}

type getEventsArg struct {
	sigmask     uint64
	sigmaskSize uint32
	_           uint32
	timeout     uint64
}

// ring is one io_uring instance: its shared memory and its system calls. It
// knows nothing of what is submitted.
type ring struct {
	fd      int
	enabled bool

	rings, sqeMem []byte
	sqHead        *uint32
	sqTail        *uint32
	sqMask        uint32
	sqes          []sqe
	cqHead        *uint32
	cqTail        *uint32
	cqMask        uint32
	cqes          []cqe
	tail          uint32 // ours, not yet published
	head          uint32 // ours, of the completions

	arg getEventsArg
	ts  unix.Timespec
}

// newRing sets one up, for the thread that makes the first enter.
func newRing(entries, completions uint32) (*ring, error) {
	p := ringParams{
		flags: setupCQSize | setupClamp | setupDisabled | setupSubmitAll | setupSingleIssuer | setupDeferTaskrun,
	}
	p.cqEntries = completions
	fd, _, errno := unix.Syscall(unix.SYS_IO_URING_SETUP, uintptr(entries), uintptr(unsafe.Pointer(&p)), 0)
	if errno != 0 {
		return nil, fmt.Errorf("io_uring_setup: %w", errno)
	}
	r := &ring{fd: int(fd)}
	const need = featSingleMmap | featNoDrop | featExtArg
	if p.features&need != need {
		r.close()
		return nil, fmt.Errorf("io_uring: this kernel lacks features %#x", need&^p.features)
	}
	size := max(p.sq.array+p.sqEntries*4, p.cq.cqes+p.cqEntries*uint32(unsafe.Sizeof(cqe{})))
	var err error
	if r.rings, err = unix.Mmap(r.fd, offSQRing, int(size), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_POPULATE); err == nil {
		r.sqeMem, err = unix.Mmap(r.fd, offSQEs, int(p.sqEntries)*int(unsafe.Sizeof(sqe{})), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_POPULATE)
	}
	if err != nil {
		r.close()
		return nil, fmt.Errorf("io_uring: mmap: %w", err)
	}
	at := func(off uint32) *uint32 { return (*uint32)(unsafe.Pointer(&r.rings[off])) }
	r.sqHead, r.sqTail, r.sqMask = at(p.sq.head), at(p.sq.tail), *at(p.sq.mask)
	r.cqHead, r.cqTail, r.cqMask = at(p.cq.head), at(p.cq.tail), *at(p.cq.mask)
	r.sqes = unsafe.Slice((*sqe)(unsafe.Pointer(&r.sqeMem[0])), p.sqEntries)
	r.cqes = unsafe.Slice((*cqe)(unsafe.Pointer(&r.rings[p.cq.cqes])), p.cqEntries)
	for i := range p.sqEntries { // entry i always goes by index i
		*at(p.sq.array + 4*i) = i
	}
	r.tail, r.head = *r.sqTail, *r.cqHead
	return r, nil
}

func (r *ring) close() {
	for _, m := range [][]byte{r.rings, r.sqeMem} {
		if m != nil {
			unix.Munmap(m)
		}
	}
	r.rings, r.sqeMem = nil, nil
	unix.Close(r.fd)
}

// restrict leaves the ring nothing but what is used of it, once it is enabled.
// The kernel filters no calls that go through a ring (seccomp), so that a
// process which was taken over could do anything by it.
func (r *ring) restrict() error {
	allowed := []restriction{
		{kind: restrictRegister, value: registerEnable},
		{kind: restrictOp, value: opPollAdd},
		{kind: restrictOp, value: opAsyncCancel},
		{kind: restrictOp, value: opRecv},
		{kind: restrictFlags, value: sqeBufferSelect | sqeSkipSuccess},
	}
	if _, _, errno := unix.Syscall6(unix.SYS_IO_URING_REGISTER, uintptr(r.fd), registerRestrictions,
		uintptr(unsafe.Pointer(&allowed[0])), uintptr(len(allowed)), 0, 0); errno != 0 {
		return fmt.Errorf("io_uring: restrictions: %w", errno)
	}
	return nil
}

// push gives room for one submission, which the next enter takes along.
func (r *ring) push() *sqe {
	if r.tail-atomic.LoadUint32(r.sqHead) > r.sqMask {
		r.enter(0, true) // full: hand over what there is
	}
	e := &r.sqes[r.tail&r.sqMask]
	*e = sqe{}
	r.tail++
	return e
}

// enter submits what was pushed and waits for a completion, at most for d.
// raw says not to tell the Go scheduler, for waits that are short.
func (r *ring) enter(d time.Duration, raw bool) unix.Errno {
	if d > 0 {
		return r.enterFor(1, d, raw)
	}
	return r.enterFor(0, 0, raw)
}

// enterFor waits for n completions. The kernel works off no more than some 20 of
// what has become ready, unless it is asked for more.
func (r *ring) enterFor(n uint32, d time.Duration, raw bool) unix.Errno {
	if !r.enabled {
		// The enabling thread becomes the ring's only submitter.
		if _, _, errno := unix.Syscall6(unix.SYS_IO_URING_REGISTER, uintptr(r.fd), registerEnable, 0, 0, 0, 0); errno != 0 {
			return errno
		}
		r.enabled = true
	}
	submit := r.tail - atomic.LoadUint32(r.sqHead)
	atomic.StoreUint32(r.sqTail, r.tail)
	r.ts = unix.NsecToTimespec(int64(d))
	r.arg.timeout = uint64(uintptr(unsafe.Pointer(&r.ts)))
	call := unix.Syscall6
	if raw {
		call = unix.RawSyscall6
	}
	_, _, errno := call(unix.SYS_IO_URING_ENTER, uintptr(r.fd), uintptr(submit), uintptr(n), enterGetEvents|enterExtArg,
		uintptr(unsafe.Pointer(&r.arg)), unsafe.Sizeof(r.arg))
	if errno == unix.ETIME || errno == unix.EINTR || errno == unix.EBUSY {
		return 0
	}
	return errno
}

// next gives the oldest completion that was not taken yet.
func (r *ring) next() (c cqe, ok bool) {
	if r.head == atomic.LoadUint32(r.cqTail) {
		return cqe{}, false
	}
	c = r.cqes[r.head&r.cqMask]
	r.head++
	atomic.StoreUint32(r.cqHead, r.head)
	return c, true
}

// waiting reports whether there are completions to take.
func (r *ring) waiting() bool { return r.head != atomic.LoadUint32(r.cqTail) }

// buffers is a ring of receive buffers that the kernel picks from.
type buffers struct {
	entries []bufEntry
	mem     []byte
	ringMem []byte
	tail    uint16
	size    int
}

const bufferGroup = 1

func newBuffers(r *ring, count, size int) (*buffers, error) {
	b := &buffers{size: size}
	var err error
	anon := func(n int) []byte {
		var m []byte
		if err == nil {
			m, err = unix.Mmap(-1, 0, n, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANONYMOUS|unix.MAP_PRIVATE)
		}
		return m
	}
	b.ringMem, b.mem = anon(count*int(unsafe.Sizeof(bufEntry{}))), anon(count*size)
	if err != nil {
		b.close()
		return nil, fmt.Errorf("io_uring: buffers: %w", err)
	}
	b.entries = unsafe.Slice((*bufEntry)(unsafe.Pointer(&b.ringMem[0])), count)
	reg := bufReg{addr: uint64(uintptr(unsafe.Pointer(&b.ringMem[0]))), entries: uint32(count), group: bufferGroup}
	if _, _, errno := unix.Syscall6(unix.SYS_IO_URING_REGISTER, uintptr(r.fd), registerBufRing, uintptr(unsafe.Pointer(&reg)), 1, 0, 0); errno != 0 {
		b.close()
		return nil, fmt.Errorf("io_uring: provided buffers: %w", errno)
	}
	for id := range count {
		b.put(uint16(id))
	}
	return b, nil
}

func (b *buffers) close() {
	for _, m := range [][]byte{b.mem, b.ringMem} {
		if m != nil {
			unix.Munmap(m)
		}
	}
}

// put gives a buffer back to the kernel.
func (b *buffers) put(id uint16) {
	e := &b.entries[int(b.tail)&(len(b.entries)-1)]
	e.addr = uint64(uintptr(unsafe.Pointer(&b.mem[int(id)*b.size])))
	e.len = uint32(b.size)
	e.id = id
	b.tail++
	// The tail is 16 bits wide and shares its word with the first entry's id:
	// writing both with one store publishes the entry before it.
	first := &b.entries[0]
	atomic.StoreUint32((*uint32)(unsafe.Pointer(&first.id)), uint32(first.id)|uint32(b.tail)<<16)
}

func (b *buffers) get(id uint16, n int) []byte {
	from := int(id) * b.size
	return b.mem[from : from+n : from+b.size]
}
