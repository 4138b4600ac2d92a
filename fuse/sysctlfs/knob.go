package sysctlfs

import (
	"errors"
	"strconv"
	"sync"
	"syscall"
)

// Knob is one integer setting. Get and Set may be called from many goroutines
// at once; uid and pid are of the thread that writes. An error of Set means that
// nothing changed; the writer gets the errno that it wraps, or else EINVAL.
type Knob interface {
	Name() string
	Get() int32
	Set(value int64, uid uint32, pid int32) error
}

// writer is the process that writes, as the kernel tells of it.
type writer struct {
	uid uint32
	pid int32 // of its thread; 0 outside the pid namespace of the mount
}

// knobFile is a knob seen as a file.
type knobFile struct{ knob Knob }

func (f knobFile) mode() uint32 { return 0o644 }

func (f knobFile) open() (handle, syscall.Errno) {
	return &knobHandle{knob: f.knob}, 0
}

// knobHandle is one open file description of a knob.
type knobHandle struct {
	knob Knob

	mu   sync.Mutex
	text []byte // what the last read from the start saw
	pos  int64  // where the last read or write ended
}

// read shows the present value to a read from the start, and continues with
// the same text after it, so that no reader sees half of two values.
func (h *knobHandle) read(size int, off int64) []byte {
	h.mu.Lock()
	defer h.mu.Unlock()
	if off == 0 || h.text == nil {
		h.text = append(strconv.AppendInt(nil, int64(h.knob.Get()), 10), '\n')
	}
	piece := window(h.text, size, off)
	h.pos = off + int64(len(piece))
	return piece
}

// write sets the knob from a write at the start and swallows one behind it, as
// kernel.sysctl_writes_strict=1, the default, has it. For a file opened with
// O_APPEND off is not where the writer is (the kernel moves it to the end as it
// last knew it), so the position kept here decides.
func (h *knobHandle) write(text []byte, off int64, appending bool, by writer) (int, syscall.Errno) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if appending {
		off = h.pos
	}
	n := len(text)
	if off == 0 {
		var errno syscall.Errno
		if n, errno = set(h.knob, text, by); errno != 0 {
			return 0, errno
		}
	}
	h.pos = off + int64(n)
	return n, 0
}

func set(knob Knob, text []byte, by writer) (int, syscall.Errno) {
	value, n, ok := parseWrite(text)
	if !ok {
		return 0, syscall.EINVAL
	}
	if err := knob.Set(int64(value), by.uid, by.pid); err != nil {
		return 0, errnoOf(err, syscall.EINVAL)
	}
	return n, 0
}

// errnoOf is the errno that err wraps, or the given one.
func errnoOf(err error, otherwise syscall.Errno) syscall.Errno {
	var errno syscall.Errno
	if errors.As(err, &errno) && errno != 0 {
		return errno
	}
	return otherwise
}

// window is the part of text that a read of size bytes at off returns.
func window(text []byte, size int, off int64) []byte {
	if off >= int64(len(text)) {
		return nil
	}
	text = text[off:]
	return text[:min(size, len(text))]
}
