package sysctlfs

import "syscall"

// Dir is a directory whose entries never change while it is served.
type Dir struct {
	entries  []entry
	unlisted bool
	lasting  bool
}

// entry is one name in a directory: a directory or a file.
type entry struct {
	name string
	dir  *Dir
	file node
}

// node is a file as the server needs it.
type node interface {
	mode() uint32
	open() (handle, syscall.Errno)
}

// handle is an open file. read returns at most size bytes from off, none at the
// end; write returns how many bytes it took.
type handle interface {
	read(size int, off int64) []byte
	write(text []byte, off int64, appending bool, by writer) (int, syscall.Errno)
}

// Knobs is a directory of one writable file for each knob, mode 0644.
func Knobs(knobs []Knob) *Dir {
	dir := new(Dir)
	for _, knob := range knobs {
		dir.entries = append(dir.entries, entry{name: knob.Name(), file: knobFile{knob}})
	}
	return dir
}

// Reports is a directory of read-only files, mode 0444.
func Reports(files []File) *Dir {
	dir := new(Dir)
	for _, file := range files {
		dir.entries = append(dir.entries, entry{name: file.Name(), file: reportFile{file}})
	}
	return dir
}

// Empty is a directory for others to mount on. What the kernel knows about it
// stays valid for good, so that a mount on it outlives the server.
func Empty() *Dir { return &Dir{lasting: true} }

// Curtain is a directory whose entries can be entered by name but are not
// listed, so that a walk over the tree does not see what lies behind it. Its
// own attributes and its (empty) listing stay valid for good.
func Curtain(children map[string]*Dir) *Dir {
	dir := &Dir{unlisted: true, lasting: true}
	for name, child := range children {
		dir.entries = append(dir.entries, entry{name: name, dir: child})
	}
	return dir
}
