package sysctlfs

import "syscall"

// File is a read-only text of any length. Read is called once for each open,
// from many goroutines at once, and its result must not change afterwards: so
// one open file shows one consistent state, however slowly it is read. The
// opener gets the errno that an error wraps, or else EIO.
type File interface {
	Name() string
	Read() ([]byte, error)
}

// reportFile is a File in a directory.
type reportFile struct{ file File }

func (f reportFile) mode() uint32 { return 0o444 }

func (f reportFile) open() (handle, syscall.Errno) {
	text, err := f.file.Read()
	if err != nil {
		return nil, errnoOf(err, syscall.EIO)
	}
	return reportHandle(text), 0
}

// reportHandle is the text that one open file shows.
type reportHandle []byte

func (h reportHandle) read(size int, off int64) []byte { return window(h, size, off) }

func (h reportHandle) write([]byte, int64, bool, writer) (int, syscall.Errno) {
	return 0, syscall.EBADF
}
